/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_at.h.
 */
#include "filter/letter_at.h"

#include <string.h>

#include "curate/mcq_label.h"
#include "curate/mcq_word.h"
#include "filter/letter_claim.h"
#include "filter/letter_option.h"
#include "filter/letter_phrase.h"

const char *letter_at_low(const struct letter_claims *c, const char *p)
{
	return c->lower + (p - c->text);
}

const char *letter_at_low_end(const struct letter_claims *c)
{
	return c->lower + (c->end - c->text);
}

void letter_at_state(struct letter_claims *c, int index, const char *at, const char *end)
{
	bool corrected;

	if (index < 0 || index >= (int)c->options->count) {
		c->unclear = true;
		return;
	}
	if (c->pick >= 0 && c->pick != index) {
		corrected =
			letter_phrase_corrects(c->lower + c->pick_end, letter_at_low(c, at));
		if (!corrected)
			c->unclear = true;
	}
	c->pick = index;
	if ((size_t)(end - c->text) > c->pick_end)
		c->pick_end = (size_t)(end - c->text);
}

/* The clause before p says "not", "if" and the like. */
bool letter_at_denied(const struct letter_claims *c, const char *p)
{
	const char *start = p, *but;

	while (start > c->text && p - start < 80 && !strchr(".,;:!?\n", start[-1]))
		start--;
	while (start < p && ((unsigned char)*start & 0xc0) == 0x80)
		start++;
	but = memmem(start, (size_t)(p - start), " but ", 5);
	if (but)
		start = but + 5;
	return letter_phrase_denies(letter_at_low(c, start), letter_at_low(c, p));
}

const char *letter_at_skip_marks(const char *p, const char *end)
{
	while (p < end && (mcq_text_space(p, end) || (*p && strchr("\"'([{<:=>-_$~,", *p))))
		p += mcq_text_space(p, end) ? mcq_text_space(p, end) : 1;
	return p;
}

const char *letter_at_skip_closers(const char *p, const char *end)
{
	while (p < end && *p && strchr(")]}\"'_$", *p))
		p++;
	return p;
}

bool letter_at(const struct letter_claims *c, const char *p, struct letter_found *found)
{
	struct mcq_label label;
	bool alone;
	size_t used = mcq_label_mark(p, c->end, &label, &alone);

	if (!used || (label.family != LABEL_UPPER && label.family != LABEL_LOWER))
		return false;
	found->at = p;
	found->index = label.ordinal - 1;
	found->upper = label.family == LABEL_UPPER;
	p += used;
	if (p < c->end && (unsigned char)*p < 0x80 && mcq_text_wordy(p, c->end))
		return false;
	if (p < c->end && *p && strchr("&/+-%@#", *p) &&
	    !(p + 1 < c->end && *p == '-' && mcq_text_space(p + 1, c->end)))
		return *p == '/' && p + 1 < c->end &&
		       (found->several = true, found->end = p, true);
	if (p + 1 < c->end && *p == '\'' && mcq_text_alpha((unsigned char)p[1]))
		return false;
	found->end = letter_at_skip_closers(p, c->end);
	return true;
}

/* "and C", ", C", "or (C)" behind a letter. */
bool letter_at_goes_on(const struct letter_claims *c, const char *p)
{
	struct mcq_label label;
	size_t used;

	p += mcq_text_space(p, c->end);
	used = mcq_word_and(letter_at_low(c, p), letter_at_low_end(c));
	if (!used)
		return false;
	p += used;
	p += mcq_text_space(p, c->end);
	used = mcq_word_and(letter_at_low(c, p), letter_at_low_end(c));
	p += used;
	p += mcq_text_space(p, c->end);
	if (mcq_text_starts(mcq_text_of(p, c->end), "option "))
		p += 7;
	used = mcq_label_said(p, c->end, &label);
	if (!used || label.family != LABEL_UPPER || label.ordinal > (int)c->options->count)
		return false;
	return p + used == c->end || label.close || !mcq_text_wordy(p + used, c->end);
}

/* The text behind a letter begins with that option's own text. */
bool letter_at_own_text(const struct letter_claims *c, int index, const char *p)
{
	struct mcq_text own;
	const char *q = letter_at_low(c, p);
	const char *end = letter_at_low_end(c);

	if (index >= (int)c->options->count)
		return false;
	own = c->options->text[index];
	q += mcq_text_space(q, end);
	return own.len && (size_t)(end - q) >= own.len && !memcmp(q, own.at, own.len) &&
	       !mcq_text_wordy(q + own.len, end);
}

/* What stands behind a stated letter lets it be one: "A dog" does not, "A." does. */
bool letter_at_alone(const struct letter_claims *c, const struct letter_found *f)
{
	const char *p = f->end;

	if (p >= c->end || p > f->at + 1 || (unsigned char)*p >= 0x80)
		return f->upper || p >= c->end || !mcq_text_space(p, c->end) ||
		       p > f->at + 1;
	if (*p && strchr(".,;:!?\n", *p))
		return true;
	p += mcq_text_space(p, c->end);
	if (p >= c->end || memchr(f->end, '\n', (size_t)(p - f->end)))
		return true;
	if (!f->upper)
		return *p == '(' || *p == '-';
	return *p == '(' || *p == '-' || *p == '<' || (unsigned char)*p >= 0xe0 ||
	       mcq_word_because(letter_at_low(c, p), letter_at_low_end(c)) ||
	       letter_at_own_text(c, f->index, p) ||
	       letter_phrase_after(letter_at_low(c, p), letter_at_low_end(c));
}

/* The text behind the letter, up to the end of its line, is another option's. */
bool letter_at_other_text(const struct letter_claims *c, int index, const char *p)
{
	const char *stop = memchr(p, '\n', (size_t)(c->end - p));
	const char *limit = stop ? stop : c->end;
	struct mcq_text rest;
	int other;

	while (p < limit && ((*p && strchr(".,:;)]}>-([ \"'", *p)) || mcq_text_space(p, limit)))
		p += mcq_text_space(p, limit) ? mcq_text_space(p, limit) : 1;
	rest = mcq_text_trim(mcq_text_of(p, limit));
	while (rest.len && strchr(")]}", rest.at[rest.len - 1]) && rest.at[rest.len - 1])
		rest.len--;
	if (!rest.len || rest.len > 1000)
		return false;
	other = letter_option_of(rest, c->options);
	return other == CLAIM_UNCLEAR || (other >= 0 && other != index);
}

/* Within its clause, the letter is the one that is not meant: "the answer is not A". */
static bool is_ruled_out(const struct letter_claims *c, const char *from, const char *at)
{
	const char *start = at;

	while (start > from && !strchr(".,;:!?\n", start[-1]))
		start--;
	return letter_phrase_not(letter_at_low(c, start), letter_at_low(c, at));
}

/* "but B", "sondern B" behind a letter that was ruled out. */
static void state_instead(struct letter_claims *c, const char *p)
{
	struct letter_found f = { 0 };
	const char *from = letter_at_skip_marks(p, c->end);
	size_t used = letter_phrase_instead(letter_at_low(c, from), letter_at_low_end(c));

	p = letter_at_skip_marks(from + used, c->end);
	p += letter_phrase_filler(letter_at_low(c, p), letter_at_low_end(c));
	p = letter_at_skip_marks(p, c->end);
	if (used && letter_at(c, p, &f) && f.upper && letter_at_alone(c, &f))
		letter_at_state_letter(c, from, &f);
}

void letter_at_state_letter(struct letter_claims *c, const char *from,
			    const struct letter_found *f)
{
	const char *after = f->end + mcq_text_space(f->end, c->end);

	if (is_ruled_out(c, from, f->at)) {
		state_instead(c, f->end);
		return;
	}
	if (letter_phrase_not_behind(letter_at_low(c, after), letter_at_low_end(c)))
		return;
	if (f->several || letter_at_goes_on(c, f->end)) {
		c->unclear = true;
		return;
	}
	if (after < c->end && *after == '?')
		return;		/* it asks */
	if (f->index < (int)c->options->count && letter_at_other_text(c, f->index, f->end)) {
		c->unclear = true;
		return;
	}
	/* a cut reply may have gone on: "the answer is A" + " dog" */
	if (c->cut && f->end >= c->end && (from != c->text || f->index == 0 || f->index == 8) &&
	    f->at != c->text) {
		c->unclear = true;
		return;
	}
	letter_at_state(c, f->index, from, f->end);
}
