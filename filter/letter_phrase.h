/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_phrase: the phrases by which models state an answer, abstain or refuse, in the
 * languages they answer in. Tables and look-ups only; letter.c decides what follows.
 * All texts given here are in lower case, with plain quotes.
 */
#ifndef FILTER_LETTER_PHRASE_H
#define FILTER_LETTER_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

/* At `at`, a phrase that a letter may follow ("i choose", "故选"). Its bytes or 0. */
size_t letter_phrase_before(const char *at, const char *end);

/* Words between such a phrase and the letter that change nothing ("option", "clearly"). */
size_t letter_phrase_filler(const char *at, const char *end);

/* What links "the answer ..." to the letter ("is", ":", "は"). */
size_t letter_phrase_link(const char *at, const char *end);

/* Behind a letter: says that it is the right one ("is correct", "が正解"). */
bool letter_phrase_after(const char *at, const char *end);

/* Begins a sentence that gives its reason first ("since", "因为"). */
bool letter_phrase_reason(const char *at, const char *end);

/* In a clause before a statement: takes it back ("not", "if", "i doubt"). */
bool letter_phrase_denies(const char *at, const char *end);

/* Between a statement and its letter: it says which one is not meant ("is not", "不是"). */
bool letter_phrase_not(const char *at, const char *end);

/* The same, behind the letter ("가 아니라", "ではなく"). Its bytes or 0. */
size_t letter_phrase_not_behind(const char *at, const char *end);

/* Behind a letter that is not meant: the one that is follows ("but", "而是"). Its bytes or 0. */
size_t letter_phrase_instead(const char *at, const char *end);

/* Between two statements: the second corrects the first ("wait", "不对"). */
bool letter_phrase_corrects(const char *at, const char *end);

/* Somewhere in a text: negation of any kind, so that a word found in it proves nothing. */
bool letter_phrase_negates(const char *at, const char *end);

enum letter_phrase {
	PHRASE_NONE,
	PHRASE_UNKNOWN,		/* cannot tell, not enough information */
	PHRASE_NO_IMAGE,	/* sees no image */
	PHRASE_NOT_SHOWN,	/* the image does not show it */
	PHRASE_POLICY		/* will not */
};

enum letter_phrase letter_phrase_excuse(const char *at, const char *end);

#endif
