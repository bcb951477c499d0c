/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout_prism.h.
 */
#include "schemas/layout_prism.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/buf.h"
#include "schemas/layout_in.h"

/* ---- members ---- */

static const cJSON *first_of(struct rec *r, const char *const *names)
{
	for (; *names; names++)
		if (rec_has(r, *names))
			return rec_json(r, *names);
	return NULL;
}

static const char *text_at(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* The only text of chat's turns, or of the parts of one. */
static const char *only_text(const cJSON *list, const char *name)
{
	const char *found = NULL, *text;
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		text = text_at(item, name);
		if (!text && !strcmp(name, "content"))
			text = only_text(cJSON_GetObjectItemCaseSensitive(item, name), "text");
		if (text && found)
			return NULL;
		found = text ? text : found;
	}
	return found;
}

/* A text or a number as text; NULL: neither, or an empty one. */
static char *scalar(const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);

	if (cJSON_IsNumber(value))
		return cJSON_PrintUnformatted(value);
	return text && text[strspn(text, " \t\r\n")] ? xstrdup(text) : NULL;
}

/* ---- the question's text and the options in it ---- */

/* Where "Question:" and "<image>" are off. */
static const char *begin(const char *text)
{
	for (;;) {
		text += strspn(text, " \t\r\n");
		if (!strncmp(text, "<image>", 7))
			text += 7;
		else if (!strncasecmp(text, "question:", 9))
			text += 9;
		else
			return text;
	}
}

static char *cut_out(const char *from, const char *end)
{
	while (end > from && strchr(" \t\r\n", end[-1]))
		end--;
	return xstrndup(from, (size_t)(end - from));
}

/* "A. x", "B) x", "(C) x", "D: x" with this letter. */
static bool is_option(const char *line, char letter)
{
	bool open;

	line += strspn(line, " \t");
	open = *line == '(';
	line += open;
	return *line == letter && line[1] && strchr(open ? ")" : ").:", line[1]) &&
	       strchr(" \t", line[2]) && line[2];
}

static bool is_heading(const char *line, const char *end)
{
	static const char *const words[] = { "options:", "choices:", "option:", "choice:" };
	size_t i, len;

	line += strspn(line, " \t");
	while (end > line && strchr(" \t\r\n", end[-1]))
		end--;
	len = (size_t)(end - line);
	for (i = 0; i < 4; i++)
		if (len == strlen(words[i]) && !strncasecmp(line, words[i], len))
			return true;
	return false;
}

struct cutting {
	const char *stem_end;	/* where the question's own text ends */
	cJSON *options;
	bool torn;		/* something stands between two options */
};

/*
 * Lines that are labelled A, B, C ... one behind the other. An "A." that no B follows is no
 * option; what follows the last one is an instruction.
 */
static void find_options(const char *text, struct cutting *cut)
{
	const char *line, *end, *before = text;
	bool between = false;
	char letter = 'A', *option;

	for (line = text; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (letter <= 'Y' && is_option(line, letter)) {
			if (letter == 'A')
				cut->stem_end = is_heading(before, line) ? before : line;
			cut->torn = cut->torn || between;
			option = cut_out(line + strspn(line, " \t"), end);
			cJSON_AddItemToArray(cut->options, cJSON_CreateString(option));
			free(option);
			letter++;
			between = false;
		} else if (letter > 'A') {
			between = between || line[strspn(line, " \t\r")] != '\n';
		}
		if (end > line + strspn(line, " \t\r"))
			before = line;
	}
}

/* Sets the question; the options of its text, or NULL where it has none. */
static cJSON *take_text(const char *text, struct layout_prism *out, bool *torn)
{
	struct cutting cut = { .options = cJSON_CreateArray() };
	int count;

	text = begin(text);
	find_options(text, &cut);
	count = cJSON_GetArraySize(cut.options);
	*torn = cut.torn;
	if (count >= 2) {
		out->question = cut_out(text, cut.stem_end);
		return cut.options;
	}
	cJSON_Delete(cut.options);
	out->question = cut_out(text, text + strlen(text));
	return NULL;
}

/* ---- options and answers ---- */

/* Options in members A, B, C ..., as VLMEvalKit's tables have them; empty ones end the list. */
static cJSON *lettered(struct rec *row)
{
	cJSON *list = cJSON_CreateArray();
	char name[2] = "A", *text;

	for (; name[0] <= 'Y' && (text = scalar(rec_json(row, name))); name[0]++) {
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
		free(text);
	}
	if (cJSON_GetArraySize(list) >= 2)
		return list;
	cJSON_Delete(list);
	return NULL;
}

/* Not null, "" or []; a text is filled, though no list of options. */
static bool is_filled(const cJSON *options)
{
	const char *text = cJSON_GetStringValue(options);

	return text ? *text != '\0' : cJSON_GetArraySize(options) > 0;
}

/* Numbers among the options become texts. */
static cJSON *as_texts(const cJSON *options)
{
	cJSON *copy = cJSON_Duplicate(options, true), *item;

	cJSON_ArrayForEach(item, copy) {
		if (!cJSON_IsNumber(item))
			continue;
		item->valuestring = cJSON_PrintUnformatted(item);
		item->type = cJSON_String;
	}
	return copy;
}

static enum layout_prism_got choose(const cJSON *options, const char *answer,
				    struct layout_prism *out, struct err *err)
{
	cJSON *right = cJSON_CreateString(answer), *any;
	enum layout_prism_got got = LAYOUT_PRISM_BAD;
	struct layout_choices c;
	struct err other;
	size_t i;

	if (!layout_choices(options, right, &c, err)) {
		got = LAYOUT_PRISM_READ;
		out->answer = c.answer;
		out->options = xcalloc(c.count, sizeof(*out->options));
		for (i = 0; i < c.count; i++)
			out->options[out->count++] = xstrdup(c.texts[i]);
	} else {
		/* is it the options' fault, or the answer's? */
		any = cJSON_CreateString("A");
		if (!layout_choices(options, any, &c, &other))
			got = LAYOUT_PRISM_NO_GOLD;
		cJSON_Delete(any);
	}
	cJSON_Delete(right);
	return got;
}

static enum layout_prism_got take_golds(const cJSON *golds, struct layout_prism *out,
					struct err *err)
{
	size_t n = cJSON_IsArray(golds) ? (size_t)cJSON_GetArraySize(golds) : 1, i;

	out->options = xcalloc(n + 1, sizeof(*out->options));
	for (i = 0; i < n; i++) {
		out->options[i] = scalar(cJSON_IsArray(golds) ? cJSON_GetArrayItem(golds, (int)i) :
					 golds);
		if (!out->options[i]) {
			err_set(err, EXIT_DATA, "the right answer is no text and no number");
			return LAYOUT_PRISM_NO_GOLD;
		}
		out->count++;
	}
	if (n)
		return LAYOUT_PRISM_READ;
	err_set(err, EXIT_DATA, "there is no right answer");
	return LAYOUT_PRISM_NO_GOLD;
}

static enum layout_prism_got take_choice(const cJSON *options, const cJSON *golds,
					 struct layout_prism *out, struct err *err)
{
	char *answer = scalar(cJSON_GetArraySize(golds) == 1 ? cJSON_GetArrayItem(golds, 0) : golds);
	enum layout_prism_got got = LAYOUT_PRISM_NO_GOLD;

	if (answer)
		got = choose(options, answer, out, err);
	else
		err_set(err, EXIT_DATA, "the right answer is not one option");
	free(answer);
	return got;
}

enum layout_prism_got layout_prism_read(struct rec *row, const char *image_field,
					struct layout_prism *out, struct err *err)
{
	static const char *const asks[] = { "question", "prompt", "problem", NULL };
	static const char *const offers[] = { "choices", "options", NULL };
	static const char *const says[] = { "answer", "answers", "label", NULL };
	enum layout_prism_got got = LAYOUT_PRISM_BAD;
	const cJSON *asked, *given, *golds;
	cJSON *options, *inside;
	const char *text;
	bool torn;

	*out = (struct layout_prism){ .answer = -1 };
	rec_become(row, REC_QUESTION);
	if (layout_settle_image(row, image_field, err))
		return LAYOUT_PRISM_BAD;
	asked = first_of(row, asks);
	given = first_of(row, offers);
	golds = first_of(row, says);
	text = cJSON_GetStringValue(asked);
	text = text ? text : only_text(asked, "content");
	if (!text || !*begin(text)) {
		err_set(err, EXIT_DATA, "no 'question' or 'prompt' with one text in the row");
		return LAYOUT_PRISM_BAD;
	}
	inside = take_text(text, out, &torn);
	options = is_filled(given) ? as_texts(given) : lettered(row);
	if (!*out->question || (inside && !options && torn))
		err_set(err, EXIT_DATA, "the options in the prompt are not one line each behind "
			"the question");
	else if (options || inside)
		got = take_choice(options ? options : inside, golds, out, err);
	else
		got = take_golds(golds, out, err);
	cJSON_Delete(options);
	cJSON_Delete(inside);
	return got;
}

void layout_prism_release(struct layout_prism *p)
{
	size_t i;

	free(p->question);
	for (i = 0; i < p->count; i++)
		free(p->options[i]);
	free(p->options);
	*p = (struct layout_prism){ .answer = -1 };
}
