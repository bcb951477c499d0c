/* SPDX-License-Identifier: Apache-2.0
 *
 * estimate: what a run would ask and cost, for --dry-run. Pure. Counts are exact bounds; money
 * is a guess from the answers that the ledger already holds, or, without any, from 4 bytes of
 * text a token, 1000 tokens an image and replies as long as allowed.
 */
#ifndef CURATE_ESTIMATE_H
#define CURATE_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct estimate {
	int64_t least, most;	/* calls */
	double expected;
	double bytes;		/* of the expected calls' bodies */
	double text_bytes, images;	/* in these: text, and how many images */
	double tokens_out;	/* if each reply is as long as allowed */
	int64_t held;		/* answers in the ledger */
	int64_t counted, prompt_tokens, completion_tokens;	/* of these, with usage */
};

/* One kind of request, of which so many are missing. */
struct estimate_request {
	int64_t text_bytes, image_bytes, max_tokens;	/* image_bytes as sent; 0: none */
	int64_t least, most;
	double expected;
};

void estimate_add(struct estimate *e, const struct estimate_request *r);
void estimate_held(struct estimate *e, int64_t prompt_tokens, int64_t completion_tokens);
/* Prices per million tokens; 0: nothing is said about money. `when` explains the average. */
void estimate_say(const struct estimate *e, double price_in, double price_out, const char *when,
		  char *to, size_t size);

#endif
