/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter.h. The reply is made plain (reasoning off, Markdown off, full-width forms
 * narrowed) and then asked, in this order: is it an option's text; which letters does it
 * state; does it excuse itself; does it mention one option's text and no other. Statements
 * that disagree cancel each other, unless the later one says that it corrects the earlier.
 */
#include "filter/letter.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "cli/buf.h"
#include "curate/mcq_text.h"
#include "curate/mcq_think.h"
#include "filter/letter_claim.h"
#include "filter/letter_option.h"
#include "filter/letter_phrase.h"
#include "filter/letter_plain.h"

#define REPLY_MAX (256 << 10)	/* bytes behind the reasoning: what is longer is no answer */
#define MENTION_MAX 400 /* bytes: longer replies discuss options, they do not name one */

static enum letter_said settle(const struct letter_shown *shown, int index, int *pick)
{
	if (index < 0 || index >= (int)shown->count)
		return LETTER_UNPARSED;
	if (shown->abstain && index == (int)shown->count - 1)
		return LETTER_ABSTAINED;
	*pick = index;
	return LETTER_PICK;
}

static enum letter_said excuse(const struct letter_plain *plain,
			       const struct letter_options *options,
			       const struct letter_shown *shown)
{
	/* where the reply was cut, an answer may have followed; a refusal says so at once */
	const char *end = plain->lower.data + plain->lower.len;
	enum letter_phrase phrase = letter_phrase_excuse(plain->lower.data, end);

	if (phrase == PHRASE_NONE)
		return LETTER_UNPARSED;
	if (phrase == PHRASE_POLICY)
		return LETTER_REFUSED;
	if (shown->cut)
		return LETTER_UNPARSED;
	/* "the image does not show red" speaks of one option, and a long reply of many things */
	if (phrase == PHRASE_NOT_SHOWN &&
	    (plain->lower.len > MENTION_MAX ||
	     letter_option_mention(plain, options) != CLAIM_NONE))
		return LETTER_UNPARSED;
	return shown->image_sent ? LETTER_REFUSED : LETTER_ABSTAINED;
}

/* "**A" or "A " where the reply was cut: the A of "**Answer:**" or "A dog", for all we know. */
static bool is_torn(struct mcq_text body, const char *end)
{
	if (body.len == 1 && body.at + 1 < end && end[-1] == ' ')
		return true;
	return body.len > 1 && body.len < 5 && *body.at == '*' && body.at[body.len - 1] != '*';
}

enum letter_said letter_read(const char *text, size_t len, const struct letter_shown *shown,
			     int *pick)
{
	enum letter_said said = LETTER_UNPARSED;
	struct letter_options options;
	struct letter_plain plain;
	struct mcq_text body;
	bool thinking;
	int index;

	*pick = -1;
	body = mcq_think_skip((struct mcq_text){ text ? text : "", text ? len : 0 }, &thinking);
	body = mcq_text_trim(body);
	if (thinking || !body.len || body.len > REPLY_MAX || !shown->count ||
	    (shown->cut && is_torn(body, text + len)))
		return LETTER_UNPARSED;
	letter_options_init(&options, shown);
	letter_plain_init(&plain, body);
	index = letter_option_whole(&plain, &options, shown->cut);
	if (index == CLAIM_NONE)
		index = letter_claim_find(&plain, &options, shown->cut);
	if (index >= 0) {
		said = settle(shown, index, pick);
	} else if (index == CLAIM_NONE) {
		index = letter_option_excuse(&plain, &options, shown);
		if (index >= 0)
			said = settle(shown, index, pick);
		else
			said = excuse(&plain, &options, shown);
		if (said == LETTER_UNPARSED && index == CLAIM_NONE && !shown->cut &&
		    plain.lower.len <= MENTION_MAX)
			said = settle(shown, letter_option_mention(&plain, &options), pick);
	}
	letter_plain_release(&plain);
	letter_options_release(&options);
	return said;
}

enum letter_said letter_read_caprl(const char *text, size_t len,
				   const struct letter_shown *shown, int *pick)
{
	size_t i;

	*pick = -1;
	for (i = 0; text && i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'I')
			return settle(shown, text[i] - 'A', pick);
	return LETTER_UNPARSED;
}
