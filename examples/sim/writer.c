/* SPDX-License-Identifier: Apache-2.0
 *
 * See writer.h. The Markdown relatives differ in a few strings only, so they are a table;
 * JSON is written apart.
 */
#include "examples/sim/writer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MARKDOWN "#### %n. **%q**|"
#define INDENT "   - %l"
#define RULE "|------||"

/*
 * In the strings: %n number, %q question, %l letter, %o option, %g gold letter, %G gold text,
 * | a line break. A reply is before, questions, after.
 */
struct form {
	const char *name, *before, *question, *option, *answer, *after;
	bool crlf;
};

static const struct form forms[] = {
	{ "caprl", "", MARKDOWN, INDENT ") %o|", "|**Answer:** %g) %G|", RULE, false },
	{ "crlf", "", MARKDOWN, INDENT ") %o|", "|**Answer:** %g) %G|", RULE, true },
	{ "fenced", "```markdown|", MARKDOWN, INDENT ") %o|", "|**Answer:** %g) %G|", RULE,
	  false },
	{ "dotted", "", MARKDOWN, INDENT ". %o|", "|**Answer:** %g. %G|", RULE, false },
	{ "fullwidth", "", MARKDOWN, INDENT "）%o|", "|**Answer:** %g）%G|", RULE, false },
	{ "heading3", "", "### %n. **%q**|", "- %l) %o|", "**Answer: %g) %G**|", "|---||",
	  false },
	{ "plain", "", "%n. %q|", "%l. %o|", "Answer: %g|", "|", false },
	{ "paren", "", "**%n. %q**|", "(%l) %o|", "**Answer:** (%g) %G|", "|", false },
	{ "answerbold", "", "### %n. **%q**|", "- %l) %o|", "**Answer: %g) %G**|", "|", false },
};

static const cJSON *member(const cJSON *item, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(item, name);
}

static const char *text_of(const cJSON *item, const char *name)
{
	const char *text = cJSON_GetStringValue(member(item, name));

	return text ? text : "";
}

static int gold_of(const cJSON *q)
{
	return *text_of(q, "gold") - 'A';
}

static const char *option_of(const cJSON *q, int number)
{
	const cJSON *item = cJSON_GetArrayItem(member(q, "options"), number);
	const char *text = cJSON_GetStringValue(item);

	return text ? text : "";
}

static void put(struct buf *out, const char *pattern, const cJSON *q, int number, int option)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '|') {
			buf_addc(out, '\n');
			continue;
		}
		if (*p != '%') {
			buf_addc(out, *p);
			continue;
		}
		switch (*++p) {
		case 'n':
			buf_printf(out, "%d", number);
			break;
		case 'q':
			buf_adds(out, text_of(q, "question"));
			break;
		case 'l':
			buf_addc(out, (char)('A' + option));
			break;
		case 'o':
			buf_adds(out, option_of(q, option));
			break;
		case 'g':
			buf_adds(out, text_of(q, "gold"));
			break;
		case 'G':
			buf_adds(out, option_of(q, gold_of(q)));
			break;
		}
	}
}

static void put_written(struct buf *out, const cJSON *lines)
{
	const cJSON *line;

	cJSON_ArrayForEach(line, lines) {
		buf_adds(out, cJSON_IsString(line) ? line->valuestring : "");
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}

/* Returns true if the reply ends inside this question. */
static bool put_question(struct buf *out, const struct form *form, const cJSON *q, int number,
			 const char *cut_in)
{
	int count = cJSON_GetArraySize(member(q, "options"));
	bool cut = *cut_in && !strcmp(cut_in, text_of(q, "id"));

	if (member(q, "written")) {
		put_written(out, member(q, "written"));
		return cut;
	}
	put(out, form->question, q, number, 0);
	for (int i = 0; i < (cut ? count / 2 : count); i++)
		put(out, form->option, q, number, i);
	if (cut) {
		put(out, "   - %l) ", q, number, count / 2);
		return true;
	}
	put(out, form->answer, q, number, 0);
	put(out, form->after, q, number, 0);
	return false;
}

static bool put_markdown(struct buf *out, const struct form *form, const cJSON *scene)
{
	bool cut = false;
	const cJSON *q;
	int number = 0;

	put(out, form->before, NULL, 0, 0);
	cJSON_ArrayForEach(q, member(scene, "questions")) {
		cut = put_question(out, form, q, ++number, text_of(scene, "cut_in"));
		if (cut)
			break;
	}
	if (*form->before && !cut)
		buf_adds(out, "```\n");
	return cut;
}

static void put_json(struct buf *out, const cJSON *scene, bool fence)
{
	cJSON *list = cJSON_CreateArray(), *one;
	const cJSON *q;
	char *text;

	cJSON_ArrayForEach(q, member(scene, "questions")) {
		one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "question", text_of(q, "question"));
		cJSON_AddItemToObject(one, "options",
				      cJSON_Duplicate(member(q, "options"), true));
		cJSON_AddStringToObject(one, "answer", text_of(q, "gold"));
		cJSON_AddItemToArray(list, one);
	}
	text = cJSON_Print(list);
	buf_printf(out, fence ? "```json\n%s\n```\n" : "%s\n", text);
	free(text);
	cJSON_Delete(list);
}

static void to_crlf(struct buf *text)
{
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	for (const char *p = text->data; *p; p++) {
		if (*p == '\n')
			buf_addc(&out, '\r');
		buf_addc(&out, *p);
	}
	buf_release(text);
	*text = out;
}

const char *writer_reply(const struct scene *scene, struct buf *out)
{
	const char *name = text_of(scene->item, "form");
	const struct form *form = forms;
	bool cut = false;

	if (*text_of(scene->item, "refuses")) {
		buf_adds(out, text_of(scene->item, "refuses"));
		return "stop";
	}
	if (*text_of(scene->item, "before"))
		buf_printf(out, "%s\n\n", text_of(scene->item, "before"));
	if (!strncmp(name, "json", 4)) {
		put_json(out, scene->item, !strcmp(name, "jsonfence"));
		return "stop";
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (!strcmp(forms[i].name, name))
			form = &forms[i];
	cut = put_markdown(out, form, scene->item);
	if (form->crlf)
		to_crlf(out);
	return cut ? "length" : "stop";
}

void writer_synthetic(const char *hash, struct buf *out)
{
	int gold;

	for (int i = 0; i < 5; i++) {
		gold = hash[i] % 4;
		buf_printf(out, "#### %d. **Question %d about %.12s: which is right?**\n",
			   i + 1, i + 1, hash);
		for (int k = 0; k < 4; k++)
			buf_printf(out, "   - %c) %s %.4s-%d\n", 'A' + k,
				   k == gold ? "right" : "wrong", hash + 8, k);
		buf_printf(out, "\n**Answer:** %c) right %.4s-%d\n\n------\n\n", 'A' + gold,
			   hash + 8, gold);
	}
}
