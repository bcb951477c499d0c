/* SPDX-License-Identifier: Apache-2.0
 *
 * See fresh.h.
 */
#include "store/fresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/record.h"
#include "store/cell.h"
#include "store/repeats.h"
#include "store/spool.h"

/*
 * 16 MB, six bits a key, all in one cache line (a blocked Bloom filter: Putze, Sanders, Singler,
 * 2007): of the last of 10 million keys one in 370 is put off in vain.
 */
#define FILTER_BITS (UINT64_C(1) << 27)
#define PROBES 6
#define LINE_BITS 512
#define HUGE (2u << 20)		/* a page of this size is asked for: every key is somewhere else */
#define KEYS_MAX 10000000
#define CACHE "PRAGMA cache_size = -16384"	/* rows are only added, at the end */
#define NO_VERSION (-1)		/* of SQLite's data_version: somebody came first */
#define PUT_OFF_FREE 20000	/* from here on, at most one of five */

struct fresh {
	struct db *db;
	bool begun;
	bool images;			/* new, and in the filter */
	void *memory;			/* of the filter, and as much as is needed to align it */
	uint64_t *filter;
	int64_t keys, taken, put_off, version;
	const char *id, *path;		/* of the record that was fetched for, NULL: none */
	uint64_t image_key, caption_key;
	FILE *spool;
	struct repeats *repeats;
	struct hash hash;
	size_t given;			/* of the spool's records */
	char *line;
	size_t cap;
	struct buf text, place, last_place;	/* last: of the last one that was not put off */
};

static bool is_empty(struct db *db, bool *empty, struct err *err)
{
	int64_t rows = 0;

	if (db_number(db, "SELECT (SELECT count(*) FROM (SELECT 1 FROM images LIMIT 1)) + "
		      "(SELECT count(*) FROM (SELECT 1 FROM paths LIMIT 1)) + "
		      "(SELECT count(*) FROM (SELECT 1 FROM captions LIMIT 1))", &rows, err))
		return false;
	*empty = !rows;
	return true;
}

/*
 * Whoever comes while another fills the store finds rows and no indexes, and must make them. From
 * which version on somebody else writes is asked in here, too: behind the commit a row of theirs
 * could already be in it.
 */
static int look(struct db *db, bool *empty, int64_t *version, struct err *err)
{
	if (db_begin(db, err))
		return -1;
	if (!is_empty(db, empty, err) || db_number(db, "PRAGMA data_version", version, err) ||
	    (*empty ? db_drop_indexes(db, true, err) : db_make_indexes(db, err))) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

enum what { IMAGE_ID = 1, PATH, CAPTION_ID };	/* kept apart, whatever their texts */

static uint64_t key_of(enum what what, const char *text)
{
	return hash_low_of(text, strlen(text)) ^ what * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t *line_of(const struct fresh *f, uint64_t key)
{
	return f->filter + key % (FILTER_BITS / LINE_BITS) * (LINE_BITS / 64);
}

/* Was it there, perhaps? */
static bool add(struct fresh *f, uint64_t key)
{
	uint64_t *line = line_of(f, key);
	uint64_t at = (key >> 32 ^ key << 32) * UINT64_C(0x9e3779b97f4a7c15), bit;
	bool there = true;
	int i;

	for (i = 0; i < PROBES; i++, at >>= 9) {
		bit = UINT64_C(1) << at % 64;
		there = there && line[at / 64 % 8] & bit;
		line[at / 64 % 8] |= bit;
	}
	f->keys++;
	return there;
}

static void make_filter(struct fresh *f)
{
	f->memory = xcalloc(FILTER_BITS / 8 + HUGE, 1);
	f->filter = (uint64_t *)(((uintptr_t)f->memory + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	madvise(f->filter, FILTER_BITS / 8, MADV_HUGEPAGE);
}

static void free_filter(struct fresh *f)
{
	free(f->memory);
	f->memory = f->filter = NULL;
}

static int new_fresh(struct fresh **to, struct db *db, bool images, struct err *err)
{
	struct fresh *f = *to = xcalloc(1, sizeof(*f));

	f->db = db;
	f->images = images;
	make_filter(f);
	hash_init(&f->hash);
	buf_init(&f->text, BUF_NO_MAX);
	buf_init(&f->place, BUF_NO_MAX);
	buf_init(&f->last_place, BUF_NO_MAX);
	f->spool = spool_file(err);
	f->repeats = f->spool ? repeats_new(err) : NULL;
	return f->repeats ? db_exec(db, CACHE, err) : -1;
}

int fresh_open(struct fresh **to, struct db *db, struct err *err)
{
	bool empty = false;
	int64_t version = 0;

	*to = NULL;
	if (look(db, &empty, &version, err))
		return -1;
	if (!empty)
		return 0;
	if (new_fresh(to, db, true, err))
		return -1;
	(*to)->version = version;
	return 0;
}

/* Every row refers to one that was put in just before, so SQLite need not look it up. */
static int without_log(struct fresh *f, struct err *err)
{
	return db_without_log(f->db, err) ||
	       db_exec(f->db, "PRAGMA foreign_keys = OFF", err) ? -1 : 0;
}

/* A change of the log counts as a writer's, so who writes is asked anew. */
int fresh_begin(struct fresh *f, struct err *err)
{
	bool empty = false;

	if (f->begun)
		return 0;
	f->begun = true;
	if (without_log(f, err) || look(f->db, &empty, &f->version, err))
		return -1;
	f->version = empty ? f->version : NO_VERSION;
	return 0;
}

/* The texts that a query gives, into the filter. */
static int add_all(struct fresh *f, enum what what, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(f->db, sql, err);
	const char *text;
	int got = -1;

	while (stmt && (got = db_step(f->db, stmt, err)) > 0) {
		text = cell_text(stmt, 0);
		add(f, key_of(what, text ? text : ""));
	}
	sqlite3_finalize(stmt);
	return got;
}

static int add_what_is_there(struct fresh *f, struct err *err)
{
	if (f->images &&
	    (add_all(f, IMAGE_ID, "SELECT image_id FROM images WHERE image_id IS NOT NULL", err) ||
	     add_all(f, PATH, "SELECT p.path FROM images i JOIN paths p ON p.image = i.id "
		     "WHERE i.image_id IS NULL", err)))
		return -1;
	return add_all(f, CAPTION_ID, "SELECT caption_id FROM captions", err);
}

int fresh_again(struct fresh **to, struct db *db, int64_t rows, bool images, struct err *err)
{
	struct fresh *f;

	*to = NULL;
	if (rows > KEYS_MAX / 2)
		return 0;
	if (new_fresh(to, db, images, err))
		return -1;
	f = *to;
	f->begun = true;
	if (without_log(f, err) || db_begin(db, err))
		return -1;
	if (add_what_is_there(f, err) || db_number(db, "PRAGMA data_version", &f->version, err) ||
	    db_drop_indexes(db, images, err)) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

bool fresh_has_new_images(const struct fresh *f)
{
	return f->images;
}

void fresh_free(struct fresh *f)
{
	if (!f)
		return;
	if (f->spool)
		fclose(f->spool);
	repeats_free(f->repeats);
	free_filter(f);
	free(f->line);
	hash_release(&f->hash);
	buf_release(&f->text);
	buf_release(&f->place);
	buf_release(&f->last_place);
	free(f);
}

bool fresh_takes(const struct rec *r)
{
	return rec_kind(r) == REC_IMAGE || rec_kind(r) == REC_CAPTION;
}

/* A caption right behind another record of the same image under the same path: the shelf still knows
 * their row (spot.h). Not an image: it could change what another one said of it. */
static bool same_place(struct fresh *f, const struct rec *r)
{
	buf_clear(&f->place);
	buf_add(&f->place, f->id ? f->id : "", f->id ? strlen(f->id) + 1 : 1);
	buf_adds(&f->place, f->path ? f->path : "");
	return rec_kind(r) == REC_CAPTION && f->place.len == f->last_place.len &&
	       !memcmp(f->place.data, f->last_place.data, f->place.len);
}

static int put_off(struct fresh *f, struct rec *r, struct err *err)
{
	f->put_off++;
	buf_clear(&f->text);
	buf_addc(&f->text, rec_kind(r) == REC_IMAGE ? 'i' : 'c');
	rec_write(r, &f->text);
	return fwrite(f->text.data, 1, f->text.len, f->spool) == f->text.len ? 1 :
	       spool_fault(err);
}

void fresh_prefetch(struct fresh *f, struct rec *r)
{
	f->id = rec_text(r, "image_id");
	f->path = rec_text(r, "image");
	f->image_key = f->id ? key_of(IMAGE_ID, f->id) : key_of(PATH, f->path ? f->path : "");
	__builtin_prefetch(line_of(f, f->image_key), 1);
	f->caption_key = f->image_key;
	if (rec_kind(r) != REC_CAPTION || !rec_text(r, "caption_id"))
		return;
	f->caption_key = key_of(CAPTION_ID, rec_text(r, "caption_id"));
	__builtin_prefetch(line_of(f, f->caption_key), 1);
}

int fresh_put_off(struct fresh *f, struct rec *r, struct err *err)
{
	bool same = same_place(f, r), there;
	unsigned char sum[HASH_BYTES];

	hash_again(&f->hash);
	rec_hash(r, &f->hash);
	hash_raw(&f->hash, sum);
	there = f->images && !same && add(f, f->image_key);
	if (rec_kind(r) == REC_CAPTION)
		there |= add(f, f->caption_key);
	f->taken++;
	if (there) {
		repeats_put_off(f->repeats, sum, (uint32_t[]){ (uint32_t)f->image_key,
							       (uint32_t)f->caption_key });
		return put_off(f, r, err);
	}
	if (!same) {
		buf_clear(&f->last_place);
		buf_add(&f->last_place, f->place.data, f->place.len);
	}
	return repeats_taken(f->repeats, sum, err);
}

bool fresh_full(const struct fresh *f)
{
	return f->keys > KEYS_MAX ||
	       (f->put_off > PUT_OFF_FREE && f->put_off > f->taken / 5);
}

bool fresh_disturbed(const struct fresh *f)
{
	int64_t version = 0;

	return db_number(f->db, "PRAGMA data_version", &version, NULL) || version != f->version;
}

int fresh_settle(struct fresh *f, struct err *err)
{
	free_filter(f);
	if (db_sort_in_threads(f->db, true, err) || db_make_indexes(f->db, err) ||
	    db_sort_in_threads(f->db, false, err) ||
	    db_exec(f->db, "PRAGMA foreign_keys = ON", err) || db_with_log(f->db, err) ||
	    db_cache(f->db, err))
		return -1;
	if (fflush(f->spool) || fseeko(f->spool, 0, SEEK_SET))
		return spool_fault(err);
	return repeats_find(f->repeats, err);
}

/* The next line of the spool that is no repeat: its length; 0: none is left. */
static ssize_t next_line(struct fresh *f)
{
	ssize_t n;

	do
		n = getline(&f->line, &f->cap, f->spool);
	while (n > 0 && repeats_is(f->repeats, f->given++));
	return n > 0 ? n : 0;
}

int fresh_next(struct fresh *f, struct rec **r, struct err *err)
{
	ssize_t n = next_line(f);

	if (!n)
		return ferror(f->spool) ? spool_fault(err) : 0;
	*r = rec_parse(f->line[0] == 'i' ? REC_IMAGE : REC_CAPTION, f->line + 1, (size_t)n - 1, err);
	return *r ? 1 : -1;
}
