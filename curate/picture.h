/* SPDX-License-Identifier: Apache-2.0
 *
 * picture: an image file as bytes with a type and a size. The type comes from the first
 * bytes, never from the name; width, height and EXIF orientation from the header; the
 * image_id is the XXH3-128 of all bytes. Nothing is decoded here.
 *
 * Formats: PNG, JPEG, WebP, GIF, BMP.
 *
 *	struct picture_info info;
 *	const char *class = picture_probe("cat.jpg", &info, &err);	NULL: fine
 *	struct picture *p = picture_open("cat.jpg", info.image_id, &class, &err);
 *	n = picture_base64(p, to, 65536);
 *	picture_close(p);
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
};

/*
 * Reads the file once. NULL, or the reject class: "not_found", "is_folder", "unreadable",
 * "empty_file", "unsupported_format", "damaged_image"; err says more.
 */
const char *picture_probe(const char *path, struct picture_info *info, struct err *err);

/* Where a record's image is: under the first root that has it, else as written. Yours. */
char *picture_find(const struct opt_list *roots, const char *image);

/* The header of an image whose first bytes are here; as picture_probe. */
const char *picture_header(const unsigned char *bytes, size_t len, struct picture_info *info,
			   struct err *err);

/* An image on its way to a server, as base64 text without line breaks, from any place. */
struct picture;

/*
 * Opens the file and checks that its bytes are still those of image_id (NULL: any bytes).
 * NULL: *class is as above or "image_changed".
 */
struct picture *picture_open(const char *path, const char *image_id, const char **class,
			     struct err *err);
void picture_close(struct picture *p);

const char *picture_mime(const struct picture *p);
const char *picture_id(const struct picture *p);
int64_t picture_base64_len(const struct picture *p);

/* Up to size bytes of the base64 text from the present place; 0 at the end, -1: unreadable,
 * or the file changed under us. */
ssize_t picture_base64(struct picture *p, char *to, size_t size);
void picture_seek(struct picture *p, int64_t at);	/* place in the base64 text */

#endif
