/* SPDX-License-Identifier: Apache-2.0
 *
 * See verify_rows.h. Lines and arrays are both read line by line: an array of ours has a row
 * on each line, with brackets on lines of their own.
 */
#include "store/verify_rows.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include "cli/buf.h"
#include "schemas/span.h"

#define CHUNK (256u << 10)
#define ROW_MAX (1u << 30)

struct verify_rows {
	struct buf keys;	/* of the first row: "a\nb\n" */
	bool have_keys;
	struct buf row, row_keys;
	struct span_members found;
	struct digest plain;
	char *in, *out;		/* CHUNK bytes each */
};

/* One file under way. */
struct reading {
	struct verify_rows *v;
	struct verify_shard *found;
	enum { LINES, ARRAY } form;
	int64_t line;
	bool ended;		/* an array's last bracket was there */
};

struct verify_rows *verify_rows_new(void)
{
	struct verify_rows *v = xcalloc(1, sizeof(*v));

	buf_init(&v->keys, BUF_NO_MAX);
	buf_init(&v->row, ROW_MAX);
	buf_init(&v->row_keys, BUF_NO_MAX);
	digest_init(&v->plain);
	v->in = xmalloc(CHUNK);
	v->out = xmalloc(CHUNK);
	return v;
}

void verify_rows_free(struct verify_rows *v)
{
	if (!v)
		return;
	buf_release(&v->keys);
	buf_release(&v->row);
	buf_release(&v->row_keys);
	span_members_release(&v->found);
	digest_release(&v->plain);
	free(v->in);
	free(v->out);
	free(v);
}

static int check_row(struct verify_rows *v, const char *row, size_t len, int64_t number,
		     struct err *err)
{
	struct err why;
	size_t i;

	if (span_object(row, len, &v->found, &why))
		return err_set(err, EXIT_DATA, "row %lld is broken: %s", (long long)number,
			       why.text);
	buf_clear(&v->row_keys);
	for (i = 0; i < v->found.count; i++) {
		buf_add(&v->row_keys, v->found.items[i].key, v->found.items[i].key_len);
		buf_addc(&v->row_keys, '\n');
	}
	if (!v->have_keys) {
		buf_add(&v->keys, v->row_keys.data, v->row_keys.len);
		v->have_keys = true;
	} else if (strcmp(v->keys.data, v->row_keys.data)) {
		return err_set(err, EXIT_DATA, "row %lld has other keys than the first row",
			       (long long)number);
	}
	return 0;
}

static int take_line(struct reading *r, struct err *err)
{
	const char *text = r->v->row.data;
	size_t len = r->v->row.len;

	r->line++;
	if (r->form == ARRAY) {
		if (r->ended)
			return err_set(err, EXIT_DATA, "goes on behind the array");
		if (r->line == 1 && !strcmp(text, "[]"))
			r->ended = true;
		else if (r->line == 1 && strcmp(text, "["))
			return err_set(err, EXIT_DATA, "does not start with '['");
		else if (r->line > 1 && !strcmp(text, "]"))
			r->ended = true;
		if (r->line == 1 || r->ended)
			return 0;
		if (len && text[len - 1] == ',')
			len--;
	}
	if (check_row(r->v, text, len, r->found->rows + 1, err))
		return -1;
	r->found->rows++;
	return 0;
}

static int take_bytes(struct reading *r, const char *bytes, size_t len, struct err *err)
{
	const char *newline;
	size_t n;

	digest_add(&r->v->plain, bytes, len);
	while (len) {
		newline = memchr(bytes, '\n', len);
		n = newline ? (size_t)(newline - bytes) : len;
		if (buf_add(&r->v->row, bytes, n))
			return err_set(err, EXIT_DATA, "row %lld is longer than 1 GB",
				       (long long)r->found->rows + 1);
		if (newline) {
			if (take_line(r, err))
				return -1;
			buf_clear(&r->v->row);
			n++;
		}
		bytes += n;
		len -= n;
	}
	return 0;
}

static int unpack(struct reading *r, ZSTD_DCtx *zstd, const char *bytes, size_t len,
		  size_t *left, struct err *err)
{
	ZSTD_inBuffer in = { bytes, len, 0 };
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){ r->v->out, CHUNK, 0 };
		*left = ZSTD_decompressStream(zstd, &out, &in);
		if (ZSTD_isError(*left))
			return err_set(err, EXIT_DATA, "does not unpack: %s",
				       ZSTD_getErrorName(*left));
		if (take_bytes(r, r->v->out, out.pos, err))
			return -1;
	} while (in.pos < in.size || out.pos == out.size);
	return 0;
}

static int read_file(struct reading *r, int fd, bool zstd, struct err *err)
{
	ZSTD_DCtx *ctx = zstd ? ZSTD_createDCtx() : NULL;
	size_t left = 0;
	int result = 0;
	ssize_t n = 0;

	if (zstd && !ctx)
		out_of_memory();
	while (result == 0 && (n = read(fd, r->v->in, CHUNK)) > 0)
		result = zstd ? unpack(r, ctx, r->v->in, (size_t)n, &left, err) :
				take_bytes(r, r->v->in, (size_t)n, err);
	ZSTD_freeDCtx(ctx);
	if (result == 0 && n < 0)
		result = err_set(err, EXIT_DATA, "cannot be read:");
	if (result == 0 && left)
		result = err_set(err, EXIT_DATA, "is cut off in the middle of its zstd frame");
	if (result == 0 && r->v->row.len)
		result = err_set(err, EXIT_DATA, "ends in the middle of row %lld",
				 (long long)r->found->rows + 1);
	if (result == 0 && r->form == ARRAY && !r->ended)
		result = err_set(err, EXIT_DATA, "is an array without its end");
	return result;
}

/* KEY.ext then KEY.json, keys ascending. `last` is the name before. */
static int check_member(struct reading *r, struct archive *tar, const char *name,
			struct buf *last, struct err *err)
{
	const char *dot = strchr(name, '.'), *ends = dot ? dot : name;
	bool json = dot && !strcmp(dot, ".json");
	size_t key = (size_t)(ends - name);
	la_ssize_t n;

	if (json && (last->len < key || strncmp(last->data, name, key)))
		return err_set(err, EXIT_DATA, "'%s' has no image before it", name);
	if (!json && strcmp(name, last->data) <= 0)
		return err_set(err, EXIT_DATA, "'%s' is out of order", name);
	buf_clear(last);
	buf_adds(last, name);
	buf_clear(&r->v->row);
	while ((n = archive_read_data(tar, r->v->in, CHUNK)) > 0)
		if (json && buf_add(&r->v->row, r->v->in, (size_t)n))
			return err_set(err, EXIT_DATA, "'%s' is longer than 1 GB", name);
	if (n < 0)
		return err_set(err, EXIT_DATA, "'%s': %s", name, archive_error_string(tar));
	if (!json)
		return 0;
	r->found->rows++;
	return check_row(r->v, r->v->row.data, r->v->row.len, r->found->rows, err);
}

static int read_tar(struct reading *r, const char *path, struct err *err)
{
	struct archive *tar = archive_read_new();
	struct archive_entry *entry;
	struct buf last;
	int got = -1, result = 0;

	buf_init(&last, BUF_NO_MAX);
	if (!tar || archive_read_support_format_tar(tar))
		out_of_memory();
	if (archive_read_open_filename(tar, path, CHUNK) == ARCHIVE_OK)
		while (result == 0 &&
		       (got = archive_read_next_header(tar, &entry)) == ARCHIVE_OK)
			result = check_member(r, tar, archive_entry_pathname(entry), &last,
					      err);
	if (result == 0 && got != ARCHIVE_EOF)
		result = err_set(err, EXIT_DATA, "is no sound tar: %s",
				 archive_error_string(tar));
	if (result == 0 && last.len && !strstr(last.data, ".json"))
		result = err_set(err, EXIT_DATA, "'%s' has no .json", last.data);
	archive_read_free(tar);
	buf_release(&last);
	return result;
}

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

int verify_rows_read(struct verify_rows *v, const char *path, struct verify_shard *found,
		     struct err *err)
{
	struct reading r = { .v = v, .found = found };
	int fd, result;
	char first = 0;

	*found = (struct verify_shard){ .rows = 0 };
	buf_clear(&v->row);
	if (ends_in(path, ".tar"))
		return read_tar(&r, path, err) ? -1 : digest_file(path, &found->plain, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, EXIT_DATA, "cannot be read:");
	if (pread(fd, &first, 1, 0) == 1 && first == '[')
		r.form = ARRAY;
	result = read_file(&r, fd, ends_in(path, ".zst"), err);
	close(fd);
	digest_end(&v->plain, &found->plain);
	return result;
}
