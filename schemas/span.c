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
	const char *text, *end, *at;
	int depth;
	bool loose;		/* white space or an escape was seen */
	uint64_t *keys;		/* hashes of the keys of the objects now open, as a stack */
	size_t key_count, key_cap;
	uint64_t room[ROOM];	/* where they stand while they are so few */
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
				  *w->at == '\r')) {
		w->loose = true;
		w->at++;
	}
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
	c = span_hex4(w->at + 1, w->end);
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
	      span_hex4(w->at + 2, w->end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return wrong(w, "lone surrogate");
	w->at += 6;
	return 0;
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

		w->at = span_skip_plain(w->at, w->end);
		if (w->at == w->end)
			break;
		b = (unsigned char)*w->at;

		if (b == '"') {
			w->at++;
			return 0;
		}
		if (b == '\\') {
			*escaped = w->loose = true;
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
	need_key_room(w);
	w->keys[w->key_count++] = hash;
}

static void keep_member(struct walk *w, const char *key, size_t key_len, bool escaped,
			const char *value)
{
	struct span_members *top = w->top;

	span_members_room(top);
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
	struct walk w;
	int result = -1;

	w.text = w.at = text;	/* not the room: it is large */
	w.end = text + len;
	w.depth = 0;
	w.loose = false;
	w.keys = w.room;
	w.key_count = 0;
	w.key_cap = ROOM;
	w.top = top;
	w.err = err;
	skip_space(&w);
	if (top && (w.at == w.end || *w.at != '{'))
		wrong(&w, "not a JSON object");
	else if (!walk_value(&w)) {
		skip_space(&w);
		result = w.at == w.end ? 0 : wrong(&w, "trailing bytes after the value");
	}
	if (top)
		top->tight = !w.loose;
	if (w.keys != w.room)
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
