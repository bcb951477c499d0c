/* SPDX-License-Identifier: Apache-2.0
 *
 * source: lines out of files of every form, and an honest word about files that are broken.
 */
#include "store/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include "schemas/span.h"
#include "tests/unit/scratch.h"

/* Every line as "file:number:text" joined by '|'; '~' torn, '+' too long, '!' an error. */
static void read_all(char *const *paths, struct buf *out, struct err *err)
{
	struct source *s = source_open(paths, err);
	enum source_got got;
	struct line line;

	assert_non_null(s);
	buf_clear(out);
	while ((got = source_poll(s, &line, err)) != SOURCE_END) {
		if (got == SOURCE_FAILED) {
			buf_addc(out, '!');
			continue;
		}
		assert_int_equal(got, SOURCE_LINE);
		buf_printf(out, "%lld:", (long long)line.number);
		buf_add(out, line.text, line.len < 40 ? line.len : 40);
		buf_adds(out, line.torn ? "~|" : line.fault ? "+|" : "|");
	}
	source_close(s);
}

static struct err last;

static void reads(const char *path, const char *expected)
{
	char *paths[] = { (char *)path, NULL };
	struct buf got;

	buf_init(&got, BUF_NO_MAX);
	last.text[0] = '\0';
	read_all(paths, &got, &last);
	assert_string_equal(got.data, expected);
	buf_release(&got);
}

static void test_plain_lines(void **state)
{
	(void)state;
	reads(scratch_text("a", "{\"a\":1}\n{\"b\":2}\n"), "1:{\"a\":1}|2:{\"b\":2}|");
	reads(scratch_text("a", "one\ntwo"), "1:one|2:two~|");
	reads(scratch_text("a", "one\r\ntwo\r\n"), "1:one|2:two|");
	reads(scratch_text("a", "one\r\ntwo\r"), "1:one|2:two~|");
	reads(scratch_text("a", "\xef\xbb\xbf{}\n"), "1:{}|");
	reads(scratch_text("a", ""), "");
	reads(scratch_text("a", "\n \n\t\r\n"), "");
	reads(scratch_text("a", "x"), "1:x~|");
	reads(scratch_text("a", "\xef\xbb\xbf"), "");
}

/* A line's number is what an editor shows, whatever blank lines stand before it. */
static void test_numbers_count_blank_lines(void **state)
{
	(void)state;
	reads(scratch_text("a", "\n\n{}\n\nx\n"), "3:{}|5:x|");
	reads(scratch_text("a", " \n[1,\n2]"), "1:1|2:2|");	/* of an array: elements */
}

static void test_nul_bytes_are_content(void **state)
{
	(void)state;
	reads(scratch_file("a", "\0{}\n", 4), "1:");	/* as C text: the NUL is still there */
}

static void test_arrays(void **state)
{
	(void)state;
	reads(scratch_text("a", "[{\"a\":[1,\n2]},\n \"x\" , 3]\n"),
	      "1:{\"a\":[1, 2]}|2:\"x\"|3:3|");
	reads(scratch_text("a", "\xef\xbb\xbf[]"), "");
	reads(scratch_text("a", "[1,2"), "1:1|!");
	assert_non_null(strstr(last.text, "ends inside its JSON array"));
	reads(scratch_text("a", "[1] x"), "1:1|!");
	assert_int_equal(last.kind, EXIT_DATA);
}

/* A newline between tokens is white space; inside a string it is an error that must show. */
static void test_array_element_with_a_raw_newline(void **state)
{
	char *paths[] = { (char *)scratch_text("a", "[{\"a\":\"x\ny\\\"\",\n\"b\":1}]"), NULL };
	struct source *s = source_open(paths, &last);
	struct line line;
	struct err err;

	(void)state;
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_int_equal(span_check(line.text, line.len, &err), -1);
	assert_non_null(strstr(err.text, "control character"));
	source_close(s);
}

static void test_several_inputs(void **state)
{
	char *paths[] = { (char *)scratch_text("a", "1\n2"), (char *)scratch_text("b", ""),
			  (char *)scratch_text("c", "[3,4]"), (char *)scratch_text("d", "5\n"),
			  NULL };
	struct buf got;

	(void)state;
	buf_init(&got, BUF_NO_MAX);
	read_all(paths, &got, &last);
	assert_string_equal(got.data, "1:1|2:2~|1:3|2:4|1:5|");
	buf_release(&got);
}

static void test_broken_input_does_not_hide_the_next(void **state)
{
	char *paths[] = { (char *)scratch_text("a", "[1,"), (char *)scratch_text("b", "2\n"),
			  NULL };
	struct buf got;

	(void)state;
	buf_init(&got, BUF_NO_MAX);
	read_all(paths, &got, &last);
	assert_string_equal(got.data, "1:1|!1:2|");
	buf_release(&got);
}

static void test_missing_inputs_show_at_once(void **state)
{
	char *paths[] = { (char *)scratch_text("a", "1\n"), (char *)scratch_path("none"),
			  NULL };
	char *folder[] = { scratch_folder, NULL };

	(void)state;
	assert_null(source_open(paths, &last));
	assert_int_equal(last.kind, EXIT_NOINPUT);
	assert_null(source_open(folder, &last));
	assert_int_equal(last.kind, EXIT_NOINPUT);
}

/* ---- compressed ---- */

static size_t frame(const char *text, size_t len, int checksum, char *to, size_t room)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t n;

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
	n = ZSTD_compress2(c, to, room, text, len);
	ZSTD_freeCCtx(c);
	assert_false(ZSTD_isError(n));
	return n;
}

static void test_zstd_of_several_frames(void **state)
{
	static const char skippable[] = "\x50\x2a\x4d\x18\x04\0\0\0abcd";
	char bytes[1000];
	size_t n;

	(void)state;
	n = frame("one\ntw", 6, 1, bytes, sizeof(bytes));
	n += frame("o\nthree\n", 8, 0, bytes + n, sizeof(bytes) - n);
	reads(scratch_file("a.zst", bytes, n), "1:one|2:two|3:three|");
	reads(scratch_file("no-name", bytes, n), "1:one|2:two|3:three|");
	n = sizeof(skippable) - 1;	/* what pzstd writes in front */
	memcpy(bytes, skippable, n);
	n += frame("one\n", 4, 1, bytes + n, sizeof(bytes) - n);
	reads(scratch_file("a.zst", bytes, n), "1:one|");
	n = frame("", 0, 1, bytes, sizeof(bytes));
	reads(scratch_file("a.zst", bytes, n), "");
}

static void test_truncated_zstd(void **state)
{
	char bytes[200000], *text = xmalloc(400000);
	size_t n, i, cut;
	struct buf got;
	char *paths[] = { (char *)scratch_path("cut.zst"), NULL };

	(void)state;
	for (i = 0; i < 400000; i++)	/* several blocks, so that some lines come first */
		text[i] = (char)(i % 40 == 39 ? '\n' : 'a' + (i * i / 7 + i % 13) % 26);
	n = frame(text, 400000, 1, bytes, sizeof(bytes));
	buf_init(&got, BUF_NO_MAX);
	for (cut = 1; cut <= 16; cut++) {
		scratch_file("cut.zst", bytes, n * cut / 17);
		read_all(paths, &got, &last);
		assert_int_equal(got.data[got.len - 1], '!');
		assert_int_equal(last.kind, EXIT_DATA);
	}
	assert_non_null(strstr(last.text, "ends inside a zstd frame"));
	assert_memory_equal(got.data, "1:", 2);
	assert_true(got.len > 100000);
	memset(bytes + n / 2, 0, 20);
	scratch_file("cut.zst", bytes, n);
	read_all(paths, &got, &last);
	assert_non_null(strstr(last.text, "not sound zstd"));
	buf_release(&got);
	free(text);
}

/* Much text out of few bytes: all of it arrives, checksum or not, and memory stays small. */
static void test_zstd_that_unfolds(void **state)
{
	static const size_t sizes[] = { 131072, 262144, 262145, 300001, 524288, 5000000 };
	size_t i, n, size, lines, room = 1 << 20;
	char *text, *bytes = xmalloc(room);
	enum source_got got;
	struct source *s;
	struct line line;
	char *paths[2] = { NULL, NULL };

	(void)state;
	for (i = 0; i < 2 * COUNT(sizes); i++) {
		size = sizes[i / 2];
		text = xmalloc(size);
		memset(text, 'x', size);
		for (n = 99; n < size; n += 100)
			text[n] = '\n';
		n = frame(text, size, (int)(i % 2), bytes, room);
		paths[0] = (char *)scratch_file("big.zst", bytes, n);
		s = source_open(paths, &last);
		for (lines = 0; (got = source_poll(s, &line, &last)) == SOURCE_LINE; lines++)
			assert_int_equal(line.len, line.torn ? size % 100 : 99);
		if (got != SOURCE_END)
			fail_msg("%zu bytes: %s", size, last.text);
		assert_int_equal(lines, (size + 99) / 100);
		source_close(s);
		free(text);
	}
	free(bytes);
}

static long peak_kb(void)
{
	char text[256];
	FILE *file = fopen("/proc/self/status", "r");
	long kb = 0;

	while (fgets(text, sizeof(text), file))
		if (sscanf(text, "VmHWM: %ld", &kb) == 1)
			break;
	fclose(file);
	return kb;
}

/* 1 GB of line ends in some 40 KB of zstd: read through without holding them. */
static void bomb(void *ctx)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t room = 1 << 20, len = 1 << 20, i;
	char *out = xmalloc(room), *text = xmalloc(len);
	ZSTD_outBuffer to = { out, room, 0 };
	ZSTD_inBuffer from;
	char *paths[] = { (char *)scratch_path("bomb.zst"), NULL };
	struct source *s;
	struct line line;
	long before;

	(void)ctx;
	memset(text, '\n', len);
	for (i = 0; i < 1024; i++) {
		from = (ZSTD_inBuffer){ text, len, 0 };
		ZSTD_compressStream2(c, &to, &from, i == 1023 ? ZSTD_e_end : ZSTD_e_continue);
	}
	assert_true(to.pos < room);
	scratch_file("bomb.zst", out, to.pos);
	before = peak_kb();
	s = source_open(paths, &last);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_END);
	source_close(s);
	printf("%ld", peak_kb() - before);
	ZSTD_freeCCtx(c);
	free(out);
	free(text);
}

static void test_zstd_bomb_needs_no_memory(void **state)
{
	struct buf out, err;

	(void)state;
	if (scratch_child(bomb, NULL, &out, &err))
		fail_msg("%s", err.data);
	assert_in_range(atol(out.data), 0, 64 << 10);	/* kB, of 1 GB */
	buf_release(&out);
	buf_release(&err);
}

static void gzip(const char *path, const char *text, size_t len)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	archive_write_add_filter_gzip(a);
	archive_write_set_format_raw(a);
	archive_write_set_bytes_in_last_block(a, 1);	/* no padding behind the member */
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_write_header(a, e);
	assert_int_equal(archive_write_data(a, text, len), len);
	archive_write_close(a);
	archive_write_free(a);
	archive_entry_free(e);
}

static void test_gzip(void **state)
{
	const char *path = scratch_path("a.jsonl.gz");
	struct buf bytes, twice;

	(void)state;
	gzip(path, "one\ntwo\n", 8);
	reads(path, "1:one|2:two|");
	scratch_read(path, &bytes);
	buf_init(&twice, BUF_NO_MAX);
	buf_add(&twice, bytes.data, bytes.len);
	buf_add(&twice, bytes.data, bytes.len);
	reads(scratch_file("twice.gz", twice.data, twice.len), "1:one|2:two|3:one|4:two|");
	scratch_file("cut.gz", bytes.data, bytes.len - 9);
	reads(scratch_path("cut.gz"), "!");
	assert_int_equal(last.kind, EXIT_DATA);
	assert_non_null(strstr(last.text, "not sound gzip"));
	buf_release(&bytes);
	buf_release(&twice);
}

/* ---- long lines, pipes ---- */

static void test_a_line_over_the_maximum(void **state)
{
	size_t len = 40 << 20;	/* more than the maximum twice */
	char *text = xmalloc(len + 20), *paths[] = { NULL, NULL };
	struct source *s;
	struct line line;

	(void)state;
	memset(text, 'x', len);
	memcpy(text + len, "\nnext\n", 6);
	paths[0] = (char *)scratch_file("long", text, len + 6);
	s = source_open(paths, &last);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_string_equal(line.fault, "longer than 16 MB");
	assert_true(line.len >= SOURCE_LINE_MAX && line.len <= len);
	assert_int_equal(line.number, 1);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_null(line.fault);
	assert_memory_equal(line.text, "next", 4);
	assert_int_equal(line.number, 2);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_END);
	source_close(s);
	/* exactly the maximum is fine */
	text[SOURCE_LINE_MAX] = '\n';
	paths[0] = (char *)scratch_file("long", text, SOURCE_LINE_MAX + 1);
	s = source_open(paths, &last);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_null(line.fault);
	assert_int_equal(line.len, SOURCE_LINE_MAX);
	source_close(s);
	free(text);
}

static void test_a_pipe_never_blocks(void **state)
{
	int ends[2];
	char name[32], *paths[] = { name, NULL };
	struct source *s;
	struct line line;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	s = source_open(paths, &last);
	assert_non_null(s);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LATER);
	assert_true(source_fd(s) >= 0);
	assert_int_equal(write(ends[1], "{\"a\"", 4), 4);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LATER);
	assert_int_equal(write(ends[1], ":1}\n{", 5), 5);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_memory_equal(line.text, "{\"a\":1}", 7);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LATER);
	assert_int_equal(write(ends[1], "}", 1), 1);
	close(ends[1]);
	source_wait(s);
	while (source_poll(s, &line, &last) == SOURCE_LATER)
		source_wait(s);
	assert_true(line.torn);
	assert_memory_equal(line.text, "{}", 2);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_END);
	source_close(s);
	close(ends[0]);
}

/* A compressed pipe too: what was read but not handed out needs no new bytes to come. */
static void test_a_compressed_pipe(void **state)
{
	char *text = xmalloc(1 << 20), bytes[4096], name[32], *paths[] = { name, NULL };
	int ends[2], lines = 0;
	struct source *s;
	struct line line;
	size_t n;

	(void)state;
	memset(text, 'x', 1 << 20);
	for (n = 99; n < 1 << 20; n += 100)
		text[n] = '\n';
	n = frame(text, (1 << 20) / 100 * 100, 0, bytes, sizeof(bytes));
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	s = source_open(paths, &last);
	assert_int_equal(write(ends[1], bytes, n), n);
	while (source_poll(s, &line, &last) == SOURCE_LINE)
		lines++;
	assert_int_equal(lines, (1 << 20) / 100);	/* before the pipe is closed */
	close(ends[1]);
	source_close(s);
	close(ends[0]);
	free(text);
}

static void test_progress(void **state)
{
	char *paths[] = { (char *)scratch_text("a", "1\n2\n"), (char *)scratch_text("b", "3\n"),
			  NULL };
	struct source *s = source_open(paths, &last);
	struct line line;
	int64_t done, total;

	(void)state;
	source_progress(s, &done, &total);
	assert_int_equal(done, 0);
	assert_int_equal(total, 6);
	while (source_poll(s, &line, &last) == SOURCE_LINE)
		;
	source_progress(s, &done, &total);
	assert_int_equal(done, 6);
	source_close(s);
}

/* By the lines that came; of the second input nothing is known before it is read. */
static void test_expected(void **state)
{
	char *text = xmalloc(20000 * 1000 + 1);
	char *paths[] = { NULL, (char *)scratch_text("b", "1\n2\n"), NULL };
	struct source *s;
	struct line line;
	int i;

	(void)state;
	memset(text, 'x', 20000 * 1000);
	for (i = 1; i <= 20000; i++)
		text[i * 1000 - 1] = '\n';
	text[20000 * 1000] = '\0';
	paths[0] = (char *)scratch_text("a", text);
	s = source_open(paths, &last);
	assert_int_equal(source_expected(s), -1);
	for (i = 0; i < 10000; i++)
		assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_in_range(source_expected(s), 9000, 10000);	/* some bytes are read ahead */
	for (; i < 20001; i++)
		assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_string_equal(line.file, paths[1]);
	assert_int_equal(source_expected(s), 0);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_LINE);
	assert_int_equal(source_poll(s, &line, &last), SOURCE_END);
	assert_int_equal(source_expected(s), -1);
	source_close(s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_plain_lines),
		cmocka_unit_test(test_numbers_count_blank_lines),
		cmocka_unit_test(test_nul_bytes_are_content),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_array_element_with_a_raw_newline),
		cmocka_unit_test(test_several_inputs),
		cmocka_unit_test(test_broken_input_does_not_hide_the_next),
		cmocka_unit_test(test_missing_inputs_show_at_once),
		cmocka_unit_test(test_zstd_of_several_frames),
		cmocka_unit_test(test_truncated_zstd),
		cmocka_unit_test(test_zstd_that_unfolds),
		cmocka_unit_test(test_zstd_bomb_needs_no_memory),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_a_line_over_the_maximum),
		cmocka_unit_test(test_a_pipe_never_blocks),
		cmocka_unit_test(test_a_compressed_pipe),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("source", tests, scratch_make, scratch_remove);
}
