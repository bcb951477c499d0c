/* SPDX-License-Identifier: Apache-2.0
 *
 * See choice.h. Everything is SQL over keys, so that SQLite sorts on disk what is large. A
 * condition of the user's is compiled under an authorizer that allows reading and nothing else.
 */
#include "store/choice.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/interval.h"

#define JOIN "JOIN paths p ON p.id = r.path JOIN images i ON i.id = p.image"
#define KEY "ifnull(i.image_id, p.path)"
#define SAMPLE_KEY "choice_name(" KEY ")"
#define SHARE(pass) "(SELECT 1.0 * sum(correct) / nullif(sum(valid), 0) FROM tallies t " \
	"WHERE t.question = r.id AND t.pass = '" pass "')"
#define SUM(what, pass) "(SELECT sum(" what ") FROM tallies t WHERE t.question = r.id AND " \
	"t.pass = '" pass "')"
#define ABOUT "i.image_id, p.path AS image, i.mime, i.width, i.height, i.bytes, "
#define ABOUT_NAMES "image_id, image, mime, width, height, bytes, "

static const struct {
	const char *from, *id, *name, *order, *evidence;
	const char *view, *columns;	/* what a condition sees */
} kinds[REC_KINDS] = {
	[REC_IMAGE] = { "FROM paths p JOIN images i ON i.id = p.image WHERE p.listed", "p.id",
		"ifnull(p.path, '')", "p.path", "NULL",
		ABOUT "p.same_as, p.source, p.source_id, p.rest",
		ABOUT_NAMES "same_as, source, source_id, rest" },
	[REC_REPLY] = { "FROM replies r " JOIN " WHERE true", "r.id", "r.key", "p.path, r.key",
		"NULL", ABOUT "r.reply, r.model, r.finish_reason, r.prompt_id, r.source, "
		"r.source_id, r.rest",
		ABOUT_NAMES "reply, model, finish_reason, prompt_id, source, source_id, rest" },
	[REC_QUESTION] = { "FROM questions r " JOIN " WHERE r.verdict = 'keep'", "r.id",
		"r.question_id", "r.place, r.question_id",
		"choice_evidence(" SUM("correct", "sight") ", " SUM("valid", "sight") ", "
		SUM("correct", "blind") ", " SUM("valid", "blind") ")",
		ABOUT "r.question_id, r.question, r.answer, r.model, r.rule, r.place, r.flags, "
		"(SELECT count(*) FROM options o WHERE o.question = r.id) AS options, "
		SHARE("blind") " AS blind, " SHARE("sight") " AS sight, r.source, r.source_id, "
		"r.rest",
		ABOUT_NAMES "question_id, question, answer, model, rule, place, flags, options "
		"(how many), blind and sight (accuracies), source, source_id, rest" },
	[REC_CAPTION] = { "FROM captions r " JOIN " WHERE true", "r.id", "r.caption_id",
		"r.caption_id", "(SELECT max(lower) FROM scores s WHERE s.caption = r.id)",
		ABOUT "r.caption_id, r.caption, r.model, r.prompt_id, r.flags, r.source, "
		"r.source_id, r.rest",
		ABOUT_NAMES "caption_id, caption, model, prompt_id, flags, source, source_id, "
		"rest" },
	[REC_SCORE] = { "FROM scores s JOIN captions r ON r.id = s.caption " JOIN " WHERE true",
		"s.id", "r.caption_id || ' ' || s.judge", "r.caption_id, s.judge", "s.lower",
		ABOUT "r.caption_id, r.caption, r.model, s.judge, s.questions, s.correct, "
		"s.omitted, s.contradicted, s.reward, s.lower, s.upper, s.flags, s.source, "
		"s.source_id, s.rest",
		ABOUT_NAMES "caption_id, caption, model, judge, questions, correct, omitted, "
		"contradicted, reward, lower, upper, flags, source, source_id, rest" },
};

bool choice_name_ok(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return p > name && p - name < CHOICE_NAME_MAX;
}

static int parse_split(struct choice *c, const char *text, size_t len, struct err *err)
{
	struct choice_split *split = &c->splits[c->split_count];
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : CHOICE_NAME_MAX;
	char *end;
	int i;

	if (c->split_count == CHOICE_SPLITS_MAX)
		return err_set(err, EXIT_USAGE, "at most %d splits", CHOICE_SPLITS_MAX);
	if (name_len >= CHOICE_NAME_MAX || !isdigit((unsigned char)equals[1]))
		return err_set(err, EXIT_USAGE, "takes NAME=SHARE, not '%.*s'", (int)len, text);
	memcpy(split->name, text, name_len);
	split->name[name_len] = '\0';
	if (!choice_name_ok(split->name))
		return err_set(err, EXIT_USAGE, "a split's name takes letters, digits and _, "
			       "not '%s'", split->name);
	for (i = 0; i < c->split_count; i++)
		if (!strcmp(c->splits[i].name, split->name))
			return err_set(err, EXIT_USAGE, "names '%s' twice", split->name);
	split->share = strtod(equals + 1, &end);
	if (end != text + len || !(split->share > 0 && split->share <= 1))
		return err_set(err, EXIT_USAGE, "the share of '%s' is no number in (0, 1]",
			       split->name);
	c->split_count++;
	return 0;
}

int choice_parse_splits(struct choice *c, const char *text, struct err *err)
{
	double sum = 0;
	size_t len;
	int i;

	c->split_count = 0;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (parse_split(c, text, len, err))
			return -1;
		if (!text[len])
			break;
	}
	for (i = 0; i < c->split_count; i++)
		sum += c->splits[i].share;
	if (fabs(sum - 1) > 1e-9)
		return err_set(err, EXIT_USAGE, "the shares add up to %g, not 1", sum);
	return 0;
}

static bool narrows(const struct choice *c)
{
	return c->where || c->per_image || c->sample || c->target;
}

const char *choice_columns(enum rec_kind kind)
{
	return kinds[kind].columns;
}

/* 64 bits of (what, seed, text): each choice draws on its own. */
static uint64_t draw_for(const char *what, int64_t seed, const char *text)
{
	struct hash h;
	uint64_t bits;

	hash_init(&h);
	hash_text(&h, what);
	hash_number(&h, seed);
	hash_text(&h, text);
	bits = hash_low(&h);
	hash_release(&h);
	return bits;
}

static const char *text_arg(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);

	return text ? text : "";
}

/* choice_name(key): what a sample is called; names of others are hashed. */
static void sql_name(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	const char *text = text_arg(args[0]);
	char hex[HASH_HEX];

	(void)count;
	if (!hash_is_hex(text))
		hash_of(text, strlen(text), hex);
	sqlite3_result_text(ctx, hash_is_hex(text) ? text : hex, -1, SQLITE_TRANSIENT);
}

/* choice_draw(what, text) */
static void sql_draw(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	const struct choice *c = sqlite3_user_data(ctx);

	(void)count;
	sqlite3_result_int64(ctx, (int64_t)(draw_for(text_arg(args[0]), c->seed,
						     text_arg(args[1])) >> 1));
}

/* choice_split(key): the number of the split an image is in. */
static void sql_split(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	const struct choice *c = sqlite3_user_data(ctx);
	double at = (double)(draw_for("split", c->seed, text_arg(args[0])) >> 11) * 0x1p-53;
	int i;

	(void)count;
	for (i = 0; i < c->split_count - 1; i++) {
		if (at < c->splits[i].share)
			break;
		at -= c->splits[i].share;
	}
	sqlite3_result_int(ctx, i);
}

/* choice_evidence(sight correct, sight valid, blind correct, blind valid) */
static void sql_evidence(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	struct interval sight = interval_wilson(sqlite3_value_int64(args[0]),
						sqlite3_value_int64(args[1]));
	struct interval blind = interval_wilson(sqlite3_value_int64(args[2]),
						sqlite3_value_int64(args[3]));

	(void)count;
	sqlite3_result_double(ctx, sight.lower - blind.upper);
}

static int add_functions(const struct choice *c, struct db *db, struct err *err)
{
	static const struct {
		const char *name;
		int args;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = { { "choice_name", 1, sql_name }, { "choice_draw", 2, sql_draw },
			  { "choice_split", 1, sql_split },
			  { "choice_evidence", 4, sql_evidence } };
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (sqlite3_create_function(db->handle, functions[i].name, functions[i].args,
					    SQLITE_UTF8 | SQLITE_DETERMINISTIC,
					    (void *)(uintptr_t)c, functions[i].call, NULL, NULL))
			return db_fault(db, err);
	return 0;
}

static int read_only(void *ctx, int action, const char *a, const char *b, const char *c,
		     const char *d)
{
	(void)ctx, (void)a, (void)b, (void)c, (void)d;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
	       action == SQLITE_RECURSIVE ? SQLITE_OK : SQLITE_DENY;
}

/* The user's words stand between newlines, so that a comment in them ends with them. */
static sqlite3_stmt *prepare_where(const struct choice *c, struct db *db, enum rec_kind kind,
				   struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const char *tail = "";
	struct buf sql;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT record FROM (SELECT %s AS record, %s %s) WHERE (\n%s\n)",
		   kinds[kind].id, kinds[kind].view, kinds[kind].from, c->where);
	sqlite3_set_authorizer(db->handle, read_only, NULL);
	if (sqlite3_prepare_v2(db->handle, sql.data, -1, &stmt, &tail) || *tail) {
		err_set(err, EXIT_USAGE, "--where: %s; the columns are %s",
			*tail && stmt ? "more than one condition" : sqlite3_errmsg(db->handle),
			kinds[kind].columns);
		sqlite3_finalize(stmt);
		stmt = NULL;
	}
	sqlite3_set_authorizer(db->handle, NULL, NULL);
	buf_release(&sql);
	return stmt;
}

static int fill_chosen(const struct choice *c, struct db *db, enum rec_kind kind,
		       struct err *err)
{
	sqlite3_stmt *where = prepare_where(c, db, kind, err), *put = NULL;
	int got = -1;

	if (where && !db_exec(db, "CREATE TEMP TABLE chosen (record INTEGER PRIMARY KEY)", err))
		put = db_prepare(db, "INSERT INTO chosen VALUES (?1)", err);
	while (put && (got = sqlite3_step(where)) == SQLITE_ROW) {
		sqlite3_bind_int64(put, 1, sqlite3_column_int64(where, 0));
		if (db_step(db, put, err))
			break;
	}
	if (put && got != SQLITE_DONE && got != SQLITE_ROW)
		err_set(err, EXIT_USAGE, "--where: %s", sqlite3_errmsg(db->handle));
	sqlite3_finalize(where);
	sqlite3_finalize(put);
	return got == SQLITE_DONE ? 0 : -1;
}

/* Leaves in `pool` what per_image, sample and target leave. */
static int narrow(const struct choice *c, struct db *db, enum rec_kind kind, struct err *err)
{
	struct buf sql;
	int result;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "CREATE TEMP TABLE pool AS SELECT %s AS record, " KEY " AS key, "
		   "%s AS name, %s AS evidence %s", kinds[kind].id, kinds[kind].name,
		   c->per_image || c->target ? kinds[kind].evidence : "NULL", kinds[kind].from);
	if (c->where)
		buf_printf(&sql, " AND %s IN (SELECT record FROM chosen)",
			   kinds[kind].id);
	buf_addc(&sql, ';');
	if (c->per_image)
		buf_printf(&sql, "DELETE FROM pool WHERE rowid IN (SELECT id FROM (SELECT rowid "
			   "AS id, row_number() OVER (PARTITION BY key ORDER BY evidence DESC, "
			   "name) AS rank FROM pool) WHERE rank > %lld);",
			   (long long)c->per_image);
	if (c->sample)
		buf_printf(&sql, "DELETE FROM pool WHERE rowid NOT IN (SELECT rowid FROM pool "
			   "ORDER BY choice_draw('sample', name), name LIMIT %lld);",
			   (long long)c->sample);
	if (c->target)
		buf_printf(&sql, "DELETE FROM pool WHERE rowid NOT IN (SELECT rowid FROM pool "
			   "ORDER BY evidence DESC, name LIMIT %lld);", (long long)c->target);
	buf_adds(&sql, "CREATE UNIQUE INDEX temp.pool_by_record ON pool (record);");
	result = db_exec(db, sql.data, err);
	buf_release(&sql);
	return result;
}

static int fill_picked(const struct choice *c, struct db *db, enum rec_kind kind,
		       const char *odd, bool named, struct err *err)
{
	const char *key = c->by_row_id ? "choice_name(" CHOICE_ROW_KEY ")" :
			  c->by_sample_key ? SAMPLE_KEY : KEY;
	struct buf sql;
	int result;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "CREATE TEMP TABLE picked (n INTEGER PRIMARY KEY, record INTEGER, "
		   "split INTEGER, odd INTEGER, image_id TEXT, path TEXT); "
		   "INSERT INTO picked (record, split, odd, image_id, path) "
		   "SELECT %s, %s, coalesce(%s) IS NOT NULL, %s %s", kinds[kind].id,
		   c->split_count > 1 ? "choice_split(" KEY ")" : "0", odd,
		   named ? "i.image_id, p.path" : "NULL, NULL", kinds[kind].from);
	if (narrows(c))
		buf_printf(&sql, " AND %s IN (SELECT record FROM pool)",
			   kinds[kind].id);
	/* SQLite sorts faster where the first of them is a text: measured, a seventh */
	buf_printf(&sql, " ORDER BY %s%s, %s", c->split_count > 1 ? "2, " : "", key,
		   kinds[kind].order);
	result = db_exec(db, sql.data, err);
	buf_release(&sql);
	return result;
}

#define PLACED "CREATE TEMP TABLE placed AS SELECT record, (row_number() OVER (PARTITION BY " \
	"split, k ORDER BY choice_draw('balance', name), name) - 1) % k AS place FROM (" \
	"SELECT record, split, q.question_id AS name, " \
	"(SELECT count(*) FROM options o WHERE o.question = q.id) AS k " \
	"FROM picked JOIN questions q ON q.id = record); " \
	"CREATE UNIQUE INDEX temp.placed_by_record ON placed (record)"

int choice_make(const struct choice *c, struct db *db, enum rec_kind kind, const char *odd,
		bool named, int64_t *found, struct err *err)
{
	return add_functions(c, db, err) ||
	       (c->where && fill_chosen(c, db, kind, err)) ||
	       (narrows(c) && narrow(c, db, kind, err)) ||
	       fill_picked(c, db, kind, odd, named, err) ||
	       (c->balance && kind == REC_QUESTION && db_exec(db, PLACED, err)) ||
	       db_number(db, "SELECT count(*) FROM picked", found, err) ? -1 : 0;
}
