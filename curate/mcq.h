/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq: reads the multiple-choice questions that a model wrote. Pure: text in, questions and
 * losses out; the same text gives the same result on any machine, under any locale.
 *
 * Everything that looks like a question in the reply ends up in exactly one of `questions`
 * and `losses`. Each carries the rule that read it (named and versioned, e.g. "markdown/1"),
 * its number in the reply (from 0, over questions and losses together, in order of `start`)
 * and its span: byte offsets into the reply, [start, end), which never overlap.
 *
 *	struct mcq found;
 *	mcq_read(reply, len, &(struct mcq_context){ .cut = true }, &found);
 *	for (size_t i = 0; i < found.question_count; i++) ...
 *	mcq_release(&found);
 */
#ifndef CURATE_MCQ_H
#define CURATE_MCQ_H

#include <stdbool.h>
#include <stddef.h>

#define MCQ_OPTIONS_MIN 2
#define MCQ_OPTIONS_MAX 25	/* letters A to Y: Z stays free for an abstain option */

struct mcq_context {
	bool cut;		/* finish_reason was "length": the last question may be torn */
	const char *prompt; /* what was sent, to know its own examples again; NULL: unknown */
	int max_questions;	/* after duplicates are removed; 0: no limit */
};

struct mcq_question {
	char *question;
	char **options;		/* without labels */
	size_t option_count;
	int answer;		/* index of the right option */
	const char *rule;	/* static */
	int index;
	size_t start, end;
	bool none_or_all;	/* an option says "none/all of the above" */
};

/* A question that was written but cannot be used, and why. */
struct mcq_loss {
	const char *reason;	/* static; see mcq_reasons */
	const char *rule;	/* static */
	int index;
	size_t start, end;
	char *detail;		/* one clean sentence: what is wrong with this one */
};

struct mcq {
	struct mcq_question *questions;
	size_t question_count, question_cap;
	struct mcq_loss *losses;
	size_t loss_count, loss_cap;
};

/* Every reason mcq_read may give, NULL-terminated: letter_text_conflict, ... */
extern const char *const mcq_reasons[];

void mcq_read(const char *reply, size_t len, const struct mcq_context *context,
	      struct mcq *out);
void mcq_release(struct mcq *found);

#endif
