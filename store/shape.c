/* SPDX-License-Identifier: Apache-2.0
 *
 * See shape.h. The texts are known to be sound JSON.
 */
#include "store/shape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/span.h"

enum shape_kind { SHAPE_NULL, SHAPE_BOOL, SHAPE_INT, SHAPE_FLOAT, SHAPE_TEXT, SHAPE_LIST,
		  SHAPE_STRUCT, SHAPE_MIXED };

struct shape {
	enum shape_kind kind;
	char *name;			/* as written between the quotes */
	struct buf intro;		/* once settled: what stands before its value: `,"name":` */
	struct shape **parts;		/* members in order; a list has one, for all elements */
	size_t count, cap;
	bool known;			/* a member of the sample: before those learned */
	bool sampled;			/* ... that gave its type too: written as it says */
	bool rewrite;			/* some row differs here: not just to be copied */
	const char *value;		/* while a row is written: the member's text in it */
	size_t len;
	size_t guess;			/* while it is written: the place of the next member */
};

static enum shape_kind kind_of(const char *value, size_t len)
{
	char number[24];

	switch (value[0]) {
	case 'n':
		return SHAPE_NULL;
	case 't':
	case 'f':
		return SHAPE_BOOL;
	case '"':
		return SHAPE_TEXT;
	case '[':
		return SHAPE_LIST;
	case '{':
		return SHAPE_STRUCT;
	}
	if (len >= sizeof(number) || memchr(value, '.', len) || memchr(value, 'e', len) ||
	    memchr(value, 'E', len))
		return SHAPE_FLOAT;
	memcpy(number, value, len);
	number[len] = '\0';
	errno = 0;
	strtoll(number, NULL, 10);
	return errno ? SHAPE_FLOAT : SHAPE_INT;		/* no column of integers holds more */
}

static struct shape *add_part(struct shape *s, const char *name, size_t len)
{
	struct shape *part = xcalloc(1, sizeof(*part));

	part->name = xstrndup(name, len);
	buf_init(&part->intro, BUF_NO_MAX);
	s->parts = xgrow(s->parts, &s->cap, s->count, sizeof(*s->parts));
	s->parts[s->count++] = part;
	return part;
}

/* Rows mostly have the same members in the same order: `guess` is where the last one led to. */
static struct shape *find_part(const struct shape *s, const char *name, size_t len,
			       size_t *guess)
{
	size_t i, at;

	for (i = 0; i < s->count; i++) {
		at = (*guess + i) % s->count;
		if (!strncmp(s->parts[at]->name, name, len) && !s->parts[at]->name[len]) {
			*guess = at + 1;
			return s->parts[at];
		}
	}
	return NULL;
}

static void learn_struct(struct shape *s, const char *value, size_t len, bool first)
{
	struct span_scan scan = span_scan(value, len);
	struct span_member m;
	struct shape *part;
	size_t guess = 0, place = 0;

	for (; span_next(&scan, &m); place++) {
		part = find_part(s, m.key, m.key_len, &guess);
		if (!part) {
			part = add_part(s, m.key, m.key_len);
			s->rewrite |= !first;
		} else if (guess != place + 1) {
			s->rewrite = true;
		}
		shape_learn(part, m.value, m.value_len);
	}
	if (place != s->count)
		s->rewrite = true;
}

void shape_learn(struct shape *s, const char *value, size_t len)
{
	enum shape_kind kind = kind_of(value, len);
	struct span_scan scan;
	struct span_member m;
	bool first = s->kind == SHAPE_NULL;

	if (kind == SHAPE_NULL || s->kind == SHAPE_MIXED)
		return;
	if ((kind == SHAPE_INT && s->kind == SHAPE_FLOAT) ||
	    (kind == SHAPE_FLOAT && s->kind == SHAPE_INT))
		kind = SHAPE_FLOAT;
	else if (!first && s->kind != kind)
		kind = SHAPE_MIXED;
	s->kind = kind;
	if (kind == SHAPE_STRUCT)
		learn_struct(s, value, len, first);
	if (kind != SHAPE_LIST)
		return;
	if (!s->count)
		add_part(s, "", 0);
	for (scan = span_scan(value, len); span_next(&scan, &m);)
		shape_learn(s->parts[0], m.value, m.value_len);
}

void shape_learn_member(struct shape *s, const char *member, const char *value, size_t len)
{
	struct shape *part = shape_at(s, member);

	if (!part)
		part = add_part(s, member, strlen(member));
	shape_learn(part, value, len);
}

struct shape *shape_at(struct shape *s, const char *member)
{
	size_t guess = 0;

	if (s->kind == SHAPE_LIST && s->count)
		s = s->parts[0];
	return find_part(s, member, strlen(member), &guess);
}

struct shape *shape_element(struct shape *s)
{
	return s->parts[0];
}

static void mark_sampled(struct shape *s)
{
	size_t i;

	s->known = true;
	s->sampled = s->kind != SHAPE_NULL;
	for (i = 0; i < s->count; i++)
		mark_sampled(s->parts[i]);
}

struct shape *shape_of(const char *sample)
{
	struct shape *s = xcalloc(1, sizeof(*s));

	buf_init(&s->intro, BUF_NO_MAX);
	shape_learn(s, sample, strlen(sample));
	mark_sampled(s);
	return s;
}

void shape_free(struct shape *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->count; i++)
		shape_free(s->parts[i]);
	free(s->parts);
	free(s->name);
	buf_release(&s->intro);
	free(s);
}

static int by_name(const void *a, const void *b)
{
	const struct shape *x = *(struct shape *const *)a, *y = *(struct shape *const *)b;

	return strcmp(x->name, y->name);
}

/* What was learned stands behind the sample by name, not by who came first in the store. */
static void sort_learned(struct shape *s)
{
	size_t i = 0;

	while (i < s->count && s->parts[i]->known)
		i++;
	if (i < s->count)
		qsort(s->parts + i, s->count - i, sizeof(*s->parts), by_name);
}

/* Tables know no column without fields, so {} becomes text as well. */
void shape_settle(struct shape *s)
{
	size_t i;

	if (s->kind == SHAPE_STRUCT && !s->count)
		s->kind = SHAPE_MIXED;
	sort_learned(s);
	if (s->sampled || s->kind == SHAPE_MIXED)
		s->rewrite = true;
	for (i = 0; i < s->count; i++) {
		buf_printf(&s->parts[i]->intro, "%s\"%s\":", i ? "," : "{", s->parts[i]->name);
		shape_settle(s->parts[i]);
		s->rewrite |= s->parts[i]->rewrite;
	}
}

/* Lists of the sample are never null, so that a reader may walk them unasked. */
static void write_null(const struct shape *s, struct buf *out)
{
	buf_adds(out, s->sampled && s->kind == SHAPE_LIST ? "[]" : "null");
}

void shape_begin(struct shape *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		s->parts[i]->value = NULL;
	s->guess = 0;
}

void shape_member(struct shape *s, const char *name, size_t name_len, const char *value,
		  size_t len)
{
	struct shape *part = find_part(s, name, name_len, &s->guess);

	if (!part)
		return;
	part->value = value;
	part->len = len;
}

void shape_end(struct shape *s, struct buf *out)
{
	struct shape *part;
	size_t i;

	for (i = 0; i < s->count; i++) {
		part = s->parts[i];
		buf_add(out, part->intro.data, part->intro.len);
		if (part->value)
			shape_write(part, part->value, part->len, out);
		else
			write_null(part, out);
	}
	buf_addc(out, '}');
}

static void write_struct(struct shape *s, const char *value, size_t len, struct buf *out)
{
	struct span_scan scan = span_scan(value, len);
	struct span_member m;

	shape_begin(s);
	while (span_next(&scan, &m))
		shape_member(s, m.key, m.key_len, m.value, m.value_len);
	shape_end(s, out);
}

static void write_list(struct shape *s, const char *value, size_t len, struct buf *out)
{
	struct span_scan scan = span_scan(value, len);
	struct span_member m;
	const char *comma = "";

	buf_addc(out, '[');
	while (span_next(&scan, &m)) {
		buf_adds(out, comma);
		shape_write(s->parts[0], m.value, m.value_len, out);
		comma = ",";
	}
	buf_addc(out, ']');
}

void shape_write(struct shape *s, const char *value, size_t len, struct buf *out)
{
	enum shape_kind kind = kind_of(value, len);

	if (kind == SHAPE_NULL) {
		write_null(s, out);
	} else if (!s->rewrite) {
		buf_add(out, value, len);
	} else if (s->kind == SHAPE_MIXED) {
		span_quote(out, value, len);
	} else if (s->kind == SHAPE_STRUCT && kind == SHAPE_STRUCT) {
		write_struct(s, value, len, out);
	} else if (s->kind == SHAPE_LIST && kind == SHAPE_LIST) {
		write_list(s, value, len, out);
	} else {
		buf_add(out, value, len);
		if (s->kind == SHAPE_FLOAT && kind == SHAPE_INT)
			buf_adds(out, ".0");
	}
}

static const char *dtype(const struct shape *s)
{
	switch (s->kind) {
	case SHAPE_BOOL:
		return "bool";
	case SHAPE_INT:
		return "int64";
	case SHAPE_FLOAT:
		return "float64";
	default:
		return "string";
	}
}

static bool is_plain(const struct shape *s)
{
	return s->kind != SHAPE_LIST && s->kind != SHAPE_STRUCT;
}

static void write_feature(const struct shape *s, int indent, struct buf *yaml)
{
	if (is_plain(s)) {
		buf_printf(yaml, "%*sdtype: %s\n", indent, "", dtype(s));
	} else if (s->kind == SHAPE_STRUCT) {
		buf_printf(yaml, "%*sstruct:\n", indent, "");
		shape_features(s, indent, yaml);
	} else if (is_plain(s->parts[0])) {
		buf_printf(yaml, "%*slist: %s\n", indent, "", dtype(s->parts[0]));
	} else {
		buf_printf(yaml, "%*slist:\n", indent, "");
		if (s->parts[0]->kind == SHAPE_STRUCT)
			shape_features(s->parts[0], indent, yaml);
		else
			write_feature(s->parts[0], indent + 2, yaml);
	}
}

/*
 * A name as a YAML text in double quotes, which knows JSON's escapes but allows fewer bytes as
 * they are (YAML 1.2, 5.1): DEL, C1 controls, line separators, byte order marks.
 */
static void write_name(const char *name, struct buf *yaml)
{
	struct buf quoted, plain;
	const char *p;

	buf_init(&quoted, BUF_NO_MAX);
	buf_init(&plain, BUF_NO_MAX);
	buf_printf(&quoted, "\"%s\"", name);
	span_unquote(&plain, quoted.data, quoted.len);
	buf_clear(&quoted);
	span_quote(&quoted, plain.data, plain.len);
	for (p = quoted.data; *p; p++) {
		if (*p == 0x7f)
			buf_adds(yaml, "\\x7F");
		else if (p[0] == '\xc2' && (unsigned char)p[1] < 0xa0)
			buf_printf(yaml, "\\x%02X", (unsigned char)*++p);
		else if (!strncmp(p, "\xe2\x80\xa8", 3) || !strncmp(p, "\xe2\x80\xa9", 3))
			buf_printf(yaml, "\\u20%02X", (unsigned char)(p += 2)[0] - 0x80);
		else if (!strncmp(p, "\xef\xbb\xbf", 3))
			buf_adds(yaml, "\\uFEFF"), p += 2;
		else if (!strncmp(p, "\xef\xbf\xbe", 3) || !strncmp(p, "\xef\xbf\xbf", 3))
			buf_printf(yaml, "\\uFF%02X", (unsigned char)(p += 2)[0] + 0x40);
		else
			buf_addc(yaml, *p);
	}
	buf_release(&quoted);
	buf_release(&plain);
}

void shape_features(const struct shape *s, int indent, struct buf *yaml)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		buf_printf(yaml, "%*s- name: ", indent, "");
		write_name(s->parts[i]->name, yaml);
		buf_addc(yaml, '\n');
		write_feature(s->parts[i], indent + 2, yaml);
	}
}
