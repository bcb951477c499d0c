/* SPDX-License-Identifier: Apache-2.0
 *
 * See original.h. The file is read twice, first for its hash; it is never held in memory.
 */
#include "store/original.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define CHUNK (256u << 10)

static int open_file(const char *path, int64_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*bytes = st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

static int find(const struct opt_list *roots, const char *path, int64_t *bytes)
{
	struct buf full;
	size_t i;
	int fd = -1;

	buf_init(&full, BUF_NO_MAX);
	for (i = 0; i < roots->count && fd < 0; i++) {
		buf_clear(&full);
		buf_printf(&full, "%s/%s", roots->items[i], path);
		fd = open_file(full.data, bytes);
	}
	buf_release(&full);
	return fd < 0 ? open_file(path, bytes) : fd;
}

/* 0: they are the bytes of image_id; 1: they are not; -1. */
static int compare(int fd, const char *image_id)
{
	char *bytes = xmalloc(CHUNK), hex[HASH_HEX];
	struct hash h;
	ssize_t n;

	hash_init(&h);
	while ((n = read(fd, bytes, CHUNK)) > 0)
		hash_bytes(&h, bytes, (size_t)n);
	hash_hex(&h, hex);
	hash_release(&h);
	free(bytes);
	if (n < 0 || lseek(fd, 0, SEEK_SET))
		return -1;
	return strcmp(hex, image_id) != 0;
}

enum original_state original_open(struct original *o, const struct opt_list *roots,
				  const char *path, const char *image_id, struct err *err)
{
	int differs = 0;

	*o = (struct original){ .fd = find(roots, path, &o->bytes) };
	if (o->fd < 0) {
		err_set(err, EXIT_DATA, "cannot open image '%s':", path);
		return ORIGINAL_MISSING;
	}
	o->bytes = o->left = lseek(o->fd, 0, SEEK_END);
	if (o->bytes < 0 || lseek(o->fd, 0, SEEK_SET))
		differs = -1;
	else if (image_id)
		differs = compare(o->fd, image_id);
	if (differs == 0)
		return ORIGINAL_FOUND;
	if (differs < 0)
		err_set(err, EXIT_DATA, "cannot read image '%s':", path);
	else
		err_set(err, EXIT_DATA, "image '%s' has changed: its bytes are no longer those "
			"of %s", path, image_id);
	original_close(o);
	return differs < 0 ? ORIGINAL_MISSING : ORIGINAL_CHANGED;
}

void original_close(struct original *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

ssize_t original_read(struct original *o, void *to, size_t size, struct err *err)
{
	size_t want = o->left < (int64_t)size ? (size_t)o->left : size;
	ssize_t n = want ? read(o->fd, to, want) : 0;

	if (n < 0)
		return err_set(err, EXIT_DATA, "cannot read an image:");
	if (want && n == 0)
		return err_set(err, EXIT_DATA, "an image became shorter while it was read");
	o->left -= n;
	return n;
}
