/* SPDX-License-Identifier: Apache-2.0
 *
 * See inspect.h.
 */
#include "store/inspect.h"

#include "cli/buf.h"
#include "schemas/span.h"
#include "store/cell.h"

#define FAULTS_SHOWN 20		/* of integrity_check; a damaged file has thousands */

/* Each gives the number of faults and an example. NULL counts are not known, so not wrong. */
static const struct {
	const char *what, *sql;
} counts[] = {
	{ "questions whose options are not 2 to 25, numbered from 0",
	  "SELECT count(*), min(question_id) FROM (SELECT q.question_id FROM questions q "
	  "LEFT JOIN options o ON o.question = q.id GROUP BY q.id HAVING "
	  "count(o.number) NOT BETWEEN 2 AND 25 OR max(o.number) <> count(o.number) - 1)" },
	{ "questions whose answer is none of their options",
	  "SELECT count(*), min(question_id) FROM questions q WHERE NOT EXISTS "
	  "(SELECT 1 FROM options WHERE question = q.id AND letter = q.answer)" },
	{ "tallies whose trials are not those asked",
	  "SELECT count(*), min(question_id) FROM (SELECT q.question_id FROM tallies t "
	  "JOIN questions q ON q.id = t.question JOIN trials r ON r.tally = t.id "
	  "GROUP BY t.id HAVING count(*) <> t.asked)" },
	{ "tallies whose counts do not add up",
	  "SELECT count(*), min(q.question_id) FROM tallies t JOIN questions q "
	  "ON q.id = t.question WHERE t.asked <> t.valid + t.unparsed + t.refused + t.failed "
	  "OR t.correct + t.abstained > t.valid" },
	{ "tallies whose counts are not those of their trials",
	  "SELECT count(*), min(question_id) FROM (SELECT q.question_id FROM tallies t "
	  "JOIN questions q ON q.id = t.question JOIN trials r ON r.tally = t.id "
	  "GROUP BY t.id HAVING sum(r.outcome = 'correct') <> t.correct "
	  "OR sum(r.outcome = 'abstained') <> t.abstained "
	  "OR sum(r.outcome = 'failed') <> t.failed)" },
	{ "scores whose counts do not add up",
	  "SELECT count(*), min(c.caption_id) FROM scores s JOIN captions c ON c.id = s.caption "
	  "WHERE s.valid <> s.correct + s.omitted + s.contradicted "
	  "OR s.asked <> s.valid + s.unparsed + s.refused + s.failed" },
	{ "scores whose counts are not those of their answers",
	  "SELECT count(*), min(caption_id) FROM (SELECT c.caption_id FROM scores s "
	  "JOIN captions c ON c.id = s.caption JOIN score_answers a ON a.score = s.id "
	  "GROUP BY s.id HAVING count(*) <> s.questions OR sum(a.correct) <> s.correct "
	  "OR sum(a.omitted) <> s.omitted OR sum(a.contradicted) <> s.contradicted)" },
	{ "duplicates of a question that does not stay",
	  "SELECT count(*), min(q.question_id) FROM questions q JOIN questions k "
	  "ON k.question_id = q.duplicate_of WHERE k.reason = 'duplicate'" },
	{ "paths of which something is no JSON", "SELECT count(*), min(path) FROM paths "
	  "WHERE odd_json(source, source_id) OR odd_members(rest, exact)" },
	{ "replies of which something is no JSON", "SELECT count(*), min(key) FROM replies "
	  "WHERE odd_json(usage, source, source_id) OR odd_members(rest, exact)" },
	{ "questions of which something is no JSON",
	  "SELECT count(*), min(question_id) FROM questions "
	  "WHERE odd_json(flags, origin, source, source_id) OR odd_members(rest, exact)" },
	{ "tallies of which something is no JSON",
	  "SELECT count(*), min(q.question_id) FROM tallies t JOIN questions q ON q.id = t.question "
	  "WHERE odd_members(t.rest, t.exact)" },
	{ "trials of which something is no JSON",
	  "SELECT count(*), min(q.question_id) FROM trials r JOIN tallies t ON t.id = r.tally "
	  "JOIN questions q ON q.id = t.question "
	  "WHERE odd_json(r.\"order\") OR odd_members(r.rest, r.exact)" },
	{ "captions of which something is no JSON", "SELECT count(*), min(caption_id) FROM captions "
	  "WHERE odd_json(flags, source, source_id) OR odd_members(rest, exact)" },
	{ "scores of which something is no JSON",
	  "SELECT count(*), min(c.caption_id) FROM scores s JOIN captions c ON c.id = s.caption "
	  "WHERE odd_json(nullif(s.judge, ''), s.flags, s.source, s.source_id) "
	  "OR odd_members(s.rest, s.exact)" },
	{ "answers of scores of which something is no JSON",
	  "SELECT count(*), min(c.caption_id) FROM score_answers a JOIN scores s ON s.id = a.score "
	  "JOIN captions c ON c.id = s.caption WHERE odd_members(a.rest, a.exact)" },
	{ "rejects of which something is no JSON", "SELECT count(*), min(key) FROM rejects "
	  "WHERE odd_json(span) OR odd_members(rest, exact)" },
	{ "runs of which something is no JSON", "SELECT count(*), min(key) FROM runs "
	  "WHERE odd_json(models, prompt_ids, options, calls, from_ledger, tokens, endpoints, counts) "
	  "OR odd_members(rest, exact)" },
};

static bool is_odd(const char *text, bool members)
{
	struct buf whole;
	bool odd;

	if (!text)
		return false;
	buf_init(&whole, BUF_NO_MAX);
	buf_printf(&whole, members ? "{%s}" : "%s", text);
	odd = span_check(whole.data, whole.len, NULL) != 0;
	buf_release(&whole);
	return odd;
}

/* odd_json(text...), odd_members(text...): is one of them no JSON, or no inside of an object? */
static void sql_odd(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	bool odd = false;
	int i;

	for (i = 0; i < count && !odd; i++)
		odd = is_odd((const char *)sqlite3_value_text(args[i]),
			     sqlite3_user_data(ctx) != NULL);
	sqlite3_result_int(ctx, odd);
}

static int add_functions(struct db *db, struct err *err)
{
	static const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

	return sqlite3_create_function(db->handle, "odd_json", -1, flags, NULL, sql_odd, NULL,
				       NULL) ||
	       sqlite3_create_function(db->handle, "odd_members", -1, flags, db, sql_odd, NULL,
				       NULL) ? db_fault(db, err) : 0;
}

static void add_line(struct buf *report, const char *text)
{
	buf_printf(report, "%s  %s", report->len ? "\n" : "", text);
}

static int check_file(struct db *db, struct buf *report, int64_t *faults, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "PRAGMA integrity_check", err);
	const char *text;
	int got = -1;

	while (stmt && (got = db_step(db, stmt, err)) > 0) {
		text = cell_text(stmt, 0);
		if (!sqlite3_stricmp(text, "ok"))
			continue;
		if (++*faults <= FAULTS_SHOWN)
			add_line(report, text);
	}
	sqlite3_finalize(stmt);
	return got;
}

static int check_references(struct db *db, struct buf *report, int64_t *faults, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT count(*), min(\"table\") FROM "
					"pragma_foreign_key_check", err);
	int got = stmt ? db_step(db, stmt, err) : -1;
	struct buf line;

	if (got > 0 && sqlite3_column_int64(stmt, 0)) {
		*faults += sqlite3_column_int64(stmt, 0);
		buf_init(&line, BUF_NO_MAX);
		buf_printf(&line, "%lld rows refer to rows that are not there, the first in '%s'",
			   (long long)sqlite3_column_int64(stmt, 0), cell_text(stmt, 1));
		add_line(report, line.data);
		buf_release(&line);
	}
	sqlite3_finalize(stmt);
	return got < 0 ? -1 : 0;
}

static int check_counts(struct db *db, size_t which, struct buf *report, int64_t *faults,
			struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, counts[which].sql, err);
	int got = stmt ? db_step(db, stmt, err) : -1;
	struct buf line;

	if (got > 0 && sqlite3_column_int64(stmt, 0)) {
		*faults += sqlite3_column_int64(stmt, 0);
		buf_init(&line, BUF_NO_MAX);
		buf_printf(&line, "%lld %s, the first %s", (long long)sqlite3_column_int64(stmt, 0),
			   counts[which].what, cell_text(stmt, 1));
		add_line(report, line.data);
		buf_release(&line);
	}
	sqlite3_finalize(stmt);
	return got < 0 ? -1 : 0;
}

int inspect(struct db *db, struct buf *report, int64_t *faults, struct err *err)
{
	size_t i;

	*faults = 0;
	if (check_file(db, report, faults, err))
		return -1;
	if (*faults)
		return 0;	/* what a damaged file says of its counts is worth nothing */
	if (check_references(db, report, faults, err) || add_functions(db, err))
		return -1;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (check_counts(db, i, report, faults, err))
			return -1;
	return 0;
}
