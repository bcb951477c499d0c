/* SPDX-License-Identifier: Apache-2.0
 *
 * See spool.h.
 */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/buf.h"

#define STREAM (64 << 10)	/* buffer of a stream; stdio itself takes 4 KB */

static const char *folder(void)
{
	const char *given = getenv("TMPDIR");

	return given && *given ? given : "/tmp";
}

int spool_fault(struct err *err)
{
	return err_set(err, EXIT_OUTPUT, "cannot use a temporary file in '%s' (TMPDIR names another "
		       "folder):", folder());
}

int spool_open(struct err *err)
{
	struct buf path;
	int fd;

	buf_init(&path, BUF_NO_MAX);
	buf_printf(&path, "%s/capqa-XXXXXX", folder());
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd < 0)
		spool_fault(err);
	else
		unlink(path.data);
	buf_release(&path);
	return fd;
}

int spool_write(int fd, const void *bytes, size_t len, struct err *err)
{
	const char *from = bytes;
	ssize_t n;

	while (len) {
		n = write(fd, from, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return spool_fault(err);
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int spool_read(int fd, void *to, size_t len, off_t at, struct err *err)
{
	char *into = to;
	ssize_t n;

	while (len) {
		n = pread(fd, into, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return spool_fault(err);
		if (n == 0)
			return err_set(err, EXIT_OUTPUT, "a temporary file in '%s' was cut short",
				       folder());
		into += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

FILE *spool_file(struct err *err)
{
	int fd = spool_open(err);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd >= 0 && !file) {
		spool_fault(err);
		close(fd);
	}
	if (file)
		setvbuf(file, NULL, _IOFBF, STREAM);
	return file;
}
