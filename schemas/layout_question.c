/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h: rows that hold questions, one or many.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/layout_in.h"
#include "schemas/list.h"

static const cJSON *at(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

bool layout_has_questions(struct rec *r)
{
	return rec_has(r, "reward_model") || rec_has(r, "cap_rl_qa") ||
	       (rec_has(r, "question") && rec_has(r, "answer") &&
		(rec_has(r, "choices") || rec_has(r, "options")));
}

/* A row with one question, in the form of the lists. */
static cJSON *single_question(struct rec *r)
{
	static const char *const members[] = { "question", "choices", "options", "answer", NULL };
	cJSON *list, *item;
	int i;

	if (!rec_has(r, "question") || !rec_has(r, "answer") ||
	    (!rec_has(r, "choices") && !rec_has(r, "options")))
		return NULL;
	list = cJSON_CreateArray();
	item = cJSON_CreateObject();
	for (i = 0; members[i]; i++)
		if (rec_has(r, members[i]))
			cJSON_AddItemToObject(item, members[i],
					      cJSON_Duplicate(rec_json(r, members[i]), true));
	cJSON_AddItemToArray(list, item);
	return list;
}

static bool is_list(const struct buf *text)
{
	return text->len && text->data[0] == '[';
}

/* The value of `key` of the object that stands in `member`: is it a list? */
static bool find_list(struct rec *r, const char *member, const char *key, struct buf *out)
{
	struct span_members found = { 0 };
	const struct span_member *m;
	const char *object;
	size_t len;

	buf_clear(out);
	if (rec_raw(r, member, &object, &len) && !span_object(object, len, &found, NULL)) {
		m = list_member(&found, key);
		if (m)
			buf_add(out, m->value, m->value_len);
	}
	span_members_release(&found);
	return is_list(out);
}

/* ground_truth, as it is or as a JSON text of it, whose line breaks would be ours. */
static bool find_truth(struct rec *r, struct buf *out)
{
	struct buf text;

	if (find_list(r, "reward_model", "ground_truth", out))
		return true;
	if (!out->len || out->data[0] != '"')
		return false;
	buf_init(&text, BUF_NO_MAX);
	span_unquote(&text, out->data, out->len);
	buf_clear(out);
	if (!span_check(text.data, text.len, NULL))
		span_canon(out, text.data, text.len);
	buf_release(&text);
	return is_list(out);
}

cJSON *layout_question_list(struct rec *r, const char **name, struct buf *text)
{
	if (find_truth(r, text)) {
		*name = rec_has(r, "images") ? "verl rows" : "CapRL-QA rows";
	} else if (find_list(r, "cap_rl_qa", "kept_qas", text) ||
		   find_list(r, "cap_rl_qa", "parsed_qa_list", text)) {
		*name = "DataFlow-MM rows";
	} else {
		buf_clear(text);
		*name = "rows of one question";
		return single_question(r);
	}
	return cJSON_ParseWithLength(text->data, text->len);
}

static void set_options(struct rec *q, const struct layout_choices *c)
{
	struct buf b;
	size_t i;

	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < c->count; i++) {
		buf_addc(&b, i ? ',' : '[');
		span_quote(&b, c->texts[i], strlen(c->texts[i]));
	}
	buf_addc(&b, ']');
	rec_set_raw(q, "options", b.data, b.len);
	buf_release(&b);
}

static void set_from(struct rec *q, const char *rule, size_t index)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	buf_printf(&b, "{\"rule\":\"%s\",\"index\":%zu}", rule, index);
	rec_set_raw(q, "from", b.data, b.len);
	buf_release(&b);
}

/* What else an element of the list says, unless a record of ours means something by it. */
static void add_rest(struct rec *q, const struct span_members *element)
{
	static const char *const read[] = { "question", "choices", "options", "answer", NULL };
	const struct span_member *m;
	struct buf key;
	const char *raw;
	size_t len, i;

	buf_init(&key, BUF_NO_MAX);
	for (i = 0; i < element->count; i++) {
		m = &element->items[i];
		if (list_is_one_of(m, read) || list_is_one_of(m, rec_members(REC_QUESTION)))
			continue;
		buf_clear(&key);
		span_unquote(&key, m->key - 1, m->key_len + 2);
		if (!rec_raw(q, key.data, &raw, &len))
			rec_set_raw(q, key.data, m->value, m->value_len);
	}
	buf_release(&key);
}

static struct rec *make(struct rec *row, const cJSON *item, const struct span_members *element,
			const char *rule, size_t index, struct err *err)
{
	const char *question = cJSON_GetStringValue(at(item, "question"));
	const cJSON *choices = at(item, "choices");
	struct layout_choices c;
	char id[33], letter[2];
	struct rec *q;

	if (!question || !*question) {
		err_set(err, EXIT_DATA, "no 'question' in the question");
		return NULL;
	}
	if (layout_choices(choices ? choices : at(item, "options"), at(item, "answer"), &c, err))
		return NULL;
	q = rec_child(row, REC_QUESTION);
	letter[0] = (char)('A' + c.answer);
	letter[1] = '\0';
	rec_question_id(rec_image_key(row), question, c.texts, c.count, letter, id);
	rec_set_text(q, "question_id", id);
	rec_set_text(q, "question", question);
	set_options(q, &c);
	rec_set_text(q, "answer", letter);
	set_from(q, rule, index);
	add_rest(q, element);
	return q;
}

/* What reward_model says beside its ground truth. */
static void keep_rest_of_reward(struct rec *parent)
{
	struct span_members found = { 0 };
	const struct span_member *m;
	const char *object;
	struct buf rest;
	size_t len, i;

	if (!rec_raw(parent, "reward_model", &object, &len))
		return;
	buf_init(&rest, BUF_NO_MAX);
	if (span_object(object, len, &found, NULL))
		buf_add(&rest, object, len);
	for (i = 0; i < found.count; i++) {
		m = &found.items[i];
		if (list_is(m, "ground_truth"))
			continue;
		buf_addc(&rest, rest.len ? ',' : '{');
		buf_add(&rest, m->key - 1, m->key_len + 2);
		buf_addc(&rest, ':');
		buf_add(&rest, m->value, m->value_len);
	}
	if (found.count && rest.len)
		buf_addc(&rest, '}');
	span_members_release(&found);
	if (rest.len)
		rec_set_raw(parent, "reward_model", rest.data, rest.len);
	else
		rec_drop(parent, "reward_model");
	buf_release(&rest);
}

/* The row without the questions, which become records of their own. */
static struct rec *parent_of(struct rec *row)
{
	struct rec *parent = rec_child(row, REC_QUESTION);

	keep_rest_of_reward(parent);
	rec_drop(parent, "cap_rl_qa");
	rec_drop(parent, "choices");
	return parent;
}

static const char *rule_of(const char *name)
{
	return name[0] == 'v' ? "verl" : name[0] == 'C' ? "caprl" : name[0] == 'D' ? "dataflow" :
	       "row";
}

static void make_all(struct rec *parent, const cJSON *items, const struct buf *text,
		     const char *rule, struct layout_items *out)
{
	struct list list = list_of(text->data, text->len);
	struct span_members element = { 0 };
	const cJSON *item;
	struct err why;
	size_t index = 0;

	cJSON_ArrayForEach(item, items) {
		if (!text->len || list_next(&list, &element) <= 0)
			element.count = 0;
		layout_items_add(out, make(parent, item, &element, rule, index, &why), &why);
		index++;
	}
	span_members_release(&element);
}

int layout_questions(struct rec *row, const char *image_field, struct layout_items *out,
		     struct err *err)
{
	struct rec *parent;
	const char *name;
	struct buf text;
	int result = -1;
	cJSON *list;

	if (layout_is_sample(row, REC_QUESTION))
		return layout_sample(row, REC_QUESTION, image_field, out, err);
	layout_items_clear(out);
	rec_become(row, REC_QUESTION);
	if (rec_text(row, "question_id")) {
		layout_items_add(out, rec_child(row, REC_QUESTION), NULL);
		return 0;
	}
	buf_init(&text, BUF_NO_MAX);
	list = layout_question_list(row, &name, &text);
	if (!list || !cJSON_GetArraySize(list)) {
		err_set(err, EXIT_DATA, "no questions in the row");
	} else {
		name = rule_of(name);	/* before `images` moves */
		result = layout_settle_image(row, image_field, err);
	}
	if (!result) {
		parent = parent_of(row);
		make_all(parent, list, &text, name, out);
		rec_free(parent);
	}
	cJSON_Delete(list);
	buf_release(&text);
	return result;
}
