/* SPDX-License-Identifier: Apache-2.0
 *
 * The headers of image formats: type by magic, width, height, EXIF orientation. Apart from
 * picture.c because it is pure: bytes in, facts out. Layouts from the formats' own
 * specifications (PNG 3rd ed., ITU T.81, EXIF 2.3, RFC 9649 for WebP, GIF89a, BMP headers).
 */
#include "curate/picture.h"

#include <stdbool.h>
#include <string.h>

struct span_of {
	const unsigned char *bytes;
	size_t len;
};

static uint32_t big16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t big32(const unsigned char *p)
{
	return big16(p) << 16 | big16(p + 2);
}

static uint32_t little16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t little32(const unsigned char *p)
{
	return little16(p + 2) << 16 | little16(p);
}

/* The tag 0x0112 of the first directory. */
int picture_orientation(const unsigned char *p, size_t len)
{
	bool little;
	uint32_t at, count, i, value;

	if (len < 14 || (memcmp(p, "II*\0", 4) && memcmp(p, "MM\0*", 4)))
		return 1;
	little = p[0] == 'I';
	at = little ? little32(p + 4) : big32(p + 4);
	if (at > len - 2)
		return 1;
	count = little ? little16(p + at) : big16(p + at);
	for (i = 0, at += 2; i < count && at + 12 <= len; i++, at += 12) {
		if ((little ? little16(p + at) : big16(p + at)) != 0x0112)
			continue;
		value = little ? little16(p + at + 8) : big16(p + at + 8);
		return value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}

static const char *png(struct span_of s, struct picture_info *info)
{
	if (s.len < 33 || memcmp(s.bytes + 12, "IHDR", 4))
		return "a PNG without its header";
	info->width = big32(s.bytes + 16);
	info->height = big32(s.bytes + 20);
	return NULL;
}

static bool is_frame(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static const char *jpeg(struct span_of s, struct picture_info *info)
{
	size_t at = 2, n;

	while (at + 9 <= s.len) {
		unsigned marker = s.bytes[at + 1];

		if (s.bytes[at] != 0xff)
			return "a JPEG with a broken header";
		if (marker == 0xff) {
			at++;
			continue;
		}
		n = big16(s.bytes + at + 2);
		if (is_frame(marker)) {
			info->pixels_at = (int64_t)at;
			info->height = big16(s.bytes + at + 5);
			info->width = big16(s.bytes + at + 7);
			return NULL;
		}
		if (marker == 0xe1 && n >= 8 && at + 2 + n <= s.len &&
		    !memcmp(s.bytes + at + 4, "Exif\0\0", 6))
			info->orientation = picture_orientation(s.bytes + at + 10, n - 8);
		if (n < 2)
			return "a JPEG with a broken header";
		at += n + 2;
	}
	return "a JPEG that ends inside its header";
}

static const char *webp(struct span_of s, struct picture_info *info)
{
	const unsigned char *p = s.bytes;

	if (s.len < 30)
		return "a WebP that ends inside its header";
	if (!memcmp(p + 12, "VP8X", 4)) {
		info->width = 1 + (little32(p + 24) & 0xffffff);
		info->height = 1 + (little32(p + 26) >> 8);
	} else if (!memcmp(p + 12, "VP8L", 4)) {
		info->width = 1 + (little32(p + 21) & 0x3fff);
		info->height = 1 + (little32(p + 21) >> 14 & 0x3fff);
	} else if (!memcmp(p + 12, "VP8 ", 4)) {
		info->width = little16(p + 26) & 0x3fff;
		info->height = little16(p + 28) & 0x3fff;
	} else {
		return "a WebP of an unknown kind";
	}
	return NULL;
}

static const char *gif(struct span_of s, struct picture_info *info)
{
	if (s.len < 10)
		return "a GIF that ends inside its header";
	info->width = little16(s.bytes + 6);
	info->height = little16(s.bytes + 8);
	return NULL;
}

static const char *bmp(struct span_of s, struct picture_info *info)
{
	int32_t height;

	if (s.len < 26)
		return "a BMP that ends inside its header";
	if (little32(s.bytes + 14) == 12) {
		info->width = little16(s.bytes + 18);
		info->height = little16(s.bytes + 20);
		return NULL;
	}
	height = (int32_t)little32(s.bytes + 22);
	info->width = little32(s.bytes + 18);
	info->height = height < 0 ? -(int64_t)height : height;
	return NULL;
}

static const struct {
	const char *mime, *magic;
	size_t at, len;
	const char *(*read)(struct span_of s, struct picture_info *info);
} formats[] = {
	{ "image/png", "\x89PNG\r\n\x1a\n", 0, 8, png },
	{ "image/jpeg", "\xff\xd8\xff", 0, 3, jpeg },
	{ "image/webp", "WEBP", 8, 4, webp },
	{ "image/gif", "GIF8", 0, 4, gif },
	{ "image/bmp", "BM", 0, 2, bmp },
};

const char *picture_header(const unsigned char *bytes, size_t len,
			   struct picture_info *info, struct err *err)
{
	const char *wrong;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (len < formats[i].at + formats[i].len ||
		    memcmp(bytes + formats[i].at, formats[i].magic, formats[i].len))
			continue;
		info->mime = formats[i].mime;
		wrong = formats[i].read((struct span_of){ bytes, len }, info);
		if (!wrong && (info->width <= 0 || info->height <= 0))
			wrong = "an image of no width or height";
		if (!wrong)
			return NULL;
		err_set(err, EXIT_DATA, "%s", wrong);
		return "damaged_image";
	}
	err_set(err, EXIT_DATA, "no PNG, JPEG, WebP, GIF or BMP");
	return "unsupported_format";
}
