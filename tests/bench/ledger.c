/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger: answers into a ledger, each looked for before it is put, as a run does it: the rate
 * of the first hundredth of ROWS, and of the last tenth, in which keys move on as often as always.
 *
 *	ledger FILE ROWS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/msg.h"
#include "store/answers.h"

/* Keys are hashes: each lands anywhere in the index. */
static void key_of(uint64_t n, unsigned char key[16])
{
	uint64_t half[2] = { n * 0x9e3779b97f4a7c15u, n + 1 };
	int i;

	for (i = 0; i < 2; i++) {
		half[i] = (half[i] ^ half[i] >> 30) * 0xbf58476d1ce4e5b9u;
		half[i] = (half[i] ^ half[i] >> 27) * 0x94d049bb133111ebu;
		half[i] ^= half[i] >> 31;
	}
	memcpy(key, half, 16);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct answer a = { .content = (char *)"B", .finish_reason = (char *)"stop",
			    .model = (char *)"a-model-of-32b", .prompt_tokens = 300,
			    .completion_tokens = 1, .latency_ms = 40 };
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
	uint64_t part = rows / 100, tail = rows / 10, n;
	double start = now(), first = 0, last = 0;
	struct answers *ledger;
	unsigned char key[16];
	struct answer found;
	struct err err;

	msg_init("ledger", false);
	if (argc < 3 || !(ledger = answers_open(argv[1], &err)))
		die(EXIT_USAGE, "takes FILE ROWS, a file that it may write");
	for (n = 0; n < rows; n++) {
		if (n == rows - tail)
			last = now();
		key_of(n, key);
		if (answers_find(ledger, key, &found, &err))
			die(EXIT_SYSTEM, "row %llu is there already", (unsigned long long)n);
		answers_put(ledger, key, &a);
		if ((n + 1) % ANSWERS_GROUP == 0 && answers_commit(ledger, &err))
			die_err(&err);
		if (n + 1 == part)
			first = now() - start;
	}
	last = now() - last;
	if (answers_close(ledger, &err))
		die_err(&err);
	printf("%.0f %.0f %.2f %.0f\n", (double)part / first, (double)tail / last,
	       (double)tail / last * first / (double)part, now() - start);
	return 0;
}
