/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_option.h.
 */
#include "filter/letter_option.h"

#include <string.h>

#include "filter/letter.h"
#include "filter/letter_claim.h"
#include "filter/letter_phrase.h"

static int find_exact(struct mcq_text folded, const struct letter_options *options, bool bare)
{
	const struct mcq_text *text = bare ? options->bare : options->text;
	int found = CLAIM_NONE;
	size_t i;

	for (i = 0; i < options->count; i++) {
		if (!text[i].len || text[i].len != folded.len ||
		    memcmp(text[i].at, folded.at, folded.len))
			continue;
		if (found >= 0)
			return CLAIM_UNCLEAR;
		found = (int)i;
	}
	return found;
}

/* The option that a text is, whole, articles aside. */
int letter_option_of(struct mcq_text text, const struct letter_options *options)
{
	struct buf folded;
	struct mcq_text whole;
	int found;

	buf_init(&folded, BUF_NO_MAX);
	mcq_text_fold(text, &folded);
	whole = (struct mcq_text){ folded.data, folded.len };
	found = find_exact(whole, options, false);
	if (found == CLAIM_NONE)
		found = find_exact(letter_plain_bare(whole), options, true);
	buf_release(&folded);
	return found;
}

/* Another option begins with this one's text: a cut reply could have meant it. */
bool letter_option_may_grow(const struct letter_options *options, int index)
{
	size_t i;

	for (i = 0; i < options->count; i++)
		if ((int)i != index && options->text[i].len > options->text[index].len &&
		    !memcmp(options->text[i].at, options->text[index].at,
			    options->text[index].len))
			return true;
	return false;
}

int letter_option_whole(const struct letter_plain *plain, const struct letter_options *options,
		       bool cut)
{
	struct mcq_text text =
		mcq_text_trim((struct mcq_text){ plain->text.data, plain->text.len });
	int found;

	if (text.len < 2 || text.len > 4096)	/* "B" is a letter first */
		return CLAIM_NONE;
	found = letter_option_of(text, options);
	return found >= 0 && cut && letter_option_may_grow(options, found) ? CLAIM_UNCLEAR
									   : found;
}

int letter_option_excuse(const struct letter_plain *plain,
			       const struct letter_options *options,
			       const struct letter_shown *shown)
{
	const char *end = plain->lower.data + plain->lower.len;
	size_t i, regular = options->count - (shown->abstain ? 1 : 0);

	if (letter_phrase_excuse(plain->lower.data, end) == PHRASE_NONE)
		return CLAIM_NONE;
	for (i = 0; i < options->count; i++) {
		if (letter_phrase_excuse(options->text[i].at, options->text[i].at +
					 options->text[i].len) == PHRASE_NONE)
			continue;
		if (memmem(plain->lower.data, plain->lower.len, options->text[i].at,
			   options->text[i].len))
			return (int)i;
		/* an option of the question that says so was not quite repeated: unclear */
		if (i < regular)
			return CLAIM_UNCLEAR;
	}
	return CLAIM_NONE;
}

/* An occurrence of own in text that is a word of its own, from `from` on. */
static const char *find_word(struct mcq_text text, struct mcq_text own, const char *from)
{
	const char *end = text.at + text.len, *p = from;

	while (p < end && (p = memmem(p, (size_t)(end - p), own.at, own.len))) {
		bool before =
			p > text.at && (mcq_text_alpha((unsigned char)p[-1]) ||
					mcq_text_digit((unsigned char)p[-1]) || p[-1] == '-');
		bool after = p + own.len < end && p[own.len] == '-'
				     ? true
				     : p + own.len < end && (unsigned char)p[own.len] < 0x80 &&
					       mcq_text_wordy(p + own.len, end);

		if (!before && !after)
			return p;
		p++;
	}
	return NULL;
}

/* Every occurrence of option i lies inside one of a longer option. */
static bool is_covered(struct mcq_text text, const struct letter_options *options, size_t i)
{
	const char *p = text.at, *q;
	bool covered;
	size_t k;

	while ((p = find_word(text, options->bare[i], p))) {
		covered = false;
		for (k = 0; k < options->count && !covered; k++) {
			if (options->bare[k].len <= options->bare[i].len)
				continue;
			for (q = text.at; (q = find_word(text, options->bare[k], q)) && q <= p;
			     q++)
				covered |= q + options->bare[k].len >= p + options->bare[i].len;
		}
		if (!covered)
			return false;
		p++;
	}
	return true;
}

int letter_option_mention(const struct letter_plain *plain,
			  const struct letter_options *options)
{
	struct mcq_text text = { plain->lower.data, plain->lower.len };
	int found = CLAIM_NONE;
	const char *at;
	size_t i;

	for (i = 0; i < options->count; i++) {
		if (options->bare[i].len < 2 && !(options->bare[i].len &&
				mcq_text_digit((unsigned char)*options->bare[i].at)))
			continue;
		if (is_covered(text, options, i))
			continue;
		if (found >= 0)
			return CLAIM_UNCLEAR;
		found = (int)i;
	}
	if (found < 0)
		return CLAIM_NONE;
	at = find_word(text, options->bare[found], text.at);
	if (letter_phrase_negates(text.at, at) ||
	    letter_phrase_negates(at + options->bare[found].len, text.at + text.len))
		return CLAIM_UNCLEAR;
	return found;
}
