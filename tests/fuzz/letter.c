/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of filter/letter: any bytes as a reply, under conditions the first byte
 * chooses. Seeds: the lines of tests/letter/ *.txt.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static void check(const char *text, size_t len, const struct letter_shown *shown)
{
	enum letter_said said, again;
	int pick, pick_again;

	said = letter_read(text, len, shown, &pick);
	require((said == LETTER_PICK) == (pick >= 0));
	require(pick < (int)(shown->count - (shown->abstain ? 1 : 0)));
	again = letter_read(text, len, shown, &pick_again);
	require(said == again && pick == pick_again);
	said = letter_read_caprl(text, len, shown, &pick);
	require((said == LETTER_PICK) == (pick >= 0) && pick < (int)shown->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const colours[] = {
		"Red",	"Blue", "A green car",
		"Grey", "红色", "Can not answer based on the caption"
	};
	static const char *const hard[] = {
		"cat", "concatenate", "A", "", "\xff\xfe", "not red"
	};
	struct letter_shown shown = { .options = colours };
	char *copy;

	if (!size)
		return 0;
	shown.options = data[0] & 1 ? hard : colours;
	shown.abstain = data[0] & 2;
	shown.image_sent = data[0] & 4;
	shown.cut = data[0] & 8;
	shown.count = 2 + (data[0] >> 4) % 5;
	copy = malloc(size > 1 ? size - 1 : 1);
	require(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	check(copy, size - 1, &shown);
	free(copy);
	return 0;
}
