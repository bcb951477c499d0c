/* SPDX-License-Identifier: Apache-2.0
 *
 * picture: an image as bytes with a type and a size, wherever it lies: in a file, in an
 * archive ("shard.tar::a/b.png"), or resized on its way. The type comes from the first bytes,
 * never from the name; width, height and EXIF orientation from the headers; the image_id is
 * the XXH3-128 of all bytes as they lie. Nothing is decoded but to be resized.
 *
 * Formats: PNG, JPEG, WebP, GIF, BMP.
 *
 *	struct pictures *all = pictures_new(0);
 *	const char *class = picture_probe(all, "cat.jpg", &info, &err);	NULL: fine
 *	struct picture *p = picture_open(all, "cat.jpg", info.image_id, &class, &err);
 *	n = picture_base64(p, to, 65536);
 *	picture_close(p);
 *	pictures_free(all);
 */
#ifndef CURATE_PICTURE_H
#define CURATE_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/msg.h"
#include "cli/opt.h"

struct picture_info {
	char image_id[33];
	const char *mime;	/* static: "image/png", ... */
	int64_t bytes, width, height;
	int orientation;	/* EXIF 1..8; 1 where nothing is said */
	int64_t mtime_ns;
	int64_t pixels_at;	/* JPEG: the frame header, behind all metadata; else 0 */
};

/* Bytes at rest: a stretch of a file, or memory (fd -1). */
struct picture_bytes {
	int fd;
	int64_t at, size;	/* the stretch */
	const unsigned char *memory;
};

/* Up to n bytes from place `at` of the stretch; fewer only at its end or when it is cut. */
size_t picture_read(const struct picture_bytes *b, int64_t at, void *to, size_t n);

/*
 * Reads all of it: what it is, its hash, whether it is whole. NULL, or the reject class:
 * "unreadable", "empty_file", "unsupported_format", "damaged_image", "truncated_image"; err
 * says more, `name` in it.
 */
const char *picture_look(const struct picture_bytes *b, const char *name,
			 struct picture_info *info, struct err *err);

/* Only the hash: "unreadable" or "empty_file". */
const char *picture_sum(const struct picture_bytes *b, const char *name,
			struct picture_info *info, struct err *err);

/* Only the header: all but image_id. */
const char *picture_glance(const struct picture_bytes *b, const char *name,
			   struct picture_info *info, struct err *err);

/* NULL, or what is missing of an image whose header was read; finds the EXIF blocks that
 * stand behind the pixels. */
const char *picture_whole(const struct picture_bytes *b, struct picture_info *info);

/* The header of an image whose first bytes are here; as picture_probe. */
const char *picture_header(const unsigned char *bytes, size_t len, struct picture_info *info,
			   struct err *err);

/* Where pictures come from: open archives, and bytes that were unpacked or resized. */
struct pictures;

struct pictures *pictures_new(int64_t max_pixels);	/* 0: images go as they are */
void pictures_free(struct pictures *all);		/* after the last picture_close */

/* Where a record's image is: under the first root that has it, else as written. Yours. */
char *picture_find(const struct opt_list *roots, const char *image);

/* "a.tar::b.png" is a member b.png if a.tar is a file and the whole is none: the length of
 * "a.tar", else 0. */
size_t picture_archive(const char *path);

/*
 * Looks at it as it lies, whatever max_pixels. NULL, or a reject class: those of picture_look,
 * "not_found", "is_folder", "is_special" (a device, a fifo), and those of store/archive.
 * "" when the run cannot go on: no room for what was unpacked (74).
 */
const char *picture_probe(struct pictures *all, const char *path, struct picture_info *info,
			  struct err *err);

/* How many bytes will be sent, as far as headers tell; 0 when there is no such image. */
int64_t picture_weight(struct pictures *all, const char *path, const char *image_id);

/* The orientation in a TIFF structure, as EXIF blocks hold it; 1 where it says none. */
int picture_orientation(const unsigned char *tiff, size_t len);

/* An image on its way to a server, as base64 text without line breaks, from any place. */
struct picture;

/*
 * Opens it and checks that its bytes are still those of image_id (NULL: any bytes); resizes it
 * if it has more than max_pixels. NULL: *class is as above, "image_changed", "too_many_pixels"
 * (too many even to resize it) or "cannot_resize".
 */
struct picture *picture_open(struct pictures *all, const char *path, const char *image_id,
			     const char **class, struct err *err);
void picture_close(struct picture *p);

const char *picture_mime(const struct picture *p);
const char *picture_id(const struct picture *p);
int64_t picture_base64_len(const struct picture *p);

/* Up to size bytes of the base64 text from the present place; 0 at the end, -1: unreadable,
 * or the file changed under us, which is found at the latest before the last bytes are given. */
ssize_t picture_base64(struct picture *p, char *to, size_t size);
void picture_seek(struct picture *p, int64_t at);	/* place in the base64 text */

#endif
