/* SPDX-License-Identifier: Apache-2.0
 *
 * See shard_file.h. The content size is known only at the end of a stream, but stands in the header
 * of the frame. So the frame is made without it, a header with room for it is written instead
 * (RFC 8878, 3.1.1.1: magic number, descriptor, window, 8 bytes of size), and filled in last; only
 * then can the file be summed. The other forms are written as they come; their sums need no second
 * look.
 *
 * Two belts, one behind the other: `press` carries plain bytes, and behind each chunk a byte more:
 * does the file end there? (libzstd chooses better for a short file that comes with its end.)
 * `closing` carries finished files.
 */
#include "store/shard_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "cli/buf.h"
#include "store/belt.h"

#define BELT (24u << 20)	/* plain bytes on their way: while a batch of rows is read */
#define FRAME (128u << 10)	/* compressed bytes written at once */
#define FLUSH (16u << 20)	/* written bytes that the disk is told of at once */
#define JOB (4 << 20)		/* plain bytes a thread takes; part of what makes the bytes */
#define HEADER 6		/* magic, descriptor, window: of a frame without content size */
#define SIZE_AT 6		/* where the content size stands in ours */
#define SIZE_IS_8_BYTES 0xc0	/* in the descriptor */

/* A finished file on its way to the disk. */
struct ended {
	int fd;
	size_t number;
	struct digest_text plain;
};

struct shard_files {
	const struct shard_how *how;
	const char *folder;
	struct belt *press, *closing;
	/* of press: */
	ZSTD_CCtx *zstd;
	struct buf head;
	struct digest plain;
	char *frame;			/* FRAME bytes from the encoder */
	int fd;
	size_t number;			/* of the file under way, or of the next */
	off_t written, told;		/* of the file; told: to be written by the disk */
	/* of closing: */
	struct shard_sums *sums;
	size_t count, cap;
};

void shard_file_path(const char *folder, const struct shard_how *how, size_t i, struct buf *path)
{
	buf_clear(path);
	buf_printf(path, "%s/%s", folder, how->name);
	if (how->form == SHARD_LINES || how->form == SHARD_ARRAY)
		buf_adds(path, ".json");
	else if (how->form == SHARD_TAR)
		buf_printf(path, "-%06zu.tar", i);
	else
		buf_printf(path, "-%05zu.jsonl.zst", i);
}

static int cannot_write(const struct shard_files *f, size_t i, struct err *err)
{
	int code = errno;
	struct buf path;

	buf_init(&path, BUF_NO_MAX);
	shard_file_path(f->folder, f->how, i, &path);
	errno = code;
	err_set(err, EXIT_OUTPUT, "cannot write '%s':", path.data);
	buf_release(&path);
	return -1;
}

/* ---- press: bytes into a file ---- */

static int start(struct shard_files *f, struct err *err)
{
	struct buf path;

	buf_init(&path, BUF_NO_MAX);
	shard_file_path(f->folder, f->how, f->number, &path);
	f->fd = open(path.data, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (f->fd < 0)
		cannot_write(f, f->number, err);
	buf_release(&path);
	f->written = f->told = 0;
	buf_clear(&f->head);
	return f->fd < 0 ? -1 : 0;
}

static int write_at(struct shard_files *f, const void *bytes, size_t len, off_t at,
		    struct err *err)
{
	const char *from = bytes;
	ssize_t n;

	for (; len; from += n, len -= (size_t)n, at += n) {
		n = pwrite(f->fd, from, len, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return cannot_write(f, f->number, err);
	}
	return 0;
}

/* The disk begins with what is there, so that the sync at the end need not wait for all of it. */
static int add(struct shard_files *f, const void *bytes, size_t len, struct err *err)
{
	if (write_at(f, bytes, len, f->written, err))
		return -1;
	f->written += (off_t)len;
	if (f->written - f->told >= FLUSH) {
		sync_file_range(f->fd, f->told, f->written - f->told, SYNC_FILE_RANGE_WRITE);
		f->told = f->written;
	}
	return 0;
}

/* Passes the encoder's bytes on, with our header instead of its own. */
static int add_frame(struct shard_files *f, const char *bytes, size_t len, struct err *err)
{
	static const char no_size[8];
	size_t n = f->head.len < HEADER ? HEADER - f->head.len : 0;

	if (n) {
		n = n < len ? n : len;
		buf_add(&f->head, bytes, n);
		bytes += n;
		len -= n;
		if (f->head.len < HEADER)
			return 0;
		if (f->head.data[4] & ~4)	/* anything but the checksum's bit */
			return err_set(err, EXIT_SYSTEM, "libzstd made an unexpected frame");
		f->head.data[4] |= (char)SIZE_IS_8_BYTES;
		if (add(f, f->head.data, HEADER, err) || add(f, no_size, sizeof(no_size), err))
			return -1;
	}
	return add(f, bytes, len, err);
}

static int compress(struct shard_files *f, const void *bytes, size_t len, bool last,
		    struct err *err)
{
	ZSTD_inBuffer from = { bytes, len, 0 };
	ZSTD_outBuffer to;
	size_t left;

	do {
		to = (ZSTD_outBuffer){ f->frame, FRAME, 0 };
		left = ZSTD_compressStream2(f->zstd, &to, &from,
					    last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(err, EXIT_SYSTEM, "cannot compress: %s",
				       ZSTD_getErrorName(left));
		if (add_frame(f, f->frame, to.pos, err))
			return -1;
	} while (last ? left > 0 : from.pos < from.size);
	return 0;
}

static int write_size(struct shard_files *f, int64_t bytes, struct err *err)
{
	unsigned char size[8];
	int i;

	for (i = 0; i < 8; i++)
		size[i] = (unsigned char)(bytes >> (8 * i));
	return write_at(f, size, sizeof(size), SIZE_AT, err);
}

/* The next one may begin at once; of this one only its sums and the sync are left. */
static int end(struct shard_files *f, struct err *err)
{
	struct ended ended = { .fd = f->fd, .number = f->number };

	digest_end(&f->plain, &ended.plain);
	if (f->how->form == SHARD_ZST && write_size(f, ended.plain.bytes, err))
		return -1;
	f->fd = -1;
	f->number++;
	buf_add(belt_chunk(f->closing), &ended, sizeof(ended));
	return belt_send(f->closing, err);
}

static int press(void *about, const struct buf *chunk, struct err *err)
{
	struct shard_files *f = about;
	size_t len = chunk->len - 1;
	bool last = chunk->data[len];
	int bad;

	if (f->fd < 0 && start(f, err))
		return -1;
	digest_add(&f->plain, chunk->data, len);
	bad = f->how->form == SHARD_ZST ? compress(f, chunk->data, len, last, err) :
	      add(f, chunk->data, len, err);
	return bad || (last && end(f, err)) ? -1 : 0;
}

/* ---- closing: finished files ---- */

static struct ended ended_of(const struct buf *chunk)
{
	struct ended ended;

	memcpy(&ended, chunk->data, sizeof(ended));
	return ended;
}

static int finish(void *about, const struct buf *chunk, struct err *err)
{
	struct ended ended = ended_of(chunk);
	struct shard_files *f = about;
	struct shard_sums sums = { ended.plain, ended.plain };
	struct buf path;
	int bad;

	sync_file_range(ended.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (f->how->form == SHARD_ZST) {
		buf_init(&path, BUF_NO_MAX);
		shard_file_path(f->folder, f->how, ended.number, &path);
		bad = digest_file(path.data, &sums.file, err);
		buf_release(&path);
		if (bad)
			return -1;
	}
	f->sums = xgrow(f->sums, &f->cap, f->count, sizeof(*f->sums));
	f->sums[f->count++] = sums;
	return fdatasync(ended.fd) ? cannot_write(f, ended.number, err) : 0;
}

static void close_file(void *about, const struct buf *chunk)
{
	(void)about;
	close(ended_of(chunk).fd);
}

/* ---- the caller ---- */

static int set_up_encoder(struct shard_files *f, struct err *err)
{
	const struct { ZSTD_cParameter name; int value; } parameters[] = {
		{ ZSTD_c_nbWorkers, f->how->threads }, { ZSTD_c_jobSize, JOB },
		{ ZSTD_c_compressionLevel, f->how->level }, { ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_contentSizeFlag, 0 },
	};
	size_t i, bad;

	f->zstd = ZSTD_createCCtx();
	if (!f->zstd)
		out_of_memory();
	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		bad = ZSTD_CCtx_setParameter(f->zstd, parameters[i].name, parameters[i].value);
		if (ZSTD_isError(bad))
			return err_set(err, EXIT_SYSTEM, "libzstd cannot compress in threads: %s",
				       ZSTD_getErrorName(bad));
	}
	return 0;
}

struct shard_files *shard_files_open(const char *folder, const struct shard_how *how,
				     struct err *err)
{
	static const struct belt_job pressing = { .work = press, .bytes = BELT };
	static const struct belt_job closing = { finish, close_file, sizeof(struct ended) };
	struct shard_files *f = xcalloc(1, sizeof(*f));

	f->how = how;
	f->folder = folder;
	f->fd = -1;
	f->frame = xmalloc(FRAME);
	buf_init(&f->head, BUF_NO_MAX);
	digest_init(&f->plain);
	if ((how->form != SHARD_ZST || !set_up_encoder(f, err)) &&
	    (f->closing = belt_new(&closing, f, err)) && (f->press = belt_new(&pressing, f, err)))
		return f;
	shard_files_free(f);
	return NULL;
}

void shard_files_free(struct shard_files *f)
{
	if (!f)
		return;
	belt_free(f->press);
	belt_free(f->closing);
	if (f->fd >= 0)
		close(f->fd);
	ZSTD_freeCCtx(f->zstd);
	digest_release(&f->plain);
	buf_release(&f->head);
	free(f->frame);
	free(f->sums);
	free(f);
}

struct buf *shard_files_text(struct shard_files *f)
{
	return belt_chunk(f->press);
}

int shard_files_send(struct shard_files *f, bool last, struct err *err)
{
	buf_addc(belt_chunk(f->press), last);
	return belt_send(f->press, err);
}

int shard_files_wait(struct shard_files *f, struct err *err)
{
	return belt_wait(f->press, err) || belt_wait(f->closing, err) ? -1 : 0;
}

const struct shard_sums *shard_files_sums(const struct shard_files *f, size_t i)
{
	return &f->sums[i];
}
