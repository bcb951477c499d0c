/* SPDX-License-Identifier: Apache-2.0
 *
 * See loader.h. Two threads, never both at the store: it is the belt's while there is a belt and
 * chunks are under way, and the caller's otherwise.
 */
#include "store/loader.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/buf.h"
#include "schemas/record.h"
#include "store/belt.h"
#include "store/fresh.h"

#define HOLD_S 5	/* a transaction that a trickle keeps open; others wait a minute (db.c) */

/*
 * One transaction after the other leaves no moment for others who wait for the store: they look
 * at least every 100 ms (SQLite's busy handler), so now and then it is left alone for longer.
 */
#define REST_EVERY_S 10
#define REST_MS 120

/*
 * When a store that holds rows is filled the fast way. To make its indexes anew costs 2 us a row
 * of all, to go on without 35 to 60 us a new one (measured, a million captions there): so where as
 * many are expected as the one costs more than the other, and four of five of a whole transaction
 * were new. Where nothing is known of what comes, from the moment on when as much was paid.
 */
#define AGAIN_FROM 20000
#define AGAIN_SHARE 20		/* of the store's rows, one of so many is new */

#define CHUNK (256u << 10)	/* weight of records handed over at once */
#define BELT (12u << 20)		/* ... and under way; enough to bridge a commit's syncs */
#define EARLY 16		/* chunks after which the disk is told of what was written */

struct loader {
	struct db *db;
	struct shelf *shelf;
	struct fresh *fresh;		/* NULL: the store held something, or it is over */
	struct belt *belt;		/* see below; NULL: none is needed (yet) */
	size_t weight;			/* of the chunk that is being filled */
	int64_t fast_rows;		/* of a transaction, while there is a belt */
	int64_t put, pending;		/* records; pending: since the last commit */
	double begun_s;			/* when the first of these came */
	int64_t there_was_new;
	struct {			/* without the fast way */
		int64_t put, new, images;	/* images: the store's, at first */
		int64_t expected;
		bool others;		/* kinds that the fast way does not take, since the last commit */
		bool ended;		/* it was taken again, and is over */
	} slow;
	/* these go with the store from thread to thread */
	int64_t open, committed;	/* open: records of the transaction under way */
	int64_t new_was_there;
	double rested_s;
	size_t chunks;			/* that are in */
	atomic_bool disturbed;		/* another process writes, too: records are looked up */
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t number(struct loader *l, const char *sql)
{
	int64_t n = 0;

	db_number(l->db, sql, &n, NULL);
	return n;
}

static void go_slowly(struct loader *l)
{
	l->slow.put = l->slow.new = 0;
	l->slow.images = number(l, "SELECT max(id) FROM images");
}

struct loader *loader_new(struct db *db, int64_t fast_rows, struct err *err)
{
	struct loader *l = xcalloc(1, sizeof(*l));

	l->db = db;
	l->fast_rows = fast_rows;
	l->rested_s = now_s();
	l->shelf = shelf_new(db, err);
	if (l->shelf && !fresh_open(&l->fresh, db, err)) {
		shelf_all_new(l->shelf, l->fresh != NULL);
		go_slowly(l);
		return l;
	}
	loader_free(l);
	return NULL;
}

/* ---- with the store ---- */

static int begin(struct loader *l, struct err *err)
{
	if (db_begin(l->db, err))
		return -1;
	if (!l->belt || l->disturbed || !fresh_disturbed(l->fresh))
		return 0;
	l->disturbed = true;
	shelf_all_new(l->shelf, false);
	return db_make_indexes(l->db, err);
}

static int commit(struct loader *l, struct err *err)
{
	if (l->db->in_transaction && db_commit(l->db, err))
		return -1;
	l->committed += l->open;
	l->open = 0;
	return 0;
}

/* In a transaction, and counted as its own. fresh: one that fresh says is new; plain: see
 * shelf_check. */
static enum shelf_result put(struct loader *l, struct rec *r, bool fresh, bool plain,
			     struct err *err)
{
	enum shelf_result result;

	if (!l->db->in_transaction && begin(l, err))
		return SHELF_FAILED;
	result = fresh && !l->disturbed ? shelf_put_new(l->shelf, r, plain, err) :
		 shelf_put(l->shelf, r, err);
	l->open += result == SHELF_NEW || result == SHELF_THERE;
	return result;
}

static void rest(struct loader *l)
{
	if (now_s() - l->rested_s < REST_EVERY_S)
		return;
	sqlite3_sleep(REST_MS);
	l->rested_s = now_s();
}

/* ---- the belt: what a chunk is made of ---- */

struct handed {
	struct rec *rec;	/* NULL: commit */
	bool plain;		/* see shelf_check */
};

static struct handed handed_at(const struct buf *chunk, size_t at)
{
	struct handed h;

	memcpy(&h, chunk->data + at, sizeof(h));
	return h;
}

/* While one record is looked at, the one after the next comes from the other processor. */
static void prefetch(const struct buf *chunk, size_t at)
{
	at += 2 * sizeof(struct handed);
	if (at < chunk->len)
		rec_prefetch(handed_at(chunk, at).rec);
}

static int put_chunk(void *about, const struct buf *chunk, struct err *err)
{
	struct loader *l = about;
	enum shelf_result result;
	struct handed h;
	size_t at;

	for (at = 0; at < chunk->len; at += sizeof(h)) {
		h = handed_at(chunk, at);
		prefetch(chunk, at);
		if (!h.rec) {
			if (shelf_flush(l->shelf, err) || commit(l, err))
				return -1;
			rest(l);
			continue;
		}
		result = put(l, h.rec, true, h.plain, err);
		if (result != SHELF_NEW && result != SHELF_THERE)
			return -1;
		l->new_was_there += result == SHELF_THERE;
	}
	if (shelf_flush(l->shelf, err))
		return -1;
	if (++l->chunks % EARLY == 0)
		db_write_early(l->db);
	return 0;
}

static void free_chunk(void *about, const struct buf *chunk)
{
	size_t at;

	(void)about;
	for (at = 0; at < chunk->len; at += sizeof(struct handed)) {
		prefetch(chunk, at);
		rec_free(handed_at(chunk, at).rec);
	}
}

static int send(struct loader *l, struct err *err)
{
	l->weight = 0;
	return belt_send(l->belt, err);
}

static int start_belt(struct loader *l, struct err *err)
{
	static const struct belt_job job = { put_chunk, free_chunk, BELT };

	if (l->belt)
		return 0;
	if (fresh_begin(l->fresh, err))
		return -1;
	mallopt(M_TRIM_THRESHOLD, BELT);	/* what one chunk gives back the next one takes */
	l->belt = belt_new(&job, l, err);
	return l->belt ? 0 : -1;
}

static int hand_over(struct loader *l, struct rec *r, bool plain, struct err *err)
{
	size_t weight = r ? rec_weight(r) : 0;
	struct handed h = { r, plain };

	buf_add(belt_chunk(l->belt), &h, sizeof(h));
	belt_weigh(l->belt, weight);
	l->weight += weight;
	return r && l->weight < CHUNK ? 0 : send(l, err);
}

/* Whatever becomes of them: every record that was handed over is freed. */
static void end_belt(struct loader *l)
{
	if (!l->belt)
		return;
	send(l, NULL);
	belt_free(l->belt);
	l->belt = NULL;
}

/* ---- the caller ---- */

int64_t loader_free(struct loader *l)
{
	int64_t lost;

	if (!l)
		return 0;
	end_belt(l);
	lost = l->put - l->committed;
	fresh_free(l->fresh);
	shelf_free(l->shelf);
	if (l->db->in_transaction)
		db_rollback(l->db);
	free(l);
	return lost;
}

void loader_expect(struct loader *l, int64_t records)
{
	l->slow.expected = records > 0 ? records : 0;
}

int64_t loader_pending(const struct loader *l)
{
	return l->pending;
}

int loader_commit(struct loader *l, struct err *err)
{
	l->pending = 0;
	return l->belt ? hand_over(l, NULL, false, err) : commit(l, err);
}

/* One more is in: is it time? */
static int count(struct loader *l, struct err *err)
{
	int64_t most = l->belt ? l->fast_rows : LOADER_ROWS;

	l->put++;
	if (!l->pending++)
		l->begun_s = now_s();
	return l->pending < most && now_s() - l->begun_s < HOLD_S ? 0 : loader_commit(l, err);
}

/* Of so many rows, were four of five like that? */
static bool is_most(int64_t like_that, int64_t of)
{
	return like_that * 5 >= of * 4;
}

/* Behind a commit: is the store to be filled the fast way from here on? */
static int go_fast_again(struct loader *l, struct err *err)
{
	bool others = l->slow.others;
	int64_t images, rows, new = l->slow.new + l->slow.expected;

	l->slow.others = false;
	if (l->fresh || l->slow.ended || others || l->slow.put < LOADER_ROWS || new < AGAIN_FROM ||
	    !is_most(l->slow.new, l->slow.put))
		return 0;
	images = number(l, "SELECT max(id) FROM images");
	rows = images + number(l, "SELECT max(id) FROM captions");
	if (new < rows / AGAIN_SHARE)
		return 0;
	l->slow.ended = true;
	l->disturbed = false;
	if (fresh_again(&l->fresh, l->db, rows, is_most(images - l->slow.images, l->slow.new), err))
		return -1;
	shelf_all_new(l->shelf, l->fresh && fresh_has_new_images(l->fresh));
	return 0;
}

static enum shelf_result put_here(struct loader *l, struct rec *r, struct err *err)
{
	enum shelf_result result = put(l, r, false, false, err);

	if (result != SHELF_NEW && result != SHELF_THERE)
		return result;
	if (fresh_takes(r)) {
		l->slow.put++;
		l->slow.new += result == SHELF_NEW;
	} else {
		l->slow.others = true;
	}
	return count(l, err) || (!l->pending && go_fast_again(l, err)) ? SHELF_FAILED : result;
}

/*
 * The fast way ends: the indexes are made, and what was put off is put in. It was taken for there
 * before; where the filter was wrong, it is new.
 */
static int settle(struct loader *l, struct err *err)
{
	enum shelf_result result;
	struct rec *r;
	int got;

	if (l->belt && (loader_commit(l, err) || belt_wait(l->belt, err)))
		return -1;
	end_belt(l);
	shelf_all_new(l->shelf, false);
	if (fresh_settle(l->fresh, err))
		return -1;
	while ((got = fresh_next(l->fresh, &r, err)) > 0) {
		result = put_here(l, r, err);
		rec_free(r);
		if (result == SHELF_FAILED)
			return -1;
		l->there_was_new += result == SHELF_NEW;
	}
	fresh_free(l->fresh);
	l->fresh = NULL;
	go_slowly(l);
	return got;
}

static enum shelf_result put_fresh(struct loader *l, struct rec *r, bool *taken, struct err *err)
{
	int put_off;
	bool plain;

	fresh_prefetch(l->fresh, r);
	if (shelf_check(r, &plain, err) == SHELF_BAD)
		return SHELF_BAD;
	put_off = fresh_put_off(l->fresh, r, err);
	if (put_off)
		return put_off < 0 ? SHELF_FAILED : SHELF_THERE;
	if (start_belt(l, err))
		return SHELF_FAILED;
	*taken = true;
	return hand_over(l, r, plain, err) || count(l, err) ? SHELF_FAILED : SHELF_NEW;
}

enum shelf_result loader_put(struct loader *l, struct rec *r, bool *taken, struct err *err)
{
	*taken = false;
	if (l->fresh && (l->disturbed || fresh_full(l->fresh) || !fresh_takes(r)) && settle(l, err))
		return SHELF_FAILED;
	return l->fresh ? put_fresh(l, r, taken, err) : put_here(l, r, err);
}

int loader_finish(struct loader *l, struct err *err)
{
	return (l->fresh && settle(l, err)) || loader_commit(l, err) ? -1 : 0;
}

void loader_corrections(const struct loader *l, int64_t *new_was_there, int64_t *there_was_new)
{
	*new_was_there = l->new_was_there;
	*there_was_new = l->there_was_new;
}
