/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_lines.h.
 */
#include "filter/letter_lines.h"

#include <string.h>

#include "curate/mcq_label.h"
#include "curate/mcq_split.h"
#include "curate/mcq_word.h"
#include "filter/letter_phrase.h"

/* A line that is an answer by its form: "B", "(B)", "B) Red", "B. Because ..." */
static bool line_label(const struct letter_claims *c, const char *p, const char *stop,
		       struct letter_found *f)
{
	struct mcq_label label;
	const char *q;
	size_t used;

	*f = (struct letter_found){ 0 };
	p += mcq_text_space(p, stop);
	while (p < stop && strchr("->\"'[$", *p) && *p)
		p++;
	p += mcq_text_space(p, stop);
	used = letter_phrase_filler(letter_at_low(c, p), letter_at_low(c, stop));
	if (used > 1 && p + used < stop)
		p += used;
	p += mcq_text_space(p, stop);
	used = mcq_label_said(p, stop, &label);
	if (!used || (label.family != LABEL_UPPER && label.family != LABEL_LOWER))
		return false;
	f->at = p;
	f->end = p + used;
	f->index = label.ordinal - 1;
	f->upper = label.family == LABEL_UPPER;
	q = f->end;
	if (q >= stop)
		return true;
	if (label.close)
		return f->upper || label.close == ')' || label.open;
	if (!f->upper)
		return false;
	if (*q == '"' || *q == '\'' || *q == '}' || *q == ']' || *q == '(' || *q == '<')
		return true;
	if (*q == ',')
		q++;
	while (q < stop && *q == '!')	/* "Definitely B!"; "B?" asks */
		q++;
	q += mcq_text_space(q, stop);
	if (q >= stop)
		return true;
	return mcq_word_because(letter_at_low(c, q), letter_at_low(c, stop)) > 0 ||
	       letter_at_own_text(c, f->index, q) ||
	       (letter_at_goes_on(c, f->end) && (f->several = true));
}

/* "is wrong", "and C are": the line talks about the letter instead of choosing it. */
static bool talks_about(const struct letter_claims *c, const char *p, const char *stop)
{
	static const char *const starts[] = {
		"is ", "isn't", "was ", "can't", "cannot", "does", "would", "could", "might",
		"may ", "seems", "looks", "not ", "and ", "or ", "vs", "错", "不", "是错", "ist ",
		"est ", "es ", "无", "排除", "ではない", "は",
	};
	size_t i;

	p += mcq_text_space(p, stop);
	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (mcq_text_starts(mcq_text_of(letter_at_low(c, p), letter_at_low(c, stop)),
				    starts[i]))
			return true;
	return false;
}

/* In a cut reply, "A) The sky ..." may be the first of a review of all options. */
static bool may_be_review(const struct letter_claims *c, const struct letter_found *f,
			  const char *stop)
{
	struct mcq_text own;
	const char *p = letter_at_low(c, f->end), *end = letter_at_low(c, stop);
	size_t len = (size_t)(end - p);

	if (!c->cut || stop < c->end || p >= end || f->index >= (int)c->options->count)
		return false;
	own = c->options->text[f->index];
	return memcmp(p, own.at, len < own.len ? len : own.len) != 0;
}

void letter_lines_read(const struct letter_claims *c, struct letter_lines *lines)
{
	const char *p, *stop, *next;
	struct letter_found f;
	bool labelled, first = true;

	*lines = (struct letter_lines){ .first = -1, .last = -1 };
	for (p = c->text; p < c->end; p = next) {
		stop = memchr(p, '\n', (size_t)(c->end - p));
		next = stop ? stop + 1 : c->end;
		if (!stop)
			stop = c->end;
		if (p + mcq_text_space(p, stop) >= stop)
			continue;
		labelled = line_label(c, p, stop, &f) && !talks_about(c, f.end, stop) &&
			   !may_be_review(c, &f, stop);
		if (labelled && lines->count && f.index != lines->last)
			lines->distinct++;
		if (labelled) {
			lines->count++;
			lines->distinct += lines->count == 1;
			lines->last = f.index;
		}
		if (first && labelled) {
			lines->first = f.index;
			lines->first_at = f;
		}
		first = false;
		lines->last_at = labelled ? f : (struct letter_found){ .index = -1 };
		lines->last_bare = labelled && f.end >= stop;
	}
}

/* "A) Red B) Blue C) Green": the options once more. */
static bool is_list(const struct letter_claims *c, const struct letter_found *f)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	const char *stop = memchr(f->at, '\n', (size_t)(c->end - f->at));
	struct mcq_label label;
	size_t used = mcq_label_said(f->at, stop ? stop : c->end, &label);

	return used && label.close &&
	       mcq_split_after(&label, mcq_text_of(f->at + used, stop ? stop : c->end),
			       pieces) > 1;
}

void letter_lines_state(struct letter_claims *c, const struct letter_found *f)
{
	if (is_list(c, f) || f->several || letter_at_goes_on(c, f->end)) {
		c->unclear = true;
		return;
	}
	if (f->index < (int)c->options->count && letter_at_other_text(c, f->index, f->end)) {
		c->unclear = true;
		return;
	}
	letter_at_state(c, f->index, f->at, f->end);
}
