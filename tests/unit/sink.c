/* SPDX-License-Identifier: Apache-2.0
 *
 * sink: FILE appears whole or not at all, and nothing leaves before the ledger said yes.
 */
#include "store/sink.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <zstd.h>

#include "tests/unit/scratch.h"

static struct err err;

static struct sink *open_fine(const char *path)
{
	struct sink *s = sink_open(path, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static bool exists(const char *name)
{
	return access(scratch_path(name), F_OK) == 0;
}

static void holds(const char *name, const char *expected)
{
	struct buf b;

	scratch_read(scratch_path(name), &b);
	assert_string_equal(b.data, expected);
	buf_release(&b);
}

static void test_settled(void **state)
{
	struct sink *s;

	(void)state;
	scratch_text("out", "old\n");
	s = open_fine(scratch_path("out"));
	assert_int_equal(sink_write(s, "new\n", 4, &err), 0);
	assert_int_equal(sink_flush(s, &err), 0);
	holds("out", "old\n");		/* untouched until settled */
	holds("out.partial", "new\n");
	assert_int_equal(sink_settle(s, &err), 0);
	holds("out", "new\n");
	assert_false(exists("out.partial"));
}

static void test_left(void **state)
{
	struct sink *s;

	(void)state;
	scratch_text("left", "old\n");
	s = open_fine(scratch_path("left"));
	sink_write(s, "half", 4, &err);
	assert_int_equal(sink_leave(s, &err), 0);
	holds("left", "old\n");
	holds("left.partial", "half");
	s = open_fine(scratch_path("left"));	/* the next run begins anew */
	sink_write(s, "x", 1, &err);
	assert_int_equal(sink_settle(s, &err), 0);
	holds("left", "x");
}

static void test_empty_output_is_a_file(void **state)
{
	(void)state;
	assert_int_equal(sink_settle(open_fine(scratch_path("empty")), &err), 0);
	holds("empty", "");
}

static void test_one_writer(void **state)
{
	struct sink *s = open_fine(scratch_path("locked"));

	(void)state;
	sink_write(s, "first", 5, &err);
	sink_flush(s, &err);
	assert_null(sink_open(scratch_path("locked"), &err));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "another process is writing"));
	holds("locked.partial", "first");	/* not emptied by the second */
	assert_int_equal(sink_settle(s, &err), 0);
	s = open_fine(scratch_path("locked"));
	assert_int_equal(sink_leave(s, &err), 0);
	holds("locked", "first");
}

/* Stands before the system's flock, so that something can happen just before it. */
static void (*before_lock)(void);
static struct sink *early;

int flock(int fd, int operation)
{
	void (*hook)(void) = before_lock;

	before_lock = NULL;
	if (hook)
		hook();
	return (int)syscall(SYS_flock, fd, operation);
}

static void settle_early(void)
{
	assert_int_equal(sink_settle(early, &err), 0);
}

/*
 * The second writer opens FILE.partial, then the first one settles, so that what the second
 * holds and may lock is now FILE: it must not be emptied.
 */
static void test_a_late_writer_empties_nothing(void **state)
{
	struct sink *late;

	(void)state;
	early = open_fine(scratch_path("race"));
	sink_write(early, "whole\n", 6, &err);
	before_lock = settle_early;
	late = open_fine(scratch_path("race"));
	holds("race", "whole\n");
	sink_write(late, "next\n", 5, &err);
	assert_int_equal(sink_flush(late, &err), 0);
	holds("race", "whole\n");
	assert_int_equal(sink_settle(late, &err), 0);
	holds("race", "next\n");
}

static size_t unpack(const char *name, char *to, size_t room)
{
	struct buf b;
	size_t n;

	scratch_read(scratch_path(name), &b);
	n = ZSTD_decompress(to, room, b.data, b.len);
	assert_false(ZSTD_isError(n));
	buf_release(&b);
	return n;
}

static void write_in_steps(const char *name, const char *text, size_t len, size_t step)
{
	struct sink *s = open_fine(scratch_path(name));
	size_t i;

	for (i = 0; i < len; i += step) {
		assert_int_equal(sink_write(s, text + i, len - i < step ? len - i : step, &err),
				 0);
		assert_int_equal(sink_flush(s, &err), 0);
	}
	assert_int_equal(sink_settle(s, &err), 0);
}

static void test_zstd_hangs_on_the_bytes_only(void **state)
{
	static const size_t steps[] = { 1000, 4096, 131071, 131072, 131073, 900000 };
	size_t len = 600000, i;
	char *text = xmalloc(len), *back = xmalloc(len);
	struct buf first, other;

	(void)state;
	for (i = 0; i < len; i++)
		text[i] = (char)('a' + (i * i / 3 + i % 7) % 26);
	write_in_steps("first.zst", text, len, 777);
	scratch_read(scratch_path("first.zst"), &first);
	assert_int_equal(unpack("first.zst", back, len), len);
	assert_memory_equal(back, text, len);
	for (i = 0; i < COUNT(steps); i++) {
		write_in_steps("other.zst", text, len, steps[i]);
		scratch_read(scratch_path("other.zst"), &other);
		assert_int_equal(other.len, first.len);
		assert_memory_equal(other.data, first.data, first.len);
		buf_release(&other);
	}
	assert_int_equal(sink_settle(open_fine(scratch_path("none.zst")), &err), 0);
	assert_int_equal(unpack("none.zst", back, len), 0);
	buf_release(&first);
	free(text);
	free(back);
}

static void test_disk_full(void **state)
{
	struct sink *s = open_fine("/dev/full");

	(void)state;
	assert_int_equal(sink_write(s, "x", 1, &err), 0);	/* only gathered */
	assert_int_equal(sink_settle(s, &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_string_equal(err.text, "cannot write '/dev/full': No space left on device");
	s = open_fine("/dev/full");
	sink_write(s, "x", 1, &err);
	assert_int_equal(sink_flush(s, &err), -1);
	assert_int_equal(sink_leave(s, &err), -1);
}

/* A file-size limit stands in for a disk that fills up in the middle. */
static void fill(void *ctx)
{
	struct rlimit limit = { 200000, 200000 };
	char *bytes = xcalloc(1, 100000);
	struct sink *s;
	int i, bad = 0;

	(void)ctx;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	s = sink_open(scratch_path("full"), &err);
	for (i = 0; i < 10 && !bad; i++)
		bad = sink_write(s, bytes, 100000, &err);
	printf("%d %d %s\n", bad, (int)err.kind, err.text);
	sink_leave(s, &err);
	free(bytes);
}

static void test_full_in_the_middle(void **state)
{
	struct buf out, text;

	(void)state;
	scratch_text("full", "old\n");
	assert_int_equal(scratch_child(fill, NULL, &out, &text), 0);
	assert_memory_equal(out.data, "-1 74 cannot write", 18);
	holds("full", "old\n");
	buf_release(&out);
	buf_release(&text);
}

static void test_no_such_place(void **state)
{
	(void)state;
	assert_null(sink_open(scratch_path("none/out"), &err));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_null(sink_open(scratch_folder, &err));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "it is a folder"));
}

static int allowed, asked;

static int gate(void *ctx, struct err *e)
{
	assert_ptr_equal(ctx, &allowed);
	asked++;
	return allowed ? 0 : err_set(e, EXIT_OUTPUT, "the ledger says no");
}

static void test_nothing_leaves_before_the_gate(void **state)
{
	struct sink *s = open_fine(scratch_path("gate"));
	char *bytes = xcalloc(1, 300000);

	(void)state;
	memset(bytes, 'x', 300000);
	sink_before_write(s, gate, &allowed);
	allowed = asked = 0;
	assert_int_equal(sink_flush(s, &err), 0);
	assert_int_equal(asked, 0);		/* nothing to write, nothing to ask */
	assert_int_equal(sink_write(s, bytes, 300000, &err), -1);
	assert_string_equal(err.text, "the ledger says no");
	assert_int_equal(sink_flush(s, &err), -1);
	holds("gate.partial", "");
	allowed = 1;
	assert_int_equal(sink_flush(s, &err), 0);
	assert_true(asked >= 3);
	allowed = 0;
	assert_int_equal(sink_write(s, "tail", 4, &err), 0);
	assert_int_equal(sink_settle(s, &err), -1);
	assert_false(exists("gate"));
	assert_true(exists("gate.partial"));
	free(bytes);
}

static void test_permissions(void **state)
{
	mode_t old = umask(027);
	struct stat st;

	(void)state;
	assert_int_equal(sink_settle(open_fine(scratch_path("mode")), &err), 0);
	umask(old);
	assert_int_equal(stat(scratch_path("mode"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void say_hello(void *ctx)
{
	struct sink *s = sink_open(ctx, &err);

	sink_write(s, "hello\n", 6, &err);
	if (sink_settle(s, &err))
		_exit(1);
}

static void test_standard_output(void **state)
{
	char *names[] = { NULL, (char *)"-" };
	struct buf out, text;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(scratch_child(say_hello, names[i], &out, &text), 0);
		assert_string_equal(out.data, "hello\n");
		buf_release(&out);
		buf_release(&text);
	}
}

static void closed_pipe(void *ctx)
{
	int ends[2];
	struct sink *s;

	(void)ctx;
	signal(SIGPIPE, SIG_IGN);
	if (pipe(ends) || dup2(ends[1], STDOUT_FILENO) < 0)
		_exit(9);
	close(ends[0]);
	close(ends[1]);
	s = sink_open(NULL, &err);
	sink_write(s, "x", 1, &err);
	if (sink_pipe_closed(s) || !sink_flush(s, &err) || !sink_pipe_closed(s))
		_exit(1);
	sink_leave(s, &err);
	_exit(0);
}

static void test_closed_pipe_is_told(void **state)
{
	struct buf out, text;

	(void)state;
	assert_int_equal(scratch_child(closed_pipe, NULL, &out, &text), 0);
	buf_release(&out);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_empty_output_is_a_file),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_a_late_writer_empties_nothing),
		cmocka_unit_test(test_zstd_hangs_on_the_bytes_only),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_full_in_the_middle),
		cmocka_unit_test(test_no_such_place),
		cmocka_unit_test(test_nothing_leaves_before_the_gate),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_standard_output),
		cmocka_unit_test(test_closed_pipe_is_told),
	};

	return cmocka_run_group_tests_name("sink", tests, scratch_make, scratch_remove);
}
