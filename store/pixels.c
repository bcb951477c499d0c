/* SPDX-License-Identifier: Apache-2.0
 *
 * See pixels.h.
 */
#include "store/pixels.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <gd.h>

#include "cli/buf.h"

#define JPEG_QUALITY 95

/* Encodes and frees the image. */
static int encode(gdImagePtr image, bool jpeg, struct buf *out, struct err *err)
{
	void *bytes = NULL;
	int size = 0;

	if (image)
		bytes = jpeg ? gdImageJpegPtr(image, &size, JPEG_QUALITY) :
			       gdImagePngPtr(image, &size);
	if (image)
		gdImageDestroy(image);
	if (!bytes)
		return err_set(err, EXIT_SYSTEM, "cannot draw a picture");
	buf_add(out, bytes, (size_t)size);
	gdFree(bytes);
	return 0;
}

int pixels_plain(struct buf *out, int width, int height, int rgb, struct err *err)
{
	gdImagePtr image = gdImageCreate(width, height);

	if (image)	/* the first colour is the background */
		gdImageColorAllocate(image, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
	return encode(image, false, out, err);
}

int pixels_grey(struct buf *out, int width, int height, struct err *err)
{
	return pixels_plain(out, width, height, 0x808080, err);
}

/* libgd writes its complaints to stderr; what failed shows in what it returns. */
static void silent(int priority, const char *format, va_list ap)
{
	(void)priority;
	(void)format;
	(void)ap;
}

/*
 * A GIF says its size twice: of the screen, which is what headers tell, and of each picture,
 * which is what libgd makes room for. Finds the first picture; false: larger than its screen.
 */
static bool gif_fits(const unsigned char *p, size_t len, int64_t width, int64_t height)
{
	size_t at = 13;

	if (len < 13)
		return false;
	if (p[10] & 0x80)
		at += (size_t)3 << ((p[10] & 7) + 1);
	while (at + 10 <= len && p[at] == 0x21) {	/* an extension: blocks with their lengths */
		for (at += 2; at < len && p[at]; at += (size_t)p[at] + 1)
			;
		at++;
	}
	return at + 10 <= len && p[at] == 0x2c && (p[at + 5] | p[at + 6] << 8) <= width &&
	       (p[at + 7] | p[at + 8] << 8) <= height;
}

static gdImagePtr decode(const struct pixels_image *from)
{
	void *bytes = (void *)from->bytes;
	int len = from->len < INT_MAX ? (int)from->len : 0;

	gdSetErrorMethod(silent);
	if (!strcmp(from->mime, "image/jpeg"))
		return gdImageCreateFromJpegPtr(len, bytes);
	if (!strcmp(from->mime, "image/png"))
		return gdImageCreateFromPngPtr(len, bytes);
	if (!strcmp(from->mime, "image/webp"))
		return gdImageCreateFromWebpPtr(len, bytes);
	if (!strcmp(from->mime, "image/bmp"))
		return gdImageCreateFromBmpPtr(len, bytes);
	return gif_fits(from->bytes, from->len, from->width, from->height) ?
	       gdImageCreateFromGifPtr(len, bytes) : NULL;
}

/* Both sides at least 1, their product at most max_pixels. */
static void fit(int64_t max_pixels, int64_t *width, int64_t *height)
{
	double scale = sqrt((double)max_pixels / ((double)*width * (double)*height));

	if (scale >= 1)
		return;
	*width = (int64_t)((double)*width * scale);
	*height = (int64_t)((double)*height * scale);
	*width = *width > 1 ? *width : 1;
	*height = *height > 1 ? *height : 1;
	if (*width > max_pixels / *height)	/* one side came up to 1 */
		*(*width > *height ? width : height) = max_pixels;
}

static gdImagePtr scaled(gdImagePtr image, int64_t max_pixels)
{
	int64_t width = gdImageSX(image), height = gdImageSY(image);
	gdImagePtr small;

	fit(max_pixels, &width, &height);
	small = gdImageCreateTrueColor((int)width, (int)height);
	if (!small)
		return NULL;
	gdImageAlphaBlending(small, 0);
	gdImageSaveAlpha(small, 1);
	gdImageCopyResampled(small, image, 0, 0, 0, 0, (int)width, (int)height, gdImageSX(image),
			     gdImageSY(image));
	return small;
}

/* EXIF orientations: from which side rows and columns count, and whether they change places. */
static gdImagePtr upright(gdImagePtr image, int orientation)
{
	bool turn = orientation >= 5;
	bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
	int width = gdImageSX(image), height = gdImageSY(image), x, y, to_x, to_y;
	gdImagePtr out;

	if (orientation < 2 || orientation > 8)
		return image;
	out = gdImageCreateTrueColor(turn ? height : width, turn ? width : height);
	if (out) {
		gdImageAlphaBlending(out, 0);
		gdImageSaveAlpha(out, 1);
		for (y = 0; y < height; y++) {
			for (x = 0; x < width; x++) {
				to_x = flip_x ? width - 1 - x : x;
				to_y = flip_y ? height - 1 - y : y;
				out->tpixels[turn ? to_x : to_y][turn ? to_y : to_x] =
					image->tpixels[y][x];
			}
		}
	}
	gdImageDestroy(image);
	return out;
}

int pixels_resize(const struct pixels_image *from, int64_t max_pixels, struct buf *out,
		  struct err *err)
{
	gdImagePtr image = decode(from), small = NULL;
	bool same_size;

	if (!image)
		return err_set(err, EXIT_DATA, "libgd cannot read this %s", from->mime + 6);
	same_size = gdImageSX(image) == from->width && gdImageSY(image) == from->height;
	if (same_size)
		small = scaled(image, max_pixels);
	gdImageDestroy(image);
	if (!same_size)
		return err_set(err, EXIT_DATA, "its pixels are not what its header says");
	if (small)
		small = upright(small, from->orientation);
	return encode(small, !strcmp(from->mime, "image/jpeg"), out, err);
}
