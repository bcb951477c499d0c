/* SPDX-License-Identifier: Apache-2.0
 *
 * belt: every chunk arrives once and in order, also when the other end is slower; what waits is
 * bounded; a failure is told, and nothing behind it is worked on.
 */
#include "store/belt.h"

#include "tests/unit/scratch.h"

#define MOST 100000
#define BYTES (1u << 20)

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

static const struct belt_job job = { .work = arrive, .bytes = BYTES };

/* A belt to `end`, with the texts of both sides empty. */
static struct belt *start(const struct belt_job *how, struct end *end, struct buf *sent)
{
	struct err err = { .text = "" };
	struct belt *belt = belt_new(how, end, &err);

	assert_non_null(belt);
	buf_init(sent, BUF_NO_MAX);
	buf_init(&end->got, BUF_NO_MAX);
	return belt;
}

static void stop(struct belt *belt, struct end *end, struct buf *sent)
{
	belt_free(belt);
	buf_release(sent);
	buf_release(&end->got);
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
	struct buf sent;
	struct belt *belt = start(&job, &end, &sent);
	int i, result;

	(void)state;
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
	stop(belt, &end, &sent);
}

/* Longer than all that may wait: sent alone, and done before belt_send comes back. */
static void takes_long_chunks(void **state)
{
	struct end end = { .chunks = 0 };
	struct err err = { .text = "" };
	struct belt *belt = belt_new(&job, &end, &err);
	char *room;
	int i;

	(void)state;
	assert_non_null(belt);
	buf_init(&end.got, BUF_NO_MAX);
	for (i = 1; i <= 2; i++) {
		room = buf_room(belt_chunk(belt), BYTES + 1);
		memset(room, 'a' + i, BYTES + 1);
		belt_chunk(belt)->len = BYTES + 1;
		assert_int_equal(belt_send(belt, &err), 0);
		assert_int_equal(end.chunks, i);
		assert_int_equal(end.got.len, (size_t)i * (BYTES + 1));
		assert_int_equal(end.got.data[end.got.len - 1], 'a' + i);
	}
	belt_free(belt);
	buf_release(&end.got);
}

static void tells_failures(void **state)
{
	struct end end = { .fail = 3 };
	struct err err = { .text = "" };
	struct buf sent;
	struct belt *belt = start(&job, &end, &sent);
	int i, result = 0;

	(void)state;
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
	stop(belt, &end, &sent);
}

/* Chunks that came back: their numbers must be 1, 2, 3... */
struct trip {
	struct end end;
	int back;
};

static void come_back(void *about, const struct buf *chunk)
{
	struct trip *trip = about;
	char text[32];

	snprintf(text, sizeof(text), "chunk %d\n", trip->back++);
	assert_string_equal(chunk->data, text);
}

/* Every chunk that was sent comes back once, also one that was dropped. */
static void gives_chunks_back(void **state)
{
	static const struct belt_job round = { arrive, come_back, BYTES };
	struct trip trip = { .end = { .fail = 500 } };
	struct err err = { .text = "" };
	struct buf sent;
	struct belt *belt = start(&round, &trip.end, &sent);
	int i, result;

	(void)state;
	for (i = 0; i < 400; i++) {
		send_number(belt, &sent, i, &result, &err);
		assert_in_range(trip.back, 0, i + 1);
	}
	assert_int_equal(belt_wait(belt, &err), 0);
	assert_int_equal(trip.back, 400);
	for (; i < 600; i++)
		send_number(belt, &sent, i, &result, &err);
	stop(belt, &trip.end, &sent);
	assert_int_equal(trip.back, 600);
	assert_true(trip.end.chunks <= 500);
}

/* What a chunk leads to counts: heavier than all that may be under way, it is waited for. */
static void counts_weight(void **state)
{
	struct end end = { .chunks = 0 };
	struct err err = { .text = "" };
	struct buf sent;
	struct belt *belt = start(&job, &end, &sent);
	int i, result;

	(void)state;
	for (i = 0; i < 300; i++) {
		belt_weigh(belt, BYTES);
		send_number(belt, &sent, i, &result, &err);
		assert_int_equal(end.chunks, i + 1);
	}
	stop(belt, &end, &sent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_in_order), cmocka_unit_test(takes_long_chunks),
		cmocka_unit_test(tells_failures), cmocka_unit_test(gives_chunks_back),
		cmocka_unit_test(counts_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
