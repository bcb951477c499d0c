/* SPDX-License-Identifier: Apache-2.0
 *
 * See pixels.h.
 */
#include "store/pixels.h"

#include <gd.h>

#include "cli/buf.h"

int pixels_plain(struct buf *out, int width, int height, int rgb, struct err *err)
{
	gdImagePtr image = gdImageCreate(width, height);
	void *png = NULL;
	int size = 0;

	if (image) {
		/* the first colour is the background */
		gdImageColorAllocate(image, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
		png = gdImagePngPtr(image, &size);
		gdImageDestroy(image);
	}
	if (!png)
		return err_set(err, EXIT_SYSTEM, "cannot draw a picture");
	buf_add(out, png, (size_t)size);
	gdFree(png);
	return 0;
}

int pixels_grey(struct buf *out, int width, int height, struct err *err)
{
	return pixels_plain(out, width, height, 0x808080, err);
}
