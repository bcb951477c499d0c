/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_word: the words that name the parts of a multiple-choice question ("Question 3:",
 * "选项：", "Bonne réponse :") in the languages models write. Only the words; what must stand
 * around one to make it a label is decided in mcq_line.
 */
#ifndef CURATE_MCQ_WORD_H
#define CURATE_MCQ_WORD_H

#include <stddef.h>

enum mcq_word {
	WORD_NONE,
	WORD_QUESTION,
	WORD_OPTIONS,	/* announces the list */
	WORD_OPTION,	/* one option: "Option A:" */
	WORD_ANSWER,
	WORD_ANSWERS,	/* announces a key */
	WORD_EXPLAIN,	/* why the answer is right: not read */
	WORD_META	/* difficulty, topic and the like: not read */
};

/*
 * The longest word that starts at `at`, ignoring case, and ends where a word ends. *used is
 * its bytes. WORD_NONE when there is none.
 */
enum mcq_word mcq_word_find(const char *at, const char *end, size_t *used);

/* "is", "est", "是": what may link "the answer" to the answer. Its bytes or 0. */
size_t mcq_word_is(const char *at, const char *end);

/* "and", "或", "ou": joins two labels. Its bytes or 0. */
size_t mcq_word_and(const char *at, const char *end);

/* "because", "car", "因为": what follows explains. Its bytes or 0. */
size_t mcq_word_because(const char *at, const char *end);

#endif
