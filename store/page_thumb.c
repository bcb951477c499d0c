/* SPDX-License-Identifier: Apache-2.0
 *
 * See page_thumb.h.
 */
#include "store/page_thumb.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <gd.h>

/* Appends the bytes of an image, which are still those of its id. */
static const char *load(const struct opt_list *roots, const struct thumb_image *image,
			struct buf *bytes)
{
	static const char *const why[] = {
		[ORIGINAL_MISSING] = "the file is not there",
		[ORIGINAL_PACKED] = "it is packed in an archive",
		[ORIGINAL_CHANGED] = "the file has changed since it was scanned",
	};
	enum original_state state;
	struct original file;
	ssize_t n = 1;
	char *to;

	state = original_open(&file, roots, &image->place, image->image_id, NULL);
	if (state != ORIGINAL_FOUND)
		return why[state];
	while (n > 0 && (to = buf_room(bytes, 65536))) {
		n = original_read(&file, to, 65536, NULL);
		bytes->len += n > 0 ? (size_t)n : 0;
	}
	original_close(&file);
	return n > 0 ? "the file is too large" : n < 0 ? "the file cannot be read" : NULL;
}

static void be_silent(int priority, const char *format, va_list ap)
{
	(void)priority;
	(void)format;
	(void)ap;
}

static gdImagePtr decode(const struct buf *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes->data;
	void *data = bytes->data;
	int len = (int)bytes->len;

	gdSetErrorMethod(be_silent);
	if (len > 8 && !memcmp(b, "\x89PNG", 4))
		return gdImageCreateFromPngPtr(len, data);
	if (len > 8 && b[0] == 0xff && b[1] == 0xd8)
		return gdImageCreateFromJpegPtrEx(len, data, 1);
	if (len > 12 && !memcmp(b, "RIFF", 4) && !memcmp(b + 8, "WEBP", 4))
		return gdImageCreateFromWebpPtr(len, data);
	if (len > 8 && !memcmp(b, "GIF8", 4))
		return gdImageCreateFromGifPtr(len, data);
	if (len > 8 && !memcmp(b, "BM", 2))
		return gdImageCreateFromBmpPtr(len, data);
	return NULL;
}

/* On white, because a JPEG knows no transparency. */
static gdImagePtr shrink(gdImagePtr image)
{
	int w = gdImageSX(image), h = gdImageSY(image), longer = w > h ? w : h;
	gdImagePtr small;

	if (longer > THUMB_SIDE) {
		w = w * THUMB_SIDE / longer > 0 ? w * THUMB_SIDE / longer : 1;
		h = h * THUMB_SIDE / longer > 0 ? h * THUMB_SIDE / longer : 1;
	}
	small = gdImageCreateTrueColor(w, h);
	if (!small)
		out_of_memory();
	gdImageFilledRectangle(small, 0, 0, w, h, 0xffffff);
	gdImageCopyResampled(small, image, 0, 0, 0, 0, w, h, gdImageSX(image), gdImageSY(image));
	return small;
}

/* Turns a copy as EXIF's orientation says the picture was taken; frees the old one. */
static gdImagePtr turn(gdImagePtr image, int orientation)
{
	static const int degrees[9] = { 0, 0, 0, 180, 180, 270, 270, 90, 90 };
	gdImagePtr turned = image;

	if (orientation < 2 || orientation > 8)
		return image;
	if (degrees[orientation]) {
		turned = gdImageRotateInterpolated(image, (float)degrees[orientation], 0xffffff);
		gdImageDestroy(image);
		if (!turned)
			out_of_memory();
	}
	if (orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7)
		gdImageFlipHorizontal(turned);
	return turned;
}

/* The best quality that fits. Of an image that is in memory, gd makes a JPEG if it has any left. */
static const char *encode(gdImagePtr image, struct buf *jpeg)
{
	static const int qualities[] = { 75, 55, 35, 15 };
	size_t i;
	void *data;
	int size;

	for (i = 0; i < sizeof(qualities) / sizeof(qualities[0]); i++) {
		data = gdImageJpegPtr(image, &size, qualities[i]);
		if (!data)
			out_of_memory();
		if (size <= THUMB_BYTES)
			buf_add(jpeg, data, (size_t)size);
		gdFree(data);
		if (size <= THUMB_BYTES)
			return NULL;
	}
	return "it cannot be made small enough";
}

static const char *draw(const struct buf *bytes, int orientation, struct buf *jpeg)
{
	gdImagePtr image = decode(bytes), small;
	const char *why;

	if (!image)
		return "it cannot be decoded";
	small = turn(shrink(image), orientation);
	gdImageDestroy(image);
	why = encode(small, jpeg);
	gdImageDestroy(small);
	return why;
}

const char *thumb_make(const struct opt_list *roots, const struct thumb_image *image,
		       struct buf *jpeg)
{
	struct buf bytes;
	const char *why;

	if (!image->place.path)
		return "the store has no path";
	if (!image->image_id)
		return "its bytes were never scanned";
	if (image->width < 1 || image->height < 1 ||
	    image->width > THUMB_PIXELS / image->height)
		return "its size is unknown or too large";
	buf_init(&bytes, THUMB_FILE_MAX + 65536);
	why = load(roots, image, &bytes);
	if (!why)
		why = draw(&bytes, image->orientation, jpeg);
	buf_release(&bytes);
	return why;
}
