/* SPDX-License-Identifier: Apache-2.0
 *
 * See picture.h. Streaming side: base64 is made where it is wanted, so a picture on its way
 * costs a file descriptor and no memory, whatever its size and wherever its bytes lie.
 */
#include "curate/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "curate/picture_album.h"
#include "curate/picture_kept.h"
#include "schemas/base64.h"
#include "schemas/hash.h"
#include "store/pixels.h"

#define STEP_BYTES 49152	/* of the image at once: a multiple of 3, so no padding inside */
#define RESIZE_FROM_MOST (INT64_C(256) << 20)	/* bytes of an image that is decoded */

struct pictures {
	struct kept *kept;
	struct album *album;
	int64_t max_pixels;
};

struct picture {
	struct album_found place;
	struct picture_info info;
	int64_t file_size, file_mtime_ns;	/* of the file the bytes lie in; -1: it is ours */
	int64_t at;		/* place in the base64 text */
};

struct pictures *pictures_new(int64_t max_pixels)
{
	struct pictures *all = xcalloc(1, sizeof(*all));

	all->kept = kept_new(0);
	all->album = album_new(all->kept);
	all->max_pixels = max_pixels;
	return all;
}

void pictures_free(struct pictures *all)
{
	if (!all)
		return;
	album_free(all->album);
	kept_free(all->kept);
	free(all);
}

/* ---- where an image is ---- */

size_t picture_archive(const char *path)
{
	const char *at = path;
	struct stat st;
	char *archive;
	size_t found = 0;

	if (!strstr(path, "::") || !access(path, F_OK))
		return 0;
	while (!found && (at = strstr(at, "::"))) {
		archive = xstrndup(path, (size_t)(at - path));
		if (!stat(archive, &st) && S_ISREG(st.st_mode))
			found = (size_t)(at - path);
		free(archive);
		at++;
	}
	return found;
}

char *picture_find(const struct opt_list *roots, const char *image)
{
	struct buf path;
	size_t i;

	buf_init(&path, BUF_NO_MAX);
	for (i = 0; i < roots->count && *image != '/'; i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", roots->items[i], image);
		if (!access(path.data, F_OK) || picture_archive(path.data))
			return buf_take(&path);
	}
	buf_release(&path);
	return xstrdup(image);
}

static int64_t mtime_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

static const char *open_regular(const char *path, struct picture_bytes *b, struct err *err)
{
	struct stat st;

	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (b->fd < 0 || fstat(b->fd, &st)) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
		return errno == ENOENT || errno == ENOTDIR ? "not_found" :
		       errno == ENXIO ? "is_special" : "unreadable";
	}
	b->size = st.st_size;
	if (S_ISREG(st.st_mode))
		return NULL;
	err_set(err, EXIT_NOINPUT, S_ISDIR(st.st_mode) ? "'%s' is a folder" :
		"'%s' is no regular file", path);
	return S_ISDIR(st.st_mode) ? "is_folder" : "is_special";
}

/* Finds the bytes; the hash of a plain file is not looked at here. */
static const char *locate(struct pictures *all, const char *path, const char *image_id,
			  struct album_found *place, struct err *err)
{
	size_t n = picture_archive(path);
	const char *class;
	char *archive;

	*place = (struct album_found){ .own_fd = -1 };
	if (n) {
		archive = xstrndup(path, n);
		class = album_find(all->album, archive, path + n + 2, image_id, place, err);
		free(archive);
		return class;
	}
	class = open_regular(path, &place->bytes, err);
	place->own_fd = place->bytes.fd;
	return class;
}

const char *picture_probe(struct pictures *all, const char *path, struct picture_info *info,
			  struct err *err)
{
	struct album_found place;
	const char *class;
	struct stat st;

	*info = (struct picture_info){ .orientation = 1 };
	class = locate(all, path, NULL, &place, err);
	if (!class) {
		if (place.own_fd >= 0 && !fstat(place.own_fd, &st))
			info->mtime_ns = mtime_of(&st);
		class = picture_look(&place.bytes, path, info, err);
	}
	album_done(&place);
	return class;
}

/* ---- resizing ---- */

static bool is_too_large(const struct pictures *all, const struct picture_info *info)
{
	return all->max_pixels > 0 && info->width > all->max_pixels / info->height;
}

int64_t picture_weight(struct pictures *all, const char *path, const char *image_id)
{
	struct picture_info info = { .orientation = 1 };
	struct album_found place;
	int64_t bytes = 0;
	struct err err;

	if (!locate(all, path, image_id, &place, &err))
		bytes = place.bytes.size;
	if (bytes && all->max_pixels > 0 && !picture_glance(&place.bytes, path, &info, &err) &&
	    is_too_large(all, &info))	/* bytes go with pixels, more or less */
		bytes = (int64_t)((double)bytes * (double)all->max_pixels /
				  ((double)info.width * (double)info.height));
	album_done(&place);
	return bytes;
}

static const char *draw_smaller(struct pictures *all, const struct picture *p, const char *path,
				struct buf *out, struct err *err)
{
	struct pixels_image from = { NULL, (size_t)p->info.bytes, p->info.mime, p->info.width,
				     p->info.height, p->info.orientation };
	const char *class = NULL;
	unsigned char *bytes;
	struct err why;

	if (p->info.width > PIXELS_MOST / p->info.height || p->info.bytes > RESIZE_FROM_MOST) {
		err_set(err, EXIT_DATA, "'%s' has %lld x %lld pixels, too many to resize it", path,
			(long long)p->info.width, (long long)p->info.height);
		return "too_many_pixels";
	}
	from.bytes = bytes = xmalloc(from.len);
	if (picture_read(&p->place.bytes, 0, bytes, from.len) != from.len) {
		err_set(err, EXIT_DATA, "'%s' changed while it was read", path);
		class = "image_changed";
	} else if (pixels_resize(&from, all->max_pixels, out, &why)) {
		err_set(err, EXIT_DATA, "'%s' cannot be resized: %s", path, why.text);
		class = "cannot_resize";
	}
	free(bytes);
	return class;
}

/* Puts the resized bytes in the place of the image's own. */
static const char *resize(struct pictures *all, struct picture *p, const char *path,
			  struct err *err)
{
	char text[64], key[HASH_HEX];
	struct kept_bytes *held;
	const char *class = NULL;
	struct buf out;

	snprintf(text, sizeof(text), "%s %lld", p->info.image_id, (long long)all->max_pixels);
	hash_of(text, strlen(text), key);
	held = kept_find(all->kept, key);
	if (!held) {
		buf_init(&out, BUF_NO_MAX);
		picture_whole(&p->place.bytes, &p->info);	/* for an orientation behind the pixels */
		class = draw_smaller(all, p, path, &out, err);
		if (!class)
			held = kept_put(all->kept, key, out.data, out.len, err);
		buf_release(&out);
	}
	if (!held)
		return class ? class : "";
	album_done(&p->place);
	p->place.held = held;
	p->place.bytes = (struct picture_bytes){ kept_fd(all->kept), held->at, held->size, NULL };
	return picture_glance(&p->place.bytes, path, &p->info, err);
}

/* ---- streaming ---- */

/* Of an image that was let in: whether its bytes are the same. In archives album saw to that. */
static const char *check_known(struct picture *p, const char *path, const char *image_id,
			       struct err *err)
{
	const char *class = NULL;

	if (p->place.held || picture_archive(path))
		memcpy(p->info.image_id, image_id, HASH_HEX);
	else
		class = picture_sum(&p->place.bytes, path, &p->info, err);
	if (class)
		return class;
	if (strcmp(image_id, p->info.image_id)) {
		err_set(err, EXIT_DATA, "'%s' holds other bytes than when it was scanned", path);
		return "image_changed";
	}
	return picture_glance(&p->place.bytes, path, &p->info, err);
}

static const char *check(struct picture *p, const char *path, const char *image_id,
			 struct err *err)
{
	const char *class = image_id ? check_known(p, path, image_id, err) :
			    picture_look(&p->place.bytes, path, &p->info, err);

	p->info.bytes = p->place.bytes.size;
	return class;
}

/* What fstat says of the file now must stay so while it is sent. */
static void note_file(struct picture *p)
{
	struct stat st;

	p->file_size = p->file_mtime_ns = -1;
	if (p->place.own_fd < 0 || fstat(p->place.own_fd, &st))
		return;
	p->file_size = st.st_size;
	p->file_mtime_ns = mtime_of(&st);
}

struct picture *picture_open(struct pictures *all, const char *path, const char *image_id,
			     const char **class, struct err *err)
{
	struct picture *p = xmalloc(sizeof(*p));

	p->info = (struct picture_info){ .orientation = 1 };
	p->at = 0;
	*class = locate(all, path, image_id, &p->place, err);
	note_file(p);
	if (!*class)
		*class = check(p, path, image_id, err);
	if (!*class && is_too_large(all, &p->info)) {
		*class = resize(all, p, path, err);
		note_file(p);
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
	album_done(&p->place);
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
	return BASE64_LEN(p->place.bytes.size);
}

/* The file is the one we checked. Asked when all was read: what is not whole was never sent. */
static bool is_unchanged(const struct picture *p)
{
	struct stat st;

	return p->file_size < 0 || (!fstat(p->place.own_fd, &st) && st.st_size == p->file_size &&
				    mtime_of(&st) == p->file_mtime_ns);
}

/* The text of up to `most` bytes from a place that starts a group of three; -1: as above. */
static ssize_t encode(struct picture *p, int64_t from, size_t most, char *to)
{
	unsigned char bytes[STEP_BYTES];
	int64_t left = p->place.bytes.size - from;
	size_t want = left < (int64_t)most ? (size_t)left : most;

	if (picture_read(&p->place.bytes, from, bytes, want) != want ||
	    ((int64_t)want == left && !is_unchanged(p)))
		return -1;
	return (ssize_t)base64_encode(to, bytes, want);
}

/* As many whole groups of four characters as there is room for; inside a group, its rest. */
ssize_t picture_base64(struct picture *p, char *to, size_t size)
{
	size_t inside = (size_t)(p->at % 4), most = size / 4 * 3;
	char group[4];
	ssize_t n;

	if (p->at >= picture_base64_len(p))
		return 0;
	if (inside || size < sizeof(group)) {
		n = encode(p, p->at / 4 * 3, 3, group);
		if (n < 0)
			return -1;
		n = sizeof(group) - inside < size ? (ssize_t)(sizeof(group) - inside) : (ssize_t)size;
		memcpy(to, group + inside, (size_t)n);
	} else {
		n = encode(p, p->at / 4 * 3, most < STEP_BYTES ? most : STEP_BYTES, to);
	}
	p->at += n > 0 ? n : 0;
	return n;
}

void picture_seek(struct picture *p, int64_t at)
{
	p->at = at;
}
