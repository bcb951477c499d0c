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

int spool_open(struct err *err)
{
	const char *folder = getenv("TMPDIR");
	struct buf path;
	int fd;

	buf_init(&path, BUF_NO_MAX);
	buf_printf(&path, "%s/capqa-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd < 0)
		err_set(err, EXIT_OUTPUT, "cannot make a temporary file '%s':", path.data);
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
			return err_set(err, EXIT_OUTPUT, "cannot write a temporary file:");
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

FILE *spool_file(struct err *err)
{
	int fd = spool_open(err);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd >= 0 && !file) {
		err_set(err, EXIT_SYSTEM, "cannot use a temporary file:");
		close(fd);
	}
	return file;
}

int spool_fault(struct err *err)
{
	return err_set(err, EXIT_OUTPUT, "cannot use a temporary file:");
}
