/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_list: the options of the question that mcq_block is reading: which line is one, which
 * continues one, which line holds several, and when a second list begins.
 */
#ifndef CURATE_MCQ_LIST_H
#define CURATE_MCQ_LIST_H

#include <stdbool.h>

#include "curate/mcq_block.h"

struct mcq_option *mcq_list_last(struct mcq_block *b);
void mcq_list_add(struct mcq_block *b, struct mcq_text text, const struct mcq_label *label,
		  const struct mcq_line *line);
void mcq_list_start(struct mcq_block *b, const struct mcq_line *line);
void mcq_list_more(struct mcq_block *b, const struct mcq_line *line);

/* The answer to the open question, ending at `end`. */
void mcq_list_answer(struct mcq_block *b, struct mcq_text text, const char *end);

/* Lines of their kinds; text: what stands behind "Options:". */
void mcq_list_option(struct mcq_block *b, const struct mcq_line *line);
void mcq_list_bullet(struct mcq_block *b, const struct mcq_line *line);
void mcq_list_text(struct mcq_block *b, const struct mcq_line *line);

/* The line goes on with the last option's text. */
void mcq_list_wrap(struct mcq_block *b, const struct mcq_line *line);

/* A line "2. Blue" is an option of the open question. */
bool mcq_list_takes_number(struct mcq_block *b, const struct mcq_line *line);

/*
 * What the lines before hold, decided now that the next one (or NULL) is known: options on
 * one line are split unless the next line goes on with the list by itself.
 */
void mcq_list_settle(struct mcq_block *b, const struct mcq_line *next);
void mcq_list_settle_para(struct mcq_block *b, const struct mcq_line *next);

#endif
