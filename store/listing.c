/* SPDX-License-Identifier: Apache-2.0
 *
 * See listing.h. Lines go down in chunks of some hundred, each a row of its own, so neither a
 * long archive nor a short memory matters; a row of the last chunk says that it is the last.
 */
#include "store/listing.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <zstd.h>

#include "cli/buf.h"
#include "store/answers.h"

#define CHUNK_BYTES (128u << 10)	/* of lines, before compression */
#define LINES_MAX (16u << 20)		/* of one chunk, as read: more is a damaged ledger */

struct listing {
	struct sqlite3 *db;
	char *path;
	int64_t size, mtime_ns, chunk;	/* the next chunk to read or write */
	bool complete, writing, failed;
	struct buf lines;		/* of the chunk under way */
	size_t read;			/* so much of it was given out */
};

static int fault(const struct listing *l, struct err *err)
{
	return err_set(err, EXIT_OUTPUT, "cannot keep the listing of '%s' in the ledger: %s",
		       l->path, sqlite3_errmsg(l->db));
}

/* A statement on this archive: ?1 path, ?2 size, ?3 mtime_ns, ?4 chunk. NULL: err. */
static sqlite3_stmt *prepare(struct listing *l, const char *sql, struct err *err)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL)) {
		fault(l, err);
		return NULL;
	}
	sqlite3_bind_blob(s, 1, l->path, (int)strlen(l->path), SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, l->size);
	sqlite3_bind_int64(s, 3, l->mtime_ns);
	if (sqlite3_bind_parameter_count(s) > 3)
		sqlite3_bind_int64(s, 4, l->chunk);
	return s;
}

static void free_listing(struct listing *l)
{
	buf_release(&l->lines);
	free(l->path);
	free(l);
}

struct listing *listing_open(struct answers *ledger, const char *path, int64_t size,
			     int64_t mtime_ns)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->db = answers_db(ledger);
	l->path = xstrdup(path);
	l->size = size;
	l->mtime_ns = mtime_ns;
	buf_init(&l->lines, LINES_MAX);
	return l;
}

/* What was kept of the archive as it was before would stand between the new chunks. */
static int drop_old(struct listing *l, struct err *err)
{
	sqlite3_stmt *s = prepare(l, "DELETE FROM listings WHERE path = ?1 AND "
				  "(size <> ?2 OR mtime_ns <> ?3)", err);
	int result = !s ? -1 : sqlite3_step(s) == SQLITE_DONE ? 0 : fault(l, err);

	sqlite3_finalize(s);
	return result;
}

static int unpack(struct listing *l, const void *bytes, size_t len, struct err *err)
{
	unsigned long long size = ZSTD_getFrameContentSize(bytes, len);
	char *to = size <= LINES_MAX ? buf_room(&l->lines, (size_t)size + 1) : NULL;
	size_t n = to ? ZSTD_decompress(to, (size_t)size, bytes, len) : 0;

	if (!to || ZSTD_isError(n))
		return err_set(err, EXIT_DATA, "the ledger's listing of '%s' is damaged", l->path);
	l->lines.len = n;
	return 0;
}

/* The next chunk into l->lines. 1, 0: there is none, -1. */
static int read_chunk(struct listing *l, struct err *err)
{
	sqlite3_stmt *s = prepare(l, "SELECT lines, last FROM listings WHERE path = ?1 AND "
				  "size = ?2 AND mtime_ns = ?3 AND chunk = ?4", err);
	int code = s ? sqlite3_step(s) : SQLITE_ERROR, result = 0;

	buf_clear(&l->lines);
	l->read = 0;
	if (code == SQLITE_ROW) {
		l->complete = sqlite3_column_int(s, 1) != 0;
		l->chunk++;
		result = unpack(l, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
				err) ? -1 : 1;
	} else if (code != SQLITE_DONE) {
		result = s ? fault(l, err) : -1;
	}
	sqlite3_finalize(s);
	return result;
}

int listing_next(struct listing *l, const char **line, size_t *len, struct err *err)
{
	const char *end;
	int got;

	while (l->read == l->lines.len) {
		if (l->complete)
			return 0;
		got = read_chunk(l, err);
		if (got <= 0)
			return got;
	}
	*line = l->lines.data + l->read;
	end = memchr(*line, '\n', l->lines.len - l->read);
	if (!end)
		return err_set(err, EXIT_DATA, "the ledger's listing of '%s' is damaged", l->path);
	*len = (size_t)(end - *line);
	l->read += *len + 1;
	return 1;
}

bool listing_complete(const struct listing *l)
{
	return l->complete;
}

static int write_chunk(struct listing *l, bool last, struct err *err)
{
	sqlite3_stmt *s = prepare(l, "INSERT OR REPLACE INTO listings VALUES (?1,?4,?2,?3,?5,?6)",
				  err);
	size_t bound = ZSTD_compressBound(l->lines.len), n;
	char *packed = xmalloc(bound);
	int result = -1;

	if (!l->chunk && drop_old(l, err))
		l->failed = true;
	n = ZSTD_compress(packed, bound, l->lines.data, l->lines.len, 3);
	if (s && !l->failed && !ZSTD_isError(n)) {
		sqlite3_bind_int(s, 5, last);
		sqlite3_bind_blob(s, 6, packed, (int)n, SQLITE_STATIC);
		result = sqlite3_step(s) == SQLITE_DONE ? 0 : fault(l, err);
	}
	sqlite3_finalize(s);
	free(packed);
	buf_clear(&l->lines);
	l->chunk++;
	l->failed = l->failed || result;
	return result;
}

int listing_add(struct listing *l, const char *line, size_t len, struct err *err)
{
	if (!l->writing)
		buf_clear(&l->lines);
	l->writing = true;
	if (l->lines.len + len + 1 > CHUNK_BYTES && l->lines.len && write_chunk(l, false, err))
		return -1;
	buf_add(&l->lines, line, len);
	buf_addc(&l->lines, '\n');
	return 0;
}

int listing_close(struct listing *l, bool complete, struct err *err)
{
	int result = 0;

	if (!l)
		return 0;
	if (!l->writing)
		buf_clear(&l->lines);
	if (!l->failed && !l->complete && (complete || l->writing))
		result = write_chunk(l, complete, err);
	free_listing(l);
	return result;
}
