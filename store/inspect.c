/* SPDX-License-Identifier: Apache-2.0
 *
 * See inspect.h.
 */
#include "store/inspect.h"

#include "cli/buf.h"
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
};

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
	if (check_references(db, report, faults, err))
		return -1;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (check_counts(db, i, report, faults, err))
			return -1;
	return 0;
}
