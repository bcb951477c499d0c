/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_key.h.
 */
#include "curate/mcq_key.h"

#include <string.h>

#include "curate/mcq_label.h"

static const char *skip(const char *p, const char *end, const char *marks)
{
	int32_t rune;
	size_t used;

	while (p < end) {
		used = mcq_text_space(p, end);
		if (!used && (unsigned char)*p < 0x80 && *p && strchr(marks, *p))
			used = 1;
		if (!used) {
			used = mcq_text_rune(p, end, &rune);
			/* 、，；：。→ and dashes */
			if (rune != 0x3001 && rune != 0xff0c && rune != 0xff1b &&
			    rune != 0xff1a && rune != 0x2192 && rune != 0x2013 &&
			    rune != 0x2014 && rune != 0xff0e)
				return p;
		}
		p += used;
	}
	return p;
}

static bool letter_at(const char **p, const char *end, struct mcq_text *text)
{
	struct mcq_label label;
	bool alone;
	const char *q = *p;
	size_t used;

	used = mcq_label_mark(q, end, &label, &alone);
	if (!used || (label.family != LABEL_UPPER && label.family != LABEL_LOWER))
		return false;
	if (q + used < end && (unsigned char)q[used] < 0x80 && mcq_text_wordy(q + used, end))
		return false;
	*text = (struct mcq_text){ q, used };
	*p = q + used;
	return true;
}

bool mcq_key_next(const char **p, const char *end, struct mcq_entry *entry)
{
	struct mcq_label label;
	const char *q = skip(*p, end, ",;|*(");
	bool alone;
	size_t used;

	if (q < end && (*q == 'Q' || *q == 'q'))
		q++;
	used = mcq_label_mark(q, end, &label, &alone);
	if (!used || label.family != LABEL_DIGIT)
		return false;
	q = skip(q + used, end, "-.:)=*>(|");
	if (!letter_at(&q, end, &entry->text))
		return false;
	entry->number = label.ordinal;
	while (q < end && (*q == '*' || *q == ')' || *q == '.'))
		q++;
	*p = q;
	return true;
}

bool mcq_key_only(struct mcq_text text, size_t least)
{
	const char *p = text.at, *end = text.at + text.len;
	struct mcq_entry entry;
	size_t count = 0;

	while (mcq_key_next(&p, end, &entry))
		count++;
	return count >= least && skip(p, end, ",;.|*") == end;
}

size_t mcq_key_letters(struct mcq_text text, struct mcq_text *letters, size_t max)
{
	const char *p = text.at, *end = text.at + text.len;
	size_t count = 0;

	while (count < max) {
		p = skip(p, end, ",;|*()-.");
		if (p == end)
			return count;
		if (!letter_at(&p, end, &letters[count]))
			return 0;
		count++;
	}
	return 0;
}

/* The draft that number n of a key means, if it waits for an answer. */
static struct mcq_draft *by_number(struct mcq_block *b, int number)
{
	struct mcq_draft *d = NULL;

	if (number > 0 && number < MCQ_NUMBERS && b->by_number[number])
		d = &b->drafts->items[b->by_number[number] - 1];
	else if (number > 0 && (size_t)number <= b->drafts->count &&
		 b->drafts->items[number - 1].number < 0)
		d = &b->drafts->items[number - 1];
	return d && d->option_count >= 2 && d->form != FORM_JSON ? d : NULL;
}

bool mcq_key_assign(struct mcq_block *b, int number, struct mcq_text text)
{
	struct mcq_draft *d = by_number(b, number);

	if (!d)
		return false;
	if (!text.len)		/* a place left empty takes no answer back */
		return true;
	if (!d->answer_count) {
		d->keyed = d->answer_last = true;
		d->answer_wrapped = text;
	}
	mcq_draft_answer(d, text);
	return true;
}

static bool assign_letters(struct mcq_block *b, struct mcq_text text)
{
	struct mcq_text letters[64];
	size_t i, k = 0, waiting = 0, count = mcq_key_letters(text, letters, 64);

	for (i = 0; i < b->drafts->count && waiting <= count; i++)
		waiting += b->drafts->items[i].option_count >= 2 &&
			   !b->drafts->items[i].answer_count;
	if (count < 2 || waiting != count)
		return false;
	for (i = 0; i < b->drafts->count; i++) {
		struct mcq_draft *d = &b->drafts->items[i];

		if (d->option_count < 2 || d->answer_count)
			continue;
		mcq_draft_answer(d, letters[k++]);
		d->answer_wrapped = d->answer[0];
		d->keyed = d->answer_last = true;
	}
	return true;
}

bool mcq_key_read(struct mcq_block *b, struct mcq_text text, size_t least)
{
	const char *p = text.at, *end = text.at + text.len;
	struct mcq_entry entry;

	if (!text.len)
		return false;
	if (mcq_key_only(text, least)) {
		while (mcq_key_next(&p, end, &entry))
			mcq_key_assign(b, entry.number, entry.text);
		return true;
	}
	return assign_letters(b, text);
}

/* "1. B" or "1. B) Red": is a line of a key if question 1 waits for an answer. */
bool mcq_key_line(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_label said;
	const struct mcq_draft *d = by_number(b, line->label.ordinal);
	const char *end = line->rest.at + line->rest.len;
	size_t used;

	if (!d || !line->rest.len)
		return false;
	if (b->key)
		return true;
	used = mcq_label_said(line->rest.at, end, &said);
	if (!used || said.family != LABEL_UPPER || d->answer_count)
		return false;
	return used == line->rest.len || said.close == ')' || said.close == '.' || said.open;
}
