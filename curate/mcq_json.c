/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_json.h. A walk over the brackets finds the objects that have a question in them;
 * each is then mended and parsed on its own, so that its span in the reply is known.
 */
#include "curate/mcq_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_mend.h"
#include "curate/mcq_split.h"
#include "curate/mcq_line.h"
#include "curate/mcq_word.h"

#define DEPTH_MAX 64
#define KEY_MAX 48

/* ---- names ---------------------------------------------------------------------------- */

struct key {
	enum mcq_word word;
	bool index;		/* "answer_index" */
	bool wrong;		/* "distractors" */
	char text[KEY_MAX];	/* lower case, words apart */
};

static bool drop_suffix(char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	if (len <= tail || strcmp(text + len - tail, suffix))
		return false;
	text[len - tail] = '\0';
	return true;
}

/* "correctAnswer", "correct_answer" and "Correct-Answer" are the same words. */
static void key_words(const char *name, size_t len, char *out)
{
	size_t i, n = 0;

	for (i = 0; i < len && n + 2 < KEY_MAX; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c == '_' || c == '-' || c == ' ') {
			out[n++] = ' ';
			continue;
		}
		if (i && c >= 'A' && c <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z')
			out[n++] = ' ';
		out[n++] = (char)mcq_text_lower(c);
	}
	out[n] = '\0';
}

static void key_read(const char *name, size_t len, struct key *key)
{
	static const char *const wrong[] = {
		"distractors", "incorrect answers", "wrong answers", "incorrect options",
		"wrong options", "incorrect choices", "distractor"
	};
	static const char *const parts[] = {
		" text", " stem", " content", " letter", " label", " value", " key", " string"
	};
	size_t i, used;

	*key = (struct key){ .word = WORD_NONE };
	key_words(name, len, key->text);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (*key->text == *wrong[i] && !strcmp(key->text, wrong[i]))
			key->wrong = true;
	if (strchr(key->text, ' ')) {
		key->index =
			drop_suffix(key->text, " index") || drop_suffix(key->text, " idx");
		for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			if (strcmp(key->text, "answer key"))
				drop_suffix(key->text, parts[i]);
	}
	if (!strcmp(key->text, "option list") || !strcmp(key->text, "option"))
		strcpy(key->text, "options");
	key->word = mcq_word_find(key->text, key->text + strlen(key->text), &used);
	if (key->text[used])
		key->word = WORD_NONE;
	if (key->word == WORD_ANSWERS)
		key->word = strstr(key->text, "key") || strstr(key->text, "correct") ?
			    WORD_ANSWER : WORD_OPTIONS;
}

static bool is_question_key(const char *name, size_t len)
{
	struct key key;

	key_read(name, len, &key);
	return key.word == WORD_QUESTION ||
	       (memchr(name, '\\', len) && memmem(name, len, "\\u", 2));
}

/* ---- one object ----------------------------------------------------------------------- */

struct object {
	struct mcq_drafts *drafts;
	struct mcq_draft *draft;
	struct mcq_text wrong[MCQ_SPLIT_MAX];
	size_t wrong_count;
};

static struct mcq_text text_of(const char *string)
{
	return (struct mcq_text){ string, strlen(string) };
}

/* The text of a scalar; numbers are printed once and kept. */
static bool scalar(struct object *o, const cJSON *value, struct mcq_text *text)
{
	char *printed;
	cJSON *kept;

	if (cJSON_IsString(value)) {
		*text = text_of(value->valuestring);
		return true;
	}
	if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
		return false;
	printed = cJSON_PrintUnformatted(value);
	kept = cJSON_CreateString(printed);
	cJSON_free(printed);
	mcq_draft_keep(o->drafts, kept);
	*text = text_of(kept->valuestring);
	return true;
}

static void add_option(struct object *o, struct mcq_text text, const struct mcq_label *label,
		       bool checked)
{
	mcq_draft_option(o->drafts, o->draft, text, label, checked);
}

/* {"A": "Red"}, {"label": "A", "text": "Red"}, {"text": "Red", "correct": true} */
static void option_object(struct object *o, const cJSON *object)
{
	struct mcq_text text = { "", 0 }, value;
	struct mcq_label label = { 0 }, read;
	const cJSON *member;
	struct key key;
	bool alone, checked = false;
	size_t len;

	cJSON_ArrayForEach(member, object) {
		len = strlen(member->string);
		key_read(member->string, len, &key);
		if (cJSON_IsBool(member) && (strstr(key.text, "correct") ||
					     key.word == WORD_ANSWER)) {
			checked = cJSON_IsTrue(member);
			continue;
		}
		if (!scalar(o, member, &value))
			continue;
		if (len && mcq_label_mark(member->string, member->string + len, &read,
					  &alone) == len) {
			label = read;
			text = value;
		} else if (value.len &&
			   mcq_label_said(value.at, value.at + value.len, &read) == value.len &&
			   (!strcmp(key.text, "label") || !strcmp(key.text, "letter") ||
			    !strcmp(key.text, "id") || !strcmp(key.text, "key"))) {
			label = read;
		} else if (!text.len && key.word != WORD_EXPLAIN && key.word != WORD_META) {
			text = value;
		}
	}
	add_option(o, text, &label, checked);
}

static void options_map(struct object *o, const cJSON *map)
{
	struct mcq_text text;
	struct mcq_label label;
	const cJSON *member;
	const char *p, *end;
	size_t used;

	cJSON_ArrayForEach(member, map) {
		p = member->string;
		end = p + strlen(p);
		if (mcq_word_find(p, end, &used) == WORD_OPTION)
			p += used + (p[used] == ' ' || p[used] == '_');
		if (!scalar(o, member, &text))
			continue;
		used = mcq_label_said(p, end, &label);
		if (!used || p + used != end)
			label = (struct mcq_label){ 0 };
		add_option(o, text, &label, false);
	}
}

static void options_string(struct object *o, struct mcq_text text)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	const char *p = text.at, *end = text.at + text.len;
	struct mcq_line line;
	size_t i, count;

	if (memchr(text.at, '\n', text.len)) {
		for (; p < end; p = line.next) {
			mcq_line_read(p, end, &line);
			if (line.kind != LINE_BLANK)
				add_option(o, line.rest, &line.label, line.checked);
		}
		return;
	}
	count = mcq_split_inside(&text, pieces);
	if (!count)
		count = mcq_split_list(text, pieces);
	for (i = 0; i < count; i++)
		add_option(o, pieces[i].text, &pieces[i].label, false);
}

/* ["A) Red", "B) Blue"]: labels if every element has one. */
static void strip_list(struct object *o)
{
	struct mcq_option *options;
	struct mcq_label labels[MCQ_SPLIT_MAX];
	size_t i, count = o->draft->option_count;
	bool in_order = true, bracketed = true;

	if (count < 2 || count > MCQ_SPLIT_MAX)
		return;
	options = o->drafts->options + o->draft->option_first;
	for (i = 0; i < count; i++) {
		if (options[i].label.family != LABEL_NONE ||
		    !mcq_label_read(options[i].text.at,
				    options[i].text.at + options[i].text.len, &labels[i]) ||
		    (i && !mcq_label_alike(&labels[0], &labels[i])))
			return;
		in_order &= labels[i].ordinal == (int)i + 1;
		bracketed &= labels[i].close == ')' || labels[i].close == ']';
	}
	if (!in_order && !bracketed)
		return;
	for (i = 0; i < count; i++) {
		options[i].text = mcq_text_of(options[i].text.at + labels[i].len,
					      options[i].text.at + options[i].text.len);
		options[i].label = labels[i];
	}
}

static void read_options(struct object *o, const cJSON *value)
{
	const cJSON *element;
	struct mcq_text text;

	if (o->draft->option_count)
		return;
	if (cJSON_IsString(value)) {
		options_string(o, text_of(value->valuestring));
	} else if (cJSON_IsObject(value)) {
		options_map(o, value);
	} else {
		cJSON_ArrayForEach(element, value) {
			if (cJSON_IsObject(element))
				option_object(o, element);
			else if (scalar(o, element, &text))
				add_option(o, text, NULL, false);
		}
		strip_list(o);
	}
}

static void read_answer(struct object *o, const cJSON *value, bool index)
{
	const cJSON *member;
	struct mcq_text text;

	if (cJSON_IsString(value)) {
		mcq_draft_answer(o->draft, text_of(value->valuestring));
	} else if (cJSON_IsBool(value)) {
		if (scalar(o, value, &text))
			mcq_draft_answer(o->draft, text);
	} else if (cJSON_IsNumber(value) && value->valuedouble == (double)value->valueint) {
		o->draft->has_number = true;
		o->draft->number_from_zero = index;
		o->draft->answer_number = value->valueint;
		if (scalar(o, value, &text))
			o->draft->answer_wrapped = text;
	} else {
		cJSON_ArrayForEach(member, value)
			if (cJSON_IsString(member))
				mcq_draft_answer(o->draft, text_of(member->valuestring));
	}
}

/* "A": "Red" or "option_a": "Red" right inside the question */
static void read_flat_option(struct object *o, const cJSON *member, const struct key *key)
{
	const char *p = key->text;
	struct mcq_label label;
	struct mcq_text text;
	bool alone;
	size_t used;

	if (mcq_word_find(p, p + strlen(p), &used) == WORD_OPTION)
		p += used + (p[used] == ' ');
	used = mcq_label_mark(p, p + strlen(p), &label, &alone);
	if (!used || p[used] || label.family == LABEL_ROMAN || !scalar(o, member, &text))
		return;
	if (label.family == LABEL_LOWER)
		label.family = LABEL_UPPER;
	add_option(o, text, &label, false);
}

static void read_wrong(struct object *o, const cJSON *value)
{
	const cJSON *element;

	cJSON_ArrayForEach(element, value) if (o->wrong_count < MCQ_SPLIT_MAX &&
					       scalar(o, element, &o->wrong[o->wrong_count]))
		o->wrong_count++;
}

static void read_member(struct object *o, const cJSON *member)
{
	struct key key;

	key_read(member->string, strlen(member->string), &key);
	if (key.wrong)
		read_wrong(o, member);
	else if (key.word == WORD_QUESTION && cJSON_IsString(member) && !o->draft->question.len)
		o->draft->question = text_of(member->valuestring);
	else if (key.word == WORD_OPTIONS)
		read_options(o, member);
	else if (key.word == WORD_ANSWER)
		read_answer(o, member, key.index);
	else if (key.word == WORD_NONE || key.word == WORD_OPTION)
		read_flat_option(o, member, &key);
}

/* A number that names a label ("1) Red") is a label, not an index. */
static void settle_number(struct object *o)
{
	if (!o->draft->has_number || !o->draft->option_count ||
	    o->drafts->options[o->draft->option_first].label.family != LABEL_DIGIT)
		return;
	o->draft->has_number = false;
	mcq_draft_answer(o->draft, o->draft->answer_wrapped);
}

/* Most models write valid JSON, so it is mended only when it must be. */
static cJSON *parse(const char *start, const char *stop)
{
	cJSON *tree = cJSON_ParseWithLength(start, (size_t)(stop - start));
	struct buf mended;

	if (tree)
		return tree;
	buf_init(&mended, BUF_NO_MAX);
	mcq_mend(start, stop, &mended);
	tree = cJSON_ParseWithLength(mended.data, mended.len);
	buf_release(&mended);
	return tree;
}

static void read_object(const char *start, const char *stop, struct mcq_drafts *drafts)
{
	struct object o = { .drafts = drafts };
	const cJSON *member;
	size_t i;
	cJSON *tree;

	tree = parse(start, stop);
	o.draft = mcq_draft_add(drafts, start);
	o.draft->end = stop;
	o.draft->form = FORM_JSON;
	o.draft->named = true;
	if (tree) {
		mcq_draft_keep(drafts, tree);
		cJSON_ArrayForEach(member, tree)
			read_member(&o, member);
		settle_number(&o);
		/* only the right one and the wrong ones: their order was never written */
		if (o.wrong_count && !o.draft->option_count && o.draft->answer_count) {
			add_option(&o, o.draft->answer[0], NULL, false);
			for (i = 0; i < o.wrong_count; i++)
				add_option(&o, o.wrong[i], NULL, false);
		}
		o.draft->answer_wrapped = (struct mcq_text){ "", 0 };
	} else {
		o.draft->reason = "bad_json";
	}
}

/* ---- the walk ------------------------------------------------------------------------- */

struct walk {
	struct mcq_drafts *drafts;
	struct {
		const char *start;
		char kind;
		bool asks;	/* has a question of its own */
		bool filled;	/* has questions inside */
	} stack[DEPTH_MAX];
	size_t depth;
	size_t over;		/* levels beyond the stack */
	bool key;		/* the next string is a member's name */
	bool found;
};

static const char *skip_white(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

bool mcq_json_likely(const char *at, const char *end)
{
	const char *p;

	if (at >= end || (*at != '{' && *at != '['))
		return false;
	p = skip_white(at + 1, end);
	if (p == end)
		return false;
	if (*at == '[')
		return *p == '{' || *p == '[';
	return *p == '"' || *p == '\'';
}

static void push(struct walk *w, const char *at)
{
	if (w->depth == DEPTH_MAX) {
		w->over++;
		return;
	}
	w->stack[w->depth].start = at;
	w->stack[w->depth].kind = *at;
	w->stack[w->depth].asks = w->stack[w->depth].filled = false;
	w->depth++;
	w->key = *at == '{';
}

static void lose(struct walk *w, const char *start, const char *end, bool cut)
{
	struct mcq_draft *draft = mcq_draft_add(w->drafts, start);

	draft->end = end;
	draft->form = FORM_JSON;
	draft->torn = cut;
	draft->reason = cut ? NULL : "bad_json";
}

/* Closes the innermost level; `whole`: with the bracket it was opened with. */
static void pop(struct walk *w, const char *end, bool whole, bool cut)
{
	bool asks = w->stack[--w->depth].asks && !w->stack[w->depth].filled;
	bool filled = w->stack[w->depth].filled || asks;

	if (asks && whole)
		read_object(w->stack[w->depth].start, end, w->drafts);
	else if (asks)
		lose(w, w->stack[w->depth].start, end, cut);
	w->found |= asks;
	if (w->depth)
		w->stack[w->depth - 1].filled |= filled;
	w->key = false;
}

static void close_level(struct walk *w, const char *at)
{
	char opener = *at == '}' ? '{' : '[';

	if (w->over) {
		w->over--;
		return;
	}
	/* a bracket was forgotten: what it opened is lost, the rest goes on */
	while (w->depth && w->stack[w->depth - 1].kind != opener && w->depth > 1)
		pop(w, at, false, false);
	if (w->depth)
		pop(w, at + 1, w->stack[w->depth - 1].kind == opener, false);
}

static const char *walk_string(struct walk *w, const char *p, const char *end)
{
	bool in_object = w->depth && w->stack[w->depth - 1].kind == '{';
	const char *stop = mcq_mend_string(p, end, w->key && in_object);
	const char *next = skip_white(stop, end);

	if (w->key && in_object && !w->over && next < end && *next == ':' && stop - p > 2 &&
	    is_question_key(p + 1, (size_t)(stop - p - 2)))
		w->stack[w->depth - 1].asks = true;
	w->key = mcq_mend_lost_quote(p, stop, end);
	return stop;
}

const char *mcq_json_read(const char *at, const char *end, bool cut, struct mcq_drafts *drafts,
			  size_t *seen)
{
	struct walk w = { .drafts = drafts };
	const char *p = at;

	do {
		if (*p == '{' || *p == '[') {
			push(&w, p++);
		} else if (*p == '}' || *p == ']') {
			close_level(&w, p++);
		} else if (*p == '"' || *p == '\'') {
			p = walk_string(&w, p, end);
		} else {
			if (*p == ',')
				w.key = true;
			p++;
		}
	} while (w.depth && p < end);
	while (w.depth)
		pop(&w, end, false, cut);
	*seen = (size_t)(p - at);
	return w.found ? p : NULL;
}

void mcq_json_settle(struct mcq_drafts *drafts, bool cut)
{
	bool zero = false, last = false;
	struct mcq_draft *d;
	size_t i;

	for (i = 0; i < drafts->count; i++) {
		d = &drafts->items[i];
		if (!d->has_number || d->number_from_zero)
			continue;
		zero |= d->answer_number == 0;
		last |= d->option_count && d->answer_number == (long)d->option_count;
	}
	for (i = 0; i < drafts->count; i++) {
		d = &drafts->items[i];
		if (!d->has_number || d->number_from_zero)
			continue;
		if (last && !zero)
			d->answer_number--;
		else if (!zero && cut)
			d->reason = "ambiguous_answer";
	}
}
