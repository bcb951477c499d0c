/* SPDX-License-Identifier: Apache-2.0
 *
 * See original.h. The bytes are read twice, first for their hash; they are never held in memory.
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

/* A FIFO or a device under an image's name must not hold us up: only regular files are opened. */
static int open_file(const char *path, int64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*size = st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

/* The first `len` bytes of path, under root where there is one. */
static void join(struct buf *full, const char *root, const char *path, size_t len)
{
	buf_clear(full);
	if (root)
		buf_printf(full, "%s/", root);
	buf_add(full, path, len);
}

/* Under the roots, then as written; an absolute path only as written. */
static int open_under(const struct opt_list *roots, const char *path, size_t len, int64_t *size)
{
	size_t i, count = *path == '/' ? 0 : roots->count;
	struct buf full;
	int fd = -1;

	buf_init(&full, BUF_NO_MAX);
	for (i = 0; i <= count && fd < 0; i++) {
		join(&full, i < count ? roots->items[i] : NULL, path, len);
		fd = open_file(full.data, size);
	}
	buf_release(&full);
	return fd;
}

char *original_file(const struct opt_list *roots, const char *path)
{
	size_t i, count = *path == '/' ? 0 : roots->count;
	struct buf full;

	buf_init(&full, BUF_NO_MAX);
	for (i = 0; i <= count; i++) {
		join(&full, i < count ? roots->items[i] : NULL, path, strlen(path));
		if (!access(full.data, R_OK))
			return buf_take(&full);
	}
	buf_release(&full);
	return NULL;
}

/* The archive that a member's path starts with. */
static int open_archive(const struct opt_list *roots, const char *path, int64_t *size)
{
	const char *colons = path;
	int fd = -1;

	while (fd < 0 && (colons = strstr(colons, "::"))) {
		if (colons > path)
			fd = open_under(roots, path, (size_t)(colons - path), size);
		colons += 2;
	}
	return fd;
}

static enum original_state find(struct original *o, const struct opt_list *roots,
				const struct original_place *place)
{
	int64_t size = 0;
	int why;

	o->fd = open_under(roots, place->path, strlen(place->path), &size);
	if (o->fd >= 0) {
		o->bytes = size;
		return ORIGINAL_FOUND;
	}
	why = errno;
	o->fd = open_archive(roots, place->path, &size);
	errno = why;
	if (o->fd < 0)
		return ORIGINAL_MISSING;
	if (place->offset < 0)
		return ORIGINAL_PACKED;
	o->at = place->offset;
	o->bytes = place->size;
	return place->size < 0 || place->offset > size - place->size ? ORIGINAL_CHANGED :
	       ORIGINAL_FOUND;
}

/* 0: they are the bytes of image_id; 1: they are not; -1. */
static int compare(const struct original *o, const char *image_id)
{
	struct original all = *o;
	char *bytes = xmalloc(CHUNK), hex[HASH_HEX];
	struct hash h;
	ssize_t n;

	hash_init(&h);
	while ((n = original_read(&all, bytes, CHUNK, NULL)) > 0)
		hash_bytes(&h, bytes, (size_t)n);
	hash_hex(&h, hex);
	hash_release(&h);
	free(bytes);
	return n < 0 ? -1 : strcmp(hex, image_id) != 0;
}

static void say(enum original_state state, const char *path, const char *image_id, struct err *err)
{
	if (state == ORIGINAL_MISSING)
		err_set(err, EXIT_DATA, "cannot open image '%s':", path);
	else if (state == ORIGINAL_PACKED)
		err_set(err, EXIT_DATA, "image '%s' is packed in an archive; unpack it", path);
	else
		err_set(err, EXIT_DATA, "image '%s' has changed: its bytes are no longer those of "
			"%s", path, image_id ? image_id : "the record");
}

enum original_state original_open(struct original *o, const struct opt_list *roots,
				  const struct original_place *place, const char *image_id,
				  struct err *err)
{
	enum original_state state;
	int differs = 0;

	*o = (struct original){ .fd = -1 };
	state = find(o, roots, place);
	o->left = o->bytes;
	if (state == ORIGINAL_FOUND && image_id)
		differs = compare(o, image_id);
	if (differs)
		state = differs < 0 ? ORIGINAL_MISSING : ORIGINAL_CHANGED;
	if (state != ORIGINAL_FOUND) {
		say(state, place->path, image_id, err);
		original_close(o);
	}
	return state;
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
	ssize_t n = want ? pread(o->fd, to, want, o->at) : 0;

	if (n < 0)
		return err_set(err, EXIT_DATA, "cannot read an image:");
	if (want && n == 0)
		return err_set(err, EXIT_DATA, "an image became shorter while it was read");
	o->at += n;
	o->left -= n;
	return n;
}
