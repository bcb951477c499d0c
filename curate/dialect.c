/* SPDX-License-Identifier: Apache-2.0
 *
 * See dialect.h.
 */
#include "curate/dialect.h"

#include <stddef.h>
#include <string.h>

bool dialect_learn(struct chat_dialect *d, const struct chat_request *q,
		   const struct chat_error *error, const char **said)
{
	*said = NULL;
	(void)q;
	if (!d->standard_only && chat_says_unknown_field(error, "repetition_penalty")) {
		d->standard_only = true;
		*said = "the server knows no repetition_penalty: it is left out from now on";
		return true;
	}
	if (!d->completion_tokens && chat_says_unknown_field(error, "max_tokens") &&
	    strstr(error->message, "max_completion_tokens")) {
		d->completion_tokens = true;
		return true;
	}
	return false;
}
