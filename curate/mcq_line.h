/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_line: what one line of a reply looks like, on its own: a question's head, an option, an
 * answer, a rule. What it means among its neighbours is decided in mcq_block.
 */
#ifndef CURATE_MCQ_LINE_H
#define CURATE_MCQ_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "curate/mcq_label.h"
#include "curate/mcq_text.h"

enum mcq_kind {
	LINE_BLANK,
	LINE_RULE,	/* ------ */
	LINE_FENCE,	/* ``` */
	LINE_TEXT,
	LINE_BULLET,	/* - without a label */
	LINE_NUMBERED,	/* 1. : a question, an option, a step or a line of a key */
	LINE_QUESTION,	/* Question 1: */
	LINE_OPTIONS,	/* Options: */
	LINE_OPTION,	/* A) */
	LINE_ANSWER,	/* Answer: */
	LINE_ANSWERS,	/* Answers: */
	LINE_EXPLAIN,	/* Explanation: */
	LINE_META	/* Difficulty: */
};

struct mcq_line {
	const char *start, *end, *next;	/* end: without the line's end */
	bool ended;			/* it has one */
	enum mcq_kind kind;
	int heading;			/* number of # */
	size_t indent;
	bool bullet, bold, checked;
	struct mcq_label label;		/* of LINE_OPTION and LINE_NUMBERED */
	int number;			/* of "Question 1:" and "Answer 1:", or -1 */
	struct mcq_text rest;		/* behind label or word */
	struct mcq_text whole;		/* without what decorates the line */
};

/* Reads the line that starts at `at` < end. */
void mcq_line_read(const char *at, const char *end, struct mcq_line *line);

/* "**Answer:**" and the like in the middle of a line, for text that was written on one. */
bool mcq_line_answer(const char *at, const char *end, struct mcq_line *line);

#endif
