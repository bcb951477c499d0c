/* SPDX-License-Identifier: Apache-2.0
 *
 * See fold.h. ASCII, nearly all text of most sets, takes a short path.
 */
#include "schemas/fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "cli/buf.h"

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void add_squeezed(struct buf *out, const char *text, bool lower)
{
	size_t from = out->len;

	for (; *text; text++) {
		if (is_space(*text)) {
			if (out->len > from && out->data[out->len - 1] != ' ')
				buf_addc(out, ' ');
		} else {
			buf_addc(out, lower && *text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
		}
	}
	if (out->len > from && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

void fold_text(struct buf *out, const char *text)
{
	utf8proc_uint8_t *folded = NULL;

	if (is_ascii(text)) {
		add_squeezed(out, text, true);
		return;
	}
	/* NFKC_Casefold maps every kind of space that NFKC does not to itself; ideographic
	 * and no-break spaces become plain ones by compatibility. */
	if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
			 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
			 UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) < 0) {
		buf_adds(out, text);
		return;
	}
	add_squeezed(out, (const char *)folded, false);
	free(folded);
}
