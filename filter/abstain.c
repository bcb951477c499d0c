/* SPDX-License-Identifier: Apache-2.0
 *
 * See abstain.h.
 */
#include "filter/abstain.h"

#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"

int abstain_find(const char *const *options, size_t count)
{
	static const char *const phrases[] = {
		"cannot be answered", "can not be answered", "cannot be determined",
		"can't be determined", "cannot be told", "not enough information",
		"insufficient information", "impossible to tell", "cannot tell",
	};
	struct buf folded;
	int found = -1;
	size_t i, j;

	buf_init(&folded, BUF_NO_MAX);
	for (i = 0; i < count && found < 0; i++) {
		buf_clear(&folded);
		fold_text(&folded, options[i]);
		for (j = 0; j < sizeof(phrases) / sizeof(*phrases); j++)
			if (strstr(folded.data, phrases[j]))
				found = (int)i;
	}
	buf_release(&folded);
	return found;
}
