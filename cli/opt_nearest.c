/* SPDX-License-Identifier: Apache-2.0
 *
 * Which word was meant: the optimal string alignment distance (Levenshtein with swaps of
 * neighbours), one slip allowed and one more for every five letters.
 */
#include "cli/opt.h"

#include <string.h>

#define LONGEST 40	/* letters of a word worth guessing at */

static int least(int a, int b, int c)
{
	int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static int distance(const char *a, int a_len, const char *b, int b_len)
{
	int rows[LONGEST + 1][LONGEST + 1], i, j, swapped;

	for (i = 0; i <= a_len; i++)
		rows[i][0] = i;
	for (j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (i = 1; i <= a_len; i++) {
		for (j = 1; j <= b_len; j++) {
			rows[i][j] = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
					   rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (swapped && rows[i - 2][j - 2] + 1 < rows[i][j])
				rows[i][j] = rows[i - 2][j - 2] + 1;
		}
	}
	return rows[a_len][b_len];
}

const char *opt_nearest(const char *word, size_t len, const char *const *known)
{
	const char *found = NULL;
	int best, slips;

	if (!len || len > LONGEST)
		return NULL;
	best = 2 + (int)len / 5;
	for (; *known; known++) {
		if (strlen(*known) > LONGEST)
			continue;
		slips = distance(word, (int)len, *known, (int)strlen(*known));
		if (slips < best) {
			best = slips;
			found = *known;
		}
	}
	return found;
}
