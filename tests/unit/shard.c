/* SPDX-License-Identifier: Apache-2.0
 *
 * shard: one frame each, with size and checksum, readable by plain libzstd; cut where asked;
 * the same bytes whatever the number of threads; sums that are those of the files.
 */
#include "store/shard.h"

#include <zstd.h>

#include "tests/unit/scratch.h"

static const char *folder(const char *name)
{
	const char *path = scratch_path(name);

	assert_int_equal(mkdir(path, 0777), 0);
	return path;
}

/* Row i of a made-up set: text that compresses neither too well nor too badly. */
static void make_row(int i, int words, struct buf *row)
{
	struct draw d = { .state = (uint64_t)i };

	buf_clear(row);
	buf_printf(row, "{\"n\":%d,\"t\":\"", i);
	while (words-- > 0)
		buf_printf(row, "%x ", draw_below(&d, 100000));
	buf_adds(row, "\"}\n");
}

static struct shards *write_set(const char *path, const struct shard_how *how, int rows,
				int words, struct buf *plain)
{
	struct err err = { .text = "" };
	struct shards *s = shards_open(path, how, &err);
	struct buf row;
	int i;

	assert_non_null(s);
	buf_init(&row, BUF_NO_MAX);
	buf_init(plain, BUF_NO_MAX);
	for (i = 0; i < rows; i++) {
		make_row(i, words, &row);
		assert_int_equal(shards_put(s, row.data, row.len - 1, &err), 0);
		buf_add(plain, row.data, row.len);
	}
	buf_release(&row);
	assert_int_equal(shards_close(s, &err), 0);
	return s;
}

/* The plain bytes of a shard; it must be one frame that says its size. */
static void unpack(const char *path, const struct shard *shard, struct buf *plain)
{
	char name[512];
	struct buf file;
	size_t n;

	snprintf(name, sizeof(name), "%s/%s", path, shard->name);
	scratch_read(name, &file);
	assert_int_equal(file.len, shard->file.bytes);
	assert_int_equal(ZSTD_getFrameContentSize(file.data, file.len), shard->plain.bytes);
	assert_int_equal(ZSTD_findFrameCompressedSize(file.data, file.len), file.len);
	assert_true(file.data[4] & 4);	/* a checksum follows the frame */
	n = ZSTD_decompress(buf_room(plain, (size_t)shard->plain.bytes),
			    (size_t)shard->plain.bytes, file.data, file.len);
	assert_int_equal(n, shard->plain.bytes);
	plain->len += n;
	buf_release(&file);
}

static void expect_same(const char *path, const struct shards *s, const struct buf *want)
{
	struct buf got;
	size_t i;

	buf_init(&got, BUF_NO_MAX);
	for (i = 0; i < shards_count(s); i++)
		unpack(path, shards_at(s, i), &got);
	assert_int_equal(got.len, want->len);
	assert_memory_equal(got.data, want->data, want->len);
	buf_release(&got);
}

static void cuts_by_rows(void **state)
{
	const char *path = folder("rows");
	struct shard_how how = { SHARD_ZST, "train", 4, 1 << 30, 3, 1 };
	struct buf plain;
	struct shards *s = write_set(path, &how, 10, 5, &plain);

	(void)state;
	assert_int_equal(shards_count(s), 3);
	assert_string_equal(shards_at(s, 0)->name, "train-00000-of-00003.jsonl.zst");
	assert_string_equal(shards_at(s, 2)->name, "train-00002-of-00003.jsonl.zst");
	assert_int_equal(shards_at(s, 0)->rows, 4);
	assert_int_equal(shards_at(s, 2)->rows, 2);
	expect_same(path, s, &plain);
	buf_release(&plain);
	shards_free(s);
}

/* A row longer than a whole shard gets one of its own. */
static void cuts_by_bytes(void **state)
{
	const char *path = folder("bytes");
	struct shard_how how = { SHARD_ZST, "train", 0, 10, 3, 1 };
	struct buf plain;
	struct shards *s = write_set(path, &how, 3, 5, &plain);

	(void)state;
	assert_int_equal(shards_count(s), 3);
	expect_same(path, s, &plain);
	buf_release(&plain);
	shards_free(s);
}

static void empty_set_is_one_empty_shard(void **state)
{
	const char *path = folder("empty");
	struct shard_how how = { SHARD_ZST, "train", 0, 1 << 30, 3, 2 };
	struct buf plain;
	struct shards *s = write_set(path, &how, 0, 0, &plain);

	(void)state;
	assert_int_equal(shards_count(s), 1);
	assert_int_equal(shards_at(s, 0)->rows, 0);
	assert_int_equal(shards_at(s, 0)->plain.bytes, 0);
	assert_string_equal(shards_at(s, 0)->plain.sha256,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_same(path, s, &plain);
	buf_release(&plain);
	shards_free(s);
}

/* 24 MB: several jobs of 4 MB, so that threads really share the work. */
static void threads_do_not_change_the_bytes(void **state)
{
	struct shard_how how = { SHARD_ZST, "train", 0, 1 << 30, 3, 1 };
	const char *one = folder("one"), *three = folder("three");
	struct shards *a, *b;
	struct buf plain, same;

	(void)state;
	a = write_set(one, &how, 4000, 1000, &plain);
	how.threads = 3;
	b = write_set(three, &how, 4000, 1000, &same);
	assert_true(plain.len > 16 << 20);
	assert_string_equal(shards_at(a, 0)->file.sha256, shards_at(b, 0)->file.sha256);
	assert_string_equal(shards_at(a, 0)->file.xxh3, shards_at(b, 0)->file.xxh3);
	expect_same(three, b, &plain);
	buf_release(&plain);
	buf_release(&same);
	shards_free(a);
	shards_free(b);
}

static void sums_are_of_the_file(void **state)
{
	const char *path = folder("sums");
	struct shard_how how = { SHARD_ZST, "train", 0, 1 << 30, 3, 2 };
	struct digest_text sums;
	struct buf plain;
	struct shards *s = write_set(path, &how, 100, 50, &plain);
	char name[512];
	struct digest d;

	(void)state;
	snprintf(name, sizeof(name), "%s/%s", path, shards_at(s, 0)->name);
	assert_int_equal(digest_file(name, &sums, NULL), 0);
	assert_string_equal(sums.sha256, shards_at(s, 0)->file.sha256);
	assert_string_equal(sums.xxh3, shards_at(s, 0)->file.xxh3);
	digest_init(&d);
	digest_add(&d, plain.data, plain.len);
	digest_end(&d, &sums);
	digest_release(&d);
	assert_string_equal(sums.sha256, shards_at(s, 0)->plain.sha256);
	assert_string_equal(sums.xxh3, shards_at(s, 0)->plain.xxh3);
	buf_release(&plain);
	shards_free(s);
}

static void says_that_it_cannot_write(void **state)
{
	struct shard_how how = { SHARD_ZST, "train", 0, 1 << 30, 3, 1 };
	struct err err = { .text = "" };
	struct shards *s = shards_open(scratch_path("missing"), &how, &err);

	(void)state;
	assert_non_null(s);
	shards_put(s, "{}\n", 3, &err);	/* the file is made behind the rows */
	assert_int_equal(shards_close(s, &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "cannot write"));
	shards_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_by_rows),
		cmocka_unit_test(cuts_by_bytes),
		cmocka_unit_test(empty_set_is_one_empty_shard),
		cmocka_unit_test(threads_do_not_change_the_bytes),
		cmocka_unit_test(sums_are_of_the_file),
		cmocka_unit_test(says_that_it_cannot_write),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
