/* SPDX-License-Identifier: Apache-2.0
 *
 * pixels: pictures we make ourselves, by libgd: drawn ones, and smaller ones.
 */
#ifndef STORE_PIXELS_H
#define STORE_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

struct buf;

/*
 * What is decoded at most: libgd holds 4 to 8 bytes a pixel, so 400 MB. Larger images are
 * refused by their header, before any of it is unpacked.
 */
#define PIXELS_MOST 50000000

/* Appends a PNG of one colour, 0xRRGGBB. */
int pixels_plain(struct buf *out, int width, int height, int rgb, struct err *err);

/* Appends a PNG of one mid grey (128): the control image that shows nothing. */
int pixels_grey(struct buf *out, int width, int height, struct err *err);

struct pixels_image {
	const void *bytes;
	size_t len;
	const char *mime;
	int64_t width, height;	/* as its header says; what decodes to another size is refused */
	int orientation;	/* EXIF, 1..8 */
};

/*
 * Appends the image with at most max_pixels, in its proportions and turned upright: a JPEG
 * (quality 95) for a JPEG, else a PNG. The same image gives the same bytes, as long as the
 * libraries are the same. An animation gives its first picture. -1: libgd cannot read it.
 */
int pixels_resize(const struct pixels_image *from, int64_t max_pixels, struct buf *out,
		  struct err *err);

#endif
