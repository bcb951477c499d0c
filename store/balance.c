/* SPDX-License-Identifier: Apache-2.0
 *
 * See balance.h. A record is rewritten by spans: what does not change keeps its bytes.
 */
#include "store/balance.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"

void balance_make(struct balance *b, int64_t seed, const char *question_id, int count, int gold,
		  int place)
{
	uint8_t others[ORDER_OPTIONS_MAX], swap;
	struct draw draw;
	struct hash h;
	int i, j, n = 0;

	hash_init(&h);
	hash_text(&h, "balance");
	hash_number(&h, seed);
	hash_text(&h, question_id);
	draw.state = hash_low(&h);
	hash_release(&h);
	for (i = 0; i < count; i++)
		if (i != gold)
			others[n++] = (uint8_t)i;
	for (i = n - 1; i > 0; i--) {
		j = (int)draw_below(&draw, (unsigned)i + 1);
		swap = others[i];
		others[i] = others[j];
		others[j] = swap;
	}
	b->count = count;
	for (i = n = 0; i < count; i++) {
		b->from[i] = i == place ? (uint8_t)gold : others[n++];
		b->to[b->from[i]] = (uint8_t)i;
	}
}

/* Writes a member's new value. */
typedef void value_writer(const struct balance *b, const char *value, size_t len,
			  struct buf *out);

struct change {
	const char *member;	/* NULL ends a list */
	value_writer *write;
};

static value_writer *writer_of(const struct change *changes, const struct span_member *m)
{
	for (; changes->member; changes++)
		if (strlen(changes->member) == m->key_len &&
		    !memcmp(changes->member, m->key, m->key_len))
			return changes->write;
	return NULL;
}

/* What is no object, a null in the list, stays. */
static void write_object(const struct balance *b, const struct change *changes,
			 const char *text, size_t len, struct buf *out)
{
	struct span_scan scan = span_scan(text, len);
	const char *before = "{\"";
	struct span_member m;
	value_writer *write;

	if (*text != '{') {
		buf_add(out, text, len);
		return;
	}
	for (; span_next(&scan, &m); before = ",\"") {
		buf_adds(out, before);
		buf_add(out, m.key, m.key_len);
		buf_adds(out, "\":");
		write = writer_of(changes, &m);
		if (write)
			write(b, m.value, m.value_len, out);
		else
			buf_add(out, m.value, m.value_len);
	}
	buf_adds(out, *before == '{' ? "{}" : "}");
}

/* Each element of a list by `write`; what is no list stays. */
static void write_list(const struct balance *b, value_writer *write, const char *text,
		       size_t len, struct buf *out)
{
	struct span_scan scan = span_scan(text, len);
	const char *comma = "";
	struct span_member m;

	if (*text != '[') {
		buf_add(out, text, len);
		return;
	}
	buf_addc(out, '[');
	for (; span_next(&scan, &m); comma = ",") {
		buf_adds(out, comma);
		write(b, m.value, m.value_len, out);
	}
	buf_addc(out, ']');
}

static void write_number(const struct balance *b, const char *value, size_t len,
			 struct buf *out)
{
	char *end;
	long old = strtol(value, &end, 10);

	if (end == value + len && old >= 0 && old < b->count)
		buf_printf(out, "%d", b->to[old]);
	else
		buf_add(out, value, len);	/* null, or the option to abstain */
}

static void write_order(const struct balance *b, const char *value, size_t len, struct buf *out)
{
	write_list(b, write_number, value, len, out);
}

static void write_trial(const struct balance *b, const char *value, size_t len, struct buf *out)
{
	static const struct change changes[] = { { "order", write_order },
						 { "pick", write_number }, { 0 } };

	write_object(b, changes, value, len, out);
}

static void write_trials(const struct balance *b, const char *value, size_t len,
			 struct buf *out)
{
	write_list(b, write_trial, value, len, out);
}

static void write_tally(const struct balance *b, const char *value, size_t len, struct buf *out)
{
	static const struct change changes[] = { { "trials", write_trials }, { 0 } };

	write_object(b, changes, value, len, out);
}

static void write_tallies(const struct balance *b, const char *value, size_t len,
			  struct buf *out)
{
	write_list(b, write_tally, value, len, out);
}

static void write_answer(const struct balance *b, const char *value, size_t len,
			 struct buf *out)
{
	int old = len == 3 ? value[1] - 'A' : -1;

	if (old >= 0 && old < b->count)
		buf_printf(out, "\"%c\"", 'A' + b->to[old]);
	else
		buf_add(out, value, len);
}

static void write_options(const struct balance *b, const char *value, size_t len,
			  struct buf *out)
{
	struct span_member items[ORDER_OPTIONS_MAX] = { { 0 } };
	struct span_scan scan = span_scan(value, len);
	int i, n = 0;

	while (n < b->count && span_next(&scan, &items[n]))
		n++;
	for (i = 0; i < n; i++) {
		buf_addc(out, i ? ',' : '[');
		buf_add(out, items[b->from[i]].value, items[b->from[i]].value_len);
	}
	buf_addc(out, ']');
}

static int count_elements(const char *text, size_t len)
{
	struct span_scan scan = span_scan(text, len);
	struct span_member m;
	int n = 0;

	while (span_next(&scan, &m))
		n++;
	return n;
}

/* -1: the line is no question with options and an answer among them. */
static int read_question(struct balance *b, int64_t seed, int place, const char *line,
			 size_t len)
{
	struct span_members found = { 0 };
	int count = 0, gold = -1;
	struct buf id;
	size_t i;

	buf_init(&id, BUF_NO_MAX);
	span_members_of(line, len, &found);
	for (i = 0; i < found.count; i++) {
		const struct span_member *m = &found.items[i];

		if (m->key_len == 11 && !memcmp(m->key, "question_id", 11))
			span_unquote(&id, m->value, m->value_len);
		else if (m->key_len == 7 && !memcmp(m->key, "options", 7))
			count = count_elements(m->value, m->value_len);
		else if (m->key_len == 6 && !memcmp(m->key, "answer", 6) && m->value_len == 3)
			gold = m->value[1] - 'A';
	}
	if (gold >= 0 && gold < count && count <= ORDER_OPTIONS_MAX)
		balance_make(b, seed, id.data, count, gold, place);
	else
		count = 0;
	span_members_release(&found);
	buf_release(&id);
	return count ? 0 : -1;
}

void balance_record(int64_t seed, int place, const char *line, size_t len, struct buf *out)
{
	static const struct change changes[] = {
		{ "options", write_options }, { "answer", write_answer },
		{ "blind", write_tallies }, { "sight", write_tallies },
		{ "control", write_tallies }, { 0 } };
	struct balance b;

	if (read_question(&b, seed, place, line, len))
		buf_add(out, line, len);
	else
		write_object(&b, changes, line, len, out);
}
