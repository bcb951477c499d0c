/* SPDX-License-Identifier: Apache-2.0
 *
 * See span.h. A recursive walk whose depth is bounded; every byte is looked at once.
 */
#include "schemas/span.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#include <xxhash.h>

#include "cli/buf.h"

#define FEW_KEYS 24	/* up to here comparing all pairs beats sorting; a tally has 20 */

struct walk {
	const char *text, *end, *at;
	int depth;
	uint64_t *keys;		/* hashes of the keys of the objects now open, as a stack */
	size_t key_count, key_cap;
	struct span_members *top;	/* members of the outermost object, or NULL */
	struct err *err;
};

static int walk_value(struct walk *w);

static int wrong(struct walk *w, const char *what)
{
	return err_set(w->err, EXIT_DATA, "%s at byte %zu", what, (size_t)(w->at - w->text));
}

static void skip_space(struct walk *w)
{
	while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\n' ||
				  *w->at == '\r'))
		w->at++;
}

/* Four hex digits at p, or -1. */
static int hex4(const char *p, const char *end)
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

/* at stands behind a backslash; moves past the escape. */
static int walk_escape(struct walk *w)
{
	int c, low;

	if (w->at < w->end && *w->at && strchr("\"\\/bfnrt", *w->at)) {
		w->at++;
		return 0;
	}
	if (w->at == w->end || *w->at != 'u')
		return wrong(w, "unknown escape");
	c = hex4(w->at + 1, w->end);
	if (c < 0)
		return wrong(w, "broken \\u escape");
	if (c == 0)
		return wrong(w, "\\u0000 in a string");
	if (c >= 0xdc00 && c <= 0xdfff)
		return wrong(w, "lone surrogate");
	w->at += 5;
	if (c < 0xd800 || c > 0xdbff)
		return 0;
	low = w->end - w->at >= 6 && w->at[0] == '\\' && w->at[1] == 'u' ?
	      hex4(w->at + 2, w->end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return wrong(w, "lone surrogate");
	w->at += 6;
	return 0;
}

/* Of GCC and Clang; where the machine has no such registers, they make do. */
typedef signed char lanes __attribute__((vector_size(16)));

/* Past the ASCII that stands for itself in a string: most bytes of most lines. */
static const char *skip_plain(const char *p, const char *end)
{
	uint64_t found[2] = { 0 };
	lanes bytes;

	for (; end - p >= 16; p += 16) {
		memcpy(&bytes, p, sizeof(bytes));
		bytes = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');	/* < 0: not ASCII */
		memcpy(found, &bytes, sizeof(found));
		if (found[0] | found[1])
			break;
	}
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* at stands on the opening quote; moves behind the closing one. */
static int walk_string(struct walk *w, bool *escaped)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	*escaped = false;
	w->at++;
	while (w->at < w->end) {
		unsigned char b;

		w->at = skip_plain(w->at, w->end);
		if (w->at == w->end)
			break;
		b = (unsigned char)*w->at;

		if (b == '"') {
			w->at++;
			return 0;
		}
		if (b == '\\') {
			*escaped = true;
			w->at++;
			if (walk_escape(w))
				return -1;
		} else if (b < 0x20) {
			return wrong(w, "control character in a string");
		} else if (b < 0x80) {
			w->at++;
		} else {
			n = utf8proc_iterate((const utf8proc_uint8_t *)w->at, w->end - w->at, &c);
			if (n <= 0)
				return wrong(w, "invalid UTF-8");
			w->at += n;
		}
	}
	return wrong(w, "string without an end");
}

static bool digits(struct walk *w)
{
	const char *from = w->at;

	while (w->at < w->end && *w->at >= '0' && *w->at <= '9')
		w->at++;
	return w->at > from;
}

static int walk_number(struct walk *w)
{
	if (*w->at == '-')
		w->at++;
	if (w->at < w->end && *w->at == '0')
		w->at++;
	else if (!digits(w))
		return wrong(w, "not a JSON value");
	if (w->at < w->end && *w->at == '.') {
		w->at++;
		if (!digits(w))
			return wrong(w, "broken number");
	}
	if (w->at < w->end && (*w->at == 'e' || *w->at == 'E')) {
		w->at++;
		if (w->at < w->end && (*w->at == '+' || *w->at == '-'))
			w->at++;
		if (!digits(w))
			return wrong(w, "broken number");
	}
	return 0;
}

static int walk_word(struct walk *w)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if ((size_t)(w->end - w->at) >= n && !memcmp(w->at, words[i], n)) {
			w->at += n;
			return 0;
		}
	}
	return wrong(w, "not a JSON value");
}

static int walk_array(struct walk *w)
{
	w->at++;
	skip_space(w);
	if (w->at < w->end && *w->at == ']') {
		w->at++;
		return 0;
	}
	while (1) {
		skip_space(w);
		if (walk_value(w))
			return -1;
		skip_space(w);
		if (w->at == w->end)
			return wrong(w, "array without an end");
		if (*w->at == ']') {
			w->at++;
			return 0;
		}
		if (*w->at != ',')
			return wrong(w, "expected ',' or ']'");
		w->at++;
	}
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Equal 64-bit hashes count as equal keys: a collision would only refuse that line. */
static bool has_repeats(uint64_t *keys, size_t count)
{
	size_t i, j;

	if (count <= FEW_KEYS) {
		for (i = 1; i < count; i++)
			for (j = 0; j < i; j++)
				if (keys[i] == keys[j])
					return true;
		return false;
	}
	qsort(keys, count, sizeof(*keys), by_hash);
	for (i = 1; i < count; i++)
		if (keys[i] == keys[i - 1])
			return true;
	return false;
}

static void keep_key(struct walk *w, const char *quoted, size_t len, bool escaped)
{
	struct buf plain;
	uint64_t hash;

	if (escaped) {
		buf_init(&plain, BUF_NO_MAX);
		span_unquote(&plain, quoted, len);
		hash = XXH3_64bits(plain.data, plain.len);
		buf_release(&plain);
	} else {
		hash = XXH3_64bits(quoted + 1, len - 2);
	}
	w->keys = xgrow(w->keys, &w->key_cap, w->key_count, sizeof(*w->keys));
	w->keys[w->key_count++] = hash;
}

static void keep_member(struct walk *w, const char *key, size_t key_len, bool escaped,
			const char *value)
{
	struct span_members *top = w->top;

	top->items = xgrow(top->items, &top->cap, top->count, sizeof(*top->items));
	top->items[top->count++] = (struct span_member){ key + 1, key_len - 2, value,
							 (size_t)(w->at - value), escaped };
}

static int walk_member(struct walk *w)
{
	const char *key = w->at, *value;
	size_t key_len;
	bool escaped;

	if (w->at == w->end || *w->at != '"')
		return wrong(w, "expected a key");
	if (walk_string(w, &escaped))
		return -1;
	key_len = (size_t)(w->at - key);
	keep_key(w, key, key_len, escaped);
	skip_space(w);
	if (w->at == w->end || *w->at != ':')
		return wrong(w, "expected ':'");
	w->at++;
	skip_space(w);
	value = w->at;
	if (walk_value(w))
		return -1;
	if (w->depth == 1 && w->top)
		keep_member(w, key, key_len, escaped, value);
	return 0;
}

static int walk_object(struct walk *w)
{
	size_t first = w->key_count;

	w->at++;
	skip_space(w);
	if (w->at < w->end && *w->at == '}') {
		w->at++;
		return 0;
	}
	while (1) {
		skip_space(w);
		if (walk_member(w))
			return -1;
		skip_space(w);
		if (w->at == w->end)
			return wrong(w, "object without an end");
		if (*w->at == '}')
			break;
		if (*w->at != ',')
			return wrong(w, "expected ',' or '}'");
		w->at++;
	}
	w->at++;
	if (has_repeats(w->keys + first, w->key_count - first))
		return wrong(w, "repeated key in the object that ends");
	w->key_count = first;
	return 0;
}

static int walk_value(struct walk *w)
{
	bool escaped;
	int result;

	if (w->at == w->end)
		return wrong(w, "value is missing");
	if (w->depth == SPAN_DEPTH_MAX)
		return wrong(w, "nested too deep");
	switch (*w->at) {
	case '"':
		return walk_string(w, &escaped);
	case '{':
		w->depth++;
		result = walk_object(w);
		w->depth--;
		return result;
	case '[':
		w->depth++;
		result = walk_array(w);
		w->depth--;
		return result;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return walk_number(w);
	default:
		return walk_word(w);
	}
}

static int walk_text(const char *text, size_t len, struct span_members *top, struct err *err)
{
	struct walk w = { .text = text, .end = text + len, .at = text, .top = top, .err = err };
	int result = -1;

	skip_space(&w);
	if (top && (w.at == w.end || *w.at != '{'))
		wrong(&w, "not a JSON object");
	else if (!walk_value(&w)) {
		skip_space(&w);
		result = w.at == w.end ? 0 : wrong(&w, "trailing bytes after the value");
	}
	free(w.keys);
	return result;
}

int span_object(const char *text, size_t len, struct span_members *found, struct err *err)
{
	found->count = 0;
	return walk_text(text, len, found, err);
}

int span_check(const char *text, size_t len, struct err *err)
{
	return walk_text(text, len, NULL, err);
}

void span_members_release(struct span_members *found)
{
	free(found->items);
	*found = (struct span_members){ 0 };
}

/* How many bytes at text[i] are one sound character; 0: none are. */
static size_t character(const char *text, size_t i, size_t len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if ((unsigned char)text[i] < 0x80)
		return 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);
	return n > 0 ? (size_t)n : 0;
}

void span_quote(struct buf *out, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef", shorts[] = "btn?fr";
	size_t i, n, from = 0;

	buf_addc(out, '"');
	for (i = 0; i < len; i += n ? n : 1) {
		unsigned char c = (unsigned char)text[i];

		n = (size_t)(skip_plain(text + i, text + len) - (text + i));
		if (n)
			continue;
		n = character(text, i, len);
		if (n && c >= 0x80)
			continue;
		buf_add(out, text + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_add(out, (char[]){ '\\', (char)c }, 2);
		else if (c == 0 || !n)
			buf_adds(out, "\xef\xbf\xbd");
		else if (c >= 8 && c <= 13 && c != 11)
			buf_add(out, (char[]){ '\\', shorts[c - 8] }, 2);
		else
			buf_add(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
	}
	buf_add(out, text + from, len - from);
	buf_addc(out, '"');
}

static void add_code_point(struct buf *out, int c)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);

	buf_add(out, bytes, (size_t)n);
}

void span_unquote(struct buf *out, const char *value, size_t len)
{
	const char *p = value + 1, *end = value + len - 1, *back;
	int c;

	while (p < end) {
		back = memchr(p, '\\', (size_t)(end - p));
		if (!back)
			back = end;
		buf_add(out, p, (size_t)(back - p));
		if (back == end)
			return;
		p = back + 2;
		switch (back[1]) {
		case 'b': buf_addc(out, '\b'); break;
		case 'f': buf_addc(out, '\f'); break;
		case 'n': buf_addc(out, '\n'); break;
		case 'r': buf_addc(out, '\r'); break;
		case 't': buf_addc(out, '\t'); break;
		case 'u':
			c = hex4(p, end);
			p += 4;
			if (c >= 0xd800 && c <= 0xdbff) {
				c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 2, end) - 0xdc00);
				p += 6;
			}
			add_code_point(out, c);
			break;
		default:
			buf_addc(out, back[1]);
		}
	}
}

/* The closing quote of the string that opens at p; the text was checked. */
static const char *string_end(const char *p, const char *end)
{
	for (p = skip_plain(p + 1, end); *p != '"'; p = skip_plain(p + 1, end))
		if (*p == '\\')
			p++;
	return p;
}

void span_canon(struct buf *out, const char *value, size_t len)
{
	const char *p = value, *end = value + len, *from = value, *close;
	struct buf plain;

	for (; p < end; p++) {
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
			buf_add(out, from, (size_t)(p - from));
			from = p + 1;
		} else if (*p == '"') {
			close = string_end(p, end);
			if (memchr(p, '\\', (size_t)(close - p))) {
				buf_add(out, from, (size_t)(p - from));
				buf_init(&plain, BUF_NO_MAX);
				span_unquote(&plain, p, (size_t)(close + 1 - p));
				span_quote(out, plain.data, plain.len);
				buf_release(&plain);
				from = close + 1;
			}
			p = close;
		}
	}
	buf_add(out, from, (size_t)(end - from));
}

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
