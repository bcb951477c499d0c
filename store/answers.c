/* SPDX-License-Identifier: Apache-2.0
 *
 * See answers.h.
 */
#include "store/answers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

#include <sqlite3.h>
#include <zstd.h>

#include "cli/buf.h"
#include "store/cell.h"
#include "store/key_index.h"

#define APPLICATION_ID 0x6371616c	/* "cqal" */
#define SCHEMA_VERSION 3	/* 1: without listings; 2: with one index on all keys */
/* The log is copied back every 32 MB. It is not let grow: a page that makes it longer costs twice
 * one that is written over another. */
#define LOG "PRAGMA wal_autocheckpoint=4000"
#define CACHE "PRAGMA cache_size=-1000"	/* rows are appended, and seldom read twice (KB) */
#define PAGE "PRAGMA page_size=8192"	/* of a new file: a third fewer pages read to find a key */
#define BUSY_MS 60000
#define NETWORK_BUSY_MS 1000		/* who has it alone keeps it for hours */
#define COMPRESS_FROM 256		/* bytes; shorter answers do not shrink */
#define ZSTD_LEVEL 3
#define CONTENT_MAX (64u << 20)

static const char schema[] =
#include "schemas/ledger.sql.h"
;

struct pending {
	unsigned char key[16];
	struct answer answer;
};

struct pending_image {
	char *path;
	int64_t size, mtime_ns;
	struct seen_image image;
};

struct answers {
	sqlite3 *db;
	char *path;
	struct key_index *keys;
	sqlite3_stmt *row, *put, *find_image, *put_image, *begin, *commit;
	struct pending *group;
	size_t count, cap;
	struct pending_image *images;
	size_t image_count, image_cap;
	struct timespec first;	/* when the oldest of the group came */
	struct buf packed;	/* scratch */
};

void answer_release(struct answer *a)
{
	free(a->content);
	free(a->finish_reason);
	free(a->model);
	free(a->fingerprint);
	*a = (struct answer){ 0 };
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int answers_fault(sqlite3 *db, const char *path, struct err *err, const char *doing)
{
	int code = sqlite3_errcode(db) & 0xff;

	return err_set(err, code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? EXIT_DATA : EXIT_OUTPUT,
		       "cannot %s the ledger '%s': %s", doing, path, sqlite3_errmsg(db));
}

/*
 * Network file systems: SQLite's WAL needs memory shared by all who use the file, and locks on
 * single bytes; they have neither for certain. There a rollback journal and one process (magic
 * numbers: linux/magic.h, and the headers of those that live outside the kernel).
 */
static bool on_network(const char *path)
{
	static const unsigned long magic[] = {
		0x6969,				/* NFS */
		0x0BD00BD0,			/* Lustre */
		0x517B, 0xFF534D42, 0xFE534D42,	/* SMB */
		0x47504653,			/* GPFS (Spectrum Scale) */
		0x19830326,			/* BeeGFS */
		0x00C36400,			/* Ceph */
		0x5346414F, 0x6B414653,		/* AFS */
		0x01021997,			/* 9p */
		0x20030528,			/* OrangeFS */
		0xAAD7AAEA,			/* PanFS */
	};
	struct statfs fs;
	char *folder = xstrdup(path), *slash = strrchr(folder, '/');
	bool network = false;
	size_t i;

	if (slash)
		slash[1] = '\0';
	if (!statfs(slash ? folder : ".", &fs))
		for (i = 0; i < sizeof(magic) / sizeof(*magic); i++)
			network = network || ((unsigned long)fs.f_type & 0xFFFFFFFFu) == magic[i];
	free(folder);
	return network;
}

static int number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	int n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* A file of another program must not be written into. */
int answers_check(sqlite3 *db, const char *path, struct err *err)
{
	/* tables first: another process may set all three between two of these lines */
	int tables = number_of(db, "SELECT count(*) FROM sqlite_schema"), id, version;

	if (tables < 0)
		return answers_fault(db, path, err, "open");
	id = number_of(db, "PRAGMA application_id");
	version = number_of(db, "PRAGMA user_version");
	if (id != APPLICATION_ID && tables > 0)
		return err_set(err, EXIT_DATA, "'%s' is an SQLite file but no capqa ledger", path);
	if (version < 0)
		return err_set(err, EXIT_DATA, "the ledger '%s' is of version %d, which there never was",
			       path, version);
	if (version > SCHEMA_VERSION)
		return err_set(err, EXIT_DATA, "the ledger '%s' was made by a newer capqa", path);
	return version == SCHEMA_VERSION ? ANSWERS_OURS : version > 0 ? ANSWERS_OLDER : ANSWERS_EMPTY;
}

/* The change to WAL asks no busy handler; two stages of a pipe open a new ledger at once. */
static int set_mode(struct answers *a, const char *mode)
{
	int code, waited_ms = 0;

	while ((code = sqlite3_exec(a->db, mode, NULL, NULL, NULL)) == SQLITE_BUSY &&
	       waited_ms < BUSY_MS)
		waited_ms += sqlite3_sleep(10);
	return code;
}

/*
 * One process, from now until it closes. Asked for before the first look at the file: with the
 * exclusive mode set, SQLite reads a WAL that was left there without shared memory, and the
 * locks are kept from the first write on.
 */
static int take_alone(struct answers *a, struct err *err)
{
	static const char take[] = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; "
				   "BEGIN EXCLUSIVE; COMMIT";

	sqlite3_busy_timeout(a->db, NETWORK_BUSY_MS);
	if (sqlite3_exec(a->db, take, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	if ((sqlite3_errcode(a->db) & 0xff) != SQLITE_BUSY)
		return answers_fault(a->db, a->path, err, "open");
	return err_set(err, EXIT_OUTPUT, "the ledger '%s' lies on a network file system, where one "
		       "process has it alone, and another has it now: give each its own (-L, on a "
		       "local disk) and join them with 'capqa ledger merge'", a->path);
}

/* Of a ledger without `keys`, or without a table; another process may have been faster. */
static int create(struct answers *a, struct err *err)
{
	static const char keys[] =
		"INSERT INTO keys (key, id) SELECT key, id FROM answers ORDER BY key, id; "
		"DROP INDEX IF EXISTS answers_key";
	char settings[120];

	sqlite3_snprintf(sizeof(settings), settings,
			 "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
			 APPLICATION_ID, SCHEMA_VERSION);
	if (sqlite3_exec(a->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
	    sqlite3_exec(a->db, schema, NULL, NULL, NULL) ||
	    (number_of(a->db, "PRAGMA user_version") < SCHEMA_VERSION &&
	     sqlite3_exec(a->db, keys, NULL, NULL, NULL)) ||
	    sqlite3_exec(a->db, settings, NULL, NULL, NULL))
		return answers_fault(a->db, a->path, err, "write");
	return 0;
}

static int set_up(struct answers *a, struct err *err)
{
	bool alone = on_network(a->path);
	int ours;

	if (alone && take_alone(a, err))
		return -1;
	if (!alone)
		sqlite3_busy_timeout(a->db, BUSY_MS);
	ours = answers_check(a->db, a->path, err);
	if (ours < 0)
		return -1;
	if (ours == ANSWERS_OLDER)
		note("the ledger '%s' is of an earlier version and is brought up to date first",
		     a->path);	/* ten million answers in 6 s (measured) */
	if ((ours == ANSWERS_EMPTY && sqlite3_exec(a->db, PAGE, NULL, NULL, NULL)) ||
	    (!alone && set_mode(a, "PRAGMA journal_mode=WAL")) ||
	    sqlite3_exec(a->db, "PRAGMA synchronous=FULL; " LOG "; " CACHE, NULL, NULL, NULL))
		return answers_fault(a->db, a->path, err, "open");
	return ours == ANSWERS_OURS ? 0 : create(a, err);
}

static int step(sqlite3_stmt *s)
{
	int code = sqlite3_step(s);

	sqlite3_reset(s);
	return code == SQLITE_DONE ? 0 : -1;
}

static int prepare(struct answers *a, struct err *err)
{
	struct { sqlite3_stmt **to; const char *sql; } all[] = {
		{ &a->row, "SELECT " ANSWERS_COLUMNS " FROM answers WHERE id = ? AND key = ?" },
		{ &a->put, "INSERT INTO answers (key, content, coding, finish_reason, model, "
			   "fingerprint, prompt_tokens, completion_tokens, latency_ms, asked_at) "
			   "VALUES (?,?,?,?,?,?,?,?,?,coalesce(?,unixepoch()))" },
		{ &a->find_image, "SELECT image_id, mime, width, height, orientation FROM images "
				  "WHERE path = ? AND size = ? AND mtime_ns = ?" },
		{ &a->put_image, "INSERT OR REPLACE INTO images VALUES (?,?,?,?,?,?,?,?)" },
		{ &a->begin, "BEGIN IMMEDIATE" },
		{ &a->commit, "COMMIT" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (sqlite3_prepare_v3(a->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
				       all[i].to, NULL))
			return answers_fault(a->db, a->path, err, "read");
	a->keys = key_index_open(a->db);
	if (!a->keys || key_index_begin(a->keys))
		return answers_fault(a->db, a->path, err, "read");
	return 0;
}

static void free_answers(struct answers *a)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		answer_release(&a->group[i].answer);
	for (i = 0; i < a->image_count; i++)
		free(a->images[i].path);
	key_index_close(a->keys);
	sqlite3_finalize(a->row);
	sqlite3_finalize(a->put);
	sqlite3_finalize(a->find_image);
	sqlite3_finalize(a->put_image);
	sqlite3_finalize(a->begin);
	sqlite3_finalize(a->commit);
	sqlite3_close(a->db);
	buf_release(&a->packed);
	free(a->group);
	free(a->images);
	free(a->path);
	free(a);
}

struct sqlite3 *answers_db(struct answers *a)
{
	return a->db;
}

struct answers *answers_open(const char *path, struct err *err)
{
	struct answers *a = xcalloc(1, sizeof(*a));

	a->path = xstrdup(path);
	buf_init(&a->packed, BUF_NO_MAX);
	if (sqlite3_open_v2(path, &a->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)) {
		answers_fault(a->db, a->path, err, "open");
		free_answers(a);
		return NULL;
	}
	if (set_up(a, err) || prepare(a, err)) {
		free_answers(a);
		return NULL;
	}
	return a;
}

int answers_close(struct answers *a, struct err *err)
{
	int result;

	if (!a)
		return 0;
	result = answers_commit(a, err);
	free_answers(a);
	return result;
}

static void copy_answer(struct answer *to, const struct answer *from)
{
	*to = *from;
	to->content = copy(from->content);
	to->finish_reason = copy(from->finish_reason);
	to->model = copy(from->model);
	to->fingerprint = copy(from->fingerprint);
}

static bool find_pending(const struct answers *a, const unsigned char key[16],
			 struct answer *out)
{
	size_t i;

	for (i = a->count; i-- > 0;) {
		if (!memcmp(a->group[i].key, key, 16)) {
			copy_answer(out, &a->group[i].answer);
			return true;
		}
	}
	return false;
}

static char *unpack(const void *bytes, size_t len)
{
	unsigned long long size = ZSTD_getFrameContentSize(bytes, len);
	char *text;
	size_t n;

	if (size > CONTENT_MAX)		/* the two error values are greater still */
		return NULL;
	text = xmalloc((size_t)size + 1);
	n = ZSTD_decompress(text, (size_t)size, bytes, len);
	if (ZSTD_isError(n)) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static char *column(sqlite3_stmt *s, int i)
{
	return copy(cell_text(s, i));
}

static int64_t tokens(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, i);
}

int answers_row(sqlite3_stmt *s, const char *path, struct answer *out, struct err *err)
{
	const void *bytes = sqlite3_column_blob(s, 0);
	size_t len = (size_t)sqlite3_column_bytes(s, 0);

	*out = (struct answer){
		.finish_reason = column(s, 2), .model = column(s, 3), .fingerprint = column(s, 4),
		.prompt_tokens = tokens(s, 5), .completion_tokens = tokens(s, 6),
		.latency_ms = sqlite3_column_int64(s, 7), .asked_at = sqlite3_column_int64(s, 8),
	};
	out->content = sqlite3_column_int(s, 1) ? unpack(bytes, len) :
		       xstrndup(bytes ? bytes : "", len);
	if (out->content)
		return 0;
	answer_release(out);
	return err_set(err, EXIT_DATA, "the ledger '%s' holds a damaged answer", path);
}

/* 1, 0: that row is there and holds the key, or not; -1: err. */
static int read_row(struct answers *a, const unsigned char key[16], int64_t id,
		    struct answer *out, struct err *err)
{
	int result;

	sqlite3_bind_int64(a->row, 1, id);
	sqlite3_bind_blob(a->row, 2, key, 16, SQLITE_STATIC);
	switch (sqlite3_step(a->row)) {
	case SQLITE_ROW:
		result = answers_row(a->row, a->path, out, err) ? -1 : 1;
		break;
	case SQLITE_DONE:
		result = 0;
		break;
	default:
		result = answers_fault(a->db, a->path, err, "read");
	}
	sqlite3_reset(a->row);
	return result;
}

int answers_find(struct answers *a, const unsigned char key[16], struct answer *out,
		 struct err *err)
{
	int64_t id;
	int there, result = 0;

	if (find_pending(a, key, out))
		return 1;
	there = key_index_find(a->keys, key, &id);
	if (there > 0)
		result = read_row(a, key, id, out, err);
	if (there > 0 && !result) {	/* two keys look alike, or the row is gone */
		there = key_index_search(a->keys, key, &id);
		if (there > 0)
			result = read_row(a, key, id, out, err);
	}
	return there < 0 ? answers_fault(a->db, a->path, err, "read") : result;
}

static void start_group(struct answers *a)
{
	if (!a->count && !a->image_count)
		clock_gettime(CLOCK_MONOTONIC, &a->first);
}

void answers_put(struct answers *a, const unsigned char key[16], const struct answer *answer)
{
	start_group(a);
	a->group = xgrow(a->group, &a->cap, a->count, sizeof(*a->group));
	memcpy(a->group[a->count].key, key, 16);
	copy_answer(&a->group[a->count++].answer, answer);
}

int answers_due_ms(const struct answers *a)
{
	struct timespec now;
	int64_t passed;

	if (!a->count && !a->image_count)
		return -1;
	if (a->count >= ANSWERS_GROUP || a->image_count >= ANSWERS_GROUP)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (now.tv_sec - a->first.tv_sec) * 1000 +
		 (now.tv_nsec - a->first.tv_nsec) / 1000000;
	return passed >= ANSWERS_GROUP_MS ? 0 : (int)(ANSWERS_GROUP_MS - passed);
}

static void bind_tokens(sqlite3_stmt *s, int i, int64_t n)
{
	if (n >= 0)
		sqlite3_bind_int64(s, i, n);
	else
		sqlite3_bind_null(s, i);
}

/* The content, compressed if that makes it smaller. */
static void bind_content(struct answers *a, const char *content)
{
	size_t len = strlen(content), n = 0;

	buf_clear(&a->packed);
	if (len >= COMPRESS_FROM) {
		n = ZSTD_compress(buf_room(&a->packed, ZSTD_compressBound(len)),
				  ZSTD_compressBound(len), content, len, ZSTD_LEVEL);
		if (ZSTD_isError(n) || n >= len)
			n = 0;
	}
	sqlite3_bind_blob(a->put, 2, n ? a->packed.data : content, (int)(n ? n : len),
			  SQLITE_STATIC);
	sqlite3_bind_int(a->put, 3, n ? 1 : 0);
}

static int insert(struct answers *a, const struct pending *p)
{
	const struct answer *answer = &p->answer;

	sqlite3_bind_blob(a->put, 1, p->key, 16, SQLITE_STATIC);
	bind_content(a, answer->content);
	sqlite3_bind_text(a->put, 4, answer->finish_reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(a->put, 5, answer->model, -1, SQLITE_STATIC);
	sqlite3_bind_text(a->put, 6, answer->fingerprint, -1, SQLITE_STATIC);
	bind_tokens(a->put, 7, answer->prompt_tokens);
	bind_tokens(a->put, 8, answer->completion_tokens);
	sqlite3_bind_int64(a->put, 9, answer->latency_ms);
	if (answer->asked_at)
		sqlite3_bind_int64(a->put, 10, answer->asked_at);
	else
		sqlite3_bind_null(a->put, 10);
	if (step(a->put))
		return -1;
	key_index_put(a->keys, p->key, sqlite3_last_insert_rowid(a->db));
	return 0;
}

static int insert_image(struct answers *a, const struct pending_image *p)
{
	sqlite3_bind_blob(a->put_image, 1, p->path, (int)strlen(p->path), SQLITE_STATIC);
	sqlite3_bind_int64(a->put_image, 2, p->size);
	sqlite3_bind_int64(a->put_image, 3, p->mtime_ns);
	sqlite3_bind_text(a->put_image, 4, p->image.image_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(a->put_image, 5, p->image.mime, -1, SQLITE_STATIC);
	sqlite3_bind_int64(a->put_image, 6, p->image.width);
	sqlite3_bind_int64(a->put_image, 7, p->image.height);
	sqlite3_bind_int64(a->put_image, 8, p->image.orientation);
	return step(a->put_image);
}

int answers_commit(struct answers *a, struct err *err)
{
	size_t i;
	int bad;

	if (!a->count && !a->image_count)
		return 0;
	bad = step(a->begin) || key_index_begin(a->keys);
	for (i = 0; i < a->count && !bad; i++)
		bad = insert(a, &a->group[i]);
	for (i = 0; i < a->image_count && !bad; i++)
		bad = insert_image(a, &a->images[i]);
	if (bad || key_index_done(a->keys) || step(a->commit)) {
		answers_fault(a->db, a->path, err, "write");
		sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
		key_index_forget(a->keys);
		return -1;
	}
	for (i = 0; i < a->count; i++)
		answer_release(&a->group[i].answer);
	for (i = 0; i < a->image_count; i++)
		free(a->images[i].path);
	a->count = a->image_count = 0;
	return 0;
}

static void take_text(sqlite3_stmt *s, int i, char *to, size_t size)
{
	const char *text = cell_text(s, i);

	sqlite3_snprintf((int)size, to, "%s", text ? text : "");
}

int answers_find_image(struct answers *a, const char *path, int64_t size, int64_t mtime_ns,
		       struct seen_image *out, struct err *err)
{
	sqlite3_stmt *s = a->find_image;
	int result = 0, code;

	sqlite3_bind_blob(s, 1, path, (int)strlen(path), SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, size);
	sqlite3_bind_int64(s, 3, mtime_ns);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		take_text(s, 0, out->image_id, sizeof(out->image_id));
		take_text(s, 1, out->mime, sizeof(out->mime));
		out->width = sqlite3_column_int64(s, 2);
		out->height = sqlite3_column_int64(s, 3);
		out->orientation = sqlite3_column_int64(s, 4);
		result = 1;
	} else if (code != SQLITE_DONE) {
		result = answers_fault(a->db, a->path, err, "read");
	}
	sqlite3_reset(s);
	return result;
}

void answers_put_image(struct answers *a, const char *path, int64_t size, int64_t mtime_ns,
		       const struct seen_image *image)
{
	start_group(a);
	a->images = xgrow(a->images, &a->image_cap, a->image_count, sizeof(*a->images));
	a->images[a->image_count++] = (struct pending_image){ xstrdup(path), size, mtime_ns,
							      *image };
}
