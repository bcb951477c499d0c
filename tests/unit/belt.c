/* SPDX-License-Identifier: Apache-2.0
 *
 * belt: every chunk arrives once and in order, also when the other end is slower; what waits is
 * bounded; a failure is told, and nothing behind it is worked on.
 */
#include "store/belt.h"

#include "tests/unit/scratch.h"

#define MOST 100000

/* The end of the belt: all that came, as one text. Fails at chunk number `fail`. */
struct end {
	struct buf got;
	int chunks, fail;
};

static int arrive(void *about, const struct buf *chunk, struct err *err)
{
	struct end *end = about;

	if (++end->chunks == end->fail)
		return err_set(err, EXIT_OUTPUT, "no room for chunk %d", end->chunks);
	buf_add(&end->got, chunk->data, chunk->len);
	return 0;
}

static void send_number(struct belt *belt, struct buf *sent, int n, int *result, struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "chunk %d\n", n);
	assert_int_equal(belt_chunk(belt)->len, 0);	/* none is handed out twice */
	buf_adds(belt_chunk(belt), text);
	buf_adds(sent, text);
	*result = belt_send(belt, err);
}

static void carries_in_order(void **state)
{
	struct end end = { .chunks = 0 };
	struct err err = { .text = "" };
	struct belt *belt = belt_new(arrive, &end, &err);
	struct buf sent;
	int i, result;

	(void)state;
	assert_non_null(belt);
	buf_init(&sent, BUF_NO_MAX);
	buf_init(&end.got, BUF_NO_MAX);
	for (i = 0; i < MOST; i++) {
		send_number(belt, &sent, i, &result, &err);
		assert_int_equal(result, 0);
		if (i % 9999)
			continue;
		assert_int_equal(belt_wait(belt, &err), 0);
		assert_string_equal(end.got.data, sent.data);
	}
	assert_int_equal(belt_wait(belt, &err), 0);
	assert_int_equal(end.chunks, MOST);
	assert_string_equal(end.got.data, sent.data);
	belt_free(belt);
	buf_release(&sent);
	buf_release(&end.got);
}

/* Longer than all that may wait: sent alone, and done before belt_send comes back. */
static void takes_long_chunks(void **state)
{
	struct end end = { .chunks = 0 };
	struct err err = { .text = "" };
	struct belt *belt = belt_new(arrive, &end, &err);
	char *room;
	int i;

	(void)state;
	assert_non_null(belt);
	buf_init(&end.got, BUF_NO_MAX);
	for (i = 1; i <= 2; i++) {
		room = buf_room(belt_chunk(belt), BELT_BYTES + 1);
		memset(room, 'a' + i, BELT_BYTES + 1);
		belt_chunk(belt)->len = BELT_BYTES + 1;
		assert_int_equal(belt_send(belt, &err), 0);
		assert_int_equal(end.chunks, i);
		assert_int_equal(end.got.len, (size_t)i * (BELT_BYTES + 1));
		assert_int_equal(end.got.data[end.got.len - 1], 'a' + i);
	}
	belt_free(belt);
	buf_release(&end.got);
}

static void tells_failures(void **state)
{
	struct end end = { .fail = 3 };
	struct err err = { .text = "" };
	struct belt *belt = belt_new(arrive, &end, &err);
	struct buf sent;
	int i, result = 0;

	(void)state;
	assert_non_null(belt);
	buf_init(&sent, BUF_NO_MAX);
	buf_init(&end.got, BUF_NO_MAX);
	for (i = 0; i < MOST && result == 0; i++)
		send_number(belt, &sent, i, &result, &err);
	assert_int_equal(result, -1);		/* noticed while sending, as room ran out */
	assert_string_equal(err.text, "no room for chunk 3");
	err.text[0] = '\0';
	assert_int_equal(belt_wait(belt, &err), -1);
	assert_string_equal(err.text, "no room for chunk 3");
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_int_equal(end.chunks, 3);
	assert_string_equal(end.got.data, "chunk 0\nchunk 1\n");
	belt_free(belt);
	buf_release(&sent);
	buf_release(&end.got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_in_order), cmocka_unit_test(takes_long_chunks),
		cmocka_unit_test(tells_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
