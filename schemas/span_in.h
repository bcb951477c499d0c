/* SPDX-License-Identifier: Apache-2.0
 *
 * span_in: what span's own files share. Inline, because most strings are shorter than a call.
 */
#ifndef SCHEMAS_SPAN_IN_H
#define SCHEMAS_SPAN_IN_H

#include <stdint.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/span.h"

/* Of GCC and Clang; where the machine has no such registers, they make do. */
typedef signed char span_lanes __attribute__((vector_size(16)));

/* Which byte of eight, in the order of memory, is the first that is not 0. */
static inline int span_first_byte(uint64_t found)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_clzll(found) / 8;
#else
	return __builtin_ctzll(found) / 8;
#endif
}

/* Past the ASCII that stands for itself in a string: most bytes of most lines. */
static inline const char *span_skip_plain(const char *p, const char *end)
{
	uint64_t found[2];
	span_lanes bytes;

	for (; end - p >= 16; p += 16) {
		memcpy(&bytes, p, sizeof(bytes));
		bytes = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');	/* < 0: not ASCII */
		memcpy(found, &bytes, sizeof(found));
		if (found[0])
			return p + span_first_byte(found[0]);
		if (found[1])
			return p + 8 + span_first_byte(found[1]);
	}
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* What a letter behind a backslash means; 0: nothing by itself, as u. */
extern const char span_meaning[256];

/* Four hex digits at p, or -1. */
static inline int span_hex4(const char *p, const char *end)
{
	int i, value = 0;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		value <<= 4;
		if (p[i] >= '0' && p[i] <= '9')
			value |= p[i] - '0';
		else if (p[i] >= 'a' && p[i] <= 'f')
			value |= p[i] - 'a' + 10;
		else if (p[i] >= 'A' && p[i] <= 'F')
			value |= p[i] - 'A' + 10;
		else
			return -1;
	}
	return value;
}

#define SPAN_FIRST_MEMBERS 24	/* a record has up to 20 */

/* Makes room for one more. */
static inline void span_members_room(struct span_members *found)
{
	if (!found->items) {
		found->cap = SPAN_FIRST_MEMBERS;
		found->items = xmalloc(found->cap * sizeof(*found->items));
	}
	found->items = xgrow(found->items, &found->cap, found->count, sizeof(*found->items));
}

#endif
