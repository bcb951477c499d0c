/* SPDX-License-Identifier: Apache-2.0
 *
 * See rows.h. What is here is `full`: records read in batches, in the file's own order, and
 * written in the shape all of them share.
 */
#include "store/rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/buf.h"
#include "schemas/span.h"
#include "store/balance.h"
#include "store/cell.h"
#include "store/column.h"
#include "store/fetch.h"

#define TALLY "[{\"model\":\"\",\"condition\":\"\",\"prompt_id\":\"\",\"seed\":0," \
	"\"temperature\":0.5,\"abstain\":true,\"orders\":\"\",\"rotations\":0,\"asked\":0," \
	"\"valid\":0,\"correct\":0,\"abstained\":0,\"unparsed\":0,\"refused\":0,\"failed\":0," \
	"\"early\":true,\"full\":true,\"trials\":[{\"order\":[0],\"said\":\"\",\"pick\":0," \
	"\"outcome\":\"\",\"call\":\"\"}]}]"
#define IMAGE "\"image_id\":\"\",\"image\":\"\",\"mime\":\"\",\"width\":0,\"height\":0," \
	"\"bytes\":0,\"orientation\":0,\"offset\":0,\"size\":0,\"same_as\":\"\""
#define CAPTION "\"caption_id\":\"\",\"image_id\":\"\",\"image\":\"\",\"caption\":\"\"," \
	"\"model\":\"\",\"prompt_id\":\"\""
#define PARENT "\"source\":null,\"source_id\":null"

/* Known members, each with a value of its type; columns of a table whose JSON may hold more. */
static const struct kind {
	const char *sample, *columns, *table;
	const char *members[6];		/* of the columns, in order; behind them comes rest */
} kinds[REC_KINDS] = {
	[REC_IMAGE] = { "{" IMAGE "," PARENT "}",
		"p.source, p.source_id, p.rest", "paths p",
		{ "source", "source_id" } },
	[REC_REPLY] = { "{" IMAGE ",\"reply\":\"\",\"model\":\"\",\"finish_reason\":\"\","
		"\"prompt_id\":\"\",\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0},"
		"\"call\":\"\"," PARENT "}",
		"r.usage, r.source, r.source_id, r.rest", "replies r",
		{ "usage", "source", "source_id" } },
	[REC_QUESTION] = { "{\"question_id\":\"\",\"image_id\":\"\",\"image\":\"\","
		"\"question\":\"\",\"options\":[\"\"],\"answer\":\"\",\"flags\":[\"\"],"
		"\"from\":{\"model\":\"\",\"prompt_id\":\"\",\"call\":\"\",\"rule\":\"\","
		"\"index\":0,\"start\":0,\"end\":0},\"blind\":" TALLY ",\"sight\":" TALLY
		",\"control\":" TALLY ",\"verdict\":\"\",\"reason\":\"\",\"rule\":\"\","
		"\"duplicate_of\":\"\"," PARENT "}",
		"r.flags, r.origin, r.source, r.source_id, r.rest", "questions r",
		{ "flags", "from", "source", "source_id" } },
	[REC_CAPTION] = { "{" CAPTION ",\"flags\":[\"\"]," PARENT "}",
		"r.flags, r.source, r.source_id, r.rest", "captions r",
		{ "flags", "source", "source_id" } },
	[REC_SCORE] = { "{" CAPTION ",\"judge\":{\"model\":\"\",\"prompt_id\":\"\"},"
		"\"questions\":0,\"asked\":0,\"valid\":0,\"correct\":0,\"omitted\":0,"
		"\"contradicted\":0,\"unparsed\":0,\"refused\":0,\"failed\":0,\"reward\":0.5,"
		"\"lower\":0.5,\"upper\":0.5,\"flags\":[\"\"],\"answers\":["
		"{\"question_id\":\"\",\"outcome\":\"\",\"correct\":0,\"omitted\":0,"
		"\"contradicted\":0,\"unparsed\":0,\"refused\":0,\"failed\":0}]," PARENT "}",
		"nullif(s.judge, ''), s.flags, s.source, s.source_id, s.rest", "scores s",
		{ "judge", "flags", "source", "source_id" } },
};

/* Lists of rows: unknown members of their objects. */
static const struct {
	enum rec_kind kind;
	const char *sql, *member, *inner;
} nested[] = {
	{ REC_QUESTION, "SELECT rest FROM tallies WHERE pass = 'blind' AND rest IS NOT NULL",
	  "blind", NULL },
	{ REC_QUESTION, "SELECT rest FROM tallies WHERE pass = 'sight' AND rest IS NOT NULL",
	  "sight", NULL },
	{ REC_QUESTION, "SELECT rest FROM tallies WHERE pass = 'control' AND rest IS NOT NULL",
	  "control", NULL },
	{ REC_QUESTION, "SELECT r.rest FROM trials r JOIN tallies t ON t.id = r.tally "
	  "WHERE r.rest IS NOT NULL AND t.pass = 'blind'", "blind", "trials" },
	{ REC_QUESTION, "SELECT r.rest FROM trials r JOIN tallies t ON t.id = r.tally "
	  "WHERE r.rest IS NOT NULL AND t.pass = 'sight'", "sight", "trials" },
	{ REC_QUESTION, "SELECT r.rest FROM trials r JOIN tallies t ON t.id = r.tally "
	  "WHERE r.rest IS NOT NULL AND t.pass = 'control'", "control", "trials" },
	{ REC_SCORE, "SELECT rest FROM score_answers WHERE rest IS NOT NULL", "answers", NULL },
};

/*
 * Export order is the order of hashes, so its rows lie anywhere in the file. Read by batches in
 * the file's own order, a page is read once for several rows.
 */
#define BATCH_BYTES (24u << 20)
#define BATCH_MAX 65536
#define BATCH_ROOM (BATCH_BYTES + BATCH_BYTES / 4)	/* batches are not all of one length */
#define HUGE_PAGE (2u << 20)
#define CACHE_KB "3000"	/* a page is wanted once in a batch, so more would not be used */

struct name {
	size_t at, len;			/* in `names`; NO_NAME: none */
};

#define NO_NAME SIZE_MAX

struct batch_row {
	int64_t record;
	struct name image_id, path;	/* where the fetch is given them */
	size_t number, at, len;		/* place in export order; its text in `ready` */
	int split, place;		/* place of the right option, or -1 */
};

struct rows {
	struct db *db;
	const struct rows_how *how;
	struct shape *shape;
	struct form *form;		/* of all formats but full, which has the rest: */
	struct fetch *fetch;
	sqlite3_stmt *next;
	int64_t records;
	struct buf line, turned, names, ready;
	struct batch_row *batch;
	size_t *order;			/* where in `batch` the rows are, by their numbers */
	size_t batched, given, batch_most;
	bool ended;		/* of `next`: a step more would start it again */
};

/* Columns that hold JSON hold what others wrote there, too: nothing is believed to be JSON. */
static int check(const struct rows *r, const char *json, size_t len, struct err *err)
{
	return span_check(json, len, NULL) ? db_odd_json(r->db, err) : 0;
}

static int learn_rest(struct rows *r, struct shape *shape, sqlite3_stmt *stmt, int column,
		      struct err *err)
{
	const char *rest = cell_text(stmt, column);

	if (!rest)
		return 0;
	buf_clear(&r->line);
	buf_printf(&r->line, "{%s}", rest);
	if (check(r, r->line.data, r->line.len, err))
		return -1;
	shape_learn(shape, r->line.data, r->line.len);
	return 0;
}

/* Of one row: the columns that hold JSON, and rest behind them. */
static int learn_row(struct rows *r, const struct kind *kind, sqlite3_stmt *stmt, struct err *err)
{
	const char *value;
	int i;

	for (i = 0; kind->members[i]; i++) {
		value = cell_text(stmt, i);
		if (value && check(r, value, (size_t)sqlite3_column_bytes(stmt, i), err))
			return -1;
		if (value)
			shape_learn_member(r->shape, kind->members[i], value, strlen(value));
	}
	return learn_rest(r, r->shape, stmt, i, err);
}

static int learn(struct rows *r, const struct kind *kind, struct err *err)
{
	sqlite3_stmt *stmt;
	int got = -1;

	buf_clear(&r->line);
	buf_printf(&r->line, "SELECT %s FROM %s WHERE id IN (SELECT record FROM picked WHERE odd)",
		   kind->columns, kind->table);
	stmt = db_prepare(r->db, r->line.data, err);
	while (stmt && (got = db_step(r->db, stmt, err)) > 0)
		if (learn_row(r, kind, stmt, err))
			break;
	sqlite3_finalize(stmt);
	return got ? -1 : 0;
}

static int learn_nested(struct rows *r, enum rec_kind kind, struct err *err)
{
	sqlite3_stmt *stmt;
	struct shape *at;
	int got = 0;
	size_t i;

	for (i = 0; i < sizeof(nested) / sizeof(nested[0]) && got == 0; i++) {
		if (nested[i].kind != kind)
			continue;
		at = shape_at(r->shape, nested[i].member);
		if (nested[i].inner)
			at = shape_at(at, nested[i].inner);
		at = shape_element(at);
		stmt = db_prepare(r->db, nested[i].sql, err);
		got = -1;
		while (stmt && (got = db_step(r->db, stmt, err)) > 0)
			if (learn_rest(r, at, stmt, 0, err))
				break;
		sqlite3_finalize(stmt);
	}
	return got ? -1 : 0;
}

static int open_full(struct rows *r, enum rec_kind kind, struct err *err)
{
	r->shape = shape_of(kinds[kind].sample);
	if (learn(r, &kinds[kind], err) || learn_nested(r, kind, err))
		return -1;
	r->fetch = fetch_can_be_named(kind) ? fetch_new_named(r->db, kind, err) :
		   fetch_new(r->db, kind, err);
	r->next = db_prepare(r->db, r->how->choice.balance ?
			     "SELECT picked.record, split, place, image_id, path FROM picked "
			     "LEFT JOIN placed ON placed.record = picked.record ORDER BY n" :
			     "SELECT record, split, NULL, image_id, path FROM picked ORDER BY n",
			     err);
	return r->fetch && r->next ? 0 : -1;
}

static int open_form(struct rows *r, enum rec_kind kind, struct err *err)
{
	r->shape = shape_of(form_sample(r->how->format, kind));
	r->form = form_new(r->db, r->how->format, kind, &r->how->choice, r->how->prefix, err);
	return r->form ? 0 : -1;
}

struct rows *rows_new(struct db *db, const struct rows_how *how, struct err *err)
{
	struct rows *r = xcalloc(1, sizeof(*r));
	bool full = how->format->id == FORMAT_FULL;
	bool named = full && fetch_can_be_named(how->kind);

	r->db = db;
	r->how = how;
	buf_init(&r->line, BUF_NO_MAX);
	buf_init(&r->turned, BUF_NO_MAX);
	buf_init(&r->names, BUF_NO_MAX);
	buf_init(&r->ready, BUF_NO_MAX);
	r->batch_most = 64;
	if (!db_exec(db, "BEGIN", err) && !db_sort_in_threads(db, true, err) &&
	    !choice_make(&how->choice, db, how->kind, kinds[how->kind].columns, named, &r->records,
			 err) &&
	    !db_exec(db, "PRAGMA cache_size = -" CACHE_KB, err) &&
	    !(full ? open_full(r, how->kind, err) : open_form(r, how->kind, err))) {
		shape_settle(r->shape);
		return r;
	}
	rows_free(r);
	return NULL;
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->next);
	form_free(r->form);
	fetch_free(r->fetch);
	shape_free(r->shape);
	buf_release(&r->line);
	buf_release(&r->turned);
	buf_release(&r->names);
	buf_release(&r->ready);
	free(r->batch);
	free(r->order);
	sqlite3_exec(r->db->handle, "ROLLBACK", NULL, NULL, NULL);
	free(r);
}

static int by_record(const void *a, const void *b)
{
	const struct batch_row *x = a, *y = b;

	return x->record < y->record ? -1 : x->record > y->record;
}

static struct fetch_text text_of(const struct rows *r, struct name name)
{
	if (name.len == NO_NAME)
		return (struct fetch_text){ 0 };
	return (struct fetch_text){ r->names.data + name.at, name.len };
}

static void give_names(struct rows *r, const struct batch_row *row)
{
	struct fetch_text image_id = text_of(r, row->image_id), path = text_of(r, row->path);

	fetch_name(r->fetch, &image_id, &path);
}

static void write_members(struct rows *r, const struct column_out *row)
{
	int i;

	shape_begin(r->shape);
	for (i = 0; row->names[i]; i++)
		if (row->slots[i].len)
			shape_member(r->shape, row->names[i], strlen(row->names[i]),
				     row->text.data + row->slots[i].at, row->slots[i].len);
	shape_end(r->shape, &r->ready);
}

/* What others wrote is looked at first. */
static int write_line(struct rows *r, int place, struct err *err)
{
	const struct buf *line = &r->line;

	buf_clear(&r->line);
	fetch_write(r->fetch, &r->line);
	if (check(r, r->line.data, r->line.len, err))
		return -1;
	if (place >= 0) {
		buf_clear(&r->turned);
		balance_record(r->how->choice.seed, place, r->line.data, r->line.len, &r->turned);
		line = &r->turned;
	}
	shape_write(r->shape, line->data, line->len, &r->ready);
	return 0;
}

/* Columns that hold JSON were looked at when the shape was learned. */
static int form_row(struct rows *r, struct batch_row *row, struct err *err)
{
	const struct column_out *members;
	int got;

	if (fetch_can_be_named(r->how->kind))
		give_names(r, row);
	got = fetch_read(r->fetch, row->record, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, EXIT_DATA, "store '%s' is damaged: a record "
					      "is gone", r->db->path);
	row->at = r->ready.len;
	members = fetch_members(r->fetch);
	if (members)
		write_members(r, members);
	else if (write_line(r, row->place, err))
		return -1;
	row->len = r->ready.len - row->at;
	return 0;
}

/* Room for a whole batch, in huge pages where there are any: 8,000 page faults cost as much as
 * writing the rows there. */
static void make_room(struct buf *ready)
{
	char *room, *from;

	if (ready->cap >= BATCH_ROOM)
		return;
	buf_release(ready);
	room = buf_room(ready, BATCH_ROOM);
	from = room + (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE;
	madvise(from, BATCH_BYTES, MADV_HUGEPAGE);	/* where it fails, small pages do */
}

/* As many as should fill BATCH_BYTES, judged by the batch before. */
static void choose_batch(struct rows *r)
{
	size_t most = r->batched ? BATCH_BYTES / (r->ready.len / r->batched + 1) : 64;

	if (r->batched)
		make_room(&r->ready);
	if (most > r->batch_most * 8)
		most = r->batch_most * 8;
	r->batch_most = most > BATCH_MAX ? BATCH_MAX : most ? most : 1;
	r->batch = xrealloc_array(r->batch, r->batch_most, sizeof(*r->batch));
	r->order = xrealloc_array(r->order, r->batch_most, sizeof(*r->order));
}

static struct name keep_name(struct rows *r, int column)
{
	const char *text = cell_text(r->next, column);
	struct name name = { r->names.len, NO_NAME };

	if (text) {
		name.len = (size_t)sqlite3_column_bytes(r->next, column);
		buf_add(&r->names, text, name.len);
	}
	return name;
}

static int fill_batch(struct rows *r, struct err *err)
{
	int got = 1;
	size_t i;

	choose_batch(r);	/* may give `ready` other memory */
	buf_clear(&r->ready);
	buf_clear(&r->names);
	r->batched = r->given = 0;
	if (r->ended)
		return 0;
	while (r->batched < r->batch_most && (got = db_step(r->db, r->next, err)) > 0) {
		r->batch[r->batched] = (struct batch_row){
			.record = sqlite3_column_int64(r->next, 0), .number = r->batched,
			.split = sqlite3_column_int(r->next, 1),
			.place = sqlite3_column_type(r->next, 2) == SQLITE_NULL ? -1 :
				 sqlite3_column_int(r->next, 2),
			.image_id = keep_name(r, 3), .path = keep_name(r, 4) };
		r->batched++;
	}
	r->ended = got == 0;
	if (got < 0)
		return -1;
	qsort(r->batch, r->batched, sizeof(*r->batch), by_record);
	for (i = 0; i < r->batched; i++) {
		if (form_row(r, &r->batch[i], err))
			return -1;
		r->order[r->batch[i].number] = i;
	}
	return r->batched ? 1 : 0;
}

static const struct batch_row *row_at(const struct rows *r, size_t number)
{
	return &r->batch[r->order[number]];
}

static int next_full(struct rows *r, const char **row, size_t *len, struct err *err)
{
	const struct batch_row *next;
	int got;

	if (r->given == r->batched) {
		got = fill_batch(r, err);
		if (got <= 0)
			return got;
	}
	next = row_at(r, r->given++);
	*row = r->ready.data + next->at;
	*len = next->len;
	return 1;
}

int rows_next(struct rows *r, const char **row, size_t *len, struct err *err)
{
	int got;

	if (!r->form)
		return next_full(r, row, len, err);
	buf_clear(&r->line);
	got = form_next(r->form, &r->line, err);
	if (got > 0 && check(r, r->line.data, r->line.len, err))
		return -1;
	*row = r->line.data;
	*len = r->line.len;
	return got;
}

int rows_split(const struct rows *r)
{
	return r->form ? form_split(r->form) : row_at(r, r->given - 1)->split;
}

const struct form_image *rows_image(const struct rows *r)
{
	return r->form ? form_image(r->form) : NULL;
}

const struct shape *rows_shape(const struct rows *r)
{
	return r->shape;
}

int64_t rows_records(const struct rows *r)
{
	return r->records;
}
