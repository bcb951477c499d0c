/* SPDX-License-Identifier: Apache-2.0
 *
 * See quiz.h. Everything is checked before anything is written: a savepoint for each record
 * would copy every 64 KB page it touches.
 */
#include "store/quiz.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/list.h"
#include "schemas/record.h"
#include "schemas/rule.h"
#include "schemas/tally.h"

static const char *const passes[] = { "blind", "sight", "control", NULL };

static const struct twin_shape question_shape = {
	"questions", "path, model, place", "?1, ?2, ?3", column_questions, "question_id = ?4"
};
static const struct twin_shape tally_shape = {
	"tallies", "question, pass, condition", "?1, ?2, ?3", column_tallies,
	"question = ?1 AND pass = ?2 AND condition = ?3 AND model = ?4"
};
static const struct twin_shape trial_shape = {
	"trials", "tally, number", "?1, ?3", column_trials, NULL
};

int quiz_init(struct quiz *q, struct db *db, struct err *err)
{
	*q = (struct quiz){ .db = db };
	column_row_init(&q->nested);
	buf_init(&q->rest, BUF_NO_MAX);
	buf_init(&q->origin_model, BUF_NO_MAX);
	if (!twin_prepare(&q->question, db, &question_shape, err) &&
	    !twin_prepare(&q->tally, db, &tally_shape, err) &&
	    !twin_prepare(&q->trial, db, &trial_shape, err) &&
	    (q->kept = db_prepare(db, "SELECT 1 FROM questions WHERE question_id = ?1 "
				  "AND verdict = 'keep'", err)) &&
	    (q->there = db_prepare(db, "SELECT 1 FROM questions WHERE question_id = ?1", err)) &&
	    (q->verdict = db_prepare(db, "UPDATE questions SET verdict = ?2, reason = ?3, "
				     "rule = ?4, duplicate_of = ?5 WHERE id = ?1", err)) &&
	    (q->no_options = db_prepare(db, "DELETE FROM options WHERE question = ?1", err)) &&
	    (q->add_option = db_prepare(db, "INSERT INTO options (question, number, text) "
					"VALUES (?1, ?2, ?3)", err)) &&
	    (q->no_trials = db_prepare(db, "DELETE FROM trials WHERE tally = ?1", err)))
		return 0;
	quiz_release(q);
	return -1;
}

void quiz_release(struct quiz *q)
{
	twin_release(&q->question);
	twin_release(&q->tally);
	twin_release(&q->trial);
	sqlite3_finalize(q->kept);
	sqlite3_finalize(q->there);
	sqlite3_finalize(q->verdict);
	sqlite3_finalize(q->no_options);
	sqlite3_finalize(q->add_option);
	sqlite3_finalize(q->no_trials);
	column_row_release(&q->nested);
	span_members_release(&q->tally_members);
	span_members_release(&q->trial_members);
	buf_release(&q->rest);
	buf_release(&q->origin_model);
	*q = (struct quiz){ 0 };
}

static bool is_outcome(const char *value, size_t len)
{
	int i;

	for (i = 0; i < OUTCOMES; i++)
		if (strlen(outcome_name((enum outcome)i)) == len - 2 &&
		    !memcmp(value + 1, outcome_name((enum outcome)i), len - 2))
			return true;
	return false;
}

static int check_trials(struct quiz *q, const char *value, size_t len, struct err *err)
{
	struct list trials = list_of(value, len);
	int got;

	while ((got = list_next(&trials, &q->trial_members)) > 0) {
		column_row_set(&q->nested, NULL, &q->trial_members);
		if (column_check(&q->nested, column_trials, err))
			return -1;
		if (!column_row_raw(&q->nested, "outcome", &value, &len) ||
		    !is_outcome(value, len))
			return err_set(err, EXIT_DATA, "a trial without a known 'outcome'");
	}
	return got < 0 ? err_set(err, EXIT_DATA, "'trials' is no list of objects") : 0;
}

static int check_tallies(struct quiz *q, const char *pass, const char *value, size_t len,
			 struct err *err)
{
	struct list tallies = list_of(value, len);
	int got;

	while ((got = list_next(&tallies, &q->tally_members)) > 0) {
		column_row_set(&q->nested, NULL, &q->tally_members);
		if (column_check(&q->nested, column_tallies, err))
			return -1;
		if (!column_row_raw(&q->nested, "model", &value, &len) || value[0] != '"')
			return err_set(err, EXIT_DATA, "a tally without 'model'");
		if (column_row_raw(&q->nested, "condition", &value, &len) && value[0] != '"' &&
		    value[0] != 'n')
			return err_set(err, EXIT_DATA, "'condition' is no text");
		if (column_row_raw(&q->nested, "trials", &value, &len) && value[0] != 'n' &&
		    check_trials(q, value, len, err))
			return -1;
	}
	return got < 0 ? err_set(err, EXIT_DATA, "'%s' is no list of objects", pass) : 0;
}

/* [] and null are no rows; they are noted so that the record comes back as it was. */
static bool is_empty(const char *value, size_t len)
{
	return value[0] == 'n' || list_is_empty(value, len);
}

static void note_empty(struct column_row *row, const char *member, const char *value)
{
	if (value[0] == 'n')
		column_row_exact(row, member, "null", 4);
	else
		column_row_exact(row, member, "[]", 2);
}

static int check(struct quiz *q, struct column_row *row, struct rec *r, struct err *err)
{
	const char *value, *verdict = rec_text(r, "verdict");
	enum verdict v;
	size_t len;
	int i;

	if (spot_check(row, err) || column_check(row, column_questions, err) ||
	    column_check(row, column_verdicts, err))
		return -1;
	if (verdict && verdict_parse(verdict, &v))
		return err_set(err, EXIT_DATA, "'verdict' is none of keep, drop, undecided");
	if (rec_raw(r, "from", &value, &len) && value[0] != '{' && value[0] != 'n')
		return err_set(err, EXIT_DATA, "'from' is no object");
	for (i = 0; passes[i]; i++) {
		if (!rec_raw(r, passes[i], &value, &len))
			continue;
		if (is_empty(value, len))
			note_empty(row, passes[i], value);
		else if (check_tallies(q, passes[i], value, len, err))
			return -1;
	}
	return 0;
}

static int put_options(struct quiz *q, const struct rec_question *parts, int64_t question,
		       bool fresh, struct err *err)
{
	size_t i;

	sqlite3_bind_int64(q->no_options, 1, question);
	if (!fresh && db_step(q->db, q->no_options, err))
		return -1;
	for (i = 0; i < parts->option_count; i++) {
		sqlite3_bind_int64(q->add_option, 1, question);
		sqlite3_bind_int(q->add_option, 2, (int)i);
		sqlite3_bind_text(q->add_option, 3, parts->options[i], -1, SQLITE_STATIC);
		if (db_step(q->db, q->add_option, err))
			return -1;
	}
	return 0;
}

static int put_trials(struct quiz *q, int64_t tally, const char *value, size_t len,
		      struct err *err)
{
	struct list trials = list_of(value, len);
	struct twin_key key = { .parent = tally };

	while (list_next(&trials, &q->trial_members) > 0) {
		column_row_set(&q->nested, NULL, &q->trial_members);
		column_check(&q->nested, column_trials, NULL);
		buf_clear(&q->rest);
		column_rest(&q->trial_members, column_trials, NULL, NULL, &q->rest);
		if (twin_put(&q->trial, q->db, &key, &q->nested, &q->rest, NULL, err) < 0)
			return -1;
		key.number++;
	}
	return 0;
}

/* The members of the tally under way are in q->tally_members. */
static int put_tally(struct quiz *q, const char *pass, int64_t question, struct err *err)
{
	const char *value = NULL, *trials = NULL;
	size_t len, trials_len = 0;
	struct buf condition;
	int64_t tally = 0;
	int made;

	buf_init(&condition, BUF_NO_MAX);
	column_row_set(&q->nested, NULL, &q->tally_members);
	column_check(&q->nested, column_tallies, NULL);
	if (column_row_raw(&q->nested, "condition", &value, &len)) {
		if (value[0] == '"')
			span_unquote(&condition, value, len);
		if (!condition.len)
			column_row_exact(&q->nested, "condition", value, len);
	}
	if (column_row_raw(&q->nested, "trials", &trials, &trials_len) &&
	    is_empty(trials, trials_len))
		note_empty(&q->nested, "trials", trials);
	buf_clear(&q->rest);
	column_rest(&q->tally_members, column_tallies, "condition", "trials", &q->rest);
	made = twin_put(&q->tally, q->db,
			&(struct twin_key){ question, pass, condition.data, -1 }, &q->nested,
			&q->rest, &tally, err);
	buf_release(&condition);
	sqlite3_bind_int64(q->no_trials, 1, tally);
	if (made < 0 || (made == 0 && db_step(q->db, q->no_trials, err)))
		return -1;
	return trials && trials[0] == '[' ? put_trials(q, tally, trials, trials_len, err) : 0;
}

static int put_tallies(struct quiz *q, struct rec *r, int64_t question, struct err *err)
{
	struct list tallies;
	const char *value;
	size_t len;
	int i;

	for (i = 0; passes[i]; i++) {
		if (!rec_raw(r, passes[i], &value, &len) || value[0] == 'n')
			continue;
		tallies = list_of(value, len);
		while (list_next(&tallies, &q->tally_members) > 0)
			if (put_tally(q, passes[i], question, err))
				return -1;
	}
	return 0;
}

static int put_verdict(struct quiz *q, struct column_row *row, int64_t question, bool fresh,
		       struct err *err)
{
	if (!rec_has(row->rec, "verdict") &&
	    !(fresh && (rec_has(row->rec, "reason") || rec_has(row->rec, "rule") ||
			rec_has(row->rec, "duplicate_of"))))
		return 0;
	sqlite3_bind_int64(q->verdict, 1, question);
	column_bind(row, column_verdicts, q->verdict, 2);
	return db_step(q->db, q->verdict, err);
}

static bool text_is(struct rec *r, const char *member, const char *text)
{
	const char *value = rec_text(r, member);

	return value && !strcmp(value, text);
}

/* 1: there is a question with r's id, and r only repeats a published set; 0; -1. */
static int imported_again(struct quiz *q, struct rec *r, struct err *err)
{
	int got;

	if (!text_is(r, "reason", "imported"))
		return 0;
	sqlite3_bind_text(q->there, 1, rec_text(r, "question_id"), -1, SQLITE_STATIC);
	got = db_step(q->db, q->there, err);
	sqlite3_reset(q->there);
	return got;
}

/* 1: r is marked as a copy of the question with its own id, and the store keeps that; 0; -1. */
static int copy_of_kept(struct quiz *q, struct rec *r, struct err *err)
{
	const char *id = rec_text(r, "question_id");
	int got;

	if (!text_is(r, "verdict", "drop") || !text_is(r, "reason", "duplicate") ||
	    (rec_has(r, "duplicate_of") && !text_is(r, "duplicate_of", id)))
		return 0;
	sqlite3_bind_text(q->kept, 1, id, -1, SQLITE_STATIC);
	got = db_step(q->db, q->kept, err);
	sqlite3_reset(q->kept);
	return got;
}

/* model and index of `from`, as columns of their own: exports are ordered by them. */
static void read_origin(struct quiz *q, struct rec *r, struct twin_key *key)
{
	const struct span_member *model, *place;
	const char *from;
	double number;
	size_t len;

	if (!rec_raw(r, "from", &from, &len))
		return;
	span_members_of(from, len, &q->tally_members);
	model = list_member(&q->tally_members, "model");
	place = list_member(&q->tally_members, "index");
	if (model && model->value[0] == '"') {
		buf_clear(&q->origin_model);
		span_unquote(&q->origin_model, model->value, model->value_len);
		key->text = q->origin_model.data;
	}
	if (place && place->value[0] >= '0' && place->value[0] <= '9') {
		number = strtod(place->value, NULL);	/* stops at the comma or bracket behind it */
		if (number < 1e15)
			key->number = (int64_t)number;
	}
}

static enum shelf_result put(struct quiz *q, struct spot *spot, struct column_row *row,
			     struct rec *r, const struct rec_question *parts, struct err *err)
{
	struct twin_key key = { .number = -1 };
	int64_t question = 0;
	int got = copy_of_kept(q, r, err);

	got = got ? got : imported_again(q, r, err);
	if (got)
		return got < 0 ? SHELF_FAILED : SHELF_THERE;
	if (spot_put(spot, r, &key.parent, err))
		return SHELF_FAILED;
	read_origin(q, r, &key);
	buf_clear(&q->rest);
	rec_write_rest(r, &q->rest);
	got = twin_put(&q->question, q->db, &key, row, &q->rest, &question, err);
	if (got < 0 || put_options(q, parts, question, got > 0, err) ||
	    put_tallies(q, r, question, err) ||
	    put_verdict(q, row, question, got > 0, err))
		return SHELF_FAILED;
	return got > 0 ? SHELF_NEW : SHELF_THERE;
}

enum shelf_result quiz_put(struct quiz *q, struct spot *spot, struct column_row *row,
			   struct rec *r, struct err *err)
{
	enum shelf_result result = SHELF_BAD;
	struct rec_question parts;

	if (rec_question(r, &parts, err))
		return SHELF_BAD;
	if (!check(q, row, r, err))
		result = put(q, spot, row, r, &parts, err);
	free(parts.options);
	return result;
}
