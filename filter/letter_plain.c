/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_plain.h.
 */
#include "filter/letter_plain.h"

#include <string.h>
#include <utf8proc.h>

#include "filter/letter.h"

/* Look-alikes of ASCII as ASCII; 0: drop. Everything else stays. */
static int32_t plain_rune(int32_t rune)
{
	if (rune >= 0xff01 && rune <= 0xff5e)
		return rune - 0xff01 + '!';
	if (rune >= 0x24b6 && rune <= 0x24cf)	/* Ⓐ */
		return rune - 0x24b6 + 'A';
	if (rune >= 0x1f170 && rune <= 0x1f189)	/* 🅰 */
		return rune - 0x1f170 + 'A';
	if (rune >= 0x1f130 && rune <= 0x1f149)	/* 🄰 */
		return rune - 0x1f130 + 'A';
	if (rune == 0x2018 || rune == 0x2019)
		return '\'';
	if (rune == 0x201c || rune == 0x201d || rune == 0xab || rune == 0xbb)
		return '"';
	if (rune == 0x3010 || rune == 0x300c || rune == 0x300e)
		return '[';
	if (rune == 0x3011 || rune == 0x300d || rune == 0x300f)
		return ']';
	if (rune == 0x3000 || rune == 0xa0 || rune == 0x202f)
		return ' ';
	if (rune == '*' || rune == '`' || rune == '#' || rune == 0xfeff || rune == 0x200b ||
	    rune == 0xfe0f)
		return 0;
	return rune == '\r' || rune == '\t' ? ' ' : rune;
}

static void add_rune(struct buf *out, int32_t rune)
{
	utf8proc_uint8_t bytes[4];

	buf_add(out, bytes, (size_t)utf8proc_encode_char(rune, bytes));
}

void letter_plain_init(struct letter_plain *plain, struct mcq_text reply)
{
	const char *p = reply.at, *end = reply.at + reply.len;
	utf8proc_uint8_t one[4], two[4];
	int32_t rune, lower;

	buf_init(&plain->text, BUF_NO_MAX);
	buf_init(&plain->lower, BUF_NO_MAX);
	while (p < end) {
		if ((unsigned char)*p >= 'a' && (unsigned char)*p <= 'z') {
			buf_addc(&plain->text, *p);
			buf_addc(&plain->lower, *p++);
			continue;
		}
		p += mcq_text_rune(p, end, &rune);
		rune = rune < 0 ? 0xfffd : plain_rune(rune);
		if (!rune)
			continue;
		lower = utf8proc_tolower(rune);
		if (utf8proc_encode_char(rune, one) != utf8proc_encode_char(lower, two))
			lower = rune;	/* the two texts stay in step */
		add_rune(&plain->text, rune);
		add_rune(&plain->lower, lower);
	}
}

void letter_plain_release(struct letter_plain *plain)
{
	buf_release(&plain->text);
	buf_release(&plain->lower);
}

struct mcq_text letter_plain_bare(struct mcq_text folded)
{
	static const char *const articles[] = { "a ", "an ", "the " };
	size_t i, len;

	for (i = 0; i < sizeof(articles) / sizeof(*articles); i++) {
		len = strlen(articles[i]);
		if (folded.len > len && !memcmp(folded.at, articles[i], len))
			return mcq_text_of(folded.at + len, folded.at + folded.len);
	}
	return folded;
}

void letter_options_init(struct letter_options *options, const struct letter_shown *shown)
{
	size_t i, at[27];

	buf_init(&options->folds, BUF_NO_MAX);
	options->count = shown->count > 26 ? 26 : shown->count;
	for (i = 0; i < options->count; i++) {
		at[i] = options->folds.len;
		mcq_text_fold((struct mcq_text){ shown->options[i], strlen(shown->options[i]) },
			      &options->folds);
	}
	at[i] = options->folds.len;
	for (i = 0; i < options->count; i++) {
		options->text[i] = mcq_text_of(options->folds.data + at[i],
					       options->folds.data + at[i + 1]);
		options->bare[i] = letter_plain_bare(options->text[i]);
	}
}

void letter_options_release(struct letter_options *options)
{
	buf_release(&options->folds);
}
