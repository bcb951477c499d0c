/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at all of an image: its hash, its header, and whether its end is there. A file that
 * was cut in a download has a perfect header, and servers differ: some refuse it after it was
 * sent, some see grey. What each format says of its own end is followed, nothing is decoded.
 */
#include "curate/picture.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define CHUNK 65536
#define HASH_CHUNK (256u << 10)
#define HEADER_MOST (8u << 20)	/* JPEG metadata can be long: ICC profiles, thumbnails */
#define PNG_CHUNKS_MOST 1000000

size_t picture_read(const struct picture_bytes *b, int64_t at, void *to, size_t n)
{
	size_t have = 0;
	ssize_t got;

	if (at < 0 || at >= b->size)
		return 0;
	if ((int64_t)n > b->size - at)
		n = (size_t)(b->size - at);
	if (b->fd < 0) {
		memcpy(to, b->memory + at, n);
		return n;
	}
	while (have < n) {
		got = pread(b->fd, (char *)to + have, n - have, b->at + at + (int64_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

static uint32_t big32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t little32(const unsigned char *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* The orientation in an EXIF block of a file, if the block is there. */
static void take_exif(const struct picture_bytes *b, int64_t at, size_t len,
		      struct picture_info *info)
{
	unsigned char *block;
	size_t skip = 0;

	if (info->orientation != 1 || len > HEADER_MOST || len < 14)
		return;
	block = xmalloc(len);
	if (picture_read(b, at, block, len) == len) {
		if (!memcmp(block, "Exif\0\0", 6))	/* some WebP writers leave it in front */
			skip = 6;
		info->orientation = picture_orientation(block + skip, len - skip);
	}
	free(block);
}

static const char *whole_png(const struct picture_bytes *b, struct picture_info *info)
{
	unsigned char head[8];
	int64_t at = 8;
	int i;

	for (i = 0; i < PNG_CHUNKS_MOST && picture_read(b, at, head, 8) == 8; i++) {
		at += 12 + (int64_t)big32(head);
		if (at > b->size)
			break;
		if (!memcmp(head + 4, "IEND", 4))
			return NULL;
		if (!memcmp(head + 4, "eXIf", 4))
			take_exif(b, at - 4 - (int64_t)big32(head), big32(head), info);
	}
	return "a PNG that ends before its end chunk";
}

/* The end marker cannot stand inside the scans; thumbnails that hold one stand before them. */
static const char *whole_jpeg(const struct picture_bytes *b, struct picture_info *info)
{
	unsigned char *bytes = xmalloc(CHUNK);
	int64_t end = b->size, from;
	bool found = false;
	size_t n, i;

	/* from the back, each stretch with one byte of the next: phones append films */
	while (!found && end > info->pixels_at + 1) {
		from = end - CHUNK > info->pixels_at ? end - CHUNK : info->pixels_at;
		n = picture_read(b, from, bytes, (size_t)(end - from));
		for (i = n; i-- > 1 && !found;)
			found = bytes[i] == 0xd9 && bytes[i - 1] == 0xff;
		end = from + 1;
		if (from == info->pixels_at)
			break;
	}
	free(bytes);
	return found ? NULL : "a JPEG without its end marker";
}

static const char *whole_webp(const struct picture_bytes *b, struct picture_info *info)
{
	unsigned char head[8];
	int64_t at = 12, end;
	int i;

	picture_read(b, 4, head, 4);
	end = 8 + (int64_t)little32(head);
	if (end > b->size + 1)		/* the last padding byte is often left out */
		return "a WebP shorter than it says";
	for (i = 0; i < 1000 && at + 8 <= end && picture_read(b, at, head, 8) == 8; i++) {
		if (!memcmp(head, "EXIF", 4))
			take_exif(b, at + 8, little32(head + 4), info);
		at += 8 + ((int64_t)little32(head + 4) + 1) / 2 * 2;
	}
	return NULL;
}

/* Padding behind the trailer is common. */
static const char *whole_gif(const struct picture_bytes *b)
{
	unsigned char tail[512];
	int64_t from = b->size > (int64_t)sizeof(tail) ? b->size - (int64_t)sizeof(tail) : 13;
	size_t n = picture_read(b, from, tail, sizeof(tail));

	while (n > 0 && tail[n - 1] == 0)
		n--;
	return n > 0 && tail[n - 1] == 0x3b ? NULL : "a GIF without its trailer";
}

/* Rows are padded to 4 bytes; what is run-length coded cannot be told. */
static const char *whole_bmp(const struct picture_bytes *b, const struct picture_info *info)
{
	unsigned char head[34];
	size_t n = picture_read(b, 0, head, sizeof(head));
	bool old = n >= 18 && little32(head + 14) == 12;
	int64_t bits, row;

	if (n < (old ? 26 : 34))
		return "a BMP that ends inside its header";
	bits = old ? head[24] | head[25] << 8 : head[28] | head[29] << 8;
	if (!old && little32(head + 30) != 0 && little32(head + 30) != 3)
		return NULL;
	if (bits > 32)
		return "a BMP of an unknown depth";
	row = (info->width * bits + 31) / 32 * 4;
	return info->height > (b->size - (int64_t)little32(head + 10)) / (row ? row : 1) ?
	       "a BMP shorter than its rows" : NULL;
}

const char *picture_whole(const struct picture_bytes *b, struct picture_info *info)
{
	if (!strcmp(info->mime, "image/png"))
		return whole_png(b, info);
	if (!strcmp(info->mime, "image/jpeg"))
		return whole_jpeg(b, info);
	if (!strcmp(info->mime, "image/webp"))
		return whole_webp(b, info);
	if (!strcmp(info->mime, "image/gif"))
		return whole_gif(b);
	return whole_bmp(b, info);
}

/* Hashes all of it. -1: it is shorter than it was. */
static int hash_all(const struct picture_bytes *b, struct picture_info *info)
{
	unsigned char bytes[HASH_CHUNK];
	int64_t at = 0;
	struct hash h;
	size_t n;

	if (b->fd < 0) {
		hash_of(b->memory, (size_t)b->size, info->image_id);
		return 0;
	}
	hash_init(&h);
	for (; at < b->size && (n = picture_read(b, at, bytes, sizeof(bytes))) > 0; at += (int64_t)n)
		hash_bytes(&h, bytes, n);
	hash_hex(&h, info->image_id);
	hash_release(&h);
	return at < b->size ? -1 : 0;
}

const char *picture_glance(const struct picture_bytes *b, const char *name,
			   struct picture_info *info, struct err *err)
{
	unsigned char head[4096], *more;
	size_t n = picture_read(b, 0, head, sizeof(head));
	const char *class = picture_header(head, n, info, err);
	size_t most = b->size < HEADER_MOST ? (size_t)b->size : HEADER_MOST;
	struct err why;

	if (class && most > n && strcmp(class, "unsupported_format")) {
		more = xmalloc(most);
		n = picture_read(b, 0, more, most);
		class = picture_header(more, n, info, err);
		free(more);
	}
	if (class && err) {
		why = *err;
		err_set(err, EXIT_DATA, "'%s': %s", name, why.text);
	}
	return class;
}

const char *picture_sum(const struct picture_bytes *b, const char *name,
			struct picture_info *info, struct err *err)
{
	info->bytes = b->size;
	if (!b->size) {
		err_set(err, EXIT_DATA, "'%s' has no bytes", name);
		return "empty_file";
	}
	if (!hash_all(b, info))
		return NULL;
	err_set(err, EXIT_NOINPUT, "cannot read all of '%s'", name);
	return "unreadable";
}

const char *picture_look(const struct picture_bytes *b, const char *name,
			 struct picture_info *info, struct err *err)
{
	const char *class = picture_sum(b, name, info, err), *missing;

	if (!class)
		class = picture_glance(b, name, info, err);
	if (class)
		return class;
	missing = picture_whole(b, info);
	if (!missing)
		return NULL;
	err_set(err, EXIT_DATA, "'%s': %s", name, missing);
	return "truncated_image";
}
