/* SPDX-License-Identifier: Apache-2.0
 *
 * See fold.h. ASCII, nearly all text of most sets, takes a short path.
 */
#include "schemas/fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "cli/buf.h"

/*
 * The length of the white space at text; 0: none. NFKC makes a plain space of every kind of
 * space but U+1680, and of no line end: U+0085, U+2028, U+2029.
 */
static size_t space_len(const char *text)
{
	static const char *const kept[] = { "\xc2\x85", "\xe1\x9a\x80", "\xe2\x80\xa8",
					    "\xe2\x80\xa9" };
	size_t i;

	if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		return 1;
	for (i = 0; (unsigned char)*text >= 0xc2 && i < sizeof(kept) / sizeof(*kept); i++)
		if (!strncmp(text, kept[i], strlen(kept[i])))
			return strlen(kept[i]);
	return 0;
}

static void add_squeezed(struct buf *out, const char *text)
{
	size_t from = out->len, space;

	for (; *text; text += space ? space : 1) {
		space = space_len(text);
		if (space) {
			if (out->len > from && out->data[out->len - 1] != ' ')
				buf_addc(out, ' ');
		} else {
			buf_addc(out, *text);
		}
	}
	if (out->len > from && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

typedef signed char lanes __attribute__((vector_size(16)));

static bool any(lanes found)
{
	uint64_t halves[2];

	memcpy(halves, &found, sizeof(halves));
	return halves[0] | halves[1];
}

/*
 * Sixteen bytes of ASCII whose white space is single plain spaces, lower case now, to `to`.
 * False: there is something else among them, or they do not fit what is before them (`space`:
 * white space is). The byte behind them is looked at.
 */
static bool add_sixteen(char *to, const char *text, bool space)
{
	lanes bytes, next;

	memcpy(&bytes, text, sizeof(bytes));
	memcpy(&next, text + 1, sizeof(next));
	if (any((bytes < ' ') | ((bytes == ' ') & (next == ' '))) || (space && *text == ' '))
		return false;
	bytes |= (bytes >= 'A') & (bytes <= 'Z') & 32;
	memcpy(to, &bytes, sizeof(bytes));
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The short path: text that is ASCII to its end, read once. False, and nothing is added, where
 * it is not.
 */
static bool add_ascii(struct buf *out, const char *text)
{
	const char *end = text + strlen(text);
	char *to = buf_room(out, (size_t)(end - text)), *start = to;
	bool space = true;	/* white space is before, or nothing */

	while (to && text < end) {
		if (end - text >= 16 && add_sixteen(to, text, space)) {
			to += 16;
			text += 16;
			space = to[-1] == ' ';
		} else if ((unsigned char)*text >= 0x80) {
			*start = '\0';
			return false;
		} else if (!is_space(*text)) {
			*to++ = *text >= 'A' && *text <= 'Z' ? *text + 32 : *text;
			space = false;
			text++;
		} else {
			if (!space)
				*to++ = ' ';
			space = true;
			text++;
		}
	}
	if (space && to > start)
		to--;
	if (to)
		*to = '\0';
	out->len += (size_t)(to - start);
	return true;
}

void fold_text(struct buf *out, const char *text)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n;

	if (add_ascii(out, text))
		return;
	n = utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
			 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
			 UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	if (n == UTF8PROC_ERROR_NOMEM)
		out_of_memory();
	if (n < 0) {
		buf_adds(out, text);
		return;
	}
	add_squeezed(out, (const char *)folded);
	free(folded);
}

bool fold_is_utf8(const char *text, size_t len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	size_t i;

	for (i = 0; i < len; i += (size_t)n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
				     (utf8proc_ssize_t)(len - i), &c);
		if (n <= 0 || c == 0)
			return false;
	}
	return true;
}
