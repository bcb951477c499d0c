/* SPDX-License-Identifier: Apache-2.0
 *
 * span: where things stand inside a JSON text. It checks a text strictly, finds the members
 * of its outermost object and the end of the next value in a stream, so that what capqa does
 * not understand can be passed on byte for byte. Values are read by cJSON; cJSON alone would
 * turn 12345678901234567890 into 1.2345678901234567e+19, accept two equal keys, broken UTF-8
 * and a NUL in the middle of a string.
 *
 *	struct span_members found = { 0 };
 *	if (span_object(line, len, &found, &err) == 0)
 *		for (size_t i = 0; i < found.count; i++) ... found.items[i].value
 *	span_members_release(&found);
 */
#ifndef SCHEMAS_SPAN_H
#define SCHEMAS_SPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/msg.h"

struct buf;

#define SPAN_DEPTH_MAX 128	/* nesting; real records have 5 */

struct span_member {
	const char *key;	/* between the quotes, as written */
	size_t key_len;
	const char *value;	/* first to last byte of the value, without white space */
	size_t value_len;
	bool escaped;		/* the key is written with escapes */
};

struct span_members {
	struct span_member *items;
	size_t count, cap;
	bool tight;	/* no white space around its tokens, no escape: canonical as it stands */
};

/*
 * Checks that text is one JSON object and nothing else: RFC 8259, valid UTF-8, no \u0000, no
 * lone surrogate, no repeated key at any level, no deeper than SPAN_DEPTH_MAX. Fills found
 * (emptied first) with pointers into text. 0, or -1 and err says what and at which byte.
 */
int span_object(const char *text, size_t len, struct span_members *found, struct err *err);
void span_members_release(struct span_members *found);

/* The same check for any single value. */
int span_check(const char *text, size_t len, struct err *err);

/* Appends a value (checked before) without white space and with the fewest escapes. */
void span_canon(struct buf *out, const char *value, size_t len);

/* Appends a string value in quotes. A NUL, and each byte that is no UTF-8, becomes U+FFFD. */
void span_quote(struct buf *out, const char *text, size_t len);
/* Printable ASCII that needs no escape: span_quote only puts it between quotes. */
bool span_is_plain(const char *text, size_t len);

/* Appends what a string value (checked before, quotes included) means. */
void span_unquote(struct buf *out, const char *value, size_t len);
/* The same into memory of the caller's, len bytes at least; ends in a NUL. Returns its length. */
size_t span_unquote_to(char *to, const char *value, size_t len);

/* The closing quote of the string that opens at p, in a text that was checked. */
const char *span_string_end(const char *p, const char *end);

/*
 * Members of an object or elements of an array, one after another, in a value that was checked
 * and stands from its first to its last byte. Of any other value nothing comes.
 *
 *	struct span_scan scan = span_scan(value, len);
 *	while (span_next(&scan, &m)) ... m.key (not of an array), m.value
 */
struct span_scan {
	const char *at, *end;	/* at: behind what came last */
	bool keys;		/* of an object */
};

struct span_scan span_scan(const char *value, size_t len);
bool span_next(struct span_scan *scan, struct span_member *m);

/* All members of an object that was checked; `tight` is not set. */
void span_members_of(const char *object, size_t len, struct span_members *found);

/*
 * Finds the elements of a JSON array while its bytes arrive. Feed it the unread bytes; it
 * returns how many of them it is done with, sets value and value_len when an element ended
 * among them (pointers into text), and `ended` after the closing bracket. -1: not an array.
 * It knows only strings and brackets; span_check judges each element.
 */
struct span_array {
	enum { ARRAY_BEFORE, ARRAY_BETWEEN, ARRAY_INSIDE, ARRAY_ENDED } state;
	size_t seen;		/* bytes of the element under way that were looked at */
	int depth;
	bool in_string, escaped;
	bool need_comma, need_value;	/* between elements: what must come next */
};

long span_array_next(struct span_array *a, const char *text, size_t len, const char **value,
		     size_t *value_len);

#endif
