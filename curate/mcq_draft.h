/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_draft: what looks like a question, before anybody judged it. The readers of lines and
 * of JSON fill drafts; mcq_check turns each into a question or a loss. Texts are views into
 * the reply or into a parsed JSON tree that the list keeps alive.
 */
#ifndef CURATE_MCQ_DRAFT_H
#define CURATE_MCQ_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "curate/mcq_label.h"
#include "curate/mcq_text.h"

struct cJSON;

enum mcq_form {
	FORM_CAPRL,	/* #### 1. **question** / - A) option */
	FORM_MARKDOWN,	/* headings or bold with a number */
	FORM_NUMBERED,	/* 1. question */
	FORM_LABELLED,	/* Question 1: */
	FORM_PLAIN,	/* a paragraph with options under it */
	FORM_JSON
};

struct mcq_option {
	struct mcq_text text;
	struct mcq_label label;
	bool checked;		/* marked as the right one */
};

struct mcq_draft {
	struct mcq_text question;
	size_t option_first, option_count;	/* in mcq_drafts.options */
	struct mcq_text answer[2];	/* the second only if it was given twice */
	struct mcq_text answer_wrapped;	/* the first with the lines that follow it at once */
	int answer_count;
	long answer_number;	/* JSON: an index; valid if has_number */
	bool has_number;
	bool number_from_zero;	/* the key said "index" */
	const char *start, *end;	/* in the reply */
	enum mcq_form form;
	int number;		/* as written, or -1 */
	bool named;		/* by a word or a heading: certainly meant as a question */
	bool split;		/* options stood on one line */
	bool keyed;		/* answer from a key */
	bool answer_last;	/* the answer came behind the options */
	bool tail;		/* nothing but white space follows */
	bool torn;		/* the reply was cut inside */
	const char *reason;	/* already lost, and why */
};

struct mcq_drafts {
	struct mcq_draft *items;
	size_t count, cap;
	struct mcq_option *options;
	size_t option_count, option_cap;
	struct cJSON **trees;
	size_t tree_count, tree_cap;
};

struct mcq_draft *mcq_draft_add(struct mcq_drafts *drafts, const char *start);
void mcq_draft_option(struct mcq_drafts *drafts, struct mcq_draft *draft, struct mcq_text text,
		      const struct mcq_label *label, bool checked);
void mcq_draft_answer(struct mcq_draft *draft, struct mcq_text text);
void mcq_draft_keep(struct mcq_drafts *drafts, struct cJSON *tree);
void mcq_drafts_release(struct mcq_drafts *drafts);

#endif
