/* SPDX-License-Identifier: Apache-2.0
 *
 * span_in: what span's own files share. Inline, because most strings are shorter than a call.
 */
#ifndef SCHEMAS_SPAN_IN_H
#define SCHEMAS_SPAN_IN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "cli/buf.h"
#include "schemas/span.h"

/* Which of 16 bytes is the first that does not stand for itself in a string; 16: none. */
#ifdef __SSE2__
static inline int span_first_odd(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
						_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
				   _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));	/* < 0: not ASCII */

	return __builtin_ctz((unsigned)_mm_movemask_epi8(odd) | 1u << 16);
}
#else
static inline int span_first_odd(const char *p)
{
	int i;

	for (i = 0; i < 16; i++)
		if ((signed char)p[i] < 0x20 || p[i] == '"' || p[i] == '\\')
			break;
	return i;
}
#endif

/* Past the ASCII that stands for itself in a string: most bytes of most lines. */
static inline const char *span_skip_plain(const char *p, const char *end)
{
	int at;

	for (; end - p >= 16; p += 16) {
		at = span_first_odd(p);
		if (at < 16)
			return p + at;
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
