/* SPDX-License-Identifier: Apache-2.0
 *
 * See shelf.h. Questions are in quiz, images in spot; the rest is here.
 */
#include "store/shelf.h"

#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/list.h"
#include "schemas/record.h"
#include "store/bulk.h"
#include "store/column.h"
#include "store/quiz.h"
#include "store/spot.h"
#include "store/twin.h"

static const struct twin_shape reply_shape = {
	"replies", "path, key", "?1, ?2", column_replies, "path = ?1 AND key = ?2"
};
static const struct twin_shape caption_shape = {
	"captions", "path", "?1", column_captions, "caption_id = ?4"
};
static const struct twin_shape score_shape = {
	"scores", "caption, judge", "?1, ?2", column_scores, "caption = ?1 AND judge = ?2"
};
static const struct twin_shape answer_shape = {
	"score_answers", "score, number", "?1, ?3", column_answers, NULL
};
static const struct twin_shape reject_shape = {
	"rejects", "key", "?2", column_rejects, "key = ?2"
};
static const struct twin_shape run_shape = { "runs", "key", "?2", column_runs, "key = ?2" };

struct shelf {
	struct db *db;
	struct spot spot;
	struct quiz quiz;
	struct twin reply, caption, score, answer, reject, run;
	sqlite3_stmt *head, *no_answers;	/* a caption that only its score names */
	struct column_row row, nested;
	struct span_members members;
	struct buf rest, text;
	struct bulk *bulk;	/* from the first record on that is put this way */
};

struct shelf *shelf_new(struct db *db, struct err *err)
{
	struct shelf *s = xcalloc(1, sizeof(*s));

	s->db = db;
	column_row_init(&s->row);
	column_row_init(&s->nested);
	buf_init(&s->rest, BUF_NO_MAX);
	buf_init(&s->text, BUF_NO_MAX);
	buf_adds(&s->text, "INSERT INTO captions (path, ");
	column_names(&s->text, column_heads, "");
	buf_adds(&s->text, ") VALUES (?1, ");
	column_marks(&s->text, column_heads, 2);
	buf_adds(&s->text, ") ON CONFLICT DO NOTHING");
	s->head = db_prepare(db, s->text.data, err);
	if (s->head && !spot_init(&s->spot, db, err) && !quiz_init(&s->quiz, db, err) &&
	    !twin_prepare(&s->reply, db, &reply_shape, err) &&
	    !twin_prepare(&s->caption, db, &caption_shape, err) &&
	    !twin_prepare(&s->score, db, &score_shape, err) &&
	    !twin_prepare(&s->answer, db, &answer_shape, err) &&
	    !twin_prepare(&s->reject, db, &reject_shape, err) &&
	    !twin_prepare(&s->run, db, &run_shape, err) &&
	    (s->no_answers = db_prepare(db, "DELETE FROM score_answers WHERE score = ?1", err)))
		return s;
	shelf_free(s);
	return NULL;
}

void shelf_free(struct shelf *s)
{
	if (!s)
		return;
	bulk_free(s->bulk);
	spot_release(&s->spot);
	quiz_release(&s->quiz);
	twin_release(&s->reply);
	twin_release(&s->caption);
	twin_release(&s->score);
	twin_release(&s->answer);
	twin_release(&s->reject);
	twin_release(&s->run);
	sqlite3_finalize(s->head);
	sqlite3_finalize(s->no_answers);
	column_row_release(&s->row);
	column_row_release(&s->nested);
	span_members_release(&s->members);
	buf_release(&s->rest);
	buf_release(&s->text);
	free(s);
}

static enum shelf_result result_of(int made)
{
	return made < 0 ? SHELF_FAILED : made ? SHELF_NEW : SHELF_THERE;
}

static int check_image(struct column_row *row, struct err *err)
{
	return spot_check(row, err) || column_check(row, column_images, err) ||
	       column_check(row, column_paths, err) ||
	       column_check(row, column_sources, err) ? -1 : 0;
}

static enum shelf_result put_image(struct shelf *s, struct rec *r, struct err *err)
{
	int64_t path;

	if (check_image(&s->row, err))
		return SHELF_BAD;
	if (spot_put(&s->spot, r, &path, err) || spot_describe(&s->spot, &s->row, err))
		return SHELF_FAILED;
	return result_of(spot_list(&s->spot, &s->row, &s->rest, err));
}

/* The call tells replies apart; where none was recorded, what was said and by whom. */
static const char *reply_key(struct rec *r, char hex[HASH_HEX])
{
	const char *call = rec_text(r, "call");
	struct hash h;

	if (call)
		return call;
	hash_init(&h);
	hash_text(&h, rec_text(r, "model"));
	hash_text(&h, rec_text(r, "prompt_id"));
	hash_text(&h, rec_text(r, "reply"));
	hash_hex(&h, hex);
	hash_release(&h);
	return hex;
}

static enum shelf_result put_reply(struct shelf *s, struct rec *r, struct err *err)
{
	struct twin_key key = { .number = -1 };
	char hex[HASH_HEX];

	if (spot_check(&s->row, err) || column_check(&s->row, column_images, err) ||
	    column_check(&s->row, column_paths, err) ||
	    column_check(&s->row, column_replies, err))
		return SHELF_BAD;
	if (spot_put(&s->spot, r, &key.parent, err) || spot_describe(&s->spot, &s->row, err))
		return SHELF_FAILED;
	key.text = reply_key(r, hex);
	return result_of(twin_put(&s->reply, s->db, &key, &s->row, &s->rest, NULL, err));
}

static int check_caption_id(struct rec *r, struct err *err)
{
	return rec_text(r, "caption_id") ? 0 :
	       err_set(err, EXIT_DATA, "no 'caption_id' in the record");
}

static int check_caption(struct column_row *row, struct rec *r, struct err *err)
{
	return check_caption_id(r, err) || spot_check(row, err) ||
	       column_check(row, column_captions, err) ? -1 : 0;
}

static enum shelf_result put_caption(struct shelf *s, struct rec *r, struct err *err)
{
	struct twin_key key = { .number = -1 };

	if (check_caption(&s->row, r, err))
		return SHELF_BAD;
	if (spot_put(&s->spot, r, &key.parent, err))
		return SHELF_FAILED;
	return result_of(twin_put(&s->caption, s->db, &key, &s->row, &s->rest, NULL, err));
}

/* Notes an answer list without elements; 1 if it has some, 0, or -1 and err. */
static int check_answers(struct shelf *s, struct rec *r, struct err *err)
{
	const char *value;
	struct list list;
	int got, some = 0;
	size_t len;

	if (!rec_raw(r, "answers", &value, &len))
		return 0;
	if (value[0] == 'n') {
		column_row_exact(&s->row, "answers", value, len);
		return 0;
	}
	list = list_of(value, len);
	while ((got = list_next(&list, &s->members)) > 0) {
		some = 1;
		column_row_set(&s->nested, NULL, &s->members);
		if (column_check(&s->nested, column_answers, err))
			return -1;
	}
	if (got < 0)
		return err_set(err, EXIT_DATA, "'answers' is no list of objects");
	if (!some)
		column_row_exact(&s->row, "answers", "[]", 2);
	return some;
}

static int put_answers(struct shelf *s, struct rec *r, int64_t score, struct err *err)
{
	struct twin_key key = { .parent = score };
	const char *value;
	struct list list;
	size_t len;

	rec_raw(r, "answers", &value, &len);
	list = list_of(value, len);
	while (list_next(&list, &s->members) > 0) {
		column_row_set(&s->nested, NULL, &s->members);
		column_check(&s->nested, column_answers, NULL);
		buf_clear(&s->rest);
		column_rest(&s->members, column_answers, NULL, NULL, &s->rest);
		if (twin_put(&s->answer, s->db, &key, &s->nested, &s->rest, NULL, err) < 0)
			return -1;
		key.number++;
	}
	return 0;
}

/* The caption's row, made from what the score repeats of it if need be. */
static int put_head(struct shelf *s, struct rec *r, int64_t *caption, struct err *err)
{
	int64_t path;
	int got;

	if (spot_put(&s->spot, r, &path, err))
		return -1;
	sqlite3_bind_int64(s->head, 1, path);
	column_bind(&s->row, column_heads, s->head, 2);
	if (db_step(s->db, s->head, err))
		return -1;
	got = twin_find(&s->caption, s->db, &(struct twin_key){ .number = -1 }, &s->row,
			caption, err);
	return got > 0 ? 0 : -1;
}

static enum shelf_result put_score(struct shelf *s, struct rec *r, struct err *err)
{
	struct twin_key key = { .number = -1 };
	const char *judge;
	int64_t score = 0;
	int made, answers;
	size_t len;

	if (check_caption_id(r, err) || spot_check(&s->row, err) ||
	    column_check(&s->row, column_heads, err) ||
	    column_check(&s->row, column_scores, err))
		return SHELF_BAD;
	answers = check_answers(s, r, err);
	if (answers < 0)
		return SHELF_BAD;
	buf_clear(&s->text);
	if (rec_raw(r, "judge", &judge, &len)) {
		if (judge[0] == 'n')
			column_row_exact(&s->row, "judge", judge, len);
		else
			span_canon(&s->text, judge, len);
	}
	key.text = s->text.data;
	if (put_head(s, r, &key.parent, err))
		return SHELF_FAILED;
	made = twin_put(&s->score, s->db, &key, &s->row, &s->rest, &score, err);
	sqlite3_bind_int64(s->no_answers, 1, score);
	if (made < 0 || (made == 0 && db_step(s->db, s->no_answers, err)) ||
	    (answers && put_answers(s, r, score, err)))
		return SHELF_FAILED;
	return result_of(made);
}

/* Rejects and runs have no id: the whole record is what makes it the same. */
static enum shelf_result put_nameless(struct shelf *s, struct rec *r, struct twin *twin,
				      struct err *err)
{
	struct twin_key key = { .number = -1 };
	char hex[HASH_HEX];

	if (column_check(&s->row, twin->shape->columns, err))
		return SHELF_BAD;
	buf_clear(&s->text);
	rec_write(r, &s->text);
	hash_of(s->text.data, s->text.len, hex);
	key.text = hex;
	return result_of(twin_put(twin, s->db, &key, &s->row, &s->rest, NULL, err));
}

void shelf_all_new(struct shelf *s, bool all_new)
{
	s->spot.all_new = all_new;
}

enum shelf_result shelf_check(struct rec *r, bool *plain, struct err *err)
{
	struct column_row row;
	int bad;

	column_row_init(&row);
	column_row_set(&row, r, NULL);
	bad = rec_kind(r) == REC_IMAGE ? check_image(&row, err) : check_caption(&row, r, err);
	*plain = !row.exact.len;
	column_row_release(&row);
	return bad ? SHELF_BAD : SHELF_NEW;
}

enum shelf_result shelf_put(struct shelf *s, struct rec *r, struct err *err)
{
	column_row_set(&s->row, r, NULL);
	buf_clear(&s->rest);
	rec_write_rest(r, &s->rest);
	switch (rec_kind(r)) {
	case REC_IMAGE:
		return put_image(s, r, err);
	case REC_REPLY:
		return put_reply(s, r, err);
	case REC_QUESTION:
		return quiz_put(&s->quiz, &s->spot, &s->row, r, err);
	case REC_CAPTION:
		return put_caption(s, r, err);
	case REC_SCORE:
		return put_score(s, r, err);
	case REC_REJECT:
		return put_nameless(s, r, &s->reject, err);
	default:
		return put_nameless(s, r, &s->run, err);
	}
}

/* The rows of its image and path, for a record that is new: *path. */
static int place(struct shelf *s, struct rec *r, int64_t *path, struct err *err)
{
	int64_t image;

	if (!s->spot.all_new)
		return spot_put(&s->spot, r, path, err);
	if (bulk_place(s->bulk, r, &image, path, err))
		return -1;
	spot_remember(&s->spot, image, *path);
	return 0;
}

enum shelf_result shelf_put_new(struct shelf *s, struct rec *r, bool plain, struct err *err)
{
	int64_t path;
	bool last = spot_is_last(&s->spot, r, &path), image = rec_kind(r) == REC_IMAGE;

	if (!plain || (image && (last || !s->spot.all_new)))
		return shelf_flush(s, err) ? SHELF_FAILED : shelf_put(s, r, err);
	if (!s->bulk && bulk_open(&s->bulk, s->db, err))
		return SHELF_FAILED;
	if (!last && place(s, r, &path, err))
		return SHELF_FAILED;
	if (!image)
		bulk_caption(s->bulk, r, path);
	return SHELF_NEW;
}

int shelf_flush(struct shelf *s, struct err *err)
{
	return s->bulk ? bulk_flush(s->bulk, err) : 0;
}
