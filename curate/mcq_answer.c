/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_answer.h. The whole text is compared with the options first, then a label is split
 * off and the rest compared. What follows the text as an explanation is allowed only where
 * punctuation sets it apart.
 */
#include "curate/mcq_answer.h"

#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_label.h"
#include "curate/mcq_word.h"

static int find_exact(const char *folded, const struct mcq_choices *choices)
{
	size_t i, len = strlen(folded);

	for (i = 0; i < choices->count && len; i++)
		if (choices->text[i].len == len && !memcmp(choices->text[i].at, folded, len))
			return (int)i;
	return -1;
}

/* An option's text begins the answer and punctuation ends it: the longest such, or -1. */
static int find_leading(const char *folded, const struct mcq_choices *choices)
{
	size_t i, best = 0, len, total = strlen(folded);
	const char *p;
	int found = -1;

	for (i = 0; i < choices->count; i++) {
		len = choices->text[i].len;
		if (!len || len >= total || len <= best ||
		    memcmp(choices->text[i].at, folded, len))
			continue;
		p = folded + len;
		if (!strncmp(p, ". ", 2) || !strncmp(p, ", ", 2) || !strncmp(p, "; ", 2) ||
		    !strncmp(p, " (", 2) || !strncmp(p, " - ", 3) || !strncmp(p, ": ", 2) ||
		    !strncmp(p, "。", 3) || !strncmp(p, "，", 3) || !strncmp(p, "(", 1)) {
			best = len;
			found = (int)i;
		}
	}
	return found;
}

static struct mcq_text drop_prefix(struct mcq_text text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!mcq_text_starts(text, prefix))
		return text;
	return mcq_text_trim(mcq_text_of(text.at + len, text.at + text.len));
}

/* "Explanation: ..." on the same line ends the answer. */
static struct mcq_text until_explanation(struct mcq_text text)
{
	const char *p, *end = text.at + text.len;
	size_t used;

	if (!memchr(text.at, ':', text.len) && !memmem(text.at, text.len, "：", 3))
		return text;
	for (p = text.at; p < end; p++) {
		if (p > text.at && (unsigned char)p[-1] < 0x80 &&
		    mcq_text_alpha((unsigned char)p[-1]))
			continue;
		if (mcq_word_find(p, end, &used) != WORD_EXPLAIN || p + used >= end)
			continue;
		if (p[used] != ':' && memcmp(p + used, "：", end - p - used < 3 ? 1 : 3))
			continue;
		while (p > text.at && strchr("*( ", p[-1]) && p[-1])
			p--;
		return mcq_text_trim(mcq_text_of(text.at, p));
	}
	return text;
}

/* Wrappers that hold an answer without changing it. */
static struct mcq_text unwrap(struct mcq_text text)
{
	static const char *const prefixes[] = {
		"option ", "choice ", "letter ", "选项", "選項", "opción ", "opção ", "option: ",
		"вариант ", "réponse ", "$\\boxed{", "\\boxed{", "\\text{", "$",
		"the answer is ",
	};
	struct mcq_text before;
	size_t i;

	do {
		before = text;
		text = mcq_text_untag(text);
		for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
			text = drop_prefix(text, prefixes[i]);
		if (text.len > 1 &&
		    (text.at[text.len - 1] == '}' || text.at[text.len - 1] == '$'))
			text.len--;
		if (text.len > 2 && (*text.at == '"' || *text.at == '\'' || *text.at == '`') &&
		    text.at[text.len - 1] == *text.at)
			text = mcq_text_of(text.at + 1, text.at + text.len - 1);
	} while (text.len < before.len);
	return until_explanation(text);
}

static int label_index(const struct mcq_label *label, const struct mcq_choices *choices)
{
	bool latin = label->family == LABEL_UPPER || label->family == LABEL_LOWER;

	if (choices->family == LABEL_ROMAN)
		return label->roman - 1;
	if (label->family == LABEL_ROMAN)
		return -1;
	if (label->family == choices->family)
		return label->ordinal - 1;
	if (latin && (choices->family == LABEL_NONE || choices->family == LABEL_UPPER ||
		      choices->family == LABEL_LOWER))
		return label->ordinal - 1;
	return -1;
}

/* "B and C", "A/C", "B, D" */
static bool is_several(const char *p, const char *end, const struct mcq_choices *choices)
{
	struct mcq_label label;
	size_t used;

	p += mcq_text_space(p, end);
	used = mcq_word_and(p, end);
	if (!used)
		return false;
	p += used;
	p += mcq_text_space(p, end);
	used = mcq_word_and(p, end);	/* ", and C" */
	p += used;
	p += mcq_text_space(p, end);
	return mcq_label_said(p, end, &label) && label_index(&label, choices) >= 0;
}

static bool only_punctuation(struct mcq_text text)
{
	const char *p, *end = text.at + text.len;
	int32_t rune;

	for (p = text.at; p < end; p += mcq_text_rune(p, end, &rune))
		if (mcq_text_wordy(p, end))
			return false;
	return true;
}

/* What stands behind a label: nothing, the option's text, or something that explains. */
static enum mcq_found judge_rest(struct mcq_text rest, int index,
				 const struct mcq_choices *choices)
{
	const char *end = rest.at + rest.len, *p = rest.at;
	struct buf folded;
	int exact, leading;

	while (p < end && (*p == ',' || *p == '-' || *p == ' ' || *p == '=' || *p == '.'))
		p++;
	if (mcq_word_because(p, end))
		return ANSWER_FOUND;
	if (only_punctuation(rest) && (rest.len == 0 || choices->text[index].len == 0 ||
				       !memchr("_", *rest.at, 1)))
		return ANSWER_FOUND;
	buf_init(&folded, BUF_NO_MAX);
	mcq_text_fold(rest, &folded);
	exact = find_exact(folded.data, choices);
	if (exact < 0) {	/* "(Red)", "- Red" */
		buf_clear(&folded);
		rest = mcq_text_trim(mcq_text_of(p, end));
		if (rest.len > 2 && *rest.at == '(' && rest.at[rest.len - 1] == ')')
			rest = mcq_text_of(rest.at + 1, rest.at + rest.len - 1);
		mcq_text_fold(rest, &folded);
		exact = find_exact(folded.data, choices);
	}
	leading = find_leading(folded.data, choices);
	buf_release(&folded);
	if (exact == index || (exact < 0 && leading == index))
		return ANSWER_FOUND;
	return ANSWER_CONFLICT;
}

/* "A) A) Tree": the option lost its doubled label, so the answer may have one too many. */
static enum mcq_found judge_doubled(struct mcq_text rest, int index,
				    const struct mcq_choices *choices)
{
	enum mcq_found found = judge_rest(rest, index, choices);
	const char *end = rest.at + rest.len;
	struct mcq_label label;
	size_t used;

	if (found != ANSWER_CONFLICT)
		return found;
	used = mcq_label_read(rest.at, end, &label);
	if (!used || label_index(&label, choices) != index || used == rest.len)
		return found;
	return judge_rest(mcq_text_of(rest.at + used, end), index, choices);
}

/* "Red (B)": text first, label in brackets behind it. */
static int trailing_label(struct mcq_text text, const struct mcq_choices *choices,
			  struct mcq_text *before)
{
	struct mcq_label label;
	const char *open, *end = text.at + text.len;
	size_t used;

	if (text.len < 4 || end[-1] != ')')
		return -1;
	open = memrchr(text.at, '(', text.len);
	if (!open || open == text.at)
		return -1;
	used = mcq_label_said(open, end, &label);
	if (!used || open + used != end)
		return -1;
	*before = mcq_text_trim(mcq_text_of(text.at, open));
	return label_index(&label, choices);
}

static enum mcq_found by_text(struct mcq_text said, int exact, const char *folded,
			      const struct mcq_choices *choices, int *index)
{
	struct mcq_text before;
	struct buf part;
	int label;

	*index = exact;
	if (exact >= 0)
		return ANSWER_FOUND;
	label = trailing_label(said, choices, &before);
	if (label >= 0) {
		buf_init(&part, BUF_NO_MAX);
		mcq_text_fold(before, &part);
		*index = find_exact(part.data, choices);
		buf_release(&part);
		if (*index >= 0)
			return *index == label ? ANSWER_FOUND : ANSWER_CONFLICT;
	}
	*index = find_leading(folded, choices);
	return *index >= 0 ? ANSWER_FOUND : ANSWER_OUTSIDE;
}

enum mcq_found mcq_answer_find(struct mcq_text said, const struct mcq_choices *choices,
			       int *index)
{
	enum mcq_found found;
	struct mcq_label label;
	const char *end;
	struct buf folded;
	size_t used;
	int exact;

	*index = -1;
	said = unwrap(said);
	if (!said.len)
		return ANSWER_MISSING;
	end = said.at + said.len;
	buf_init(&folded, BUF_NO_MAX);
	mcq_text_fold(said, &folded);
	exact = find_exact(folded.data, choices);
	used = mcq_label_said(said.at, end, &label);
	*index = used ? label_index(&label, choices) : -1;
	if (!used || *index < 0) {
		found = by_text(said, exact, folded.data, choices, index);
	} else if (is_several(said.at + used, end, choices) && exact < 0) {
		found = ANSWER_SEVERAL;
	} else if (*index >= (int)choices->count) {
		found = by_text(said, exact, folded.data, choices, index);
	} else {
		found = judge_doubled(mcq_text_of(said.at + used, end), *index, choices);
		if (found == ANSWER_FOUND && exact >= 0 && exact != *index &&
		    label.family == LABEL_DIGIT)
			found = ANSWER_AMBIGUOUS;
		if (found == ANSWER_CONFLICT && exact == *index)
			found = ANSWER_FOUND;
		/* "A blue car": an article, not a label, when only the text fits */
		if (found == ANSWER_CONFLICT && exact >= 0 && !label.close)
			found = by_text(said, exact, folded.data, choices, index);
	}
	buf_release(&folded);
	return found;
}
