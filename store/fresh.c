/* SPDX-License-Identifier: Apache-2.0
 *
 * See fresh.h.
 */
#include "store/fresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/record.h"
#include "store/spool.h"

/* 16 MB, six bits a key: of the last of 10 million keys one in 300 is put off in vain. */
#define FILTER_BITS (UINT64_C(1) << 27)
#define PROBES 6
#define KEYS_MAX 10000000
#define CACHE "PRAGMA cache_size = -16384"	/* rows are only added, at the end */
#define SORT "PRAGMA threads = 2; PRAGMA cache_size = -8192"	/* three times this, in runs */
#define SORTED "PRAGMA threads = 0; PRAGMA foreign_keys = ON"
#define NO_VERSION (-1)		/* of SQLite's data_version: somebody came first */
#define PUT_OFF_FREE 20000	/* from here on, at most one of five */

struct fresh {
	struct db *db;
	uint64_t *filter;
	int64_t keys, taken, put_off, version;
	FILE *spool;
	char *line;
	size_t cap;
	struct buf text;
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
	    (*empty ? db_drop_indexes(db, err) : db_make_indexes(db, err))) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

int fresh_open(struct fresh **to, struct db *db, struct err *err)
{
	struct fresh *f;
	bool empty = false;
	int64_t version = 0;
	int fd;

	*to = NULL;
	if (look(db, &empty, &version, err))
		return -1;
	if (!empty)
		return 0;
	fd = spool_open(err);
	if (fd < 0)
		return -1;
	f = *to = xcalloc(1, sizeof(*f));
	f->db = db;
	f->version = version;
	f->spool = fdopen(fd, "w+");
	f->filter = xcalloc(FILTER_BITS / 64, sizeof(*f->filter));
	buf_init(&f->text, BUF_NO_MAX);
	if (db_exec(db, CACHE, err))
		return -1;
	return f->spool ? 0 : err_set(err, EXIT_SYSTEM, "cannot use a temporary file:");
}

/*
 * Every row refers to one that was put in just before, so SQLite need not look it up. A change of
 * the log counts as a writer's, so who writes is asked anew.
 */
int fresh_begin(struct fresh *f, struct err *err)
{
	bool empty = false;

	if (db_without_log(f->db, err) || db_exec(f->db, "PRAGMA foreign_keys = OFF", err) ||
	    look(f->db, &empty, &f->version, err))
		return -1;
	f->version = empty ? f->version : NO_VERSION;
	return 0;
}

void fresh_free(struct fresh *f)
{
	if (!f)
		return;
	if (f->spool)
		fclose(f->spool);
	free(f->filter);
	free(f->line);
	buf_release(&f->text);
	free(f);
}

bool fresh_takes(const struct rec *r)
{
	return rec_kind(r) == REC_IMAGE || rec_kind(r) == REC_CAPTION;
}

/* Adds a key; was it there, perhaps? `what` keeps ids and paths apart. */
static bool add(struct fresh *f, const char *what, const char *key)
{
	uint64_t a, b, bit;
	bool there = true;
	struct hash h;
	int i;

	hash_init(&h);
	hash_text(&h, what);
	hash_text(&h, key);
	a = hash_low(&h);
	hash_release(&h);
	b = (a >> 32 ^ a << 32) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (i = 0; i < PROBES; i++, a += b) {
		bit = a % FILTER_BITS;
		there = there && f->filter[bit / 64] >> bit % 64 & 1;
		f->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	f->keys++;
	return there;
}

int fresh_put_off(struct fresh *f, struct rec *r, struct err *err)
{
	const char *id = rec_text(r, "image_id"), *path = rec_text(r, "image");
	bool there = add(f, id ? "id" : "path", id ? id : path ? path : "");

	if (rec_kind(r) == REC_CAPTION && rec_text(r, "caption_id"))
		there |= add(f, "caption", rec_text(r, "caption_id"));
	f->taken++;
	if (!there)
		return 0;
	f->put_off++;
	buf_clear(&f->text);
	buf_addc(&f->text, rec_kind(r) == REC_IMAGE ? 'i' : 'c');
	rec_write(r, &f->text);
	if (fwrite(f->text.data, 1, f->text.len, f->spool) != f->text.len)
		return err_set(err, EXIT_OUTPUT, "cannot write a temporary file:");
	return 1;
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
	free(f->filter);
	f->filter = NULL;
	if (db_exec(f->db, SORT, err) || db_make_indexes(f->db, err) ||
	    db_exec(f->db, SORTED, err) || db_with_log(f->db, err) || db_cache(f->db, err))
		return -1;
	if (fflush(f->spool) || fseeko(f->spool, 0, SEEK_SET))
		return err_set(err, EXIT_OUTPUT, "cannot write a temporary file:");
	return 0;
}

int fresh_next(struct fresh *f, struct rec **r, struct err *err)
{
	ssize_t n = getline(&f->line, &f->cap, f->spool);

	if (n <= 0)
		return ferror(f->spool) ? err_set(err, EXIT_OUTPUT,
						  "cannot read a temporary file:") : 0;
	*r = rec_parse(f->line[0] == 'i' ? REC_IMAGE : REC_CAPTION, f->line + 1, (size_t)n - 1, err);
	return *r ? 1 : -1;
}
