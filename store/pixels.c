/* SPDX-License-Identifier: Apache-2.0
 *
 * See pixels.h.
 */
#include "store/pixels.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
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

/* Sums over pixels of colour times opacity, and of opacity. */
struct sum {
	uint64_t red, green, blue, opacity;
};

static void sum_add(struct sum *to, const struct sum *from, uint64_t weight)
{
	to->red += from->red * weight;
	to->green += from->green * weight;
	to->blue += from->blue * weight;
	to->opacity += from->opacity * weight;
}

static struct sum sum_of(int pixel)
{
	uint64_t o = (uint64_t)(gdAlphaMax - gdTrueColorGetAlpha(pixel));

	return (struct sum){ (uint64_t)gdTrueColorGetRed(pixel) * o,
			     (uint64_t)gdTrueColorGetGreen(pixel) * o,
			     (uint64_t)gdTrueColorGetBlue(pixel) * o, o };
}

/* The mean of a sum over so much weight. */
static int mean(const struct sum *s, uint64_t weight)
{
	uint64_t o = s->opacity, half = o / 2;

	if (!o)
		return gdTrueColorAlpha(255, 255, 255, gdAlphaTransparent);
	return gdTrueColorAlpha((int)((s->red + half) / o), (int)((s->green + half) / o),
				(int)((s->blue + half) / o),
				gdAlphaMax - (int)((o + weight / 2) / weight));
}

/* How much of cell i (of `size` units) and cell j (of `other` units) is the same. */
static uint64_t overlap(int i, int size, int j, int other)
{
	int64_t from = (int64_t)i * size, to = from + size;
	int64_t from_other = (int64_t)j * other, to_other = from_other + other;

	from = from > from_other ? from : from_other;
	to = to < to_other ? to : to_other;
	return to > from ? (uint64_t)(to - from) : 0;
}

/* One row, so many of its pixels wide in `width` cells: each the sum of what it covers. */
static void shrink_row(const int *row, int from_width, struct sum *cells, int width)
{
	int x, cell = 0;
	struct sum pixel;

	memset(cells, 0, (size_t)width * sizeof(*cells));
	for (x = 0; x < from_width; x++) {
		pixel = sum_of(row[x]);
		sum_add(&cells[cell], &pixel, overlap(x, width, cell, from_width));
		if ((int64_t)(x + 1) * width < (int64_t)(cell + 1) * from_width)
			continue;
		if (++cell < width)	/* a pixel lies over at most two cells */
			sum_add(&cells[cell], &pixel, overlap(x, width, cell, from_width));
	}
}

/*
 * Each new pixel is the mean of the area it covers, by whole numbers: exact, and some ten
 * times as fast as libgd's resampling.
 */
static void shrink(gdImagePtr from, gdImagePtr to)
{
	int width = gdImageSX(to), height = gdImageSY(to), y, row = 0, x;
	uint64_t weight = (uint64_t)gdImageSX(from) * (uint64_t)gdImageSY(from), here;
	struct sum *cells = xcalloc((size_t)width, sizeof(*cells));
	struct sum *sums = xcalloc((size_t)width, sizeof(*sums));

	for (y = 0; y < gdImageSY(from); y++) {
		shrink_row(from->tpixels[y], gdImageSX(from), cells, width);
		here = overlap(y, height, row, gdImageSY(from));
		for (x = 0; x < width; x++)
			sum_add(&sums[x], &cells[x], here);
		if ((int64_t)(y + 1) * height < (int64_t)(row + 1) * gdImageSY(from))
			continue;
		for (x = 0; x < width; x++)
			to->tpixels[row][x] = mean(&sums[x], weight);
		memset(sums, 0, (size_t)width * sizeof(*sums));
		here = ++row < height ? overlap(y, height, row, gdImageSY(from)) : 0;
		for (x = 0; x < width && here; x++)
			sum_add(&sums[x], &cells[x], here);
	}
	free(cells);
	free(sums);
}

static gdImagePtr scaled(gdImagePtr image, int64_t max_pixels)
{
	int64_t width = gdImageSX(image), height = gdImageSY(image);
	gdImagePtr small;

	fit(max_pixels, &width, &height);
	if (!gdImagePaletteToTrueColor(image))
		return NULL;
	small = gdImageCreateTrueColor((int)width, (int)height);
	if (!small)
		return NULL;
	gdImageAlphaBlending(small, 0);
	gdImageSaveAlpha(small, 1);
	shrink(image, small);
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
