/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_mend.h. One pass, no stack: only strings, commas and Python's names are touched.
 */
#include "curate/mcq_mend.h"

#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_text.h"

static const char *skip_white(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* p stands behind a quote: can the string have ended there? */
static bool can_end(const char *p, const char *end, bool key)
{
	p = skip_white(p, end);
	if (p == end || *p == '}' || *p == ']')
		return true;
	if (*p == ':')
		return key;
	if (*p != ',')
		return false;
	p = skip_white(p + 1, end);
	return p == end || is_one_of(*p, "\"'{[}]-0123456789tfnTFN/");
}

const char *mcq_mend_string(const char *at, const char *end, bool key)
{
	const char *p = at + 1, *next;

	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end) {
			p++;
		} else if (*p == *at && can_end(p + 1, end, key)) {
			return p + 1;
		} else if (*p == '\n') {	/* a quote was forgotten */
			next = skip_white(p, end);
			if (next < end && is_one_of(*next, "\"{}]"))
				return p;
			p = next - 1;
		}
	}
	return end;
}

bool mcq_mend_lost_quote(const char *at, const char *stop, const char *end)
{
	return stop > at + 1 && stop < end && *stop == '\n' && stop[-1] == ',';
}

static bool is_unicode_escape(const char *p, const char *end)
{
	int i;

	if (end - p < 5)
		return false;
	for (i = 1; i < 5; i++)
		if (!is_one_of(p[i], "0123456789abcdefABCDEF"))
			return false;
	return true;
}

/* p stands on a backslash; returns what follows the escape. */
static const char *mend_escape(const char *p, const char *end, struct buf *out)
{
	char next = p + 1 < end ? p[1] : '\0';

	if (is_one_of(next, "\"\\/bfnrt") || (next == 'u' && is_unicode_escape(p + 1, end))) {
		buf_add(out, p, 2);
		return p + 2;
	}
	if (next == '\'') {
		buf_addc(out, '\'');
		return p + 2;
	}
	buf_add(out, "\\\\", 2);	/* LaTeX: \( and \alpha */
	return p + 1;
}

/* key: may it be a name; and then, may the next one. */
static const char *mend_string(const char *at, const char *end, bool *key, struct buf *out)
{
	const char *stop = mcq_mend_string(at, end, *key);
	const char *p = at + 1, *inner = stop > at + 1 && stop[-1] == *at ? stop - 1 : stop;
	bool comma = mcq_mend_lost_quote(at, stop, end);
	const char *run;

	inner -= comma;
	buf_addc(out, '"');
	while (p < inner) {
		for (run = p; p < inner && *p != '\\' && *p != '"' && (unsigned char)*p >= ' ';
		     p++)
			;
		buf_add(out, run, (size_t)(p - run));
		if (p == inner)
			break;
		if (*p == '\\') {
			p = mend_escape(p, inner, out);
			continue;
		}
		buf_adds(out, *p == '"' ? "\\\"" : *p == '\n' ? "\\n" : " ");
		p++;
	}
	buf_adds(out, comma ? "\"," : "\"");
	*key = comma;
	return stop;
}

static const char *mend_name(const char *p, const char *end, struct buf *out)
{
	static const struct { const char *from, *to; } names[] = {
		{ "True", "true" }, { "False", "false" }, { "None", "null" },
	};
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = strlen(names[i].from);
		if ((size_t)(end - p) >= len && !memcmp(p, names[i].from, len)) {
			buf_adds(out, names[i].to);
			return p + len;
		}
	}
	buf_addc(out, *p);
	return p + 1;
}

void mcq_mend(const char *at, const char *end, struct buf *out)
{
	const char *p = at, *next;
	bool key = false;	/* the next string may be a name */

	while (p < end) {
		if (*p == '"' || *p == '\'') {
			p = mend_string(p, end, &key, out);
		} else if (*p == ',') {
			next = skip_white(p + 1, end);
			if (next < end && *next != '}' && *next != ']')
				buf_addc(out, ',');
			key = true;
			p++;
		} else if (*p == '/' && p + 1 < end && p[1] == '/') {
			while (p < end && *p != '\n')
				p++;
		} else {
			key = *p == '{' || (key && (unsigned char)*p <= ' ');
			p = mend_name(p, end, out);
		}
	}
}
