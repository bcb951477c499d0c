/* SPDX-License-Identifier: Apache-2.0
 *
 * See key_index.h. A slot of the hash table holds 32 bits of the key's hash and, in 32 more, which
 * row it is, counted from the first; 0 is free. Two thirds of the slots are in use when rows begin
 * to move, a step with each transaction that puts answers; what is appended meanwhile finds room.
 * A row that moves is in both tables until all have moved: whoever is killed in between leaves it
 * so, and it is moved again.
 */
#include "store/key_index.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <xxhash.h>

#include "cli/buf.h"

#define SLOTS ((size_t)800000)
#define ROOM (SLOTS / 10 * 9)
#define NONE INT64_MIN
#define LARGE "PRAGMA cache_size=-4000"
#define MOVE "INSERT OR IGNORE INTO keys (key, id) VALUES (?, ?)"
#define STEP (KEY_INDEX_RECENT / 64 + 256)	/* more than a group brings; at ten million answers 20 ms */

/* Rows of `recent`, and their order by key. */
struct rows {
	struct row {
		unsigned char key[16];
		uint32_t n;	/* its id, from base */
	} *all;
	uint32_t *order;
	size_t count;
	int64_t base;
	bool others;	/* there are more, whose id is far or whose key is none */
};

struct key_index {
	sqlite3 *db;
	sqlite3_stmt *look, *newer, *search, *move, *moved;
	uint64_t *slots;
	size_t used, rows;	/* slots; rows of `recent` that were read */
	int64_t base;	/* the row that a slot calls 1 */
	int64_t first, last;	/* of those rows; NONE: no row */
	bool crowded;	/* there was no room for a row, or it is out of reach of 32 bits */
	struct rows moving;	/* none: count 0 */
	size_t moved_count;
	int64_t moving_last;	/* the last row among them */
};

static int prepare(struct key_index *k)
{
	struct { sqlite3_stmt **to; const char *sql; } all[] = {
		{ &k->look, "SELECT (SELECT min(id) FROM recent), (SELECT max(id) FROM recent), "
			    "(SELECT max(id) FROM keys WHERE key = ?)" },
		{ &k->newer, "SELECT id, key FROM recent WHERE id > ? ORDER BY id" },
		{ &k->search, "SELECT max(id) FROM (SELECT id FROM recent WHERE key = ?1 UNION ALL "
			      "SELECT id FROM keys WHERE key = ?1)" },
		{ &k->move, MOVE },
		{ &k->moved, "DELETE FROM recent WHERE id <= ?" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (sqlite3_prepare_v3(k->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].to,
				       NULL))
			return -1;
	return 0;
}

static void release(struct rows *r)
{
	free(r->all);
	free(r->order);
	*r = (struct rows){ 0 };
}

/* Where keys have moved, what leads to them in `keys` is to stay in memory. */
static int enlarge_cache(struct key_index *k)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(k->db, "SELECT 1 FROM keys LIMIT 1", -1, &s, NULL);

	if (!code)
		code = sqlite3_step(s);
	sqlite3_finalize(s);
	if (code == SQLITE_DONE)
		return 0;
	return code == SQLITE_ROW && !sqlite3_exec(k->db, LARGE, NULL, NULL, NULL) ? 0 : -1;
}

struct key_index *key_index_open(sqlite3 *db)
{
	struct key_index *k = xcalloc(1, sizeof(*k));

	k->db = db;
	k->slots = xmalloc(SLOTS * sizeof(*k->slots));
	memset(k->slots, 0, SLOTS * sizeof(*k->slots));	/* touched: memory does not grow as it fills */
	k->first = k->last = NONE;
	if (!prepare(k) && !enlarge_cache(k))
		return k;
	key_index_close(k);
	return NULL;
}

void key_index_close(struct key_index *k)
{
	if (!k)
		return;
	sqlite3_finalize(k->look);
	sqlite3_finalize(k->newer);
	sqlite3_finalize(k->search);
	sqlite3_finalize(k->move);
	sqlite3_finalize(k->moved);
	release(&k->moving);
	free(k->slots);
	free(k);
}

void key_index_forget(struct key_index *k)
{
	if (k->used)
		memset(k->slots, 0, SLOTS * sizeof(*k->slots));
	k->used = k->rows = 0;
	k->first = k->last = NONE;
	k->crowded = false;
	release(&k->moving);
}

/* Keys are hashes, but a file from outside may say that they are anything. */
static uint64_t mix(const unsigned char key[16])
{
	return XXH3_64bits(key, 16);
}

/*
 * A row takes the slot of an older one that looks alike: mostly the same key, and where it is another,
 * key_index_search finds that.
 */
static void remember(struct key_index *k, const unsigned char key[16], int64_t id)
{
	uint64_t h = mix(key), n;
	size_t at = (uint32_t)h % SLOTS;

	if (!k->rows++)
		k->base = id;
	n = (uint64_t)id - (uint64_t)k->base + 1;
	if (k->used >= ROOM || id < k->base || !n || n > UINT32_MAX) {
		k->crowded = true;
		return;
	}
	while (k->slots[at] && (k->slots[at] ^ h) >> 32)
		at = (at + 1) % SLOTS;
	k->used += !k->slots[at];
	k->slots[at] = (h >> 32) << 32 | n;
}

static void keep_ends(struct key_index *k, int64_t id)
{
	k->first = k->first == NONE ? id : k->first;
	k->last = id > k->last ? id : k->last;
}

/* What was appended since the last look. */
static int catch_up(struct key_index *k)
{
	int code;

	sqlite3_bind_int64(k->newer, 1, k->last);
	while ((code = sqlite3_step(k->newer)) == SQLITE_ROW) {
		keep_ends(k, sqlite3_column_int64(k->newer, 0));
		if (sqlite3_column_bytes(k->newer, 1) == 16)
			remember(k, sqlite3_column_blob(k->newer, 1), k->last);
	}
	sqlite3_reset(k->newer);
	return code == SQLITE_DONE ? 0 : -1;
}

static int64_t id_or_none(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? NONE :
	       sqlite3_column_int64(s, column);
}

/*
 * Reads what others appended, and gives the newest row of the key (NULL: none wanted) in `keys`. Both
 * in one look at the ledger: between two, rows may have moved from one table to the other unseen.
 * Where the first row is another than it was, others moved all, or deleted some.
 */
static int look(struct key_index *k, const unsigned char *key, int64_t *id)
{
	int64_t first, last;
	int code;

	for (;;) {
		if (key)
			sqlite3_bind_blob(k->look, 1, key, 16, SQLITE_STATIC);
		else
			sqlite3_bind_null(k->look, 1);
		code = sqlite3_step(k->look);
		first = id_or_none(k->look, 0);
		last = id_or_none(k->look, 1);
		*id = id_or_none(k->look, 2);
		sqlite3_reset(k->look);
		if (code != SQLITE_ROW)
			return -1;
		if (first == k->first && last == k->last)
			return *id != NONE;
		if ((k->first != NONE && first != k->first) || last < k->last)
			key_index_forget(k);
		if (catch_up(k))
			return -1;
	}
}

int key_index_find(struct key_index *k, const unsigned char key[16], int64_t *id)
{
	int there = look(k, key, id);
	uint64_t h = mix(key);
	int64_t n;
	size_t at;

	if (there < 0)
		return -1;
	if (k->crowded)
		return key_index_search(k, key, id);
	for (at = (uint32_t)h % SLOTS; k->slots[at] && (k->slots[at] ^ h) >> 32; at = (at + 1) % SLOTS)
		;
	if (!k->slots[at])
		return there;
	n = k->base + (int64_t)(k->slots[at] & UINT32_MAX) - 1;
	*id = *id > n ? *id : n;
	return 1;
}

int key_index_search(struct key_index *k, const unsigned char key[16], int64_t *id)
{
	int code, there;

	sqlite3_bind_blob(k->search, 1, key, 16, SQLITE_STATIC);
	code = sqlite3_step(k->search);
	there = code == SQLITE_ROW && sqlite3_column_type(k->search, 0) != SQLITE_NULL;
	*id = there ? sqlite3_column_int64(k->search, 0) : 0;
	sqlite3_reset(k->search);
	return code == SQLITE_ROW ? there : -1;
}

int key_index_begin(struct key_index *k)
{
	int64_t id;

	return look(k, NULL, &id) < 0 ? -1 : 0;
}

void key_index_put(struct key_index *k, const unsigned char key[16], int64_t id)
{
	remember(k, key, id);
	keep_ends(k, id);
}

void key_index_triggers(sqlite3 *db, bool on)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, on, NULL);
}

/* ---- from recent to keys ---- */

static int by_key(const void *a, const void *b, void *rows)
{
	const struct row *all = rows, *x = &all[*(const uint32_t *)a], *y = &all[*(const uint32_t *)b];
	int n = memcmp(x->key, y->key, sizeof(x->key));

	return n ? n : (x->n > y->n) - (x->n < y->n);
}

/* All of `recent` that a row can be; sorted here, as SQLite would write to a temporary file. */
static int read_recent(sqlite3 *db, struct rows *r)
{
	sqlite3_stmt *s = NULL;
	size_t cap = 0, i;
	uint64_t n;
	int code;

	*r = (struct rows){ 0 };
	code = sqlite3_prepare_v2(db, "SELECT id, key FROM recent ORDER BY id", -1, &s, NULL);
	while (!code && (code = sqlite3_step(s)) == SQLITE_ROW) {
		code = SQLITE_OK;
		if (!r->count)
			r->base = sqlite3_column_int64(s, 0);
		n = (uint64_t)sqlite3_column_int64(s, 0) - (uint64_t)r->base;
		if (sqlite3_column_bytes(s, 1) != 16 || n > UINT32_MAX || r->count == UINT32_MAX) {
			r->others = true;
			continue;
		}
		r->all = xgrow(r->all, &cap, r->count, sizeof(*r->all));
		r->all[r->count].n = (uint32_t)n;
		memcpy(r->all[r->count++].key, sqlite3_column_blob(s, 1), 16);
	}
	sqlite3_finalize(s);
	r->order = xcalloc(r->count + 1, sizeof(*r->order));
	for (i = 0; i < r->count; i++)
		r->order[i] = (uint32_t)i;
	if (r->count)
		qsort_r(r->order, r->count, sizeof(*r->order), by_key, r->all);
	return code == SQLITE_DONE ? 0 : -1;
}

/* The next rows in order, from `at` to `end`. */
static int insert(sqlite3_stmt *move, const struct rows *r, size_t at, size_t end)
{
	const struct row *row;
	int code = SQLITE_DONE;

	for (; at < end && at < r->count && code == SQLITE_DONE; at++) {
		row = &r->all[r->order[at]];
		sqlite3_bind_blob(move, 1, row->key, 16, SQLITE_STATIC);
		sqlite3_bind_int64(move, 2, r->base + row->n);
		code = sqlite3_step(move);
		sqlite3_reset(move);
	}
	return code == SQLITE_DONE ? 0 : -1;
}

static int move_step(struct key_index *k)
{
	int bad = insert(k->move, &k->moving, k->moved_count, k->moved_count + STEP);

	k->moved_count += STEP;
	if (bad || k->moved_count < k->moving.count)
		return bad;
	sqlite3_bind_int64(k->moved, 1, k->moving_last);
	bad = sqlite3_step(k->moved) != SQLITE_DONE;
	sqlite3_reset(k->moved);
	key_index_forget(k);
	return bad ? -1 : 0;
}

static int move_all(struct key_index *k)
{
	key_index_forget(k);
	return key_index_fold(k->db);
}

int key_index_done(struct key_index *k)
{
	if (k->crowded)
		return move_all(k);
	if (k->moving.count)
		return move_step(k);
	if (k->rows < KEY_INDEX_RECENT)
		return 0;
	k->moved_count = 0;
	k->moving_last = k->last;
	if (sqlite3_exec(k->db, LARGE, NULL, NULL, NULL) || read_recent(k->db, &k->moving))
		return -1;
	return k->moving.others ? move_all(k) : 0;
}

int key_index_fold(sqlite3 *db)
{
	static const char others[] =
		"INSERT OR IGNORE INTO keys (key, id) SELECT key, id FROM recent";
	sqlite3_stmt *move = NULL;
	struct rows r;
	int bad = read_recent(db, &r);

	if (!bad)
		bad = sqlite3_prepare_v2(db, MOVE, -1, &move, NULL) || insert(move, &r, 0, r.count);
	sqlite3_finalize(move);
	if (!bad && r.others)
		bad = sqlite3_exec(db, others, NULL, NULL, NULL);
	release(&r);
	return bad || sqlite3_exec(db, "DELETE FROM recent", NULL, NULL, NULL) ? -1 : 0;
}

int key_index_view(sqlite3 *db)
{
	static const char make[] =
		"DROP VIEW IF EXISTS temp.by_key; DROP VIEW IF EXISTS temp.settled_keys; "
		"DROP TABLE IF EXISTS temp.recent_keys; "
		"CREATE TEMP TABLE recent_keys (key, id, PRIMARY KEY (key, id)) WITHOUT ROWID; "
		"CREATE TEMP VIEW by_key AS SELECT key, id FROM settled_keys UNION ALL "
		"SELECT key, id FROM recent_keys";
	static const char new[] =
		"CREATE TEMP VIEW settled_keys AS SELECT key, id FROM main.keys; "
		"INSERT INTO temp.recent_keys SELECT key, id FROM main.recent";
	static const char old[] =	/* up to version 2 an index on all answers */
		"CREATE TEMP VIEW settled_keys AS SELECT key, id FROM main.answers";
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'keys'",
				      -1, &s, NULL);
	bool is_new;

	if (!code)
		code = sqlite3_step(s);
	is_new = code == SQLITE_ROW && sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return code != SQLITE_ROW || sqlite3_exec(db, make, NULL, NULL, NULL) ||
	       sqlite3_exec(db, is_new ? new : old, NULL, NULL, NULL) ? -1 : 0;
}

int key_index_lost(sqlite3 *db, int64_t *count)
{
	static const char lost[] =
		"SELECT count(*) FROM answers a WHERE NOT EXISTS (SELECT 1 FROM recent r WHERE "
		"r.id = a.id AND r.key = a.key) AND NOT EXISTS (SELECT 1 FROM keys k WHERE "
		"k.key = a.key AND k.id = a.id)";
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db, lost, -1, &s, NULL);

	if (!code)
		code = sqlite3_step(s);
	*count = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return code == SQLITE_ROW ? 0 : -1;
}
