/* SPDX-License-Identifier: Apache-2.0
 *
 * span_array: the elements of an array whose bytes are still arriving; see span.h.
 */
#include "schemas/span.h"

#include <string.h>

#include "schemas/span_in.h"

/* Looks at one byte inside an element; true when the element ended just before or at it. */
static bool element_ends(struct span_array *a, char c, bool *after)
{
	*after = false;
	if (a->in_string) {
		if (a->escaped)
			a->escaped = false;
		else if (c == '\\')
			a->escaped = true;
		else if (c == '"')
			a->in_string = false;
		return false;
	}
	if (c == '"') {
		a->in_string = true;
	} else if (c == '{' || c == '[') {
		a->depth++;
	} else if (c == '}' || c == ']') {
		if (a->depth == 0)
			return true;
		a->depth--;
		*after = a->depth == 0;
		return *after;
	}
	return c == ',' && a->depth == 0;
}

/* In the element under way: 0 while it goes on, else how many bytes it has (`seen` reset). */
static size_t element_scan(struct span_array *a, const char *text, size_t len)
{
	bool after;
	size_t n;

	for (; a->seen < len; a->seen++) {
		if (a->in_string && !a->escaped) {
			a->seen = (size_t)(span_skip_plain(text + a->seen, text + len) - text);
			if (a->seen == len)
				break;
		}
		if (!element_ends(a, text[a->seen], &after))
			continue;
		n = a->seen + (after ? 1 : 0);
		a->seen = 0;
		a->state = ARRAY_BETWEEN;
		return n;
	}
	return 0;
}

long span_array_next(struct span_array *a, const char *text, size_t len, const char **value,
		     size_t *value_len)
{
	size_t i = 0, n;

	*value = NULL;
	while (a->state != ARRAY_INSIDE && i < len) {
		char c = text[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			i++;
		} else if (c == ',' && a->state == ARRAY_BETWEEN && a->need_comma) {
			a->need_comma = false;
			a->need_value = true;
			i++;
		} else if (a->state == ARRAY_BEFORE) {
			if (c != '[')
				return -1;
			a->state = ARRAY_BETWEEN;
			i++;
		} else if (a->state == ARRAY_ENDED || c == '}' || c == ',' ||
			   (c == ']' && a->need_value) || (c != ']' && a->need_comma)) {
			return -1;
		} else if (c == ']') {
			a->state = ARRAY_ENDED;
			i++;
		} else {
			a->state = ARRAY_INSIDE;
			a->need_comma = true;
			a->need_value = false;
		}
	}
	if (a->state != ARRAY_INSIDE)
		return (long)i;
	n = element_scan(a, text + i, len - i);
	if (a->state == ARRAY_INSIDE)
		return (long)i;
	*value = text + i;
	*value_len = n;
	while (*value_len && memchr(" \t\r\n", text[i + *value_len - 1], 4))
		--*value_len;
	return (long)(i + n);
}
