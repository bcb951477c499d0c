/* SPDX-License-Identifier: Apache-2.0
 *
 * ahead: whatever is left of one part before the next is taken, the bytes are those of the file,
 * in order, and a fault is told behind them.
 */
#include "store/ahead.h"

#include <fcntl.h>

#include <zstd.h>

#include "store/inflate.h"
#include "tests/unit/scratch.h"

#define MANY (5u << 20)		/* bytes: well past where the thread begins */
#define LONG_AT (2u << 20)
#define LONG (700u << 10)	/* a line longer than a part, and than the room in front of one */

/* Lines that all differ, so that a byte out of place shows. */
static void many_lines(struct buf *text)
{
	unsigned n = 0;

	buf_init(text, BUF_NO_MAX);
	while (text->len < MANY) {
		buf_printf(text, "%u %.*s\n", n, (int)(n * 7919 % 3000), "................"
			   "................................................................");
		if (text->len > LONG_AT && text->len < LONG_AT + 200)
			while (text->len < LONG_AT + LONG)
				buf_printf(text, "%u,", n++);
		n++;
	}
}

static size_t whole_lines(const struct buf *text, size_t used)
{
	while (used < text->len) {
		const char *newline = memchr(text->data + used, '\n', text->len - used);

		if (!newline)
			break;
		used = (size_t)(newline - text->data) + 1;
	}
	return used;
}

static size_t nothing_at_first(const struct buf *text, size_t used)
{
	return text->len - used < (300u << 10) ? used : text->len;
}

static size_t all_of_it(const struct buf *text, size_t used)
{
	(void)used;
	return text->len;
}

/* How far a caller is done with the text. */
typedef size_t habit(const struct buf *text, size_t used);

/* Everything out of the file by a caller of that habit; what the last read said. */
static int take(const char *path, habit *until, struct buf *all, struct err *err)
{
	int fd = open(path, O_RDONLY), got;
	struct ahead *a = ahead_open(fd, path);
	int64_t done = 0;
	size_t used = 0, end;
	struct buf text;

	assert_int_equal(ahead_fd(a), fd);
	buf_init(all, BUF_NO_MAX);
	buf_init(&text, BUF_NO_MAX);
	do {
		got = ahead_read(a, &text, &used, err);
		assert_true(used <= text.len && text.data[text.len] == '\0');
		assert_true(ahead_done(a) >= done);
		done = ahead_done(a);
		end = got > 0 ? until(&text, used) : text.len;
		buf_add(all, text.data + used, end - used);
		used = end;
	} while (got > 0);
	ahead_close(a);
	buf_release(&text);
	return got;
}

static void takes(const char *path, const struct buf *expected)
{
	static habit *const habits[] = { whole_lines, nothing_at_first, all_of_it };
	struct buf all;
	size_t i;

	for (i = 0; i < COUNT(habits); i++) {
		assert_int_equal(take(path, habits[i], &all, NULL), 0);
		assert_int_equal(all.len, expected->len);
		assert_memory_equal(all.data, expected->data, all.len);
		buf_release(&all);
	}
}

static const char *packed(const char *name, const struct buf *text, size_t *len)
{
	size_t room = ZSTD_compressBound(text->len);
	char *to = malloc(room);
	const char *path;

	*len = ZSTD_compress(to, room, text->data, text->len, 1);
	assert_false(ZSTD_isError(*len));
	path = scratch_file(name, to, *len);
	free(to);
	return path;
}

static void test_bytes_of_any_file(void **state)
{
	struct buf text;
	size_t len;

	(void)state;
	many_lines(&text);
	takes(scratch_file("many", text.data, text.len), &text);
	takes(packed("many.zst", &text, &len), &text);
	text.len = 100;
	takes(scratch_file("few", text.data, text.len), &text);
	text.len = 0;
	takes(scratch_file("none", text.data, text.len), &text);
	buf_release(&text);
}

/* What inflate alone gives before its fault. */
static void inflated(const char *path, struct buf *all, struct err *err)
{
	struct inflate *in = inflate_open(open(path, O_RDONLY), path);

	buf_init(all, BUF_NO_MAX);
	while (inflate_read(in, all, err) > 0)
		;
	inflate_close(in);
}

/* How much of it came before the fault. */
static size_t faults(const char *path, const struct buf *text)
{
	struct err err = { 0 }, expected = { 0 };
	struct buf all, plain;
	size_t len;

	inflated(path, &plain, &expected);
	assert_non_null(strstr(expected.text, "ends inside a zstd frame"));
	assert_int_equal(take(path, whole_lines, &all, &err), -1);
	assert_int_equal(all.len, plain.len);
	assert_memory_equal(all.data, text->data, all.len);
	assert_string_equal(err.text, expected.text);
	assert_int_equal(err.kind, EXIT_DATA);
	len = all.len;
	buf_release(&all);
	buf_release(&plain);
	return len;
}

/* Wherever in a part it comes: zstd gives 128 KB at once, and a part is 256. */
static void test_a_fault_comes_behind_the_bytes(void **state)
{
	bool inside = false;
	struct buf text;
	const char *path;
	size_t len, cut, before;

	(void)state;
	many_lines(&text);
	path = packed("cut.zst", &text, &len);
	for (cut = 1; cut <= 8; cut++) {
		assert_int_equal(truncate(path, (off_t)(len - len * cut / 16)), 0);
		before = faults(path, &text);
		assert_true(before > (2u << 20));
		inside = inside || before % (256u << 10);
	}
	assert_true(inside);
	buf_release(&text);
}

/* A stage that was told to stop, or wants no more, leaves at any time. */
static void test_closed_at_any_time(void **state)
{
	const char *path;
	struct ahead *a;
	struct buf text;
	size_t used;
	int reads, i;

	(void)state;
	many_lines(&text);
	path = scratch_file("left", text.data, text.len);
	for (reads = 0; reads < 12; reads++) {
		a = ahead_open(open(path, O_RDONLY), path);
		buf_clear(&text);
		used = 0;
		for (i = 0; i < reads; i++)
			assert_int_equal(ahead_read(a, &text, &used, NULL), 1);
		ahead_close(a);
	}
	buf_release(&text);
}

/* A pipe is read when the caller knows that there is something, however much came before. */
static void test_never_ahead_of_a_pipe(void **state)
{
	char line[32768];
	struct buf text;
	struct ahead *a;
	size_t used = 0;
	int ends[2], i;

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_int_equal(pipe(ends), 0);
	a = ahead_open(ends[0], "-");
	buf_init(&text, BUF_NO_MAX);
	for (i = 1; i <= 40; i++) {
		assert_false(ahead_ready(a));
		assert_int_equal(write(ends[1], line, sizeof(line)), sizeof(line));
		assert_int_equal(ahead_read(a, &text, &used, NULL), 1);
		assert_int_equal(text.len - used, sizeof(line));
		used = text.len;
	}
	close(ends[1]);
	assert_int_equal(ahead_read(a, &text, &used, NULL), 0);
	assert_int_equal(ahead_done(a), 40 * sizeof(line));
	ahead_close(a);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_of_any_file),
		cmocka_unit_test(test_a_fault_comes_behind_the_bytes),
		cmocka_unit_test(test_closed_at_any_time),
		cmocka_unit_test(test_never_ahead_of_a_pipe),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
