/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_split.h. A label counts only where a word could begin, and only if it is the next
 * one of its sequence and looks like the ones before it.
 */
#include "curate/mcq_split.h"

#include <string.h>

#include "curate/mcq_line.h"
#include "curate/mcq_word.h"

#define TRIES 4		/* places where a list might begin; each costs a search to the end */
#define LONGEST 20000	/* bytes: what is longer is no line of options */

static bool may_begin(const char *start, const char *at)
{
	unsigned char before;

	if (at == start)
		return true;
	before = (unsigned char)at[-1];
	return before <= ' ' || before >= 0x80 || strchr("|,;/?.:!)]*", before);
}

/* The next place from `at` on where a label that continues `last` stands, or NULL. */
static const char *next_label(const struct mcq_label *last, const char *start, const char *at,
			      const char *end, struct mcq_label *label)
{
	const char *p;
	int32_t rune;

	for (p = at; p < end; p += mcq_text_rune(p, end, &rune)) {
		if (!may_begin(start, p) || *p == ' ' || *p == '\n')
			continue;
		if (!mcq_label_read(p, end, label) || label->ordinal != last->ordinal + 1)
			continue;
		if (mcq_label_alike(last, label))
			return p;
	}
	return NULL;
}

/* Commas, bars and a last "or" between options belong to none of them. */
static struct mcq_text trim_piece(struct mcq_text text, bool bracketed)
{
	size_t len;

	text = mcq_text_trim(text);
	for (;;) {
		len = text.len;
		if (len > 3 && bracketed && (!memcmp(text.at + len - 3, " or", 3) ||
					     !memcmp(text.at + len - 4, " and", 4)))
			len -= text.at[len - 1] == 'r' ? 3 : 4;
		else if (len && memchr(",;|/", text.at[len - 1], 4))
			len--;
		else if (len > 2 && (!memcmp(text.at + len - 3, "，", 3) ||
				     !memcmp(text.at + len - 3, "；", 3) ||
				     !memcmp(text.at + len - 3, "、", 3)))
			len -= 3;
		else
			return text;
		text = mcq_text_trim(mcq_text_of(text.at, text.at + len));
	}
}

size_t mcq_split_after(const struct mcq_label *first, struct mcq_text text,
		       struct mcq_piece pieces[MCQ_SPLIT_MAX])
{
	const char *p = text.at, *end = text.at + text.len, *found;
	struct mcq_label label = *first, next;
	size_t count = 0;

	for (;;) {
		found = NULL;
		if (count + 1 < MCQ_SPLIT_MAX && text.len <= LONGEST)
			found = next_label(&label, text.at, p, end, &next);
		pieces[count].label = label;
		pieces[count++].text = trim_piece(mcq_text_of(p, found ? found : end),
						  label.open || found);
		if (!found)
			return count;
		p = found + next.len;
		label = next;
	}
}

size_t mcq_split_inside(struct mcq_text *text, struct mcq_piece pieces[MCQ_SPLIT_MAX])
{
	const char *p, *end = text->at + text->len;
	struct mcq_label label;
	int32_t rune;
	size_t count, least;
	int tries = 0;

	if (text->len > LONGEST)
		return 0;
	for (p = text->at; p < end && tries < TRIES; p += mcq_text_rune(p, end, &rune)) {
		if (!may_begin(text->at, p) || !mcq_label_read(p, end, &label) ||
		    label.ordinal != 1)
			continue;
		tries++;
		count = mcq_split_after(&label, mcq_text_of(p + label.len, end), pieces);
		least = label.close == ')' || label.open || !label.close ? 2 : 3;
		if (count < least)
			continue;
		*text = mcq_text_trim(mcq_text_of(text->at, p));
		return count;
	}
	return 0;
}

size_t mcq_split_list(struct mcq_text text, struct mcq_piece pieces[MCQ_SPLIT_MAX])
{
	static const char *const separators[] = { "|", ";", "；", " / ", "、", "，", "," };
	const char *p, *end = text.at + text.len, *found = NULL;
	size_t i, count = 0;

	for (i = 0; i < sizeof(separators) / sizeof(*separators) && !found; i++)
		found = memmem(text.at, text.len, separators[i], strlen(separators[i]));
	if (!found)
		return 0;
	for (p = text.at, i--; p && count < MCQ_SPLIT_MAX; p = found) {
		found = memmem(p, (size_t)(end - p), separators[i], strlen(separators[i]));
		pieces[count].label = (struct mcq_label){ 0 };
		pieces[count].text = mcq_text_trim(mcq_text_of(p, found ? found : end));
		if (pieces[count].text.len)
			count++;
		if (found)
			found += strlen(separators[i]);
	}
	return count > 1 ? count : 0;
}

bool mcq_split_answer(struct mcq_text *text, struct mcq_text *answer)
{
	const char *p, *end = text->at + text->len;
	struct mcq_line line;
	int32_t rune;
	size_t used;

	for (p = text->at; p < end; p += mcq_text_rune(p, end, &rune)) {
		if (p > text->at && !may_begin(text->at, p) && p[-1] != '(' && p[-1] != '[')
			continue;
		if (mcq_word_find(p, end, &used) != WORD_ANSWER)
			continue;
		if (!mcq_line_answer(p, end, &line) || !line.rest.len)
			continue;
		*answer = line.rest;
		if (p > text->at && (p[-1] == '(' || p[-1] == '[') && answer->len)
			answer->len -=
				answer->at[answer->len - 1] == (p[-1] == '(' ? ')' : ']');
		while (p > text->at && strchr("([*_ ", p[-1]))
			p--;
		*text = trim_piece(mcq_text_of(text->at, p), false);
		return true;
	}
	return false;
}
