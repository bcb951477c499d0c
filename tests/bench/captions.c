/* SPDX-License-Identifier: Apache-2.0
 *
 * captions: N caption records for benches, 2 KB each, every twentieth a line that was there
 * before. No two images are the same, and ids come in no order, as hashes do.
 *
 *	captions N >captions.jsonl
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 330	/* about 2 KB */

static const char *const words[] = {
	"a", "red", "blue", "woman", "holding", "umbrella", "beside", "the", "street", "in",
	"front", "of", "old", "brick", "building", "with", "large", "windows", "and", "sign",
	"that", "reads", "OPEN", "while", "two", "dogs", "sit", "near", "parked", "bicycle"
};

/* SplitMix64 of the record's number: line i is the same wherever it is written. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static void line(uint64_t i)
{
	uint64_t state = mix(i);
	int w;

	printf("{\"caption_id\":\"%016" PRIx64 "%016" PRIx64 "\",\"image_id\":\"%016" PRIx64
	       "%016" PRIx64 "\",\"image\":\"images/%06" PRIu64 "/%013" PRIu64 ".png\","
	       "\"caption\":\"", mix(state), mix(state + 1), mix(state + 2), mix(state + 3),
	       i / 10000, state % UINT64_C(10000000000000));
	for (w = 0; w < WORDS; w++) {
		state = mix(state);
		printf("%s%s", w ? " " : "", words[state % (sizeof(words) / sizeof(*words))]);
	}
	printf(".\",\"model\":\"caprl-3b\"}\n");
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, i;

	for (i = 0; i < n; i++)
		line(i % 20 == 19 ? mix(i) % i / 20 * 20 : i);
	return fflush(stdout) || ferror(stdout);
}
