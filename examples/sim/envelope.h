/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope: the JSON around an answer or an error, in vLLM's shape: every key there is, most of
 * them null, and errors as an object with an integer code.
 */
#ifndef SIM_ENVELOPE_H
#define SIM_ENVELOPE_H

#include <stdint.h>

#include "cli/buf.h"

struct envelope {
	const char *model, *finish;
	const char *content;		/* NULL: null */
	const char *reasoning;		/* NULL: null */
	const char *reasoning_member;	/* "reasoning", in older servers "reasoning_content" */
	uint64_t id;
	int64_t prompt_tokens, completion_tokens;
};

void envelope_reply(struct buf *out, const struct envelope *e);
void envelope_error(struct buf *out, int status, const char *message, const char *type,
		    const char *param);
void envelope_text(struct buf *out, const char *text);	/* as a JSON string; NULL: null */

/* vLLM's name of an error with this status. */
const char *envelope_type(int status);

#endif
