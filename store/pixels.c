/* SPDX-License-Identifier: Apache-2.0
 *
 * See pixels.h.
 */
#include "store/pixels.h"

#include <gd.h>

#include "cli/buf.h"

int pixels_grey(struct buf *out, int width, int height, struct err *err)
{
	gdImagePtr image = gdImageCreate(width, height);
	void *png = NULL;
	int size = 0;

	if (image) {
		gdImageColorAllocate(image, 128, 128, 128);	/* the first is the background */
		png = gdImagePngPtr(image, &size);
		gdImageDestroy(image);
	}
	if (!png)
		return err_set(err, EXIT_SYSTEM, "cannot draw a grey picture");
	buf_add(out, png, (size_t)size);
	gdFree(png);
	return 0;
}
