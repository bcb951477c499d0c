/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of image headers: any bytes as a file, in a block of just their size; what
 * has a sound header of few pixels is made smaller. Seeds: the example images.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/picture.h"
#include "store/pixels.h"

#define PIXELS 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int true_always)
{
	if (!true_always)
		abort();
}

static void make_smaller(const struct picture_info *info, const unsigned char *bytes, size_t len)
{
	struct pixels_image image = { bytes, len, info->mime, info->width, info->height,
				      info->orientation };
	struct picture_info small = { .orientation = 1 };
	struct err err;
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	if (!pixels_resize(&image, 100, &out, &err)) {
		require(!picture_header((unsigned char *)out.data, out.len, &small, &err));
		require(small.width * small.height <= 100);
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct picture_info info = { .orientation = 1 };
	struct picture_bytes bytes = { .fd = -1, .size = (int64_t)size };
	unsigned char *copy = malloc(size ? size : 1);
	const char *class;
	struct err err;

	require(copy != NULL);
	memcpy(copy, data, size);
	bytes.memory = copy;
	class = picture_look(&bytes, "x", &info, &err);
	require(!class || *err.text);
	if (!class) {
		require(info.width > 0 && info.height > 0);
		require(info.orientation >= 1 && info.orientation <= 8);
		if (info.width <= PIXELS && info.height <= PIXELS / info.width)
			make_smaller(&info, copy, size);
	}
	free(copy);
	return 0;
}
