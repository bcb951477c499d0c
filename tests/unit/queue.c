/* SPDX-License-Identifier: Apache-2.0
 *
 * queue: whatever order answers come in, records leave in input order; what waits beyond the
 * memory it may take waits in a file.
 */
#include "store/queue.h"

#include "schemas/hash.h"
#include "tests/unit/scratch.h"

#define MOST 2000

static struct place *places[MOST];
static struct err err;

static void put(struct queue *q, int i, size_t len)
{
	char *text = xmalloc(len + 32), reject[32];

	memset(text, 'a' + i % 26, len + 32);
	sprintf(text, "%d:", i);
	text[strlen(text)] = ' ';
	snprintf(reject, sizeof(reject), "reject %d", i);
	assert_int_equal(queue_put(q, places[i], text, len, reject, i % 3 ? 0 : strlen(reject),
				   &err), 0);
	free(text);
}

/* Takes all that is ready and checks that it is record `next`, `next` + 1, ... */
static int take(struct queue *q, int next, size_t len)
{
	struct queue_ready ready;
	char reject[32];
	size_t i;

	while (queue_take(q, &ready, &err) == 1) {
		assert_int_equal(ready.len, len);
		assert_int_equal(strtol(ready.text, NULL, 10), next);
		for (i = 16; i < len; i += 997)
			assert_int_equal(ready.text[i], 'a' + next % 26);
		snprintf(reject, sizeof(reject), "reject %d", next);
		assert_int_equal(ready.rejects_len, next % 3 ? 0 : strlen(reject));
		if (next % 3 == 0)
			assert_memory_equal(ready.rejects, reject, ready.rejects_len);
		next++;
	}
	return next;
}

/* Puts `count` records in an order drawn from seed, taking now and then. */
static void any_order(uint64_t seed, int count, size_t len, bool take_between)
{
	struct queue *q = queue_new();
	struct draw d = { seed };
	int order[MOST], i, j, t, next = 0;

	for (i = 0; i < count; i++) {
		places[i] = queue_place(q);
		order[i] = i;
	}
	for (i = count - 1; i > 0; i--) {
		j = (int)draw_below(&d, (unsigned)i + 1);
		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	assert_int_equal(queue_open(q), count);
	for (i = 0; i < count; i++) {
		put(q, order[i], len);
		if (take_between)
			next = take(q, next, len);
	}
	assert_int_equal(take(q, next, len), count);
	assert_int_equal(queue_open(q), 0);
	queue_free(q);
}

/* Only whose turn it is may leave by itself; those behind it wait for it. */
static void test_pass(void **state)
{
	struct queue *q = queue_new();
	struct queue_ready ready;
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		places[i] = queue_place(q);
	assert_false(queue_pass(q, places[1]));
	put(q, 1, 40);
	assert_int_equal(queue_take(q, &ready, &err), 0);
	assert_true(queue_pass(q, places[0]));
	assert_int_equal(queue_open(q), 3);
	assert_false(queue_pass(q, places[2]));		/* 1 is ready, and still before it */
	assert_int_equal(take(q, 1, 40), 2);
	assert_true(queue_pass(q, places[2]));
	assert_true(queue_pass(q, places[3]));
	assert_int_equal(queue_open(q), 0);
	places[0] = queue_place(q);
	put(q, 0, 40);
	assert_int_equal(take(q, 0, 40), 1);
	queue_free(q);
}

static void test_any_order(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 40; seed++)
		any_order(seed, (int)(seed * 13), 40, seed % 2 == 0);
}

/* Bytes of the spill file, found among our open files; -1: there is none. */
static int64_t spill_size(void)
{
	char path[32], name[256];
	struct stat st;
	ssize_t n;
	int fd;

	for (fd = 3; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, name, sizeof(name) - 1);
		if (n <= 0)
			continue;
		name[n] = '\0';
		if (strstr(name, "/capqa-") && strstr(name, " (deleted)") && !fstat(fd, &st))
			return st.st_size;
	}
	return -1;
}

/* 60 MB behind one straggler: over 24 MB go to the file and come back as they were. */
static void test_spills_and_reads_back(void **state)
{
	struct queue *q = queue_new();
	size_t len = 100000;
	int i, round, next;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 600; i++)
			places[i] = queue_place(q);
		for (i = 599; i > 0; i--)
			put(q, i, len);
		assert_in_range(queue_spilled(q),
				(round + 1) * (60000000 - (int)QUEUE_MEMORY - 200000),
				(round + 1) * (60000000 - (int)QUEUE_MEMORY + 200000));
		assert_int_equal(take(q, 0, len), 0);
		assert_int_equal(spill_size(), queue_spilled(q) / (round + 1));
		put(q, 0, len);
		next = take(q, 0, len);
		assert_int_equal(next, 600);
		assert_int_equal(spill_size(), 0);	/* emptied when the last one has left */
	}
	queue_free(q);
}

/* 200 MB put, 24 MB held: counted by the spill file, which a sanitizer cannot distort. */
static void test_memory_stays(void **state)
{
	struct queue *q = queue_new();
	int64_t put_bytes = 0;
	int i;

	(void)state;
	for (i = 0; i < MOST; i++)
		places[i] = queue_place(q);
	for (i = MOST - 1; i > 0; i--) {
		put(q, i, 100000);
		put_bytes += 100000;
		assert_true(put_bytes - queue_spilled(q) <= (int64_t)QUEUE_MEMORY);
	}
	queue_free(q);
}

static void test_empty_texts(void **state)
{
	struct queue *q = queue_new();
	struct queue_ready ready;

	(void)state;
	places[0] = queue_place(q);
	places[1] = queue_place(q);
	assert_int_equal(queue_take(q, &ready, &err), 0);
	assert_int_equal(queue_put(q, places[1], NULL, 0, "r", 1, &err), 0);
	assert_int_equal(queue_put(q, places[0], NULL, 0, NULL, 0, &err), 0);
	assert_int_equal(queue_take(q, &ready, &err), 1);
	assert_int_equal(ready.len + ready.rejects_len, 0);
	assert_int_equal(queue_take(q, &ready, &err), 1);
	assert_int_equal(ready.len, 0);
	assert_memory_equal(ready.rejects, "r", 1);
	assert_int_equal(queue_take(q, &ready, &err), 0);
	queue_free(q);
}

static void test_no_place_for_the_file(void **state)
{
	struct queue *q = queue_new();
	char *text = xcalloc(1, QUEUE_MEMORY);

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	queue_place(q);
	places[0] = queue_place(q);
	places[1] = queue_place(q);
	assert_int_equal(queue_put(q, places[0], text, QUEUE_MEMORY, NULL, 0, &err), 0);
	assert_int_equal(queue_put(q, places[1], "x", 1, NULL, 0, &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "No such file or directory"));
	unsetenv("TMPDIR");
	queue_free(q);
	free(text);
}

static void test_free_with_records_inside(void **state)
{
	struct queue *q = queue_new();

	(void)state;
	places[0] = queue_place(q);
	places[1] = queue_place(q);
	put(q, 1, 100);
	queue_free(q);
	queue_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_spills_and_reads_back),
		cmocka_unit_test(test_memory_stays),
		cmocka_unit_test(test_empty_texts),
		cmocka_unit_test(test_no_place_for_the_file),
		cmocka_unit_test(test_free_with_records_inside),
	};

	return cmocka_run_group_tests_name("queue", tests, scratch_make, scratch_remove);
}
