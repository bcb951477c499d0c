/* SPDX-License-Identifier: Apache-2.0
 *
 * See shard.h. The content size is known only at the end of a stream, but stands in the header
 * of the frame. So the frame is made without it, a header with room for it is written instead
 * (RFC 8878, 3.1.1.1: magic number, descriptor, window, 8 bytes of size), and filled in last.
 * The other forms are written as they come; their sums need no second look.
 *
 * Chunks are summed, compressed and written on a belt of its own thread; a shard is begun and
 * finished when the belt is empty, so the encoder, the sums and the file have one user at a time.
 */
#include "store/shard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "cli/buf.h"
#include "store/belt.h"

#define CHUNK (256u << 10)	/* plain bytes given to the encoder at once */
#define BELT (24u << 20)		/* plain bytes on their way to it: while a batch of rows is read */
#define FRAME (128u << 10)	/* compressed bytes written at once */
#define JOB (4 << 20)		/* plain bytes a thread takes; part of what makes the bytes */
#define HEADER 6		/* magic, descriptor, window: of a frame without content size */
#define SIZE_AT 6		/* where the content size stands in ours */
#define TAR_END 1024		/* zero bytes behind the last member */
#define SIZE_IS_8_BYTES 0xc0	/* in the descriptor */

struct shards {
	struct shard_how how;
	char *folder;
	ZSTD_CCtx *zstd;
	struct belt *belt;
	struct buf *text;	/* the belt's chunk: what comes behind all that was sent */
	struct buf head, path;
	struct digest plain;
	char *frame;		/* FRAME bytes from the encoder */
	int fd;
	struct shard *items;
	size_t count, cap;
	int64_t bytes;		/* plain, of the shard under way */
};

static bool is_single(const struct shards *s)
{
	return s->how.form == SHARD_LINES || s->how.form == SHARD_ARRAY;
}

/* Until all shards are written nobody knows "of how many". */
static const char *working_path(struct shards *s, size_t i)
{
	buf_clear(&s->path);
	buf_printf(&s->path, "%s/%s", s->folder, s->how.name);
	if (is_single(s))
		buf_adds(&s->path, ".json");
	else if (s->how.form == SHARD_TAR)
		buf_printf(&s->path, "-%06zu.tar", i);
	else
		buf_printf(&s->path, "-%05zu.jsonl.zst", i);
	return s->path.data;
}

static void final_name(const struct shards *s, size_t i, char *name, size_t size)
{
	if (is_single(s))
		snprintf(name, size, "%s.json", s->how.name);
	else if (s->how.form == SHARD_TAR)
		snprintf(name, size, "%s-%06zu.tar", s->how.name, i);
	else
		snprintf(name, size, "%s-%05zu-of-%05zu.jsonl.zst", s->how.name, i, s->count);
}

void shards_glob(enum shard_form form, const char *name, struct buf *out)
{
	static const char *const ends[] = { "-*.jsonl.zst", ".json", ".json", "-*.tar" };

	buf_printf(out, "%s%s", name, ends[form]);
}

static int start(struct shards *s, struct err *err)
{
	if (s->count == SHARD_MAX)
		return err_set(err, EXIT_OUTPUT, "more than %d shards; make them larger",
			       SHARD_MAX);
	s->fd = open(working_path(s, s->count), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (s->fd < 0)
		return err_set(err, EXIT_OUTPUT, "cannot write '%s':", s->path.data);
	s->items = xgrow(s->items, &s->cap, s->count, sizeof(*s->items));
	s->items[s->count++] = (struct shard){ 0 };
	s->bytes = 0;
	buf_clear(&s->head);
	return 0;
}

static int write_at(struct shards *s, const void *bytes, size_t len, off_t at, struct err *err)
{
	const char *from = bytes;
	ssize_t n;

	while (len) {
		n = at < 0 ? write(s->fd, from, len) : pwrite(s->fd, from, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, EXIT_OUTPUT, "cannot write '%s':",
				       working_path(s, s->count - 1));
		from += n;
		len -= (size_t)n;
		at += at < 0 ? 0 : n;
	}
	return 0;
}

/* Passes the encoder's bytes on, with our header instead of its own. */
static int write_frame(struct shards *s, const char *bytes, size_t len, struct err *err)
{
	static const char no_size[8];
	size_t n = s->head.len < HEADER ? HEADER - s->head.len : 0;

	if (n) {
		n = n < len ? n : len;
		buf_add(&s->head, bytes, n);
		bytes += n;
		len -= n;
		if (s->head.len < HEADER)
			return 0;
		if (s->head.data[4] & ~4)	/* anything but the checksum's bit */
			return err_set(err, EXIT_SYSTEM, "libzstd made an unexpected frame");
		s->head.data[4] |= (char)SIZE_IS_8_BYTES;
		if (write_at(s, s->head.data, HEADER, -1, err) ||
		    write_at(s, no_size, sizeof(no_size), -1, err))
			return -1;
	}
	return write_at(s, bytes, len, -1, err);
}

static int compress(struct shards *s, const struct buf *text, ZSTD_EndDirective end,
		    struct err *err)
{
	ZSTD_inBuffer from = { text->data, text->len, 0 };
	ZSTD_outBuffer to;
	size_t left;

	do {
		to = (ZSTD_outBuffer){ s->frame, FRAME, 0 };
		left = ZSTD_compressStream2(s->zstd, &to, &from, end);
		if (ZSTD_isError(left))
			return err_set(err, EXIT_SYSTEM, "cannot compress: %s",
				       ZSTD_getErrorName(left));
		if (write_frame(s, s->frame, to.pos, err))
			return -1;
	} while (end == ZSTD_e_end ? left > 0 : from.pos < from.size);
	return 0;
}

static int emit_as(struct shards *s, const struct buf *text, ZSTD_EndDirective end,
		   struct err *err)
{
	digest_add(&s->plain, text->data, text->len);
	if (s->how.form == SHARD_ZST)
		return compress(s, text, end, err);
	return write_at(s, text->data, text->len, -1, err);
}

static int emit(void *about, const struct buf *text, struct err *err)
{
	return emit_as(about, text, ZSTD_e_continue, err);
}

static const struct belt_job job = { .work = emit, .bytes = BELT };

static int set_up_encoder(struct shards *s, struct err *err)
{
	size_t bad;

	s->zstd = ZSTD_createCCtx();
	if (!s->zstd)
		out_of_memory();
	bad = ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_nbWorkers, s->how.threads);
	if (!ZSTD_isError(bad))
		bad = ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_jobSize, JOB);
	if (!ZSTD_isError(bad))
		bad = ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, s->how.level);
	if (!ZSTD_isError(bad))
		bad = ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	if (!ZSTD_isError(bad))
		bad = ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_contentSizeFlag, 0);
	if (ZSTD_isError(bad))
		return err_set(err, EXIT_SYSTEM, "libzstd cannot compress in threads: %s",
			       ZSTD_getErrorName(bad));
	return 0;
}

struct shards *shards_open(const char *folder, const struct shard_how *how, struct err *err)
{
	struct shards *s = xcalloc(1, sizeof(*s));

	s->how = *how;
	s->folder = xstrdup(folder);
	s->fd = -1;
	s->frame = xmalloc(FRAME);
	buf_init(&s->head, BUF_NO_MAX);
	buf_init(&s->path, BUF_NO_MAX);
	digest_init(&s->plain);
	if ((how->form != SHARD_ZST || !set_up_encoder(s, err)) &&
	    (s->belt = belt_new(&job, s, err))) {
		s->text = belt_chunk(s->belt);
		return s;
	}
	shards_free(s);
	return NULL;
}

void shards_free(struct shards *s)
{
	if (!s)
		return;
	belt_free(s->belt);
	if (s->fd >= 0)
		close(s->fd);
	ZSTD_freeCCtx(s->zstd);
	digest_release(&s->plain);
	buf_release(&s->head);
	buf_release(&s->path);
	free(s->frame);
	free(s->folder);
	free(s->items);
	free(s);
}

static void add_end(struct shards *s)
{
	static const char zeros[TAR_END];

	if (s->how.form == SHARD_ARRAY)
		buf_adds(s->text, s->items[s->count - 1].rows ? "\n]\n" : "[]\n");
	if (s->how.form == SHARD_TAR)
		buf_add(s->text, zeros, TAR_END);
}

static int write_size(struct shards *s, int64_t bytes, struct err *err)
{
	unsigned char size[8];
	int i;

	for (i = 0; i < 8; i++)
		size[i] = (unsigned char)(bytes >> (8 * i));
	return write_at(s, size, sizeof(size), SIZE_AT, err);
}

static int finish(struct shards *s, struct err *err)
{
	struct shard *shard = &s->items[s->count - 1];
	int bad;

	add_end(s);
	if (belt_wait(s->belt, err) || emit_as(s, s->text, ZSTD_e_end, err))
		return -1;
	buf_clear(s->text);
	digest_end(&s->plain, &shard->plain);
	shard->file = shard->plain;
	if (s->how.form == SHARD_ZST && write_size(s, shard->plain.bytes, err))
		return -1;
	sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE);	/* begins; fdatasync makes sure */
	if (s->how.form == SHARD_ZST &&
	    digest_file(working_path(s, s->count - 1), &shard->file, err))
		return -1;
	bad = fdatasync(s->fd) | close(s->fd);
	s->fd = -1;
	return bad ? err_set(err, EXIT_OUTPUT, "cannot write '%s':",
			     working_path(s, s->count - 1)) : 0;
}

static bool is_full(const struct shards *s, int64_t more)
{
	return !is_single(s) && s->fd >= 0 &&
	       ((s->how.rows && s->items[s->count - 1].rows == s->how.rows) ||
		(s->how.bytes && s->bytes && s->bytes + more > s->how.bytes));
}

int shards_begin(struct shards *s, int64_t len, struct err *err)
{
	struct shard *shard;

	if ((is_full(s, len) && finish(s, err)) || (s->fd < 0 && start(s, err)))
		return -1;
	shard = &s->items[s->count - 1];
	if (s->how.form == SHARD_ARRAY)
		buf_adds(s->text, shard->rows ? ",\n" : "[\n");
	shard->rows++;
	s->bytes += len;
	return 0;
}

int shards_add(struct shards *s, const void *bytes, size_t len, struct err *err)
{
	int bad;

	if (!s->text->cap)
		buf_room(s->text, CHUNK + CHUNK / 4);	/* no growing by and by */
	buf_add(s->text, bytes, len);
	if (s->text->len < CHUNK)
		return 0;
	bad = belt_send(s->belt, err);
	s->text = belt_chunk(s->belt);
	return bad;
}

int shards_put(struct shards *s, const char *row, size_t len, struct err *err)
{
	bool lines = s->how.form == SHARD_ZST || s->how.form == SHARD_LINES;

	if (shards_begin(s, (int64_t)len + lines, err) || shards_add(s, row, len, err))
		return -1;
	return lines ? shards_add(s, "\n", 1, err) : 0;
}

int shards_close(struct shards *s, struct err *err)
{
	struct buf to;
	size_t i;
	int result = 0;

	if ((!s->count && start(s, err)) || (s->fd >= 0 && finish(s, err)))
		return -1;
	buf_init(&to, BUF_NO_MAX);
	for (i = 0; i < s->count && result == 0; i++) {
		final_name(s, i, s->items[i].name, sizeof(s->items[i].name));
		buf_clear(&to);
		buf_printf(&to, "%s/%s", s->folder, s->items[i].name);
		if (rename(working_path(s, i), to.data))
			result = err_set(err, EXIT_OUTPUT, "cannot rename '%s':", s->path.data);
	}
	buf_release(&to);
	ZSTD_freeCCtx(s->zstd);		/* its memory is wanted for the next split */
	s->zstd = NULL;
	belt_free(s->belt);
	s->belt = NULL;
	return result;
}

size_t shards_count(const struct shards *s)
{
	return s->count;
}

const struct shard *shards_at(const struct shards *s, size_t i)
{
	return &s->items[i];
}
