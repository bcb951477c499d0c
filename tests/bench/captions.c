/* SPDX-License-Identifier: Apache-2.0
 *
 * captions: N rows of an image and its caption for benches, 2 KB each, every twentieth a line that
 * was there before. No two images are the same. As captions of models do, these hold paragraphs,
 * lists, quotes, letters beyond ASCII, as they are and escaped.
 *
 *	captions N [FROM] >captions.jsonl		lines FROM to FROM + N
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 300		/* about 2 KB */
#define VOCABULARY 20000
#define MARKS 6

static char words[VOCABULARY][20];

/* SplitMix64 of the record's number: line i is the same wherever it is written. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Common words are short, rare ones of up to four syllables. */
static void make_words(void)
{
	static const char *const syllables[] = {
		"a", "bel", "co", "den", "es", "fi", "gra", "hol", "in", "jar", "ka", "lo", "mer",
		"no", "or", "pla", "qui", "ro", "sun", "ter", "um", "ver", "wa", "yel", "zo"
	};
	uint64_t state = 1;
	int w, n;

	for (w = 0; w < VOCABULARY; w++)
		for (n = 1 + (w > 30) + (w > 900) + (w > 6000); n; n--) {
			state = mix(state);
			strcat(words[w], syllables[state % (sizeof(syllables) / sizeof(*syllables))]);
		}
}

/* By Zipf's law with exponent 1, as words of a language are: text of a small vocabulary would be
 * compressed at twice the rate of real captions. */
static const char *word_of(uint64_t draw)
{
	return words[(int)exp((double)(draw >> 11) * 0x1p-53 * log(VOCABULARY))];
}

static void line(uint64_t i)
{
	static const char *const marks[] = { ".\\n\\n", ":\\n- **", " \\\"so\\\" ", " café ",
					     " gr\\u00fcn ", ", " };
	uint64_t state = mix(i);
	int w;

	printf("{\"image\":\"images/%06" PRIu64 "/%013" PRIu64 ".png\",\"caption\":\"", i / 10000,
	       state % UINT64_C(10000000000000));
	for (w = 0; w < WORDS; w++) {
		state = mix(state);
		if (w)
			fputs(state % 24 ? " " : marks[(state >> 8) % MARKS], stdout);
		fputs(word_of(state), stdout);
	}
	puts(".\"}");
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t i = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

	make_words();
	for (n += i; i < n; i++)
		line(i % 20 == 19 ? mix(i) % i / 20 * 20 : i);
	return fflush(stdout) || ferror(stdout);
}
