/* SPDX-License-Identifier: Apache-2.0
 *
 * samples: which members are one sample, and what its line says. The rest is in
 * tests/golden/webdataset.
 */
#include "store/samples.h"

#include <archive.h>
#include <archive_entry.h>

#include "store/archive.h"
#include "store/source.h"
#include "tests/unit/scratch.h"

struct member {
	const char *name, *text;	/* text: NULL: 17 MB of it */
};

static void add(struct archive *tar, const char *name, const char *text, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)len);
	assert_int_equal(archive_write_header(tar, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(tar, text, len), len);
	archive_entry_free(e);
}

static const char *make_tar(const struct member *members)
{
	const char *path = scratch_path("a.tar");
	struct archive *tar = archive_write_new();
	size_t large = SOURCE_LINE_MAX + 1;
	char *text = malloc(large);

	memset(text, 'x', large);
	archive_write_set_format_ustar(tar);
	assert_int_equal(archive_write_open_filename(tar, path), ARCHIVE_OK);
	for (; members->name; members++)
		add(tar, members->name, members->text ? members->text : text,
		    members->text ? strlen(members->text) : large);
	assert_int_equal(archive_write_free(tar), ARCHIVE_OK);
	free(text);
	return path;
}

/* Lines and faults, each on a line; the archive's path reads A. */
static void gives(const struct member *members, const char *expected)
{
	const char *path = make_tar(members), *fault, *at, *found;
	struct samples *s;
	struct buf all, line;
	struct err err;
	int got;

	assert_true(samples_is_archive(path));
	s = samples_open(path, &err);
	assert_non_null(s);
	buf_init(&all, BUF_NO_MAX);
	buf_init(&line, BUF_NO_MAX);
	while ((got = samples_next(s, &line, &fault, &err)) > 0) {
		for (at = line.data; (found = strstr(at, path)); at = found + strlen(path))
			buf_printf(&all, "%.*sA", (int)(found - at), at);
		buf_printf(&all, "%s%s%s\n", at, fault ? "! " : "", fault ? fault : "");
		buf_clear(&line);
	}
	assert_int_equal(got, 0);
	assert_string_equal(all.data, expected);
	samples_close(s);
	buf_release(&all);
	buf_release(&line);
}

static void test_keys(void **state)
{
	static const struct member members[] = {
		{ "d.1/a.JPG", "i" }, { "d.1/a.Json", "{}" }, { "d.1/a.meta.json", "{\"no\":1}" },
		{ "d.1/b.txt", "B" }, { "d.1/b.0.png", "i" }, { "d.2/b.txt", "B2" },
		{ "README", "no key" }, { "c.webp", "i" }, { "c.jpg", "second" },
		{ "a.txt", "apart from d.1/a" }, { NULL, NULL }
	};

	(void)state;
	gives(members, "{\"image\":\"A::d.1/a.JPG\"}\n{\"caption\":\"B\"}\n{\"caption\":\"B2\"}\n"
	      "{\"image\":\"A::c.webp\"}\n{\"caption\":\"apart from d.1/a\"}\n");
}

static void test_texts(void **state)
{
	static const struct member members[] = {
		{ "0.json", "{ \"b\" : [1, 2.0],\n \"image\":\"x.png\"}" }, { "0.png", "" },
		{ "1.txt", " \n two\nlines \"q\" \n" }, { "1.jpg", "" },
		{ "2.json", "{\"caption\":\" same\\n\"}" }, { "2.txt", "same" },
		{ "3.json", "{\"caption\":\"one\"}" }, { "3.txt", "other" },
		{ "4.json", "{\"caption\":null,\"text\":\"t\"}" }, { "4.txt", "other" },
		{ "5.txt", "" },
		{ "6.json", "{\"caption\":null,\"text\":\"t\"}" }, { "6.txt", "t\n" },
		{ NULL, NULL }
	};

	(void)state;
	gives(members, "{\"b\":[1,2.0],\"image\":\"x.png\"}\n"
	      "{\"image\":\"A::1.jpg\",\"caption\":\"two\\nlines \\\"q\\\"\"}\n"
	      "{\"caption\":\" same\\n\"}\n{\"caption\":\"one\",\"text\":\"other\"}\n"
	      "! 4.txt says other than 4.json\n{\"caption\":\"\"}\n"
	      "{\"caption\":null,\"text\":\"t\"}\n");
}

static void test_faults(void **state)
{
	static const struct member members[] = {
		{ "0.json", "[]" }, { "1.json", "{\"a\":1,\"a\":2}" }, { "2.txt", "a\xff" },
		{ "3.txt", NULL }, { "3.json", "{" }, { "4.json", NULL }, { "5.txt", "sound" },
		{ NULL, NULL }
	};

	(void)state;
	gives(members, "! 0.json: not a JSON object at byte 0\n"
	      "! 1.json: repeated key in the object that ends at byte 13\n"
	      "! 2.txt: no UTF-8 text\n! 3.txt: longer than 16 MB\n! 4.json: longer than 16 MB\n"
	      "{\"caption\":\"sound\"}\n");
}

static void test_what_is_none(void **state)
{
	static const struct member members[] = { { "README", "x" }, { NULL, NULL } };
	const char *path = make_tar(members), *fault;
	struct err err;
	struct samples *s = samples_open(path, &err);
	struct buf line;

	(void)state;
	buf_init(&line, BUF_NO_MAX);
	assert_int_equal(samples_next(s, &line, &fault, &err), -1);
	assert_int_equal(err.kind, EXIT_DATA);
	assert_non_null(strstr(err.text, "without samples"));
	samples_close(s);
	assert_false(samples_is_archive(scratch_file("rows.jsonl", "{}\n", 3)));
	assert_false(samples_is_archive(scratch_path("none")));
	assert_false(samples_is_archive(scratch_folder));
	/* zstd of nothing: an empty output of a stage, and no archive */
	assert_false(samples_is_archive(scratch_file("none.jsonl.zst",
		"\x28\xb5\x2f\xfd\x24\x00\x01\x00\x00\x99\xe9\xd8\x51", 13)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests_name("samples", tests, scratch_make, scratch_remove);
}
