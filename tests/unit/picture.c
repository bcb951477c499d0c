/* SPDX-License-Identifier: Apache-2.0
 *
 * picture: type by content, size from headers, base64 from any place, and files that are not
 * what they were.
 */
#include "curate/picture.h"

#include <errno.h>
#include <fcntl.h>

#include <openssl/evp.h>

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

static struct err err;
static struct pictures *pictures;

/* ---- images made by hand ---- */

static void big(struct buf *b, unsigned value, int bytes)
{
	while (bytes--)
		buf_addc(b, (char)(value >> 8 * bytes));
}

static void little(struct buf *b, unsigned value, int bytes)
{
	for (; bytes--; value >>= 8)
		buf_addc(b, (char)value);
}

static void tiff(struct buf *b, bool little_endian, unsigned orientation)
{
	void (*put)(struct buf *, unsigned, int) = little_endian ? little : big;

	buf_adds(b, little_endian ? "II" : "MM");
	put(b, 42, 2);
	put(b, 8, 4);
	put(b, 2, 2);			/* two entries */
	put(b, 0x010f, 2), put(b, 2, 2), put(b, 4, 4), put(b, 0x41424300, 4);
	put(b, 0x0112, 2), put(b, 3, 2), put(b, 1, 4), put(b, orientation, 2), put(b, 0, 2);
	put(b, 0, 4);
}

static void make_png(struct buf *b, unsigned width, unsigned height, unsigned orientation)
{
	struct buf exif;

	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
	big(b, 13, 4);
	buf_adds(b, "IHDR");
	big(b, width, 4);
	big(b, height, 4);
	buf_add(b, "\x08\x02\0\0\0", 5);
	big(b, 0, 4);
	if (orientation) {
		buf_init(&exif, 1000);
		tiff(&exif, false, orientation);
		big(b, (unsigned)exif.len, 4);
		buf_adds(b, "eXIf");
		buf_add(b, exif.data, exif.len);
		big(b, 0, 4);
		buf_release(&exif);
	}
	big(b, 4, 4);
	buf_adds(b, "IDATxxxx");
	big(b, 0, 4);
	big(b, 0, 4);
	buf_adds(b, "IEND");
	big(b, 0, 4);
}

/* pad: bytes of a comment in front of the frame header. */
static void make_jpeg(struct buf *b, unsigned width, unsigned height, int orientation,
		      bool little_endian, size_t pad)
{
	struct buf exif;
	size_t n;

	buf_add(b, "\xff\xd8", 2);
	if (orientation >= 0) {
		buf_init(&exif, 1000);
		tiff(&exif, little_endian, (unsigned)orientation);
		buf_add(b, "\xff\xe1", 2);
		big(b, (unsigned)exif.len + 8, 2);
		buf_add(b, "Exif\0\0", 6);
		buf_add(b, exif.data, exif.len);
		buf_release(&exif);
	}
	for (; pad; pad -= n) {
		n = pad < 65000 ? pad : 65000;
		buf_add(b, "\xff\xff\xfe", 3);	/* a fill byte, as the format allows */
		big(b, (unsigned)n + 2, 2);
		for (size_t i = 0; i < n; i++)
			buf_addc(b, 'c');
	}
	buf_add(b, "\xff\xc2", 2);
	big(b, 17, 2);
	buf_addc(b, 8);
	big(b, height, 2);
	big(b, width, 2);
	buf_add(b, "\x03xxxxxxxxx\xff\xda", 12);
	buf_add(b, "\0\xffxxxx\xff\xd9", 8);
}

static void make_webp(struct buf *b, const char *kind, unsigned width, unsigned height)
{
	buf_add(b, "RIFF\x40\0\0\0WEBP", 12);
	buf_add(b, kind, 4);
	little(b, 10, 4);
	if (!strcmp(kind, "VP8X")) {
		little(b, 0, 4);
		little(b, width - 1, 3);
		little(b, height - 1, 3);
	} else if (!strcmp(kind, "VP8L")) {
		buf_addc(b, 0x2f);
		little(b, (width - 1) | (height - 1) << 14, 4);
	} else {
		buf_add(b, "\0\0\0\x9d\x01\x2a", 6);
		little(b, width, 2);
		little(b, height, 2);
	}
	buf_add(b, "xxxxxxxxxx", 10);
}

static void make_gif(struct buf *b, unsigned width, unsigned height)
{
	buf_adds(b, "GIF89a");
	little(b, width, 2);
	little(b, height, 2);
	buf_add(b, "\x80\0\0", 3);
}

static void make_bmp(struct buf *b, int width, int height)
{
	buf_adds(b, "BM");
	buf_add(b, "xxxxxxxxxxxx", 12);
	little(b, 40, 4);
	little(b, (unsigned)width, 4);
	little(b, (unsigned)height, 4);
	buf_add(b, "\x01\0\x18\0", 4);
}

/* ---- headers ---- */

static void header(struct buf *b, const char *mime, int64_t width, int64_t height,
		   int orientation)
{
	struct picture_info info = { .orientation = 1 };
	const char *class = picture_header((unsigned char *)b->data, b->len, &info, &err);

	if (class)
		fail_msg("%s: %s: %s", mime, class, err.text);
	assert_string_equal(info.mime, mime);
	assert_int_equal(info.width, width);
	assert_int_equal(info.height, height);
	if (!strcmp(mime, "image/png"))
		assert_null(picture_whole(&(struct picture_bytes){ -1, 0, (int64_t)b->len,
					  (unsigned char *)b->data }, &info));
	assert_int_equal(info.orientation, orientation);
	buf_clear(b);
}

static void test_headers(void **state)
{
	struct buf b;
	int o;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	make_png(&b, 12000, 9000, 0);
	header(&b, "image/png", 12000, 9000, 1);
	for (o = 1; o <= 8; o++) {
		make_png(&b, 3, 4, (unsigned)o);
		header(&b, "image/png", 3, 4, o);
		make_jpeg(&b, 640, 480, o, true, 0);
		header(&b, "image/jpeg", 640, 480, o);
		make_jpeg(&b, 640, 480, o, false, 100);
		header(&b, "image/jpeg", 640, 480, o);
	}
	make_jpeg(&b, 65535, 1, 0, true, 0);	/* orientations outside 1..8 say nothing */
	header(&b, "image/jpeg", 65535, 1, 1);
	make_jpeg(&b, 1, 2, 9, true, 0);
	header(&b, "image/jpeg", 1, 2, 1);
	make_webp(&b, "VP8 ", 300, 200);
	header(&b, "image/webp", 300, 200, 1);
	make_webp(&b, "VP8L", 16384, 1);
	header(&b, "image/webp", 16384, 1, 1);
	make_webp(&b, "VP8X", 16777216, 5);
	header(&b, "image/webp", 16777216, 5, 1);
	make_gif(&b, 10, 20);
	header(&b, "image/gif", 10, 20, 1);
	make_bmp(&b, 5, 7);
	header(&b, "image/bmp", 5, 7, 1);
	make_bmp(&b, 5, -7);			/* rows from the top */
	header(&b, "image/bmp", 5, 7, 1);
	buf_release(&b);
}

/* Every cut of every header: a word, never a read behind the end. */
static void test_cut_headers(void **state)
{
	struct picture_info info;
	unsigned char *copy;
	const char *class;
	struct buf b;
	int kind;
	size_t n;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	for (kind = 0; kind < 7; kind++) {
		buf_clear(&b);
		switch (kind) {
		case 0: make_png(&b, 3, 4, 6); break;
		case 1: make_jpeg(&b, 3, 4, 6, true, 10); break;
		case 2: make_webp(&b, "VP8 ", 3, 4); break;
		case 3: make_webp(&b, "VP8X", 3, 4); break;
		case 4: make_webp(&b, "VP8L", 3, 4); break;
		case 5: make_gif(&b, 3, 4); break;
		default: make_bmp(&b, 3, 4);
		}
		for (n = 0; n <= b.len; n++) {
			copy = malloc(n ? n : 1);
			memcpy(copy, b.data, n);
			info = (struct picture_info){ .orientation = 1 };
			class = picture_header(copy, n, &info, &err);
			if (class &&
			    strcmp(class, n < 12 ? "unsupported_format" : "damaged_image") &&
			    strcmp(class, "damaged_image"))
				fail_msg("kind %d cut at %zu: %s", kind, n, class);
			if (!class)
				assert_true(info.width == 3 && info.height == 4);
			free(copy);
		}
		assert_null(class);
	}
	buf_release(&b);
}

static void test_no_images(void **state)
{
	static const struct { const char *bytes; size_t len; const char *class; } cases[] = {
		{ "hello, this is text and no image", 32, "unsupported_format" },
		{ "%PDF-1.7 .......................", 32, "unsupported_format" },
		{ "<svg xmlns='x'></svg>............", 33, "unsupported_format" },
		{ "II*\0............................", 32, "unsupported_format" },
		{ "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDX.................", 33, "damaged_image" },
		{ "RIFF\x40\0\0\0WEBPALPHxxxxxxxxxxxxxxxxxxxx", 36, "damaged_image" },
		{ "\xff\xd8\xff\xe0\0\0xxxxxxxxxxxx", 18, "damaged_image" },
		{ "\xff\xd8\xff\xe0\0\x04xxQQQQQQQQQQQQQQQQ", 24, "damaged_image" },
		{ "GIF89a\0\0\x05\0xxxx", 14, "damaged_image" },	/* no width */
	};
	struct picture_info info;
	const char *class;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		class = picture_header((const unsigned char *)cases[i].bytes, cases[i].len,
				       &info, &err);
		if (!class || strcmp(class, cases[i].class))
			fail_msg("case %zu: %s", i, class ? class : "an image");
	}
}

/* ---- files ---- */

static void probe(const char *path, const char *class)
{
	struct picture_info info;
	const char *got = picture_probe(pictures, path, &info, &err);

	if (!got || strcmp(got, class))
		fail_msg("%s: %s, not %s", path, got ? got : "fine", class);
}

static void test_probe_classes(void **state)
{
	(void)state;
	probe(scratch_path("missing.png"), "not_found");
	probe(scratch_text("a-file", "x"), "unsupported_format");
	probe(scratch_path("a-file/x.png"), "not_found");
	probe(scratch_folder, "is_folder");
	probe(scratch_text("empty.png", ""), "empty_file");
	probe("/dev/null", "is_special");
	assert_int_equal(mkfifo(scratch_path("fifo.png"), 0600), 0);
	probe(scratch_path("fifo.png"), "is_special");	/* and does not wait for a writer */
	probe(scratch_text("short.jpg", "\xff\xd8\xff\xe0"), "damaged_image");
}

/* TRAPS 30: PNG named .jpg; spaces, newlines and odd bytes in paths. */
static void test_probe_by_content(void **state)
{
	static const char *const names[] = { "png.jpg", "a b.png", "new\nline.png",
					     "\xe6\x9d\xb1.png", "not-utf8-\xff.png" };
	struct picture_info info;
	char id[33];
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	make_png(&b, 30, 40, 3);
	hash_of(b.data, b.len, id);
	for (i = 0; i < COUNT(names); i++) {
		assert_null(picture_probe(pictures, scratch_file(names[i], b.data, b.len), &info, &err));
		assert_string_equal(info.mime, "image/png");
		assert_string_equal(info.image_id, id);
		assert_int_equal(info.bytes, b.len);
		assert_int_equal(info.width, 30);
		assert_int_equal(info.orientation, 3);
		assert_true(info.mtime_ns > 0);
	}
	buf_release(&b);
}

/* A camera's JPEG may hold a large preview in front of its size. */
static void test_probe_long_metadata(void **state)
{
	struct picture_info info;
	struct buf b;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	make_jpeg(&b, 640, 480, 6, true, 300000);
	assert_null(picture_probe(pictures, scratch_file("long.jpg", b.data, b.len), &info, &err));
	assert_int_equal(info.width, 640);
	assert_int_equal(info.orientation, 6);
	buf_release(&b);
}

/* ---- base64 ---- */

static void make_file(struct buf *b, const char *name, size_t len)
{
	buf_init(b, BUF_NO_MAX);
	make_gif(b, 1, 1);
	while (b->len < len)
		buf_addc(b, (char)(b->len * b->len / 7));
	b->data[b->len - 1] = ';';
	scratch_file(name, b->data, b->len);
}

static struct picture *open_fine(const char *path, const char *id)
{
	const char *class;
	struct picture *p = picture_open(pictures, path, id, &class, &err);

	if (!p)
		fail_msg("%s: %s", class, err.text);
	return p;
}

/* ---- whole or not ---- */

static void make_whole(struct buf *b, int kind)
{
	buf_init(b, BUF_NO_MAX);
	switch (kind) {
	case 0: make_png(b, 3, 4, 6); break;
	case 1: make_jpeg(b, 3, 4, 6, true, 10); break;
	case 2:
		make_webp(b, "VP8L", 3, 4);
		b->data[4] = (char)(b->len - 8);
		break;
	case 3:
		make_gif(b, 3, 4);
		buf_adds(b, "xx;");
		break;
	default:
		make_bmp(b, 3, 4);
		buf_add(b, "\0\0\0\0\0\0\0\0", 4);
		memcpy(b->data + 10, "\x22\0\0\0", 4);
		while (b->len < 34 + 4 * 12)
			buf_addc(b, 'p');
	}
}

/* Every cut behind the header is noticed, and bytes behind the end are forgiven. */
static void test_truncated(void **state)
{
	struct picture_info info;
	struct picture_bytes bytes = { .fd = -1 };
	const char *class;
	struct buf b;
	int kind;
	size_t n;

	(void)state;
	for (kind = 0; kind < 5; kind++) {
		make_whole(&b, kind);
		if (kind < 2)
			buf_adds(&b, "what a phone appends");
		info = (struct picture_info){ .orientation = 1 };
		bytes.memory = (unsigned char *)b.data;
		bytes.size = (int64_t)b.len;
		class = picture_look(&bytes, "x", &info, &err);
		if (class)
			fail_msg("kind %d: %s", kind, err.text);
		buf_release(&b);
		make_whole(&b, kind);
		for (n = b.len - (kind == 2 ? 2 : 1); n > 12; n--) {
			bytes.memory = (unsigned char *)b.data;
			bytes.size = (int64_t)n;
			class = picture_look(&bytes, "x", &info, &err);
			if (!class || (strcmp(class, "truncated_image") && strcmp(class, "damaged_image")))
				fail_msg("kind %d cut at %zu: %s", kind, n, class ? class : "whole");
			if (n + 4 > b.len)
				assert_string_equal(class, "truncated_image");
		}
		buf_release(&b);
	}
}

/* EXIF behind the pixels: a PNG's eXIf chunk, a WebP's last chunk. */
static void test_late_exif(void **state)
{
	struct picture_info info = { .orientation = 1 };
	struct picture_bytes bytes = { .fd = -1 };
	struct buf b, exif;

	(void)state;
	buf_init(&b, BUF_NO_MAX);
	buf_init(&exif, BUF_NO_MAX);
	tiff(&exif, true, 6);
	make_webp(&b, "VP8X", 300, 200);
	buf_adds(&b, "EXIF");
	little(&b, (unsigned)exif.len, 4);
	buf_add(&b, exif.data, exif.len);
	b.data[4] = (char)(b.len - 8);
	b.data[16] = 20;	/* what make_webp wrote behind the header counts as one chunk */
	bytes.memory = (unsigned char *)b.data;
	bytes.size = (int64_t)b.len;
	assert_null(picture_look(&bytes, "x", &info, &err));
	assert_int_equal(info.orientation, 6);
	buf_clear(&b);
	make_png(&b, 3, 4, 0);
	b.len -= 12;
	big(&b, (unsigned)exif.len, 4);
	buf_adds(&b, "eXIf");
	buf_add(&b, exif.data, exif.len);
	big(&b, 0, 4);
	big(&b, 0, 4);
	buf_add(&b, "IENDxxxx", 8);
	info = (struct picture_info){ .orientation = 1 };
	bytes.memory = (unsigned char *)b.data;
	bytes.size = (int64_t)b.len;
	assert_null(picture_look(&bytes, "x", &info, &err));
	assert_int_equal(info.orientation, 6);
	buf_release(&exif);
	buf_release(&b);
}

static void test_base64_is_the_reference(void **state)
{
	static const size_t lens[] = { 14,    15,    16,    17,	   18,	  19,
				       49151, 49152, 49153, 98304, 98305, 200000 };
	static const size_t rooms[] = { 1000000, 65536, 16384, 1000, 7 };
	struct picture *p;
	struct buf file, got;
	char *expected;
	size_t i, r;
	ssize_t n;
	int want;

	(void)state;
	buf_init(&got, BUF_NO_MAX);
	for (i = 0; i < COUNT(lens); i++) {
		make_file(&file, "b64.gif", lens[i]);
		expected = xmalloc(lens[i] * 2 + 8);
		want = EVP_EncodeBlock((unsigned char *)expected, (unsigned char *)file.data,
				       (int)file.len);
		p = open_fine(scratch_path("b64.gif"), NULL);
		assert_int_equal(picture_base64_len(p), want);
		assert_string_equal(picture_mime(p), "image/gif");
		for (r = 0; r < COUNT(rooms); r++) {
			buf_clear(&got);
			picture_seek(p, 0);
			while ((n = picture_base64(p, buf_room(&got, rooms[r]), rooms[r])) > 0)
				got.len += (size_t)n;
			assert_int_equal(n, 0);
			assert_int_equal(got.len, want);
			assert_memory_equal(got.data, expected, (size_t)want);
		}
		picture_close(p);
		free(expected);
		buf_release(&file);
	}
	buf_release(&got);
}

static void test_seek_anywhere(void **state)
{
	struct picture *p;
	struct draw d = { 1 };
	struct buf file;
	char *all, part[100];
	size_t at;
	ssize_t n;
	int i, want;

	(void)state;
	make_file(&file, "seek.gif", 150001);
	all = xmalloc(300000);
	want = EVP_EncodeBlock((unsigned char *)all, (unsigned char *)file.data, (int)file.len);
	p = open_fine(scratch_path("seek.gif"), NULL);
	for (i = 0; i < 500; i++) {
		at = draw_below(&d, (unsigned)want);
		picture_seek(p, (int64_t)at);
		n = picture_base64(p, part, sizeof(part));
		assert_true(n > 0);
		assert_memory_equal(part, all + at, (size_t)n);
	}
	picture_seek(p, want);
	assert_int_equal(picture_base64(p, part, sizeof(part)), 0);
	picture_close(p);
	buf_release(&file);
	free(all);
}

/* What reading on from here ends with: 0 at the end of the text, or -1. */
static ssize_t read_on(struct picture *p)
{
	char part[4096];
	ssize_t n;

	do {
		n = picture_base64(p, part, sizeof(part));
	} while (n > 0);
	return n;
}

static void test_image_changed(void **state)
{
	const char *class;
	struct picture *p;
	struct buf file;
	char id[33], part[100];

	(void)state;
	make_file(&file, "changed.gif", 100000);
	hash_of(file.data, file.len, id);
	p = open_fine(scratch_path("changed.gif"), id);
	assert_string_equal(picture_id(p), id);
	assert_int_equal(picture_base64(p, part, 100), 100);
	file.data[50] ^= 1;
	scratch_file("changed.gif", file.data, file.len);	/* rewritten while it is sent */
	picture_seek(p, 70000);
	assert_int_equal(read_on(p), -1);
	picture_close(p);
	assert_null(picture_open(pictures, scratch_path("changed.gif"), id, &class, &err));
	assert_string_equal(class, "image_changed");
	assert_null(picture_open(pictures, scratch_path("gone.gif"), id, &class, &err));
	assert_string_equal(class, "not_found");
	picture_close(NULL);
	buf_release(&file);
}

static void test_truncated_under_us(void **state)
{
	struct picture *p;
	struct buf file;

	(void)state;
	make_file(&file, "cut.gif", 100000);
	p = open_fine(scratch_path("cut.gif"), NULL);
	assert_int_equal(read_on(p), 0);
	assert_int_equal(truncate(scratch_path("cut.gif"), 60000), 0);
	picture_seek(p, 0);
	assert_int_equal(read_on(p), -1);
	picture_close(p);
	buf_release(&file);
}

static void finds(const struct opt_list *roots, const char *image, const char *expected)
{
	char *path = picture_find(roots, image);

	assert_string_equal(path, expected);
	free(path);
}

static void test_roots(void **state)
{
	char one[100], two[100], expected[200];
	const char *items[] = { one, two };
	struct opt_list roots = { items, 2, 2 };

	(void)state;
	snprintf(one, sizeof(one), "%s/one", scratch_folder);
	snprintf(two, sizeof(two), "%s/two", scratch_folder);
	mkdir(one, 0755);
	mkdir(two, 0755);
	scratch_text("two/x.png", "x");
	snprintf(expected, sizeof(expected), "%s/x.png", two);
	finds(&roots, "x.png", expected);
	scratch_text("one/x.png", "x");
	snprintf(expected, sizeof(expected), "%s/x.png", one);
	finds(&roots, "x.png", expected);	/* the first root first */
	finds(&roots, "y.png", "y.png");
	finds(&roots, "/x.png", "/x.png");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_late_exif),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_cut_headers),
		cmocka_unit_test(test_no_images),
		cmocka_unit_test(test_probe_classes),
		cmocka_unit_test(test_probe_by_content),
		cmocka_unit_test(test_probe_long_metadata),
		cmocka_unit_test(test_base64_is_the_reference),
		cmocka_unit_test(test_seek_anywhere),
		cmocka_unit_test(test_image_changed),
		cmocka_unit_test(test_truncated_under_us),
		cmocka_unit_test(test_roots),
	};

	int failed;

	pictures = pictures_new(0);
	failed = cmocka_run_group_tests_name("picture", tests, scratch_make, scratch_remove);
	pictures_free(pictures);
	return failed;
}
