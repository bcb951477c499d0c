/* SPDX-License-Identifier: Apache-2.0
 *
 * See anls.h.
 */
#include "schemas/anls.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "cli/buf.h"
#include "schemas/fold.h"

struct runes {
	int32_t *at;
	size_t count;
};

/* Bytes that are no UTF-8 are characters of their own. */
static struct runes runes_of(const char *text)
{
	struct runes r = { NULL, 0 };
	const unsigned char *p;
	utf8proc_ssize_t len;
	struct buf folded;
	int32_t rune;

	buf_init(&folded, BUF_NO_MAX);
	fold_text(&folded, text);
	r.at = xcalloc(folded.len + 1, sizeof(*r.at));
	for (p = (const unsigned char *)folded.data; folded.len && *p; p += len) {
		len = utf8proc_iterate(p, -1, &rune);
		r.at[r.count++] = len > 0 ? rune : -(int32_t)*p;
		len = len > 0 ? len : 1;
	}
	buf_release(&folded);
	return r;
}

/* Quotes, marks of emphasis, full stops. */
static bool is_around(int32_t rune)
{
	static const int32_t marks[] = { ' ', '.', '"', '\'', '`', '*', 0x2018, 0x2019, 0x201c,
					 0x201d, 0xab, 0xbb, 0x3002, 0x300c, 0x300d };
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (marks[i] == rune)
			return true;
	return false;
}

/* A text of nothing but such marks stays as it is. */
static struct runes bare(struct runes r)
{
	struct runes b = r;

	while (b.count && is_around(b.at[b.count - 1]))
		b.count--;
	for (; b.count && is_around(*b.at); b.at++)
		b.count--;
	return b.count ? b : r;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table; row[j] is the distance of a's first i characters to b's first j. */
static size_t distance(struct runes a, struct runes b)
{
	size_t *row = xcalloc(b.count + 1, sizeof(*row));
	size_t i, j, corner, old;

	for (j = 0; j <= b.count; j++)
		row[j] = j;
	for (i = 1; i <= a.count; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= b.count; j++) {
			old = row[j];
			row[j] = least(corner + (a.at[i - 1] != b.at[j - 1]),
				       least(row[j], row[j - 1]) + 1);
			corner = old;
		}
	}
	corner = row[b.count];
	free(row);
	return corner;
}

double anls(const char *text, const char *gold)
{
	struct runes one = runes_of(text), two = runes_of(gold);
	struct runes a = bare(one), b = bare(two);
	size_t longer = a.count > b.count ? a.count : b.count;
	size_t shorter = least(a.count, b.count), edits = longer;

	/* a text twice as long cannot reach the threshold: no table for a page of reply */
	if (shorter > longer / 2)
		edits = distance(a, b);
	free(one.at);
	free(two.at);
	if (!longer)
		return 1;
	return 2 * edits < longer ? 1 - (double)edits / (double)longer : 0;
}
