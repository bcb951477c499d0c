/* SPDX-License-Identifier: Apache-2.0
 *
 * See inflate.h.
 */
#include "store/inflate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <zstd.h>

#include "cli/buf.h"
#include "cli/sig.h"

#define CHUNK (256u << 10)
#define WINDOW_LOG_MAX 27	/* 128 MB: what `zstd -d` takes without --long; more is hostile */

enum form { FORM_UNKNOWN, FORM_PLAIN, FORM_ZSTD, FORM_GZIP };

struct inflate {
	int fd;
	const char *path;
	enum form form;
	struct buf in;		/* read but not used yet */
	int64_t done;
	bool ended;		/* the file gave its last byte */
	ZSTD_DStream *zstd;
	size_t zstd_hint;	/* 0: between frames */
	struct archive *gzip;
	char gzip_chunk[65536];
	bool stopped;		/* by a signal, while gzip waited for bytes */
};

struct inflate *inflate_open(int fd, const char *path)
{
	struct inflate *in = xcalloc(1, sizeof(*in));

	in->fd = fd;
	in->path = path;
	buf_init(&in->in, BUF_NO_MAX);
	return in;
}

void inflate_close(struct inflate *in)
{
	if (!in)
		return;
	ZSTD_freeDStream(in->zstd);
	if (in->gzip)
		archive_read_free(in->gzip);
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	buf_release(&in->in);
	free(in);
}

int inflate_fd(const struct inflate *in)
{
	return in->fd;
}

int64_t inflate_done(const struct inflate *in)
{
	return in->done;
}

/* One read(2) into `out`. */
static int read_some(struct inflate *in, struct buf *out, struct err *err)
{
	char *to = buf_room(out, CHUNK);
	ssize_t n;

	do {
		n = read(in->fd, to, CHUNK);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, EXIT_NOINPUT, "cannot read '%s':", in->path);
	in->ended = n == 0;
	out->len += (size_t)n;
	out->data[out->len] = '\0';
	in->done += n;
	return 0;
}

/* libarchive asks for bytes when it wants them, and cannot be told to come back later. */
static bool wait_for_bytes(struct inflate *in)
{
	struct pollfd p[2] = { { .fd = in->fd, .events = POLLIN },
			       { .fd = sig_fd(), .events = POLLIN } };

	while (!sig_stop() && poll(p, 2, -1) < 0 && errno == EINTR)
		;
	in->stopped = sig_stop();
	return !in->stopped;
}

static la_ssize_t gzip_bytes(struct archive *a, void *client, const void **bytes)
{
	struct inflate *in = client;
	size_t n = in->in.len;
	struct err err;

	if (!n) {
		if (!wait_for_bytes(in)) {
			archive_set_error(a, EINTR, "stopped");
			return -1;
		}
		if (read_some(in, &in->in, &err)) {
			archive_set_error(a, errno, "%s", err.text);
			return -1;
		}
		n = in->in.len;
	}
	if (n > sizeof(in->gzip_chunk))
		n = sizeof(in->gzip_chunk);
	memcpy(in->gzip_chunk, in->in.data, n);
	buf_eat(&in->in, n);
	*bytes = in->gzip_chunk;
	return (la_ssize_t)n;
}

/* libarchive has no words for a file whose last eight bytes, the sums, are not all there. */
static int gzip_error(struct inflate *in, struct err *err)
{
	const char *why = archive_error_string(in->gzip);

	return err_set(err, EXIT_DATA, "'%s' is not sound gzip: %s", in->path,
		       why ? why : "its end is missing");
}

static int gzip_open(struct inflate *in, struct err *err)
{
	struct archive_entry *entry;

	in->gzip = archive_read_new();
	if (!in->gzip)
		return err_set(err, EXIT_SYSTEM, "out of memory");
	archive_read_support_filter_gzip(in->gzip);
	archive_read_support_format_raw(in->gzip);
	if (archive_read_open(in->gzip, in, NULL, gzip_bytes, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(in->gzip, &entry) != ARCHIVE_OK)
		return gzip_error(in, err);
	return 0;
}

/* By blocks: archive_read_data forgets what it had when it comes to a fault. */
static int gzip_read(struct inflate *in, struct buf *out, struct err *err)
{
	const void *bytes;
	la_int64_t at;
	size_t len;
	int code;

	if (!in->gzip && gzip_open(in, err))
		return in->stopped ? 1 : -1;
	code = archive_read_data_block(in->gzip, &bytes, &len, &at);
	if (code == ARCHIVE_EOF)
		return 0;
	if (code != ARCHIVE_OK)
		return in->stopped ? 1 : gzip_error(in, err);
	buf_add(out, bytes, len);
	return 1;
}

/* One CHUNK at most: 256 KB of zstd can hold gigabytes. */
static int zstd_read(struct inflate *in, struct buf *out, struct err *err)
{
	ZSTD_inBuffer from = { in->in.data, in->in.len, 0 };
	ZSTD_outBuffer to;

	if (from.size) {
		to = (ZSTD_outBuffer){ buf_room(out, CHUNK), CHUNK, 0 };
		in->zstd_hint = ZSTD_decompressStream(in->zstd, &to, &from);
		if (ZSTD_isError(in->zstd_hint))
			return err_set(err, EXIT_DATA, "'%s' is not sound zstd: %s", in->path,
				       ZSTD_getErrorName(in->zstd_hint));
		out->len += to.pos;
		out->data[out->len] = '\0';
		buf_eat(&in->in, from.pos);
	}
	if (in->in.len || !in->ended)
		return 1;
	if (in->zstd_hint)
		return err_set(err, EXIT_DATA, "'%s' ends inside a zstd frame", in->path);
	return 0;
}

/* A zstd frame, or a skippable one: pzstd and shards put those in front. */
static bool is_zstd(const unsigned char *p)
{
	return (p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd) ||
	       ((p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18);
}

static void recognise(struct inflate *in)
{
	const unsigned char *p = (const unsigned char *)in->in.data;

	if (in->in.len < 4 && !in->ended)
		return;
	in->form = FORM_PLAIN;
	if (in->in.len >= 4 && is_zstd(p)) {
		in->form = FORM_ZSTD;
		in->zstd = ZSTD_createDStream();
		if (!in->zstd)
			out_of_memory();
		ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	} else if (in->in.len >= 4 && p[0] == 0x1f && p[1] == 0x8b) {
		in->form = FORM_GZIP;
	}
}

bool inflate_ready(const struct inflate *in)
{
	return in->form == FORM_ZSTD && in->in.len > 0;
}

int inflate_read(struct inflate *in, struct buf *out, struct err *err)
{
	switch (in->form) {
	case FORM_GZIP:
		return gzip_read(in, out, err);
	case FORM_PLAIN:
		if (!in->ended && read_some(in, out, err))
			return -1;
		return !in->ended;
	default:
		break;
	}
	if (!in->ended && !inflate_ready(in) && read_some(in, &in->in, err))
		return -1;
	if (in->form == FORM_UNKNOWN)
		recognise(in);
	switch (in->form) {
	case FORM_ZSTD:
		return zstd_read(in, out, err);
	case FORM_GZIP:
		return gzip_read(in, out, err);
	case FORM_PLAIN:
		buf_add(out, in->in.data, in->in.len);
		buf_clear(&in->in);
		return !in->ended;
	default:
		return 1;
	}
}
