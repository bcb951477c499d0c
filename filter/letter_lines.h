/* SPDX-License-Identifier: Apache-2.0
 *
 * letter_lines: lines that are an answer by their form: "B", "(B)", "B) Red".
 */
#ifndef FILTER_LETTER_LINES_H
#define FILTER_LETTER_LINES_H

#include "filter/letter_at.h"

struct letter_lines {
	int first, last, distinct;	/* indices of labels; count of different ones */
	size_t count;
	struct letter_found first_at, last_at;
	bool last_bare;
};

void letter_lines_read(const struct letter_claims *c, struct letter_lines *lines);
void letter_lines_state(struct letter_claims *c, const struct letter_found *f);

#endif
