/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h: the choices of a question and which of them is right.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "schemas/layout_in.h"

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* Separators behind a label, the full-width ones of Chinese sets among them. */
static size_t separator(const char *p)
{
	static const char *const marks[] = { ")", ".", ":", "）", "．", "：", "、", NULL };
	int i;

	for (i = 0; marks[i]; i++)
		if (!strncmp(p, marks[i], strlen(marks[i])))
			return strlen(marks[i]);
	return 0;
}

/* The letter (from 0) of "A) x", "A. x", "A: x", "(A) x", and where x begins; -1: no label. */
static int label(const char *text, const char **rest)
{
	const char *p = skip_space(text);
	bool open = *p == '(' || !strncmp(p, "（", 3);
	size_t behind;
	int letter;

	p += open ? (*p == '(' ? 1 : 3) : 0;
	letter = *p >= 'A' && *p <= 'Y' ? *p - 'A' : *p >= 'a' && *p <= 'y' ? *p - 'a' : -1;
	behind = letter < 0 ? 0 : separator(p + 1);
	if (!behind || (open && p[1] != ')' && strncmp(p + 1, "）", 3)))
		return -1;
	*rest = skip_space(p + 1 + behind);
	return letter;
}

/* Either every choice has its label, or none is taken for one. */
static int take_labels(struct layout_choices *c, struct err *err)
{
	const char *rests[LAYOUT_CHOICES_MAX];
	size_t right = 0, any = 0, i;
	int letter;

	for (i = 0; i < c->count; i++) {
		letter = label(c->texts[i], &rests[i]);
		any += letter >= 0;
		right += letter == (int)i;
	}
	if (right == c->count)
		memcpy(c->texts, rests, c->count * sizeof(*rests));
	else if (right || any == c->count)
		return err_set(err, EXIT_DATA, "the labels of the choices are not A, B, C ...");
	return 0;
}

static int read_list(const cJSON *choices, struct layout_choices *c, struct err *err)
{
	bool lettered = cJSON_IsObject(choices);
	const cJSON *item;

	cJSON_ArrayForEach(item, choices) {
		if (c->count == LAYOUT_CHOICES_MAX || !cJSON_IsString(item))
			return err_set(err, EXIT_DATA, "the choices are no list of 2 to 25 texts");
		if (lettered && (item->string[0] != 'A' + (char)c->count || item->string[1]))
			return err_set(err, EXIT_DATA,
				       "the labels of the choices are not A, B, C ...");
		c->texts[c->count++] = item->valuestring;
	}
	if (c->count < 2)
		return err_set(err, EXIT_DATA, "the choices are no list of 2 to 25 texts");
	return lettered ? 0 : take_labels(c, err);
}

/* How many choices read the same as text, and which does. */
static int find_text(const struct layout_choices *c, const char *text, int *at)
{
	struct buf wanted, folded;
	int found = 0;
	size_t i;

	buf_init(&wanted, BUF_NO_MAX);
	buf_init(&folded, BUF_NO_MAX);
	fold_text(&wanted, text);
	for (i = 0; i < c->count; i++) {
		buf_clear(&folded);
		fold_text(&folded, c->texts[i]);
		if (folded.len != wanted.len || strcmp(folded.data, wanted.data))
			continue;
		found++;
		*at = (int)i;
	}
	buf_release(&wanted);
	buf_release(&folded);
	return found;
}

static int check_texts(const struct layout_choices *c, struct err *err)
{
	size_t i;
	int at;

	for (i = 0; i < c->count; i++) {
		if (!c->texts[i][0])
			return err_set(err, EXIT_DATA, "a choice is empty");
		if (find_text(c, c->texts[i], &at) > 1)
			return err_set(err, EXIT_DATA, "two choices are equal");
	}
	return 0;
}

/* "C", "(C)", "C)": the letter alone, from 0; -1. */
static int bare_letter(const char *text)
{
	const char *p = skip_space(text), *rest = NULL;
	int letter = label(p, &rest);

	if (letter >= 0)
		return *rest ? -1 : letter;
	return *p >= 'A' && *p <= 'Y' && !*skip_space(p + 1) ? *p - 'A' : -1;
}

static int read_answer(const char *text, struct layout_choices *c, struct err *err)
{
	const char *rest = NULL;
	int letter = bare_letter(text), at = -1, same;

	same = find_text(c, text, &at);
	if (letter >= 0 && letter < (int)c->count && (!same || at == letter)) {
		c->answer = letter;
		return 0;
	}
	if (letter >= 0 && same)
		return err_set(err, EXIT_DATA, "the answer is both a letter and another's text");
	if (!same) {
		letter = label(text, &rest);
		same = letter < 0 ? 0 : find_text(c, rest, &at);
		if (same && at != letter)
			return err_set(err, EXIT_DATA, "the answer's letter and text disagree");
	}
	if (!same)
		return err_set(err, EXIT_DATA, "the answer is none of the choices");
	c->answer = at;
	return 0;
}

int layout_choices(const cJSON *choices, const cJSON *answer, struct layout_choices *out,
		   struct err *err)
{
	*out = (struct layout_choices){ .answer = -1 };
	if (read_list(choices, out, err) || check_texts(out, err))
		return -1;
	if (!cJSON_IsString(answer))
		return err_set(err, EXIT_DATA, "no 'answer' in the question");
	return read_answer(answer->valuestring, out, err);
}
