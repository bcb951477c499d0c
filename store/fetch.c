/* SPDX-License-Identifier: Apache-2.0
 *
 * See fetch.h. What is read for a kind is one list of column tables, in the order of its
 * SELECT; lists inside a record (options, tallies, trials, answers)
 * come from statements of their own.
 */
#include "store/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/span.h"
#include "store/cell.h"
#include "store/column.h"

#define IMAGE_JOIN \
	"JOIN paths p ON p.id = r.path JOIN images i ON i.id = p.image WHERE r.id = ?1"

/* column_keys spans two tables, so it is written out here. */
#define KEYS "i.image_id, p.path"
#define KEYS_GIVEN "?2, ?3"

struct part {
	const char *prefix;
	const struct column *columns;
};

struct kind {
	const char *from, *rest;	/* rest: of which table are rest and exact */
	const char *named;		/* from what, where the image's names are given; or NULL */
	bool about_image;		/* KEYS come first */
	struct part parts[4];
};

static const struct kind kinds[REC_KINDS] = {
	[REC_IMAGE] = { "paths p JOIN images i ON i.id = p.image WHERE p.id = ?1", "p.", NULL, true, {
		{ "i.", column_images }, { "p.", column_paths }, { "p.", column_sources } } },
	[REC_REPLY] = { "replies r " IMAGE_JOIN, "r.", NULL, true, {
		{ "i.", column_images }, { "p.", column_paths }, { "r.", column_replies } } },
	[REC_QUESTION] = { "questions r " IMAGE_JOIN, "r.", "questions r WHERE r.id = ?1",
		true, {
		{ "r.", column_questions }, { "r.", column_verdicts } } },
	[REC_CAPTION] = { "captions r " IMAGE_JOIN, "r.", "captions r WHERE r.id = ?1", true, {
		{ "r.", column_captions } } },
	[REC_SCORE] = { "scores s JOIN captions c ON c.id = s.caption JOIN paths p "
		"ON p.id = c.path JOIN images i ON i.id = p.image WHERE s.id = ?1", "s.",
		"scores s JOIN captions c ON c.id = s.caption WHERE s.id = ?1", true, {
		{ "c.", column_heads }, { "s.", column_scores } } },
	[REC_REJECT] = { "rejects r WHERE id = ?1", "r.", NULL, false, { { "r.", column_rejects } } },
	[REC_RUN] = { "runs r WHERE id = ?1", "r.", NULL, false, { { "r.", column_runs } } },
};

static const char *const tally_names[] = {
	"model", "condition", "prompt_id", "seed", "temperature", "abstain", "orders",
	"rotations", "asked", "valid", "correct", "abstained", "unparsed", "refused", "failed",
	"early", "full", "trials", NULL
};
static const char *const trial_names[] = { "order", "said", "pick", "outcome", "call", NULL };
static const char *const answer_names[] = {
	"question_id", "outcome", "correct", "omitted", "contradicted", "unparsed", "refused",
	"failed", NULL
};

struct fetch {
	struct db *db;
	enum rec_kind kind;
	sqlite3_stmt *row, *options, *tallies, *trials, *answers;
	struct column_out out, tally, trial;
	struct buf line;	/* of fetch_record */
};

#define LINE_KEPT (1u << 20)	/* memory that is kept of a long one */

static sqlite3_stmt *prepare_row(struct db *db, const struct kind *kind, bool named,
				 struct err *err)
{
	sqlite3_stmt *stmt;
	struct buf sql;
	int i;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT %sexact, %srest", kind->rest, kind->rest);
	if (kind->about_image)
		buf_adds(&sql, named ? ", " KEYS_GIVEN : ", " KEYS);
	for (i = 0; kind->parts[i].columns; i++) {
		buf_adds(&sql, ", ");
		column_names(&sql, kind->parts[i].columns, kind->parts[i].prefix);
	}
	if (kind == &kinds[REC_SCORE])
		buf_adds(&sql, ", s.judge");
	buf_printf(&sql, " FROM %s", named ? kind->named : kind->from);
	stmt = db_prepare(db, sql.data, err);
	buf_release(&sql);
	return stmt;
}

/* "SELECT exact, rest, columns, `more` FROM table WHERE ..." */
static sqlite3_stmt *prepare_list(struct db *db, const struct column *columns, const char *more,
				  const char *from, struct err *err)
{
	sqlite3_stmt *stmt;
	struct buf sql;

	buf_init(&sql, BUF_NO_MAX);
	buf_adds(&sql, "SELECT exact, rest, ");
	column_names(&sql, columns, "");
	buf_printf(&sql, "%s FROM %s", more, from);
	stmt = db_prepare(db, sql.data, err);
	buf_release(&sql);
	return stmt;
}

static int prepare_lists(struct fetch *f, struct err *err)
{
	if (f->kind == REC_SCORE) {
		f->answers = prepare_list(f->db, column_answers, "", "score_answers "
					  "WHERE score = ?1 ORDER BY number", err);
		return f->answers ? 0 : -1;
	}
	if (f->kind != REC_QUESTION)
		return 0;
	f->options = db_prepare(f->db, "SELECT text FROM options WHERE question = ?1 "
				"ORDER BY number", err);
	f->tallies = prepare_list(f->db, column_tallies, ", id, condition",
				  "tallies WHERE question = ?1 AND pass = ?2 ORDER BY id", err);
	f->trials = prepare_list(f->db, column_trials, "",
				 "trials WHERE tally = ?1 ORDER BY number", err);
	return f->options && f->tallies && f->trials ? 0 : -1;
}

static struct fetch *make(struct db *db, enum rec_kind kind, bool named, struct err *err)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->db = db;
	f->kind = kind;
	column_out_init(&f->out);
	column_out_init(&f->tally);
	column_out_init(&f->trial);
	buf_init(&f->line, BUF_NO_MAX);
	f->row = prepare_row(db, &kinds[kind], named, err);
	if (f->row && !prepare_lists(f, err))
		return f;
	fetch_free(f);
	return NULL;
}

struct fetch *fetch_new(struct db *db, enum rec_kind kind, struct err *err)
{
	return make(db, kind, false, err);
}

bool fetch_can_be_named(enum rec_kind kind)
{
	return kinds[kind].named;
}

struct fetch *fetch_new_named(struct db *db, enum rec_kind kind, struct err *err)
{
	return make(db, kind, true, err);
}

void fetch_name(struct fetch *f, const struct fetch_text *image_id, const struct fetch_text *path)
{
	sqlite3_reset(f->row);		/* of the record before, or nothing can be bound */
	sqlite3_bind_text(f->row, 2, image_id->text, (int)image_id->len, SQLITE_STATIC);
	sqlite3_bind_text(f->row, 3, path->text, (int)path->len, SQLITE_STATIC);
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->row);
	sqlite3_finalize(f->options);
	sqlite3_finalize(f->tallies);
	sqlite3_finalize(f->trials);
	sqlite3_finalize(f->answers);
	column_out_release(&f->out);
	column_out_release(&f->tally);
	column_out_release(&f->trial);
	buf_release(&f->line);
	free(f);
}

static void put_text(struct column_out *out, const char *member, sqlite3_stmt *stmt, int column)
{
	size_t from = column_out_from(out);
	const char *text = cell_text(stmt, column);

	if (!text)
		return;
	span_quote(&out->text, text, (size_t)sqlite3_column_bytes(stmt, column));
	column_out_member(out, member, from);
}

static int add_options(struct fetch *f, int64_t question, struct err *err)
{
	size_t from = column_out_from(&f->out), len;
	const char *comma = "[", *text;
	int got;

	sqlite3_bind_int64(f->options, 1, question);
	while ((got = db_step(f->db, f->options, err)) > 0) {
		buf_adds(&f->out.text, comma);
		text = cell_bytes(f->options, 0, &len);
		span_quote(&f->out.text, text, len);
		comma = ",";
	}
	buf_addc(&f->out.text, ']');
	column_out_member(&f->out, "options", from);
	return got;
}

/* A list of rows without lists of their own, as member of `to`. */
static int add_list(struct fetch *f, struct column_out *to, const char *member,
		    sqlite3_stmt *stmt, const struct column *columns, const char *const *names,
		    struct err *err)
{
	size_t from = column_out_from(to);
	const char *comma = "[";
	int got;

	while ((got = db_step(f->db, stmt, err)) > 0) {
		column_out_start(&f->trial, names);
		column_read(&f->trial, columns, stmt, 2);
		buf_adds(&to->text, comma);
		column_out_write(&f->trial, cell_text(stmt, 0), cell_text(stmt, 1), &to->text);
		comma = ",";
	}
	if (*comma == ',') {
		buf_addc(&to->text, ']');
		column_out_member(to, member, from);
	}
	return got;
}

static int add_tally(struct fetch *f, struct buf *to, struct err *err)
{
	const char *condition;
	int at;

	column_out_start(&f->tally, tally_names);
	at = column_read(&f->tally, column_tallies, f->tallies, 2);
	condition = cell_text(f->tallies, at + 1);
	if (condition && *condition)	/* NULL only where somebody changed the schema */
		put_text(&f->tally, "condition", f->tallies, at + 1);
	sqlite3_bind_int64(f->trials, 1, sqlite3_column_int64(f->tallies, at));
	if (add_list(f, &f->tally, "trials", f->trials, column_trials, trial_names, err))
		return -1;
	column_out_write(&f->tally, cell_text(f->tallies, 0), cell_text(f->tallies, 1), to);
	return 0;
}

static int add_pass(struct fetch *f, int64_t question, const char *pass, struct err *err)
{
	size_t from = column_out_from(&f->out);
	const char *comma = "[";
	int got;

	sqlite3_bind_int64(f->tallies, 1, question);
	sqlite3_bind_text(f->tallies, 2, pass, -1, SQLITE_STATIC);
	while ((got = db_step(f->db, f->tallies, err)) > 0) {
		buf_adds(&f->out.text, comma);
		if (add_tally(f, &f->out.text, err)) {
			sqlite3_reset(f->tallies);
			return -1;
		}
		comma = ",";
	}
	if (*comma == ',') {
		buf_addc(&f->out.text, ']');
		column_out_member(&f->out, pass, from);
	}
	return got;
}

static int add_lists(struct fetch *f, int64_t id, struct err *err)
{
	if (f->kind == REC_QUESTION)
		return add_options(f, id, err) || add_pass(f, id, "blind", err) ||
		       add_pass(f, id, "sight", err) ||
		       add_pass(f, id, "control", err) ? -1 : 0;
	if (f->kind != REC_SCORE)
		return 0;
	sqlite3_bind_int64(f->answers, 1, id);
	return add_list(f, &f->out, "answers", f->answers, column_answers, answer_names, err);
}

/* The columns of the row the statement stands on. */
static void read_row(struct fetch *f)
{
	const struct kind *kind = &kinds[f->kind];
	size_t from;
	int i, at = 2;

	column_out_start(&f->out, rec_members(f->kind));
	if (kind->about_image)
		at = column_read(&f->out, column_keys, f->row, at);
	for (i = 0; kind->parts[i].columns; i++)
		at = column_read(&f->out, kind->parts[i].columns, f->row, at);
	if (f->kind == REC_SCORE && sqlite3_column_bytes(f->row, at)) {
		from = column_out_from(&f->out);
		buf_adds(&f->out.text, cell_text(f->row, at));
		column_out_member(&f->out, "judge", from);
	}
}

int fetch_read(struct fetch *f, int64_t id, struct err *err)
{
	int got;

	sqlite3_reset(f->row);
	sqlite3_bind_int64(f->row, 1, id);
	got = db_step(f->db, f->row, err);
	if (got <= 0)
		return got;
	read_row(f);
	return add_lists(f, id, err) ? -1 : 1;
}

const struct column_out *fetch_members(const struct fetch *f)
{
	bool whole = !cell_text(f->row, 0) && !cell_text(f->row, 1);

	return whole && f->kind != REC_QUESTION && f->kind != REC_SCORE ? &f->out : NULL;
}

void fetch_write(struct fetch *f, struct buf *line)
{
	column_out_write(&f->out, cell_text(f->row, 0), cell_text(f->row, 1), line);
}

int fetch_line(struct fetch *f, int64_t id, struct buf *line, struct err *err)
{
	int got = fetch_read(f, id, err);

	if (got > 0) {
		fetch_write(f, line);
		buf_addc(line, '\n');
	}
	sqlite3_reset(f->row);
	return got;
}

int fetch_record(struct fetch *f, int64_t id, struct rec **r, struct err *err)
{
	int got;

	*r = NULL;
	buf_shrink(&f->line, LINE_KEPT);
	got = fetch_line(f, id, &f->line, err);
	if (got <= 0)
		return got;
	*r = rec_parse(f->kind, f->line.data, f->line.len - 1, NULL);
	return *r ? 1 : db_odd_json(f->db, err);
}
