/* SPDX-License-Identifier: Apache-2.0
 *
 * pixels: smaller, in proportion, upright, the same bytes each time; what lies about its size
 * is refused. The pictures are four fields of one colour each, so that turning shows.
 */
#include "store/pixels.h"

#include <math.h>

#include <gd.h>

#include "tests/unit/scratch.h"

static struct err err;

/* Red and green above, blue and white below. */
static const int fields[4] = { 0xff0000, 0x00ff00, 0x0000ff, 0xffffff };

static void make(struct buf *b, int width, int height, bool jpeg)
{
	gdImagePtr image = gdImageCreateTrueColor(width, height);
	void *bytes;
	int x, y, size;

	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			gdImageSetPixel(image, x, y, fields[(y >= height / 2) * 2 + (x >= width / 2)]);
	bytes = jpeg ? gdImageJpegPtr(image, &size, 90) : gdImagePngPtr(image, &size);
	buf_init(b, BUF_NO_MAX);
	buf_add(b, bytes, (size_t)size);
	gdFree(bytes);
	gdImageDestroy(image);
}

/* Which field a pixel of the picture shows. */
static int field(gdImagePtr image, int x, int y)
{
	int colour = gdImageGetTrueColorPixel(image, x, y), i, red, green, blue;

	for (i = 0; i < 4; i++) {
		red = gdTrueColorGetRed(colour) - (fields[i] >> 16);
		green = gdTrueColorGetGreen(colour) - (fields[i] >> 8 & 255);
		blue = gdTrueColorGetBlue(colour) - (fields[i] & 255);
		if (red * red + green * green + blue * blue < 3000)
			return i;
	}
	return -1;
}

static void smaller(const char *mime, int orientation, int width, int height,
		    const char *corners)
{
	bool jpeg = !strcmp(mime, "image/jpeg");
	struct buf from, out, again;
	struct pixels_image image;
	gdImagePtr got;
	char seen[5];

	make(&from, 120, 80, jpeg);
	image = (struct pixels_image){ from.data, from.len, mime, 120, 80, orientation };
	buf_init(&out, BUF_NO_MAX);
	buf_init(&again, BUF_NO_MAX);
	assert_int_equal(pixels_resize(&image, 2400, &out, &err), 0);
	assert_int_equal(pixels_resize(&image, 2400, &again, &err), 0);
	assert_int_equal(out.len, again.len);
	assert_memory_equal(out.data, again.data, out.len);
	got = jpeg ? gdImageCreateFromJpegPtr((int)out.len, out.data) :
		     gdImageCreateFromPngPtr((int)out.len, out.data);
	assert_non_null(got);
	assert_int_equal(gdImageSX(got), width);
	assert_int_equal(gdImageSY(got), height);
	snprintf(seen, sizeof(seen), "%c%c%c%c", "RGBW"[field(got, 4, 4)],
		 "RGBW"[field(got, width - 5, 4)], "RGBW"[field(got, 4, height - 5)],
		 "RGBW"[field(got, width - 5, height - 5)]);
	if (strcmp(seen, corners))
		fail_msg("orientation %d: %s, not %s", orientation, seen, corners);
	gdImageDestroy(got);
	buf_release(&from);
	buf_release(&out);
	buf_release(&again);
}

/* What each orientation means: EXIF 2.3, the place of row 0 and column 0. */
static void test_upright(void **state)
{
	static const char *const corners[] = { "RGBW", "GRWB", "WBGR", "BWRG",
					       "RBGW", "BRWG", "WGBR", "GWRB" };
	int o;

	(void)state;
	for (o = 1; o <= 8; o++) {
		smaller("image/png", o, o < 5 ? 60 : 40, o < 5 ? 40 : 60, corners[o - 1]);
		smaller("image/jpeg", o, o < 5 ? 60 : 40, o < 5 ? 40 : 60, corners[o - 1]);
	}
}

static void refused(const void *bytes, size_t len, const char *mime, int64_t width,
		    const char *why)
{
	struct pixels_image image = { bytes, len, mime, width, 80, 1 };
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	assert_int_equal(pixels_resize(&image, 100, &out, &err), -1);
	assert_string_equal(err.text, why);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void test_refused(void **state)
{
	/* a screen of 120 x 80, one picture of 65535 x 65535 */
	static const char gif[] = "GIF89a\x78\0\x50\0\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0"
				  "\xff\xff\xff\xff\0\x02\x02\x44\x01\0;";
	struct buf b;

	(void)state;
	make(&b, 120, 80, false);
	refused(b.data, b.len, "image/png", 119, "its pixels are not what its header says");
	refused(b.data, 60, "image/png", 120, "libgd cannot read this png");
	refused(b.data, b.len, "image/webp", 120, "libgd cannot read this webp");
	refused(gif, sizeof(gif), "image/gif", 120, "libgd cannot read this gif");
	buf_release(&b);
}

/* One row of pixels cannot shrink in proportion. */
static void test_thin(void **state)
{
	struct buf b, out;
	struct pixels_image image;
	gdImagePtr got;

	(void)state;
	make(&b, 5000, 1, false);
	image = (struct pixels_image){ b.data, b.len, "image/png", 5000, 1, 1 };
	buf_init(&out, BUF_NO_MAX);
	assert_int_equal(pixels_resize(&image, 100, &out, &err), 0);
	got = gdImageCreateFromPngPtr((int)out.len, out.data);
	assert_true(gdImageSX(got) * gdImageSY(got) <= 100);
	gdImageDestroy(got);
	buf_release(&b);
	buf_release(&out);
}

/* Every new pixel is the mean of its area, computed here the slow way. */
static void test_means(void **state)
{
	gdImagePtr image = gdImageCreateTrueColor(37, 23), got;
	struct pixels_image from;
	int x, y, i, j, size, width, height;
	double sum, across, down;
	struct buf out;

	(void)state;
	for (y = 0; y < 23; y++)
		for (x = 0; x < 37; x++)
			gdImageSetPixel(image, x, y, (x * 7919 + y * 104729) % 251 << 8);
	from = (struct pixels_image){ gdImagePngPtr(image, &size), 0, "image/png", 37, 23, 1 };
	from.len = (size_t)size;
	buf_init(&out, BUF_NO_MAX);
	assert_int_equal(pixels_resize(&from, 200, &out, &err), 0);
	got = gdImageCreateFromPngPtr((int)out.len, out.data);
	width = gdImageSX(got), height = gdImageSY(got);
	assert_true(width == 17 && height == 11);
	for (j = 0; j < height; j++) {
		for (i = 0; i < width; i++) {
			sum = 0;
			for (y = 0; y < 23; y++) {
				for (x = 0; x < 37; x++) {
					across = fmin(x + 1, (i + 1) * 37. / width) - fmax(x, i * 37. / width);
					down = fmin(y + 1, (j + 1) * 23. / height) - fmax(y, j * 23. / height);
					if (across > 0 && down > 0)
						sum += across * down * gdImageGreen(image, gdImageGetPixel(image, x, y));
				}
			}
			sum /= 37. / width * 23 / height;
			if (fabs(gdImageGreen(got, gdImageGetPixel(got, i, j)) - sum) > 0.51)
				fail_msg("pixel %d,%d is not %.2f", i, j, sum);
		}
	}
	gdFree((void *)from.bytes);
	gdImageDestroy(image);
	gdImageDestroy(got);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upright),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_thin),
		cmocka_unit_test(test_means),
	};

	return cmocka_run_group_tests_name("pixels", tests, NULL, NULL);
}
