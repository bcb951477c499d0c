/* SPDX-License-Identifier: Apache-2.0
 *
 * See estimate.h.
 */
#include "curate/estimate.h"

#include <stdio.h>

#define BYTES_PER_TOKEN 4.0	/* English text in the usual vocabularies */
#define IMAGE_TOKENS 1000.0	/* Qwen2.5-VL: one per 28 x 28 pixels, so a photo of 0.8 MP */

void estimate_add(struct estimate *e, const struct estimate_request *r)
{
	e->least += r->least;
	e->most += r->most;
	e->expected += r->expected;
	e->bytes += r->expected * (double)(r->text_bytes + r->image_bytes);
	e->text_bytes += r->expected * (double)r->text_bytes;
	e->images += r->image_bytes ? r->expected : 0;
	e->tokens_out += r->expected * (double)r->max_tokens;
}

void estimate_held(struct estimate *e, int64_t prompt_tokens, int64_t completion_tokens)
{
	e->held++;
	if (prompt_tokens < 0 || completion_tokens < 0)
		return;
	e->counted++;
	e->prompt_tokens += prompt_tokens;
	e->completion_tokens += completion_tokens;
}

static int say_money(const struct estimate *e, double price_in, double price_out, char *to,
		     size_t size)
{
	double in = e->text_bytes / BYTES_PER_TOKEN + e->images * IMAGE_TOKENS, out = e->tokens_out;

	if (e->counted) {
		in = e->expected * (double)e->prompt_tokens / (double)e->counted;
		out = e->expected * (double)e->completion_tokens / (double)e->counted;
	}
	return snprintf(to, size, ", about %.2f for %.0f tokens in and %.0f out (%s)",
			(in * price_in + out * price_out) / 1e6, in, out,
			e->counted ? "as long as those in the ledger" :
				     "4 bytes a token, 1000 an image, longest replies");
}

void estimate_say(const struct estimate *e, double price_in, double price_out, const char *when,
		  char *to, size_t size)
{
	int n;

	if (e->least == e->most)
		n = snprintf(to, size, "dry run: %lld calls", (long long)e->most);
	else
		n = snprintf(to, size, "dry run: %lld to %lld calls, %.0f expected %s",
			     (long long)e->least, (long long)e->most, e->expected, when);
	n += snprintf(to + n, size - (size_t)n, "; %lld answers in the ledger; %.1f MB to send",
		      (long long)e->held, e->bytes / 1e6);
	if ((price_in > 0 || price_out > 0) && (size_t)n < size)
		say_money(e, price_in, price_out, to + n, size - (size_t)n);
}
