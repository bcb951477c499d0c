/* SPDX-License-Identifier: Apache-2.0
 *
 * archive and archive_parts: which names are parts, bytes over their seams, members read whole,
 * in part or not at all. What damaged and hostile archives do is tests/e2e/archives.sh.
 */
#include "store/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "store/archive_parts.h"
#include "store/archive_zip.h"
#include "tests/unit/scratch.h"

static struct err err;

static void test_part_names(void **state)
{
	static const struct { const char *name; enum parts_place place; } cases[] = {
		{ "a.tar.gz.part_000", PARTS_FIRST }, { "a.tar.gz.part_001", PARTS_LATER },
		{ "a.tar.gz.part_003", PARTS_ORPHAN }, { "b.zip.001", PARTS_FIRST },
		{ "b.zip.002", PARTS_LATER }, { "b.zip.004", PARTS_WHOLE },
		{ "c.tar.aa", PARTS_FIRST }, { "c.tar.ab", PARTS_LATER }, { "c.tar.gz", PARTS_WHOLE },
		{ "c.tar.zst", PARTS_WHOLE }, { "d.tgz.part0", PARTS_FIRST },
		{ "d.tgz.part1", PARTS_LATER }, { "photo.000", PARTS_WHOLE },
		{ "e.tar.20240101", PARTS_WHOLE }, { "tar.00", PARTS_WHOLE }, { ".00", PARTS_WHOLE },
		{ "c.tar.ba", PARTS_LATER },
	};
	char folder[96];
	size_t i;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/names", scratch_folder);
	mkdir(folder, 0755);
	assert_int_equal(chdir(folder), 0);
	for (i = 0; i < COUNT(cases); i++)
		fclose(fopen(cases[i].name, "w"));
	fclose(fopen("c.tar.az", "w"));
	for (i = 0; i < COUNT(cases); i++)
		if (parts_place(cases[i].name) != cases[i].place)
			fail_msg("%s is %d", cases[i].name, parts_place(cases[i].name));
}

static void test_parts_are_one(void **state)
{
	struct parts *p;
	char got[64];
	int64_t size, mtime;
	ssize_t n;
	size_t have = 0;
	const char *first = scratch_text("x.tar.part_09", "");

	(void)state;
	assert_int_equal(parts_place(first), PARTS_ORPHAN);
	first = scratch_text("y.tar.08", "no first part");
	assert_int_equal(parts_place(first), PARTS_WHOLE);
	first = scratch_text("z.tar.00", "01234");
	scratch_text("z.tar.01", "");
	scratch_text("z.tar.02", "56789");
	scratch_text("z.tar.04", "not of it");
	assert_int_equal(parts_stat(first, &size, &mtime), 0);
	assert_int_equal(size, 10);
	p = parts_open(first, &err);
	assert_int_equal(parts_fd(p), -1);
	while ((n = parts_read(p, got + have, 3)) > 0)
		have += (size_t)n;
	assert_int_equal(have, 10);
	assert_memory_equal(got, "0123456789", 10);
	parts_seek(p, 4);
	assert_int_equal(parts_read(p, got, 3), 1);
	assert_int_equal(parts_read(p, got + 1, 3), 3);
	assert_memory_equal(got, "4567", 4);
	parts_close(p);
	assert_null(parts_open(scratch_path("none.tar"), &err));
	assert_null(parts_open(scratch_folder, &err));
	assert_int_equal(err.kind, EXIT_NOINPUT);
}

static void put(struct buf *b, uint64_t value, int bytes)
{
	for (; bytes--; value >>= 8)
		buf_addc(b, (char)(value & 255));
}

/* How many members a file says it has that is nothing but the ends of a zip: a zip64 record
 * (its count at 32), its locator, which says where it lies, and the end record. */
static int64_t members_said(const char *sign, uint64_t count, uint64_t record_at, unsigned short_count,
			    size_t comment)
{
	const char *path = scratch_path("ends.zip");
	struct parts *p;
	struct buf b;
	int64_t said;
	FILE *file;

	buf_init(&b, 1 << 20);
	buf_adds(&b, "before");
	buf_addc(&b, 'P'), buf_addc(&b, 'K'), buf_addc(&b, 6), buf_addc(&b, 6);
	put(&b, 0, 28), put(&b, count, 8), put(&b, 0, 16);
	buf_adds(&b, sign);
	put(&b, 0, 4), put(&b, record_at, 8), put(&b, 1, 4);
	buf_adds(&b, "PK\5\6");
	put(&b, 0, 6), put(&b, short_count, 2), put(&b, 0, 8), put(&b, comment, 2);
	put(&b, 0, (int)comment);
	file = fopen(path, "w");
	assert_true(fwrite(b.data, 1, b.len, file) == b.len && !fclose(file));
	p = parts_open(path, &err);
	assert_non_null(p);
	said = zip_entries(p);
	parts_close(p);
	buf_release(&b);
	return said;
}

static void test_count_of_a_zip(void **state)
{
	(void)state;
	assert_int_equal(members_said("PK\6\7", 70000, 6, 0xffff, 0), 70000);
	assert_int_equal(members_said("PK\6\7", 5000000000, 6, 0xffff, 65535), 5000000000);
	assert_int_equal(members_said("PK\6\7", 70000, 6, 12, 3), 12);
	/* A locator that is none, or leads nowhere, or behind the end. */
	assert_int_equal(members_said("PK\6\1", 70000, 6, 0xffff, 0), -1);
	assert_int_equal(members_said("PK\6\7", 70000, 5, 0xffff, 0), -1);
	assert_int_equal(members_said("PK\6\7", 70000, 100000, 0xffff, 0), -1);
	assert_int_equal(members_said("PK\6\7", 70000, UINT64_MAX, 0xffff, 0), -1);
}

/* Members 1.bin to 5.bin of n * 50,000 bytes each. */
static const char *make(const char *name, bool zip, bool packed)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	const char *path = scratch_path(name);
	char member[20], *bytes = xmalloc(250000);
	int n;

	if (zip)
		archive_write_set_format_zip(a), archive_write_set_options(a, packed ? "compression=deflate" : "compression=store");
	else
		archive_write_set_format_pax_restricted(a);
	if (packed && !zip)
		archive_write_add_filter_gzip(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (n = 1; n <= 5; n++) {
		snprintf(member, sizeof(member), "%d.bin", n);
		archive_entry_clear(e);
		archive_entry_set_pathname(e, member);
		archive_entry_set_size(e, n * 50000);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_write_header(a, e);
		memset(bytes, n, (size_t)n * 50000);
		archive_write_data(a, bytes, (size_t)n * 50000);
	}
	archive_entry_free(e);
	archive_write_free(a);
	free(bytes);
	return path;
}

/* Reads member n whole if n is odd, else a little of it. */
static void read_some(const char *path, bool raw)
{
	struct arc *a = arc_open(path, &err);
	struct arc_member m;
	char name[20], byte;
	struct buf b;
	int n, got;

	buf_init(&b, 1 << 20);
	for (n = 1; n <= 5; n++) {
		assert_int_equal(arc_next(a, &m), ARC_MEMBER);
		snprintf(name, sizeof(name), "%d.bin", n);
		assert_string_equal(m.name, name);
		assert_int_equal(m.size, n * 50000);
		assert_int_equal(m.offset >= 0, raw);
		if (raw) {
			assert_int_equal(pread(arc_fd(a), &byte, 1, m.offset + m.size - 1), 1);
			assert_int_equal(byte, n);
		}
		buf_clear(&b);
		got = arc_read(a, &b, 100, &m);
		while (got > 0 && n % 2)
			got = arc_read(a, &b, 70000, &m);
		assert_int_equal(b.len, n % 2 ? n * 50000 : 100);
		assert_int_equal(b.data[0], n);
		assert_int_equal(b.data[b.len - 1], n);
	}
	assert_int_equal(arc_next(a, &m), ARC_END);
	assert_int_equal(arc_next(a, &m), ARC_END);
	buf_release(&b);
	arc_close(a);
}

static void test_members(void **state)
{
	static const struct { const char *name; bool zip, packed; } all[] = {
		{ "a.tar", false, false }, { "a.tar.gz", false, true }, { "s.zip", true, false },
		{ "d.zip", true, true },
	};
	const char *path;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		path = make(all[i].name, all[i].zip, all[i].packed);
		assert_true(arc_is_archive(path));
		read_some(path, !all[i].packed);
	}
}

static void test_no_archives(void **state)
{
	(void)state;
	assert_false(arc_is_archive(scratch_text("rows.jsonl", "{\"image\":\"a.png\"}\n")));
	assert_false(arc_is_archive(scratch_text("empty", "")));
	assert_false(arc_is_archive(scratch_file("rows.gz", "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xe6\x02\0\x9b\x0a\x8f\x8e\x02\0\0\0", 22)));
	assert_false(arc_is_archive(scratch_path("none")));
	assert_null(arc_open(scratch_path("none"), &err));
	arc_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_of_a_zip),
		cmocka_unit_test(test_part_names),
		cmocka_unit_test(test_parts_are_one),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_no_archives),
	};

	return cmocka_run_group_tests_name("archive", tests, scratch_make, scratch_remove);
}
