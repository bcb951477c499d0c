/* SPDX-License-Identifier: Apache-2.0
 *
 * record_write: records on their way out, as lines and as sums; see record.h.
 */
#include "schemas/record_in.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"

/* Its text is most of a caption, and the id that was made of it says the same. */
static bool is_told_by_id(const struct rec *r, const struct member *m)
{
	return r->identified && m->known >= 0 && !strcmp(m->key, "caption");
}

/* Lengths go before what they are of: few pieces, and no two records are made of the same. */
void rec_hash(const struct rec *r, struct hash *h)
{
	const struct member *m;
	size_t i;

	for (i = 0; i < r->count; i++) {
		m = &r->members[i];
		if (is_told_by_id(r, m))
			continue;
		hash_bytes(h, (uint64_t[]){ (uint64_t)r->kind << 32 | (uint32_t)m->known, m->key_len,
					    m->value_len }, 3 * sizeof(uint64_t));
		if (m->known < 0)
			hash_bytes(h, m->key, m->key_len);
		hash_bytes(h, m->value, m->value_len);
	}
}

static void write_key(struct buf *out, const struct member *m, bool *first)
{
	if (!*first)
		buf_addc(out, ',');
	*first = false;
	buf_addc(out, '"');
	buf_add(out, m->key, m->key_len);
	buf_add(out, "\":", 2);
}

static void write_unknown(const struct rec *r, struct buf *out, bool *first)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (r->members[i].known >= 0)
			continue;
		write_key(out, &r->members[i], first);
		buf_add(out, r->members[i].value, r->members[i].value_len);
	}
}

void rec_write_rest(const struct rec *r, struct buf *out)
{
	bool first = true;

	write_unknown(r, out, &first);
}

void rec_write(const struct rec *r, struct buf *out)
{
	const char *const *names = rec_members(r->kind);
	const struct member *slots[32] = { NULL };
	bool first = true;
	size_t i;
	int k;

	for (i = 0; i < r->count; i++)
		if (r->members[i].known >= 0)
			slots[r->members[i].known] = &r->members[i];
	buf_addc(out, '{');
	for (k = 0; names[k]; k++) {
		if (!slots[k])
			continue;
		write_key(out, slots[k], &first);
		if (slots[k]->owned || r->tight)
			buf_add(out, slots[k]->value, slots[k]->value_len);
		else
			span_canon(out, slots[k]->value, slots[k]->value_len);
	}
	write_unknown(r, out, &first);
	buf_add(out, "}\n", 2);
}

bool rec_is_literal(const struct rec *r)
{
	return r->tight && !r->changed;
}

bool rec_is_canonical(const struct rec *r)
{
	int last = -1, at;
	size_t i;

	for (i = 0; i < r->count; i++) {
		at = r->members[i].known >= 0 ? r->members[i].known : INT_MAX;
		if (at < last)
			return false;
		last = at;
	}
	return rec_is_literal(r);
}
