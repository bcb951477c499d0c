/* SPDX-License-Identifier: Apache-2.0
 *
 * See sink.h. Bytes are gathered to CHUNK before they are compressed or written, so the
 * output does not depend on how the records arrived.
 */
#include "store/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/anchor.h"

#define CHUNK (128u << 10)
#define ZSTD_LEVEL 3
#define FIFO_MS 50		/* how often a fifo is looked at that nobody reads yet */

struct sink {
	int fd;
	const char *name;	/* in messages */
	char *path;		/* FILE, or NULL where nothing is renamed */
	char *partial;
	struct buf text;	/* plain, less than CHUNK */
	int64_t drained;	/* bytes before those of text, plain */
	ZSTD_CCtx *zstd;
	int (*before_write)(void *ctx, struct err *err);
	void *ctx;
	bool pipe_closed;
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Is what we locked still FILE.partial, or was it settled by another process meanwhile? */
static bool still_there(const struct sink *s)
{
	struct stat open_file, named;

	return !fstat(s->fd, &open_file) && !stat(s->partial, &named) &&
	       open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

static int lock_partial(struct sink *s, struct err *err)
{
	do {
		if (s->fd >= 0)
			close(s->fd);
		s->fd = open(s->partial, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (s->fd < 0)
			return err_set(err, EXIT_OUTPUT, "cannot write '%s':", s->partial);
		if (flock(s->fd, LOCK_EX | LOCK_NB))
			return err_set(err, EXIT_OUTPUT, errno == EWOULDBLOCK ?
				       "another process is writing '%s'" : "cannot lock '%s':",
				       s->partial);
	} while (!still_there(s));
	return 0;
}

/* FILE.partial, open, empty and ours alone. */
static int open_partial(struct sink *s, const char *path, struct err *err)
{
	struct buf name;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, "%s.partial", path);
	s->path = xstrdup(path);
	s->partial = buf_take(&name);
	s->fd = -1;
	if (lock_partial(s, err))
		return -1;
	if (ftruncate(s->fd, 0))
		return err_set(err, EXIT_OUTPUT, "cannot empty '%s':", s->partial);
	return 0;
}

/* As open(2), which waits for a reader, but a signal ends the waiting. */
static int open_fifo(const char *path)
{
	struct pollfd stop = { .fd = sig_fd(), .events = POLLIN };
	int fd;

	while ((fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == ENXIO &&
	       !sig_stop())
		poll(&stop, 1, FIFO_MS);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static int open_file(struct sink *s, const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return open_partial(s, path, err);
	if (S_ISDIR(st.st_mode))
		return err_set(err, EXIT_OUTPUT, "cannot write '%s': it is a folder", path);
	s->fd = S_ISFIFO(st.st_mode) ? open_fifo(path) : open(path, O_WRONLY | O_CLOEXEC);
	if (s->fd < 0 && sig_stop())
		return err_set(err, (enum exit_code)sig_stop(), "stopped before anybody read '%s'", path);
	if (s->fd < 0)
		return err_set(err, EXIT_OUTPUT, "cannot write '%s':", path);
	return 0;
}

static void sink_free(struct sink *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	ZSTD_freeCCtx(s->zstd);
	buf_release(&s->text);
	free(s->path);
	free(s->partial);
	free(s);
}

struct sink *sink_open(const char *path, struct err *err)
{
	struct sink *s = xcalloc(1, sizeof(*s));

	buf_init(&s->text, BUF_NO_MAX);
	s->fd = STDOUT_FILENO;
	s->name = "standard output";
	if (path && strcmp(path, "-")) {
		s->name = path;
		if (open_file(s, path, err)) {
			sink_free(s);
			return NULL;
		}
	}
	if (path && ends_with(path, ".zst")) {
		s->zstd = ZSTD_createCCtx();
		if (!s->zstd)
			out_of_memory();
		ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	}
	return s;
}

void sink_before_write(struct sink *s, int (*before_write)(void *ctx, struct err *err),
		       void *ctx)
{
	s->before_write = before_write;
	s->ctx = ctx;
}

static int write_all(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	ssize_t n;

	while (len) {
		n = write(s->fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			s->pipe_closed = errno == EPIPE && s->fd == STDOUT_FILENO;
			return err_set(err, EXIT_OUTPUT, "cannot write '%s':",
				       s->partial ? s->partial : s->name);
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int compress(struct sink *s, ZSTD_EndDirective end, struct err *err)
{
	char bytes[65536];
	ZSTD_inBuffer from = { s->text.data, s->text.len, 0 };
	ZSTD_outBuffer to;
	size_t left;

	do {
		to = (ZSTD_outBuffer){ bytes, sizeof(bytes), 0 };
		left = ZSTD_compressStream2(s->zstd, &to, &from, end);
		if (ZSTD_isError(left))
			return err_set(err, EXIT_OUTPUT, "cannot compress '%s': %s", s->name,
				       ZSTD_getErrorName(left));
		if (write_all(s, bytes, to.pos, err))
			return -1;
	} while (end == ZSTD_e_end ? left > 0 : from.pos < from.size);
	return 0;
}

static int drain(struct sink *s, bool end, struct err *err)
{
	if (s->before_write && s->text.len && s->before_write(s->ctx, err))
		return -1;
	if (s->zstd ? compress(s, end ? ZSTD_e_end : ZSTD_e_continue, err) :
		      write_all(s, s->text.data, s->text.len, err))
		return -1;
	s->drained += (int64_t)s->text.len;
	buf_clear(&s->text);
	return 0;
}

int sink_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	const char *from = bytes;
	size_t n;

	while (len) {
		n = CHUNK - s->text.len < len ? CHUNK - s->text.len : len;
		buf_add(&s->text, from, n);
		from += n;
		len -= n;
		if (s->text.len == CHUNK && drain(s, false, err))
			return -1;
	}
	return 0;
}

/* A compressed file gains nothing from a flush but other bytes, so only plain ones do. */
int sink_flush(struct sink *s, struct err *err)
{
	return s->zstd ? 0 : drain(s, false, err);
}

int64_t sink_at(const struct sink *s)
{
	return s->drained + (int64_t)s->text.len;
}

int sink_back(struct sink *s, int64_t at, struct err *err)
{
	assert(at <= sink_at(s));
	if (at >= s->drained) {
		s->text.len = (size_t)(at - s->drained);
		return 0;
	}
	if (!s->path || s->zstd)
		return err_set(err, EXIT_OUTPUT, "nothing can be taken back from '%s'", s->name);
	if (ftruncate(s->fd, at) || lseek(s->fd, at, SEEK_SET) != at)
		return err_set(err, EXIT_OUTPUT, "cannot shorten '%s':", s->partial);
	buf_clear(&s->text);
	s->drained = at;
	return 0;
}

bool sink_pipe_closed(const struct sink *s)
{
	return s->pipe_closed;
}

int sink_leave(struct sink *s, struct err *err)
{
	int result = drain(s, true, err);

	sink_free(s);
	return result;
}

int sink_settle(struct sink *s, struct err *err)
{
	int result = drain(s, true, err);

	if (result == 0 && s->path && fdatasync(s->fd))
		result = err_set(err, EXIT_OUTPUT, "cannot sync '%s':", s->partial);
	if (result == 0 && s->path && rename(s->partial, s->path))
		result = err_set(err, EXIT_OUTPUT, "cannot rename '%s' to '%s':", s->partial,
				 s->path);
	if (result == 0 && s->path)
		result = anchor_name(s->path, err);
	sink_free(s);
	return result;
}
