/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_text: pieces of text as models write them, untidy: Markdown marks, wrapped lines,
 * full-width letters, broken UTF-8. A piece is a view into somebody else's bytes. Nothing
 * here asks the C locale, so the result is the same on every machine.
 *
 *	struct mcq_text piece = mcq_text_trim(mcq_text_of(line, end));
 *	char *question = mcq_text_clean(piece);		(yours to free)
 */
#ifndef CURATE_MCQ_TEXT_H
#define CURATE_MCQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct mcq_text {
	const char *at;
	size_t len;
};

static inline struct mcq_text mcq_text_of(const char *start, const char *end)
{
	return (struct mcq_text){ start, end > start ? (size_t)(end - start) : 0 };
}

static inline bool mcq_text_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool mcq_text_alpha(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline unsigned char mcq_text_lower(unsigned char c)
{
	return (unsigned char)(c - 'A') < 26 ? c + 32 : c;
}

/* Decodes one code point. Returns its bytes, 0 at the end; broken bytes are -1, one each. */
size_t mcq_text_rune(const char *at, const char *end, int32_t *rune);

/* How many bytes of white space (Unicode's and the invisible marks) start here. */
size_t mcq_text_space(const char *at, const char *end);

/* A letter or digit of any script starts here: a word goes on. */
bool mcq_text_wordy(const char *at, const char *end);

struct mcq_text mcq_text_trim(struct mcq_text text);
bool mcq_text_starts(struct mcq_text text, const char *ascii);	/* ignores ASCII case */

/* Holds a question mark of any script. */
bool mcq_text_asks(struct mcq_text text);

/* Takes trailing tags like "</answer>" and "<br>" off. */
struct mcq_text mcq_text_untag(struct mcq_text text);

/*
 * What goes into a record: wrapped lines joined (without a space where the script has
 * none), Markdown marks and white space tidied, broken bytes shown as U+FFFD. Yours to free.
 */
char *mcq_text_clean(struct mcq_text text);

/*
 * Appends the form in which two texts are compared: composed, case folded, full-width
 * forms, quotes and dashes made plain, closing full stop dropped.
 */
void mcq_text_fold(struct mcq_text text, struct buf *out);

/* The same for a text that mcq_text_clean returned. */
void mcq_text_fold_clean(const char *clean, struct buf *out);

#endif
