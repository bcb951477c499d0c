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
			if (rune != 0x3001 && rune != 0xff0c && rune != 0xff1b && rune != 0xff1a &&
			    rune != 0x2192 && rune != 0x2013 && rune != 0x2014 && rune != 0xff0e)
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
