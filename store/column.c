/* SPDX-License-Identifier: Apache-2.0
 *
 * See column.h. The tables first, then the two directions.
 */
#include "store/column.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/list.h"
#include "schemas/record.h"
#include "store/cell.h"

const struct column column_keys[] = {
	{ "image_id", COLUMN_TEXT, NULL }, { "image", COLUMN_TEXT, "path" },
	{ 0 }
};
const struct column column_images[] = {
	{ "mime", COLUMN_TEXT, NULL }, { "width", COLUMN_INT, NULL },
	{ "height", COLUMN_INT, NULL }, { "bytes", COLUMN_INT, NULL },
	{ "orientation", COLUMN_INT, NULL },
	{ 0 }
};
const struct column column_paths[] = {
	{ "offset", COLUMN_INT, "\"offset\"" }, { "size", COLUMN_INT, NULL },
	{ "same_as", COLUMN_TEXT, NULL },
	{ 0 }
};
const struct column column_sources[] = {
	{ "source", COLUMN_JSON, NULL }, { "source_id", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_replies[] = {
	{ "reply", COLUMN_TEXT, NULL }, { "model", COLUMN_TEXT, NULL },
	{ "finish_reason", COLUMN_TEXT, NULL }, { "prompt_id", COLUMN_TEXT, NULL },
	{ "usage", COLUMN_JSON, NULL }, { "call", COLUMN_TEXT, NULL },
	{ "source", COLUMN_JSON, NULL }, { "source_id", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_questions[] = {
	{ "question_id", COLUMN_TEXT, NULL }, { "question", COLUMN_TEXT, NULL },
	{ "answer", COLUMN_TEXT, NULL }, { "flags", COLUMN_JSON, NULL },
	{ "from", COLUMN_JSON, "origin" }, { "source", COLUMN_JSON, NULL },
	{ "source_id", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_verdicts[] = {
	{ "verdict", COLUMN_TEXT, NULL }, { "reason", COLUMN_TEXT, NULL },
	{ "rule", COLUMN_TEXT, NULL }, { "duplicate_of", COLUMN_TEXT, NULL },
	{ 0 }
};
const struct column column_tallies[] = {
	{ "model", COLUMN_TEXT, NULL },	/* condition: '' where there is none, so not here */
	{ "prompt_id", COLUMN_TEXT, NULL }, { "seed", COLUMN_INT, NULL },
	{ "temperature", COLUMN_REAL, NULL }, { "abstain", COLUMN_BOOL, NULL },
	{ "orders", COLUMN_TEXT, NULL }, { "rotations", COLUMN_INT, NULL },
	{ "asked", COLUMN_INT, NULL }, { "valid", COLUMN_INT, NULL },
	{ "correct", COLUMN_INT, NULL }, { "abstained", COLUMN_INT, NULL },
	{ "unparsed", COLUMN_INT, NULL }, { "refused", COLUMN_INT, NULL },
	{ "failed", COLUMN_INT, NULL }, { "early", COLUMN_BOOL, NULL },
	{ "full", COLUMN_BOOL, "\"full\"" },
	{ 0 }
};
const struct column column_trials[] = {
	{ "order", COLUMN_JSON, "\"order\"" }, { "said", COLUMN_TEXT, NULL },
	{ "pick", COLUMN_INT, NULL }, { "outcome", COLUMN_TEXT, NULL },
	{ "call", COLUMN_TEXT, NULL },
	{ 0 }
};
const struct column column_captions[] = {
	{ "caption_id", COLUMN_TEXT, NULL }, { "caption", COLUMN_TEXT, NULL },
	{ "model", COLUMN_TEXT, NULL }, { "prompt_id", COLUMN_TEXT, NULL },
	{ "flags", COLUMN_JSON, NULL }, { "source", COLUMN_JSON, NULL },
	{ "source_id", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_heads[] = {
	{ "caption_id", COLUMN_TEXT, NULL }, { "caption", COLUMN_TEXT, NULL },
	{ "model", COLUMN_TEXT, NULL }, { "prompt_id", COLUMN_TEXT, NULL },
	{ 0 }
};
const struct column column_scores[] = {
	{ "questions", COLUMN_INT, NULL }, { "asked", COLUMN_INT, NULL },
	{ "valid", COLUMN_INT, NULL }, { "correct", COLUMN_INT, NULL },
	{ "omitted", COLUMN_INT, NULL }, { "contradicted", COLUMN_INT, NULL },
	{ "unparsed", COLUMN_INT, NULL }, { "refused", COLUMN_INT, NULL },
	{ "failed", COLUMN_INT, NULL }, { "reward", COLUMN_REAL, NULL },
	{ "lower", COLUMN_REAL, NULL }, { "upper", COLUMN_REAL, NULL },
	{ "flags", COLUMN_JSON, NULL }, { "source", COLUMN_JSON, NULL },
	{ "source_id", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_answers[] = {
	{ "question_id", COLUMN_TEXT, NULL }, { "outcome", COLUMN_TEXT, NULL },
	{ "correct", COLUMN_INT, NULL }, { "omitted", COLUMN_INT, NULL },
	{ "contradicted", COLUMN_INT, NULL }, { "unparsed", COLUMN_INT, NULL },
	{ "refused", COLUMN_INT, NULL }, { "failed", COLUMN_INT, NULL },
	{ 0 }
};
const struct column column_rejects[] = {
	{ "stage", COLUMN_TEXT, NULL }, { "class", COLUMN_TEXT, NULL },
	{ "message", COLUMN_TEXT, NULL }, { "image_id", COLUMN_TEXT, NULL },
	{ "question_id", COLUMN_TEXT, NULL }, { "file", COLUMN_TEXT, NULL },
	{ "line", COLUMN_INT, NULL }, { "span", COLUMN_JSON, NULL },
	{ 0 }
};
const struct column column_runs[] = {
	{ "stage", COLUMN_TEXT, NULL }, { "version", COLUMN_TEXT, NULL },
	{ "models", COLUMN_JSON, NULL }, { "prompt_ids", COLUMN_JSON, NULL },
	{ "options", COLUMN_JSON, NULL }, { "calls", COLUMN_JSON, NULL },
	{ "from_ledger", COLUMN_JSON, NULL }, { "tokens", COLUMN_JSON, NULL },
	{ "seconds", COLUMN_REAL, NULL }, { "endpoints", COLUMN_JSON, NULL },
	{ "counts", COLUMN_JSON, NULL },
	{ 0 }
};

const char *column_name(const struct column *c)
{
	return c->name ? c->name : c->member;
}

size_t column_count(const struct column *columns)
{
	size_t n = 0;

	while (columns[n].member)
		n++;
	return n;
}

void column_names(struct buf *sql, const struct column *columns, const char *prefix)
{
	const struct column *c;

	for (c = columns; c->member; c++)
		buf_printf(sql, "%s%s%s", c > columns ? ", " : "", prefix, column_name(c));
}

void column_marks(struct buf *sql, const struct column *columns, int first)
{
	const struct column *c;

	for (c = columns; c->member; c++)
		buf_printf(sql, "%s?%d", c > columns ? ", " : "", first++);
}

void column_row_init(struct column_row *row)
{
	*row = (struct column_row){ 0 };
	buf_init(&row->exact, BUF_NO_MAX);
	buf_init(&row->scratch, BUF_NO_MAX);
}

void column_row_release(struct column_row *row)
{
	buf_release(&row->exact);
	buf_release(&row->scratch);
}

void column_row_set(struct column_row *row, const struct rec *rec,
		    const struct span_members *members)
{
	row->rec = rec;
	row->members = members;
	row->next = 0;
	row->literal = rec && rec_is_literal(rec);
	buf_clear(&row->exact);
}

/* Members come in the order of the columns, in what we wrote ourselves. */
static const struct span_member *find_member(struct column_row *row, const char *member)
{
	size_t i, at, count = row->members->count;

	for (i = 0; i < count; i++) {
		at = row->next + i;
		at -= at >= count ? count : 0;
		if (list_is(&row->members->items[at], member)) {
			row->next = at + 1;
			return &row->members->items[at];
		}
	}
	return NULL;
}

bool column_row_raw(struct column_row *row, const char *member, const char **value,
		    size_t *len)
{
	const struct span_member *m;

	if (row->rec)
		return rec_raw(row->rec, member, value, len);
	m = find_member(row, member);
	if (!m)
		return false;
	*value = m->value;
	*len = m->value_len;
	return true;
}

void column_row_exact(struct column_row *row, const char *member, const char *value, size_t len)
{
	buf_printf(&row->exact, "%s\"%s\":", row->exact.len ? "," : "", member);
	buf_add(&row->exact, value, len);
}

static bool number_starts(const char *value)
{
	return value[0] == '-' || (value[0] >= '0' && value[0] <= '9');
}

static int read_int(const char *value, size_t len, long long *n)
{
	char *end;

	if (!number_starts(value))
		return -1;
	errno = 0;
	*n = strtoll(value, &end, 10);	/* stops at the comma or bracket behind the value */
	return errno || end != value + len ? -1 : 0;
}

static int read_real(const char *value, size_t len, double *n)
{
	char *end;

	if (!number_starts(value))
		return -1;
	*n = strtod(value, &end);
	return !isfinite(*n) || end != value + len ? -1 : 0;
}

static bool fits(struct column_row *row, const struct column *c, const char *value, size_t len)
{
	long long whole;
	double real;

	switch (c->type) {
	case COLUMN_TEXT:
		return value[0] == '"';
	case COLUMN_INT:
		return !read_int(value, len, &whole);
	case COLUMN_BOOL:
		return value[0] == 't' || value[0] == 'f';
	case COLUMN_REAL:
		if (read_real(value, len, &real))
			return false;
		buf_clear(&row->scratch);
		column_real(&row->scratch, real);
		if (row->scratch.len != len || memcmp(row->scratch.data, value, len))
			column_row_exact(row, c->member, value, len);
		return true;
	default:
		return true;
	}
}

int column_check(struct column_row *row, const struct column *columns, struct err *err)
{
	static const char *const needs[] = { "text", "whole number that fits",
					     "number that fits", "true or false", "value" };
	const struct column *c;
	const char *value;
	size_t len;

	for (c = columns; c->member; c++) {
		if (!column_row_raw(row, c->member, &value, &len))
			continue;
		if (value[0] == 'n')
			column_row_exact(row, c->member, value, len);
		else if (!fits(row, c, value, len))
			return err_set(err, EXIT_DATA, "'%s' is no %s", c->member,
				       needs[c->type]);
	}
	return 0;
}

/* A member's value as SQL takes it. */
struct value {
	const char *text;	/* of COLUMN_TEXT and COLUMN_JSON */
	size_t len;
	bool lasts;		/* text: as long as the record; else until the next value */
	long long whole;	/* of COLUMN_INT and COLUMN_BOOL */
	double real;
};

/* Most texts have no escape and are taken where they stand, others where they are decoded. */
static void take_text(struct column_row *row, const struct column *c, const char *raw, size_t len,
		      struct value *v)
{
	v->lasts = true;
	if (!row->literal && row->rec) {
		v->text = rec_decoded(row->rec, c->member, &v->len);
		if (v->text)
			return;
	}
	v->text = raw + 1;
	v->len = len - 2;
	if (row->literal || !memchr(raw, '\\', len))
		return;
	buf_clear(&row->scratch);
	span_unquote(&row->scratch, raw, len);
	v->text = row->scratch.data;
	v->len = row->scratch.len;
	v->lasts = false;
}

static struct value take(struct column_row *row, const struct column *c, const char *raw,
			 size_t len)
{
	struct value v = { 0 };

	switch (c->type) {
	case COLUMN_TEXT:
		take_text(row, c, raw, len, &v);
		break;
	case COLUMN_INT:
		read_int(raw, len, &v.whole);
		break;
	case COLUMN_REAL:
		read_real(raw, len, &v.real);
		break;
	case COLUMN_BOOL:
		v.whole = raw[0] == 't';
		break;
	default:
		buf_clear(&row->scratch);
		span_canon(&row->scratch, raw, len);
		v.text = row->scratch.data;
		v.len = row->scratch.len;
	}
	return v;
}

static void bind_value(const struct column *c, const struct value *v, sqlite3_stmt *stmt, int at)
{
	if (c->type == COLUMN_INT || c->type == COLUMN_BOOL)
		sqlite3_bind_int64(stmt, at, v->whole);
	else if (c->type == COLUMN_REAL)
		sqlite3_bind_double(stmt, at, v->real);
	else if (v->lasts)
		sqlite3_bind_text(stmt, at, v->text, (int)v->len, SQLITE_STATIC);
	else
		cell_bind_bytes(stmt, at, v->text, v->len);
}

void column_result(struct column_row *row, const struct column *c, sqlite3_context *to)
{
	struct value v;
	const char *raw;
	size_t len;

	if (!column_row_raw(row, c->member, &raw, &len) || raw[0] == 'n')
		return;
	v = take(row, c, raw, len);
	if (c->type == COLUMN_INT || c->type == COLUMN_BOOL)
		sqlite3_result_int64(to, v.whole);
	else if (c->type == COLUMN_REAL)
		sqlite3_result_double(to, v.real);
	else
		sqlite3_result_text(to, v.text, (int)v.len,
				    v.lasts ? SQLITE_STATIC : SQLITE_TRANSIENT);
}

int column_bind(struct column_row *row, const struct column *columns, sqlite3_stmt *stmt,
		int first)
{
	const struct column *c;
	struct value value;
	const char *raw;
	size_t len;

	for (c = columns; c->member; c++, first++) {
		if (column_row_raw(row, c->member, &raw, &len) && raw[0] != 'n') {
			value = take(row, c, raw, len);
			bind_value(c, &value, stmt, first);
		} else {
			sqlite3_bind_null(stmt, first);
		}
	}
	return first;
}

/* The column of a member, looked for from `from` on and then before it; NULL: there is none. */
static const struct column *column_of(const struct column *columns, const struct column *from,
				      const struct span_member *m)
{
	const struct column *c;

	for (c = from; c->member; c++)
		if (list_is(m, c->member))
			return c;
	for (c = columns; c < from; c++)
		if (list_is(m, c->member))
			return c;
	return NULL;
}

void column_rest(const struct span_members *members, const struct column *columns,
		 const char *also, const char *also2, struct buf *rest)
{
	const struct column *next = columns, *c;
	const struct span_member *m;
	size_t i;

	for (i = 0; i < members->count; i++) {
		m = &members->items[i];
		c = column_of(columns, next, m);
		if (c)
			next = c + 1;
		if (c || (also && list_is(m, also)) || (also2 && list_is(m, also2)))
			continue;
		buf_adds(rest, rest->len ? ",\"" : "\"");
		buf_add(rest, m->key, m->key_len);
		buf_adds(rest, "\":");
		buf_add(rest, m->value, m->value_len);
	}
}

int column_bind_buf(sqlite3_stmt *stmt, int at, const struct buf *text)
{
	if (text->len)
		sqlite3_bind_text(stmt, at, text->data, (int)text->len, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
	return at + 1;
}

void column_out_init(struct column_out *out)
{
	*out = (struct column_out){ 0 };
	buf_init(&out->text, BUF_NO_MAX);
}

void column_out_release(struct column_out *out)
{
	buf_release(&out->text);
}

void column_out_start(struct column_out *out, const char *const *names)
{
	memset(out->slots, 0, sizeof(out->slots));
	out->names = names;
	buf_clear(&out->text);
}

size_t column_out_from(const struct column_out *out)
{
	return out->text.len;
}

static int slot_of(const struct column_out *out, const char *member)
{
	int i;

	for (i = 0; out->names[i]; i++)
		if (out->names[i] == member)	/* literals: mostly one address */
			return i;
	for (i = 0; out->names[i]; i++)
		if (!strcmp(out->names[i], member))
			return i;
	return -1;
}

void column_out_member(struct column_out *out, const char *member, size_t from)
{
	int slot = slot_of(out, member);

	if (slot < 0)
		return;
	out->slots[slot].at = from;
	out->slots[slot].len = out->text.len - from;
}

void column_real(struct buf *out, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	buf_adds(out, text);
}

static void read_value(struct buf *out, const struct column *c, sqlite3_stmt *stmt, int at)
{
	const char *bytes;
	size_t len;

	switch (c->type) {
	case COLUMN_TEXT:
		bytes = cell_bytes(stmt, at, &len);
		span_quote(out, bytes, len);
		break;
	case COLUMN_INT:
		buf_printf(out, "%lld", (long long)sqlite3_column_int64(stmt, at));
		break;
	case COLUMN_REAL:
		column_real(out, sqlite3_column_double(stmt, at));
		break;
	case COLUMN_BOOL:
		buf_adds(out, sqlite3_column_int(stmt, at) ? "true" : "false");
		break;
	default:
		bytes = cell_bytes(stmt, at, &len);
		buf_add(out, bytes, len);
	}
}

int column_read(struct column_out *out, const struct column *columns, sqlite3_stmt *stmt,
		int first)
{
	const struct column *c;
	size_t from;

	for (c = columns; c->member; c++, first++) {
		if (sqlite3_column_type(stmt, first) == SQLITE_NULL)
			continue;
		from = column_out_from(out);
		read_value(&out->text, c, stmt, first);
		column_out_member(out, c->member, from);
	}
	return first;
}

/* A null in `exact` yields to a value that a later record brought; other spellings win. false: it is
 * no JSON. */
static bool put_exact(struct column_out *out, const char *exact)
{
	struct span_members found = { 0 };
	struct buf whole;
	char member[64];
	size_t i, from;
	int slot;
	bool good;

	buf_init(&whole, BUF_NO_MAX);
	buf_printf(&whole, "{%s}", exact);
	good = !span_object(whole.data, whole.len, &found, NULL);
	for (i = 0; good && i < found.count; i++) {
		snprintf(member, sizeof(member), "%.*s", (int)found.items[i].key_len,
			 found.items[i].key);
		slot = slot_of(out, member);
		if (slot < 0 || (out->slots[slot].len && (found.items[i].value[0] == 'n' ||
							  found.items[i].value[0] == '[')))
			continue;
		from = column_out_from(out);
		buf_add(&out->text, found.items[i].value, found.items[i].value_len);
		column_out_member(out, member, from);
	}
	span_members_release(&found);
	buf_release(&whole);
	return good;
}

void column_out_write(struct column_out *out, const char *exact, const char *rest,
		      struct buf *to)
{
	bool odd = exact && !put_exact(out, exact);
	const char *comma = "";
	int i;

	buf_addc(to, '{');
	for (i = 0; out->names[i]; i++) {
		if (!out->slots[i].len)
			continue;
		buf_adds(to, comma);
		buf_addc(to, '"');
		buf_adds(to, out->names[i]);
		buf_adds(to, "\":");
		buf_add(to, out->text.data + out->slots[i].at, out->slots[i].len);
		comma = ",";
	}
	if (rest && *rest) {
		buf_adds(to, comma);
		buf_adds(to, rest);
		comma = ",";
	}
	if (odd) {		/* so that who reads the line sees it */
		buf_adds(to, comma);
		buf_adds(to, exact);
	}
	buf_addc(to, '}');
}
