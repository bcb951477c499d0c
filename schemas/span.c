/* SPDX-License-Identifier: Apache-2.0
 *
 * See span.h. A recursive walk whose depth is bounded; every byte is looked at once.
 */
#include "schemas/span.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#define XXH_INLINE_ALL	/* keys are short */
#include <xxhash.h>

#include "cli/buf.h"
#include "schemas/span_in.h"

#define FEW_KEYS 32	/* up to here comparing beats sorting; a tally has 20 */
#define ROOM 64		/* keys of objects now open that need no memory */

struct walk {
	const char *text, *end;
	int depth;
	bool loose;		/* white space or an escape was seen */
	uint64_t *keys;		/* hashes of the keys of the objects now open, as a stack */
	size_t key_count, key_cap;
	uint64_t room[ROOM];	/* where they stand while they are so few */
	struct span_members *top;	/* members of the outermost object, or NULL */
	struct err *err;
};

/*
 * Each of these takes where something begins and returns where it ended; NULL: it is wrong, and
 * err says so.
 */
static const char *walk_value(struct walk *w, const char *p);

static const char *wrong(struct walk *w, const char *p, const char *what)
{
	err_set(w->err, EXIT_DATA, "%s at byte %zu", what, (size_t)(p - w->text));
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline const char *skip_space(struct walk *w, const char *p)
{
	if (p == w->end || !is_space(*p))
		return p;
	w->loose = true;
	while (p < w->end && is_space(*p))
		p++;
	return p;
}

/* p stands behind a backslash. */
static const char *walk_escape(struct walk *w, const char *p)
{
	int c, low;

	if (p < w->end && span_meaning[(unsigned char)*p])
		return p + 1;
	if (p == w->end || *p != 'u')
		return wrong(w, p, "unknown escape");
	c = span_hex4(p + 1, w->end);
	if (c < 0)
		return wrong(w, p, "broken \\u escape");
	if (c == 0)
		return wrong(w, p, "\\u0000 in a string");
	if (c >= 0xdc00 && c <= 0xdfff)
		return wrong(w, p, "lone surrogate");
	p += 5;
	if (c < 0xd800 || c > 0xdbff)
		return p;
	low = w->end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? span_hex4(p + 2, w->end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return wrong(w, p, "lone surrogate");
	return p + 6;
}

/* The string goes on at p, where something stands that is no plain ASCII. */
static const char *walk_odd_string(struct walk *w, const char *p, bool *escaped)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	for (; p < w->end && *p != '"'; p = span_skip_plain(p, w->end)) {
		if (*p == '\\') {
			*escaped = w->loose = true;
			p = walk_escape(w, p + 1);
			if (!p)
				return NULL;
		} else if ((unsigned char)*p < 0x20) {
			return wrong(w, p, "control character in a string");
		} else {
			n = utf8proc_iterate((const utf8proc_uint8_t *)p, w->end - p, &c);
			if (n <= 0)
				return wrong(w, p, "invalid UTF-8");
			p += n;
		}
	}
	return p < w->end ? p + 1 : wrong(w, p, "string without an end");
}

/* p stands on the opening quote. */
static inline const char *walk_string(struct walk *w, const char *p, bool *escaped)
{
	*escaped = false;
	p = span_skip_plain(p + 1, w->end);
	return p < w->end && *p == '"' ? p + 1 : walk_odd_string(w, p, escaped);
}

static const char *skip_digits(const struct walk *w, const char *p)
{
	while (p < w->end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Behind one digit at least. */
static const char *walk_digits(struct walk *w, const char *p, const char *what)
{
	const char *from = p;

	p = skip_digits(w, p);
	return p > from ? p : wrong(w, p, what);
}

static const char *walk_exponent(struct walk *w, const char *p)
{
	if (p < w->end && (*p == '+' || *p == '-'))
		p++;
	return walk_digits(w, p, "broken number");
}

static const char *walk_number(struct walk *w, const char *p)
{
	if (*p == '-')
		p++;
	if (p < w->end && *p == '0')
		p++;
	else
		p = walk_digits(w, p, "not a JSON value");
	if (p && p < w->end && *p == '.')
		p = walk_digits(w, p + 1, "broken number");
	if (p && p < w->end && (*p == 'e' || *p == 'E'))
		p = walk_exponent(w, p + 1);
	return p;
}

static const char *walk_word(struct walk *w, const char *p)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if ((size_t)(w->end - p) >= n && !memcmp(p, words[i], n))
			return p + n;
	}
	return wrong(w, p, "not a JSON value");
}

static const char *walk_array(struct walk *w, const char *p)
{
	p = skip_space(w, p + 1);
	if (p < w->end && *p == ']')
		return p + 1;
	while (1) {
		p = walk_value(w, skip_space(w, p));
		if (!p)
			return NULL;
		p = skip_space(w, p);
		if (p == w->end)
			return wrong(w, p, "array without an end");
		if (*p == ']')
			return p + 1;
		if (*p != ',')
			return wrong(w, p, "expected ',' or ']'");
		p++;
	}
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of few keys most are told apart by 6 bits of their hash. */
static bool has_repeats_among_few(const uint64_t *keys, size_t count)
{
	uint64_t bits = 0, bit;
	size_t i, j;

	for (i = 0; i < count; i++) {
		bit = 1ull << (keys[i] & 63);
		for (j = 0; (bits & bit) && j < i; j++)
			if (keys[i] == keys[j])
				return true;
		bits |= bit;
	}
	return false;
}

/* Equal 64-bit hashes count as equal keys: a collision would only refuse that line. */
static bool has_repeats(uint64_t *keys, size_t count)
{
	size_t i;

	if (count <= FEW_KEYS)
		return has_repeats_among_few(keys, count);
	qsort(keys, count, sizeof(*keys), by_hash);
	for (i = 1; i < count; i++)
		if (keys[i] == keys[i - 1])
			return true;
	return false;
}

static void need_key_room(struct walk *w)
{
	if (w->key_count < w->key_cap)
		return;
	w->key_cap *= 2;
	w->keys = xrealloc_array(w->keys == w->room ? NULL : w->keys, w->key_cap, sizeof(*w->keys));
	if (w->key_count == ROOM)
		memcpy(w->keys, w->room, sizeof(w->room));
}

/* Returns the key's hash. */
static uint64_t keep_key(struct walk *w, const char *quoted, size_t len, bool escaped)
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
	need_key_room(w);
	return w->keys[w->key_count++] = hash;
}

static void keep_member(struct span_members *top, const char *key, size_t key_len, bool escaped,
			const char *value, const char *end)
{
	span_members_room(top);
	top->items[top->count++] = (struct span_member){ key + 1, key_len - 2, value,
							 (size_t)(end - value), escaped };
}

static const char *walk_member(struct walk *w, const char *p, uint64_t *hash)
{
	const char *key = p, *value;
	size_t key_len;
	bool escaped;

	if (p == w->end || *p != '"')
		return wrong(w, p, "expected a key");
	p = walk_string(w, p, &escaped);
	if (!p)
		return NULL;
	key_len = (size_t)(p - key);
	*hash = keep_key(w, key, key_len, escaped);
	p = skip_space(w, p);
	if (p == w->end || *p != ':')
		return wrong(w, p, "expected ':'");
	value = skip_space(w, p + 1);
	p = walk_value(w, value);
	if (p && w->depth == 1 && w->top)
		keep_member(w->top, key, key_len, escaped, value, p);
	return p;
}

static const char *walk_object(struct walk *w, const char *p)
{
	uint64_t seen[4] = { 0 }, hash = 0, bit;
	size_t first = w->key_count;
	bool doubt = false;	/* two keys have eight bits of their hashes in common */

	p = skip_space(w, p + 1);
	if (p < w->end && *p == '}')
		return p + 1;
	while (1) {
		p = walk_member(w, skip_space(w, p), &hash);
		if (!p)
			return NULL;
		bit = 1ull << (hash & 63);
		doubt |= (seen[hash >> 6 & 3] & bit) != 0;
		seen[hash >> 6 & 3] |= bit;
		p = skip_space(w, p);
		if (p == w->end)
			return wrong(w, p, "object without an end");
		if (*p == '}')
			break;
		if (*p != ',')
			return wrong(w, p, "expected ',' or '}'");
		p++;
	}
	p++;
	if (doubt && has_repeats(w->keys + first, w->key_count - first))
		return wrong(w, p, "repeated key in the object that ends");
	w->key_count = first;
	return p;
}

static const char *walk_value(struct walk *w, const char *p)
{
	bool escaped;

	if (p == w->end)
		return wrong(w, p, "value is missing");
	if (w->depth == SPAN_DEPTH_MAX)
		return wrong(w, p, "nested too deep");
	switch (*p) {
	case '"':
		return walk_string(w, p, &escaped);
	case '{':
	case '[':
		w->depth++;
		p = *p == '{' ? walk_object(w, p) : walk_array(w, p);
		w->depth--;
		return p;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return walk_number(w, p);
	default:
		return walk_word(w, p);
	}
}

static int walk_text(const char *text, size_t len, struct span_members *top, struct err *err)
{
	struct walk w;
	const char *p;

	w.text = text;	/* not the room: it is large */
	w.end = text + len;
	w.depth = 0;
	w.loose = false;
	w.keys = w.room;
	w.key_count = 0;
	w.key_cap = ROOM;
	w.top = top;
	w.err = err;
	p = skip_space(&w, text);
	if (top && (p == w.end || *p != '{'))
		p = wrong(&w, p, "not a JSON object");
	else
		p = walk_value(&w, p);
	if (p)
		p = skip_space(&w, p);
	if (p && p < w.end)
		p = wrong(&w, p, "trailing bytes after the value");
	if (top)
		top->tight = !w.loose;
	if (w.keys != w.room)
		free(w.keys);
	return p ? 0 : -1;
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
