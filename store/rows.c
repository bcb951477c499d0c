/* SPDX-License-Identifier: Apache-2.0
 *
 * See rows.h. The order is made of keys only, in a temporary table, which SQLite sorts on disk
 * when it is large; the records are then read one by one.
 */
#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"
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
#define JOIN "JOIN paths p ON p.id = r.path JOIN images i ON i.id = p.image"
#define KEY "ifnull(i.image_id, p.path)"

/* Known members, each with a value of its type; `learn`: columns whose JSON may hold more. */
static const struct kind {
	const char *sample, *pick, *learn;
	const char *members[6];		/* of `learn`, in order; behind them comes rest */
} kinds[REC_KINDS] = {
	[REC_IMAGE] = { "{" IMAGE "," PARENT "}",
		"SELECT p.id FROM paths p JOIN images i ON i.id = p.image WHERE p.listed "
		"ORDER BY " KEY ", p.path",
		"SELECT source, source_id, rest FROM paths WHERE listed",
		{ "source", "source_id" } },
	[REC_REPLY] = { "{" IMAGE ",\"reply\":\"\",\"model\":\"\",\"finish_reason\":\"\","
		"\"prompt_id\":\"\",\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0},"
		"\"call\":\"\"," PARENT "}",
		"SELECT r.id FROM replies r " JOIN " ORDER BY " KEY ", p.path, r.key",
		"SELECT usage, source, source_id, rest FROM replies",
		{ "usage", "source", "source_id" } },
	[REC_QUESTION] = { "{\"question_id\":\"\",\"image_id\":\"\",\"image\":\"\","
		"\"question\":\"\",\"options\":[\"\"],\"answer\":\"\",\"flags\":[\"\"],"
		"\"from\":{\"model\":\"\",\"prompt_id\":\"\",\"call\":\"\",\"rule\":\"\","
		"\"index\":0,\"start\":0,\"end\":0},\"blind\":" TALLY ",\"sight\":" TALLY
		",\"control\":" TALLY ",\"verdict\":\"\",\"reason\":\"\",\"rule\":\"\","
		"\"duplicate_of\":\"\"," PARENT "}",
		"SELECT r.id FROM questions r " JOIN " WHERE r.verdict = 'keep' "
		"ORDER BY " KEY ", r.place, r.question_id",
		"SELECT flags, origin, source, source_id, rest FROM questions "
		"WHERE verdict = 'keep'",
		{ "flags", "from", "source", "source_id" } },
	[REC_CAPTION] = { "{" CAPTION ",\"flags\":[\"\"]," PARENT "}",
		"SELECT r.id FROM captions r " JOIN " ORDER BY " KEY ", r.caption_id",
		"SELECT flags, source, source_id, rest FROM captions",
		{ "flags", "source", "source_id" } },
	[REC_SCORE] = { "{" CAPTION ",\"judge\":{\"model\":\"\",\"prompt_id\":\"\"},"
		"\"questions\":0,\"asked\":0,\"valid\":0,\"correct\":0,\"omitted\":0,"
		"\"contradicted\":0,\"unparsed\":0,\"refused\":0,\"failed\":0,\"reward\":0.5,"
		"\"lower\":0.5,\"upper\":0.5,\"flags\":[\"\"],\"answers\":["
		"{\"question_id\":\"\",\"outcome\":\"\",\"correct\":0,\"omitted\":0,"
		"\"contradicted\":0,\"unparsed\":0,\"refused\":0,\"failed\":0}]," PARENT "}",
		"SELECT s.id FROM scores s JOIN captions r ON r.id = s.caption " JOIN
		" ORDER BY " KEY ", r.caption_id, s.judge",
		"SELECT nullif(judge, ''), flags, source, source_id, rest FROM scores",
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

static const char caprl_sample[] = "{\"id\":\"\",\"image\":\"\",\"prompt\":[{\"role\":\"\","
	"\"content\":\"\"}],\"data_source\":\"\",\"reward_model\":{\"ground_truth\":["
	"{\"question\":\"\",\"choices\":[\"\"],\"answer\":\"\"}]}}";

/* The prompt CapRL trains its captioner with, and the name its rows go by (dataset card). */
#define CAPRL_MIDDLE ",\"prompt\":[{\"role\":\"user\",\"content\":\"<image> Please describe " \
	"this image in detail.\"}],\"data_source\":\"image_caption_rl\",\"reward_model\":" \
	"{\"ground_truth\":["

/*
 * Export order is the order of hashes, so its rows lie anywhere in the file. Read by batches in
 * the file's own order, a page of 64 KB is read once for several rows.
 */
#define BATCH_BYTES (12u << 20)
#define BATCH_MAX 16384

struct batch_row {
	int64_t record;
	size_t number, at, len;		/* place in export order; its text in `ready` */
};

static const char *const format_names[ROWS_FORMATS] = { "full", "caprl" };

struct rows {
	struct db *db;
	enum rows_format format;
	struct shape *shape;
	struct fetch *fetch;
	sqlite3_stmt *next, *options;
	int64_t records;
	struct buf line, key, ready;
	struct batch_row *batch;
	size_t batched, given, batch_most;
	bool ended;		/* of `next`: a step more would start it again */
	bool on_row;		/* caprl read one question ahead, of the next image */
};

const char *rows_format_name(enum rows_format format)
{
	return format_names[format];
}

int rows_format_parse(const char *text, enum rows_format *format)
{
	int i;

	for (i = 0; i < ROWS_FORMATS; i++) {
		if (!strcmp(text, format_names[i])) {
			*format = (enum rows_format)i;
			return 0;
		}
	}
	return -1;
}

static int pick(struct rows *r, enum rec_kind kind, struct err *err)
{
	struct buf sql;
	int result;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "BEGIN; CREATE TEMP TABLE picked "
		   "(n INTEGER PRIMARY KEY, record INTEGER); INSERT INTO picked (record) %s",
		   kinds[kind].pick);
	result = db_exec(r->db, sql.data, err) ||
		 db_number(r->db, "SELECT count(*) FROM picked", &r->records, err) ? -1 : 0;
	buf_release(&sql);
	return result;
}

static void learn_rest(struct shape *shape, struct buf *whole, sqlite3_stmt *stmt, int column)
{
	const char *rest = (const char *)sqlite3_column_text(stmt, column);

	if (!rest)
		return;
	buf_clear(whole);
	buf_printf(whole, "{%s}", rest);
	shape_learn(shape, whole->data, whole->len);
}

static int learn(struct rows *r, const struct kind *kind, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(r->db, kind->learn, err);
	const char *value;
	int i, got = -1;

	while (stmt && (got = db_step(r->db, stmt, err)) > 0) {
		for (i = 0; kind->members[i]; i++) {
			value = (const char *)sqlite3_column_text(stmt, i);
			if (value)
				shape_learn_member(r->shape, kind->members[i], value,
						   strlen(value));
		}
		learn_rest(r->shape, &r->line, stmt, i);
	}
	sqlite3_finalize(stmt);
	return got;
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
			learn_rest(at, &r->line, stmt, 0);
		sqlite3_finalize(stmt);
	}
	return got;
}

static int open_full(struct rows *r, enum rec_kind kind, struct err *err)
{
	r->shape = shape_of(kinds[kind].sample);
	if (learn(r, &kinds[kind], err) || learn_nested(r, kind, err))
		return -1;
	shape_settle(r->shape);
	r->fetch = fetch_new(r->db, kind, err);
	r->next = db_prepare(r->db, "SELECT record FROM picked ORDER BY n", err);
	return r->fetch && r->next ? 0 : -1;
}

static int open_caprl(struct rows *r, struct err *err)
{
	r->shape = shape_of(caprl_sample);
	shape_settle(r->shape);
	r->next = db_prepare(r->db, "SELECT " KEY ", i.image_id, p.path, r.id, r.question, "
			     "r.answer FROM picked k JOIN questions r ON r.id = k.record " JOIN
			     " ORDER BY k.n", err);
	r->options = db_prepare(r->db, "SELECT letter, text FROM options WHERE question = ?1 "
				"ORDER BY number", err);
	return r->next && r->options ? 0 : -1;
}

struct rows *rows_new(struct db *db, enum rows_format format, enum rec_kind kind,
		      struct err *err)
{
	struct rows *r = xcalloc(1, sizeof(*r));

	r->db = db;
	r->format = format;
	buf_init(&r->line, BUF_NO_MAX);
	buf_init(&r->key, BUF_NO_MAX);
	buf_init(&r->ready, BUF_NO_MAX);
	r->batch_most = 64;
	if (!pick(r, kind, err) &&
	    !(format == ROWS_CAPRL ? open_caprl(r, err) : open_full(r, kind, err)))
		return r;
	rows_free(r);
	return NULL;
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->next);
	sqlite3_finalize(r->options);
	fetch_free(r->fetch);
	shape_free(r->shape);
	buf_release(&r->line);
	buf_release(&r->key);
	buf_release(&r->ready);
	free(r->batch);
	sqlite3_exec(r->db->handle, "ROLLBACK", NULL, NULL, NULL);
	free(r);
}

static int by_record(const void *a, const void *b)
{
	const struct batch_row *x = a, *y = b;

	return x->record < y->record ? -1 : x->record > y->record;
}

static int by_number(const void *a, const void *b)
{
	const struct batch_row *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int form_row(struct rows *r, struct batch_row *row, struct err *err)
{
	int got;

	buf_clear(&r->line);
	got = fetch_line(r->fetch, row->record, &r->line, err);
	if (got <= 0)
		return got < 0 ? -1 : err_set(err, EXIT_DATA, "store '%s' is damaged: a record "
					      "is gone", r->db->path);
	row->at = r->ready.len;
	shape_write(r->shape, r->line.data, r->line.len - 1, &r->ready);
	buf_addc(&r->ready, '\n');
	row->len = r->ready.len - row->at;
	return 0;
}

/* As many as should fill BATCH_BYTES, judged by the batch before. */
static void choose_batch(struct rows *r)
{
	size_t most = r->batched ? BATCH_BYTES / (r->ready.len / r->batched + 1) : 64;

	most = most > r->batch_most * 8 ? r->batch_most * 8 : most;
	r->batch_most = most > BATCH_MAX ? BATCH_MAX : most ? most : 1;
	r->batch = xrealloc_array(r->batch, r->batch_most, sizeof(*r->batch));
}

static int fill_batch(struct rows *r, struct err *err)
{
	int got = 1;
	size_t i;

	choose_batch(r);
	buf_clear(&r->ready);
	r->batched = r->given = 0;
	if (r->ended)
		return 0;
	while (r->batched < r->batch_most && (got = db_step(r->db, r->next, err)) > 0) {
		r->batch[r->batched] = (struct batch_row){
			.record = sqlite3_column_int64(r->next, 0), .number = r->batched };
		r->batched++;
	}
	r->ended = got == 0;
	if (got < 0)
		return -1;
	qsort(r->batch, r->batched, sizeof(*r->batch), by_record);
	for (i = 0; i < r->batched; i++)
		if (form_row(r, &r->batch[i], err))
			return -1;
	qsort(r->batch, r->batched, sizeof(*r->batch), by_number);
	return r->batched ? 1 : 0;
}

static int next_full(struct rows *r, struct buf *row, struct err *err)
{
	const struct batch_row *next;
	int got;

	if (r->given == r->batched) {
		got = fill_batch(r, err);
		if (got <= 0)
			return got;
	}
	next = &r->batch[r->given++];
	buf_add(row, r->ready.data + next->at, next->len);
	return 1;
}

static void quote_column(struct buf *out, sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	if (text)
		span_quote(out, text, (size_t)sqlite3_column_bytes(stmt, column));
	else
		buf_adds(out, "null");
}

/* {"question":...,"choices":["A) Red",...],"answer":"B"} of the question under r->next. */
static int add_question(struct rows *r, struct buf *row, struct err *err)
{
	const char *comma = "";
	int got;

	buf_adds(row, "{\"question\":");
	quote_column(row, r->next, 4);
	buf_adds(row, ",\"choices\":[");
	sqlite3_bind_int64(r->options, 1, sqlite3_column_int64(r->next, 3));
	while ((got = db_step(r->db, r->options, err)) > 0) {
		buf_clear(&r->line);
		buf_printf(&r->line, "%s) %s", sqlite3_column_text(r->options, 0),
			   sqlite3_column_text(r->options, 1));
		buf_adds(row, comma);
		span_quote(row, r->line.data, r->line.len);
		comma = ",";
	}
	buf_adds(row, "],\"answer\":");
	quote_column(row, r->next, 5);
	buf_addc(row, '}');
	return got;
}

static bool same_image(const struct rows *r)
{
	const char *key = (const char *)sqlite3_column_text(r->next, 0);

	return key && !strcmp(key, r->key.data);
}

/* CapRL's ids are 32 digits: the image's, or those of its path where no bytes were read. */
static void start_caprl(struct rows *r, struct buf *row)
{
	const char *image_id = (const char *)sqlite3_column_text(r->next, 1);
	char hex[HASH_HEX];

	buf_clear(&r->key);
	buf_adds(&r->key, (const char *)sqlite3_column_text(r->next, 0));
	hash_of(r->key.data, r->key.len, hex);
	buf_adds(row, "{\"id\":");
	span_quote(row, image_id ? image_id : hex, strlen(image_id ? image_id : hex));
	buf_adds(row, ",\"image\":");
	quote_column(row, r->next, 2);
	buf_adds(row, CAPRL_MIDDLE);
}

static int next_caprl(struct rows *r, struct buf *row, struct err *err)
{
	const char *comma = "";
	int got = 1;

	if (r->ended)
		return 0;
	if (!r->on_row)
		got = db_step(r->db, r->next, err);
	r->ended = got == 0;
	if (got <= 0)
		return got;
	start_caprl(r, row);
	do {
		buf_adds(row, comma);
		if (add_question(r, row, err))
			return -1;
		comma = ",";
		got = db_step(r->db, r->next, err);
	} while (got > 0 && same_image(r));
	r->on_row = got > 0;
	r->ended = got == 0;
	buf_adds(row, "]}}\n");
	return got < 0 ? -1 : 1;
}

int rows_next(struct rows *r, struct buf *row, struct err *err)
{
	buf_clear(row);
	return r->format == ROWS_CAPRL ? next_caprl(r, row, err) : next_full(r, row, err);
}

const struct shape *rows_shape(const struct rows *r)
{
	return r->shape;
}

int64_t rows_records(const struct rows *r)
{
	return r->records;
}
