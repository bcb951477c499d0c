/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_block: groups lines into drafts of questions: head, options, answer, and keys with the
 * answers of many. It is fed line by line and never looks ahead, so what it has closed does
 * not change with what follows: that is why a reply cut anywhere yields no question that
 * the whole reply would not. (A later line can only contradict an answer, and then both
 * readings are lost.)
 */
#ifndef CURATE_MCQ_BLOCK_H
#define CURATE_MCQ_BLOCK_H

#include <stdbool.h>

#include "curate/mcq_draft.h"
#include "curate/mcq_line.h"

#define MCQ_NUMBERS 512		/* keys name questions by number up to this */

enum mcq_phase {
	PHASE_NONE,	/* outside: chatter */
	PHASE_QUESTION,	/* reading a question's text */
	PHASE_OPTIONS,
	PHASE_LATE,	/* text came between: options may go on, the text is no option's */
	PHASE_SHUT,	/* a rule came between: only an answer may come */
	PHASE_WANT,	/* "Answer:" alone on its line */
	PHASE_ANSWERED
};

struct mcq_block {
	struct mcq_drafts *drafts;
	enum mcq_phase phase;
	bool open;			/* the last draft is being read */
	struct mcq_line head;		/* the line that opened it */
	struct mcq_text para;		/* the last paragraph outside questions */
	bool para_ended;
	bool gap;			/* a blank line came before this one */
	bool key;			/* in a list of answers */
	bool explain;			/* in an explanation */
	bool listing;			/* "Options:" was said */
	bool roman;			/* this list counts i, ii, iii */
	bool at_list;			/* the last option's line may hold more of them */
	const char *wrap;		/* where lines wrapped behind the last option begin */
	const char *answer_end;		/* end of the answer, while it may wrap */
	int by_number[MCQ_NUMBERS];	/* number -> draft + 1 */
};

/* For the parts of this reader: mcq_list and mcq_key. */
struct mcq_draft *mcq_block_current(struct mcq_block *b);	/* NULL outside questions */
void mcq_block_close_draft(struct mcq_block *b);
struct mcq_draft *mcq_block_open(struct mcq_block *b, const struct mcq_line *line,
				 struct mcq_text question, enum mcq_form form, int number);
void mcq_block_open_para(struct mcq_block *b);	/* the last paragraph is a question */
bool mcq_block_para_fits(const struct mcq_block *b);
void mcq_block_extend(struct mcq_text *text, const struct mcq_line *line);

/* For the front. */
void mcq_block_init(struct mcq_block *block, struct mcq_drafts *drafts);
void mcq_block_line(struct mcq_block *block, const struct mcq_line *line);

/* Something that is not a line of text comes next (JSON), or nothing more. */
void mcq_block_close(struct mcq_block *block);

/* The reply was cut at `end`; torn is its last, unfinished line, or NULL. */
void mcq_block_cut(struct mcq_block *block, const struct mcq_line *torn, const char *end);

#endif
