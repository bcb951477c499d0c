/* SPDX-License-Identifier: Apache-2.0
 *
 * See picture.h. Streaming side: base64 is made 48 KB of the file at a time, so a picture
 * on its way costs 64 KB of memory whatever its size.
 */
#include "curate/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define READ_CHUNK 65536
#define STEP_BYTES 49152	/* of the file: a multiple of 3, so no padding inside */
#define STEP_TEXT 65536		/* of base64: 4/3 of it */

struct picture {
	int fd;
	struct picture_info info;
	int64_t at;		/* place in the base64 text */
	int64_t step;		/* which step the text below holds; -1: none */
	size_t step_len;
	char text[STEP_TEXT + 1];
};

char *picture_find(const struct opt_list *roots, const char *image)
{
	struct buf path;
	size_t i;

	buf_init(&path, BUF_NO_MAX);
	for (i = 0; i < roots->count && *image != '/'; i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", roots->items[i], image);
		if (!access(path.data, F_OK))
			return buf_take(&path);
	}
	buf_release(&path);
	return xstrdup(image);
}

static int64_t mtime_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

static const char *open_regular(const char *path, int *fd, struct stat *st, struct err *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 || fstat(*fd, st)) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
		return errno == ENOENT || errno == ENOTDIR ? "not_found" : "unreadable";
	}
	if (S_ISDIR(st->st_mode)) {
		err_set(err, EXIT_NOINPUT, "'%s' is a folder", path);
		return "is_folder";
	}
	if (!S_ISREG(st->st_mode)) {
		err_set(err, EXIT_NOINPUT, "'%s' is no regular file", path);
		return "unreadable";
	}
	if (!st->st_size) {
		err_set(err, EXIT_DATA, "'%s' has no bytes", path);
		return "empty_file";
	}
	return NULL;
}

/* Reads all of fd: its hash into info, and its first bytes into head (returns how many). */
static ssize_t read_all(int fd, unsigned char *head, struct picture_info *info)
{
	unsigned char bytes[READ_CHUNK];
	size_t first = 0;
	int64_t total = 0;
	struct hash h;
	ssize_t n;

	hash_init(&h);
	while ((n = pread(fd, bytes, sizeof(bytes), total)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		hash_bytes(&h, bytes, (size_t)n);
		if (!total) {
			first = (size_t)n;
			memcpy(head, bytes, first);
		}
		total += n;
	}
	hash_hex(&h, info->image_id);
	hash_release(&h);
	info->bytes = total;
	return n < 0 ? -1 : (ssize_t)first;
}

/* JPEG metadata can be longer than one chunk; then the header is read again, larger. */
static const char *read_header(int fd, const unsigned char *head, size_t len,
			       struct picture_info *info, struct err *err)
{
	size_t more = info->bytes < (8 << 20) ? (size_t)info->bytes : 8 << 20;
	const char *class = picture_header(head, len, info, err);
	unsigned char *longer;
	ssize_t n;

	if (!class || more <= len)
		return class;
	longer = xmalloc(more);
	n = pread(fd, longer, more, 0);
	if (n > 0)
		class = picture_header(longer, (size_t)n, info, err);
	free(longer);
	return class;
}

static const char *probe_fd(int fd, const char *path, struct picture_info *info,
			    struct err *err)
{
	unsigned char head[READ_CHUNK];
	ssize_t n = read_all(fd, head, info);
	const char *class;
	struct err why;

	if (n < 0) {
		err_set(err, EXIT_NOINPUT, "cannot read '%s':", path);
		return "unreadable";
	}
	class = read_header(fd, head, (size_t)n, info, &why);
	if (class)
		err_set(err, EXIT_DATA, "'%s': %s", path, why.text);
	return class;
}

const char *picture_probe(const char *path, struct picture_info *info, struct err *err)
{
	const char *class;
	struct stat st;
	int fd;

	*info = (struct picture_info){ .orientation = 1 };
	class = open_regular(path, &fd, &st, err);
	if (!class) {
		info->mtime_ns = mtime_of(&st);
		class = probe_fd(fd, path, info, err);
	}
	if (fd >= 0)
		close(fd);
	return class;
}

struct picture *picture_open(const char *path, const char *image_id, const char **class,
			     struct err *err)
{
	struct picture *p = xmalloc(sizeof(*p));
	struct stat st;

	p->info = (struct picture_info){ .orientation = 1 };
	p->at = 0;
	p->step = -1;
	*class = open_regular(path, &p->fd, &st, err);
	p->info.mtime_ns = *class ? 0 : mtime_of(&st);
	if (!*class)
		*class = probe_fd(p->fd, path, &p->info, err);
	if (!*class && image_id && strcmp(image_id, p->info.image_id)) {
		err_set(err, EXIT_DATA, "'%s' holds other bytes than when it was scanned", path);
		*class = "image_changed";
	}
	if (!*class)
		return p;
	picture_close(p);
	return NULL;
}

void picture_close(struct picture *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

const char *picture_mime(const struct picture *p)
{
	return p->info.mime;
}

const char *picture_id(const struct picture *p)
{
	return p->info.image_id;
}

int64_t picture_base64_len(const struct picture *p)
{
	return (p->info.bytes + 2) / 3 * 4;
}

/* Makes the base64 of one step of the file. -1: the file is not the one we checked. */
static int load_step(struct picture *p, int64_t step)
{
	unsigned char bytes[STEP_BYTES];
	int64_t from = step * STEP_BYTES, want = p->info.bytes - from;
	size_t have = 0, need = want < STEP_BYTES ? (size_t)want : STEP_BYTES;
	struct stat st;
	ssize_t n;

	if (fstat(p->fd, &st) || mtime_of(&st) != p->info.mtime_ns || st.st_size != p->info.bytes)
		return -1;
	while (have < need) {
		n = pread(p->fd, bytes + have, need - have, from + (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	p->step_len = (size_t)EVP_EncodeBlock((unsigned char *)p->text, bytes, (int)need);
	p->step = step;
	return 0;
}

ssize_t picture_base64(struct picture *p, char *to, size_t size)
{
	size_t inside, n;

	if (p->at >= picture_base64_len(p))
		return 0;
	if (p->step != p->at / STEP_TEXT && load_step(p, p->at / STEP_TEXT))
		return -1;
	inside = (size_t)(p->at % STEP_TEXT);
	n = p->step_len - inside < size ? p->step_len - inside : size;
	memcpy(to, p->text + inside, n);
	p->at += (int64_t)n;
	return (ssize_t)n;
}

void picture_seek(struct picture *p, int64_t at)
{
	p->at = at;
}
