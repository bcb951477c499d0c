/* SPDX-License-Identifier: Apache-2.0
 *
 * See bundle.h. libarchive writes the members; the end of an archive is the shard's, because
 * one writer serves all of them.
 */
#include "store/bundle.h"

#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "store/cell.h"

#define BLOCK 512
#define CHUNK (256u << 10)

struct bundle {
	const struct opt_list *roots;
	const char *extension;
	struct archive *tar;
	struct archive_entry *entry;
	struct shards *shards;		/* where the bytes go now */
	struct err *err;
	char *chunk;
	struct buf name;
	struct bundle_counts counts;
};

static la_ssize_t take_bytes(struct archive *tar, void *ctx, const void *bytes, size_t len)
{
	struct bundle *b = ctx;

	(void)tar;
	if (!b->shards)		/* libarchive's end; each shard has one of its own */
		return (la_ssize_t)len;
	return shards_add(b->shards, bytes, len, b->err) ? -1 : (la_ssize_t)len;
}

struct bundle *bundle_new(const struct opt_list *roots, const char *extension)
{
	struct bundle *b = xcalloc(1, sizeof(*b));

	b->roots = roots;
	b->extension = extension;
	b->chunk = xmalloc(CHUNK);
	buf_init(&b->name, BUF_NO_MAX);
	b->tar = archive_write_new();
	b->entry = archive_entry_new();
	if (!b->tar || !b->entry || archive_write_set_format_ustar(b->tar) ||
	    archive_write_set_bytes_per_block(b->tar, 0) ||
	    archive_write_open(b->tar, b, NULL, take_bytes, NULL))
		out_of_memory();
	return b;
}

void bundle_free(struct bundle *b)
{
	if (!b)
		return;
	b->shards = NULL;
	archive_write_free(b->tar);
	archive_entry_free(b->entry);
	buf_release(&b->name);
	free(b->chunk);
	free(b);
}

static int64_t member_size(int64_t bytes)
{
	return BLOCK + (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* err is set when the sink failed; else libarchive has a word. */
static int fault(struct bundle *b, struct err *err)
{
	return *err->text ? -1 : err_set(err, EXIT_OUTPUT, "cannot write a tar: %s",
					 archive_error_string(b->tar));
}

static int start_member(struct bundle *b, const char *key, const char *extension, int64_t bytes,
			struct err *err)
{
	buf_clear(&b->name);
	buf_printf(&b->name, "%s.%s", key, extension);
	archive_entry_clear(b->entry);
	archive_entry_set_pathname(b->entry, b->name.data);
	archive_entry_set_filetype(b->entry, AE_IFREG);
	archive_entry_set_perm(b->entry, 0644);
	archive_entry_set_size(b->entry, bytes);
	archive_entry_set_mtime(b->entry, 0, 0);
	archive_entry_set_uid(b->entry, 0);
	archive_entry_set_gid(b->entry, 0);
	return archive_write_header(b->tar, b->entry) == ARCHIVE_OK ? 0 : fault(b, err);
}

static int copy_image(struct bundle *b, struct original *image, struct err *err)
{
	ssize_t n;

	while ((n = original_read(image, b->chunk, CHUNK, err)) > 0)
		if (archive_write_data(b->tar, b->chunk, (size_t)n) != n)
			return fault(b, err);
	return n < 0 || archive_write_finish_entry(b->tar) != ARCHIVE_OK ? fault(b, err) : 0;
}

static int put_members(struct bundle *b, const char *key, struct original *image,
		       const char *json, size_t len, struct err *err)
{
	if (shards_begin(b->shards, member_size(image->bytes) + member_size((int64_t)len),
			 err) ||
	    start_member(b, key, b->extension, image->bytes, err) ||
	    copy_image(b, image, err) ||
	    start_member(b, key, "json", (int64_t)len, err))
		return -1;
	if (archive_write_data(b->tar, json, len) != (la_ssize_t)len ||
	    archive_write_finish_entry(b->tar) != ARCHIVE_OK)
		return fault(b, err);
	return 0;
}

static int count_lost(struct bundle *b, enum original_state state, const struct err *why)
{
	if (!b->counts.missing && !b->counts.changed)
		b->counts.first = *why;
	if (state == ORIGINAL_CHANGED)
		b->counts.changed++;
	else
		b->counts.missing++;
	return 0;
}

int bundle_put(struct bundle *b, struct shards *shards, const struct form_image *image,
	       const char *json, size_t len, struct err *err)
{
	const struct original_place place = { image->path ? image->path : "", image->offset,
					      image->size };
	enum original_state state;
	struct original file;
	char hex[HASH_HEX];
	struct err why;
	int result;

	if (!hash_is_hex(image->key))
		hash_of(image->key, strlen(image->key), hex);
	state = original_open(&file, b->roots, &place, image->image_id, &why);
	if (state != ORIGINAL_FOUND)
		return count_lost(b, state, &why);
	b->shards = shards;
	b->err = err;
	*err->text = '\0';
	result = put_members(b, hash_is_hex(image->key) ? image->key : hex, &file, json, len, err);
	original_close(&file);
	return result ? -1 : 1;
}

const struct bundle_counts *bundle_counts(const struct bundle *b)
{
	return &b->counts;
}

const char *bundle_extension(struct db *db, enum rec_kind kind, struct err *err)
{
	static const char *const types[][2] = {
		{ "image/png", "png" }, { "image/webp", "webp" }, { "image/gif", "gif" },
		{ "image/bmp", "bmp" }, { "image/jpeg", "jpg" } };
	const char *mime, *found = "jpg";
	sqlite3_stmt *stmt;
	struct buf sql;
	size_t i;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT min(ifnull(i.mime, '')), max(ifnull(i.mime, '')) FROM picked k "
		   "%s JOIN paths p ON p.id = %s JOIN images i ON i.id = p.image",
		   kind == REC_QUESTION ? "JOIN questions r ON r.id = k.record" :
		   kind == REC_CAPTION ? "JOIN captions r ON r.id = k.record" : "",
		   kind == REC_IMAGE ? "k.record" : "r.path");
	stmt = db_prepare(db, sql.data, err);
	buf_release(&sql);
	if (!stmt || db_step(db, stmt, err) <= 0) {
		sqlite3_finalize(stmt);
		return NULL;
	}
	mime = cell_text(stmt, 0);
	for (i = 0; mime && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(mime, types[i][0]) &&
		    !strcmp(mime, cell_text(stmt, 1)))
			found = types[i][1];
	sqlite3_finalize(stmt);
	return found;
}
