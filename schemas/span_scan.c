/* SPDX-License-Identifier: Apache-2.0
 *
 * span_scan: the parts of a value that was checked; see span.h. It looks for the ends of strings
 * and counts brackets.
 */
#include "schemas/span.h"

#include <string.h>

#include "schemas/span_in.h"

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind the object or array that starts at p. */
static const char *skip_nested(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"')
			p = span_string_end(p, end);
		else if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
	}
	return end;
}

static const char *skip_value(const char *p, const char *end)
{
	if (*p == '"')
		return span_string_end(p, end) + 1;
	if (*p == '{' || *p == '[')
		return skip_nested(p, end);
	while (p < end && !memchr(", \t\n\r", *p, 5))
		p++;
	return p;
}

struct span_scan span_scan(const char *value, size_t len)
{
	const char *end = value + len;
	bool whole = len > 1 && (*value == '{' || *value == '[');

	return (struct span_scan){ .at = whole ? value + 1 : end, .end = whole ? end - 1 : end,
				   .keys = whole && *value == '{' };
}

bool span_next(struct span_scan *scan, struct span_member *m)
{
	const char *p = skip_space(scan->at, scan->end), *close;

	if (p < scan->end && *p == ',')
		p = skip_space(p + 1, scan->end);
	if (p == scan->end)
		return false;
	*m = (struct span_member){ 0 };
	if (scan->keys) {
		close = span_string_end(p, scan->end);
		m->key = p + 1;
		m->key_len = (size_t)(close - m->key);
		m->escaped = memchr(m->key, '\\', m->key_len);
		p = skip_space(skip_space(close + 1, scan->end) + 1, scan->end);
	}
	m->value = p;
	scan->at = skip_value(p, scan->end);
	m->value_len = (size_t)(scan->at - p);
	return true;
}

void span_members_of(const char *object, size_t len, struct span_members *found)
{
	struct span_scan scan = span_scan(object, len);
	struct span_member m;

	found->count = 0;
	while (scan.keys && span_next(&scan, &m)) {
		span_members_room(found);
		found->items[found->count++] = m;
	}
}
