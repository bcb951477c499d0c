/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h: rows that hold a caption, plain or as the last turn of a conversation.
 */
#include <string.h>

#include "cli/buf.h"
#include "schemas/layout_in.h"
#include "schemas/list.h"

const char *const layout_caption_fields[] = { "caption", "text", "conversations", "messages",
					      NULL };

static const char *text_at(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Did the model say this turn? LLaVA calls it gpt, chat assistant; without a name it is not
 * known. */
static bool is_model(const cJSON *turn)
{
	static const char *const names[] = { "gpt", "assistant", "model", "chatgpt", "bot", NULL };
	const char *who = text_at(turn, "from");
	int i;

	who = who ? who : text_at(turn, "role");
	for (i = 0; who && names[i]; i++)
		if (!strcmp(who, names[i]))
			return true;
	return false;
}

/* content: [{type: "text", text}, ...], the one text of it. */
static const char *only_part(const cJSON *parts)
{
	const char *found = NULL, *text;
	const cJSON *part;

	cJSON_ArrayForEach(part, parts) {
		text = text_at(part, "text");
		if (text && found)
			return NULL;
		found = text ? text : found;
	}
	return found;
}

static const char *turn_text(const cJSON *turn)
{
	const char *text = text_at(turn, "value");

	if (!is_model(turn))
		return NULL;
	text = text ? text : text_at(turn, "content");
	return text ? text : only_part(cJSON_GetObjectItemCaseSensitive(turn, "content"));
}

static const cJSON *last_turn(struct rec *r, const char *field)
{
	const cJSON *list = rec_json(r, field);

	return cJSON_IsArray(list) ? cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1) : NULL;
}

/* A text; the one text of a list; the model's last turn. */
const char *layout_text_in(struct rec *r, const char *field)
{
	const char *text = rec_text(r, field);
	const cJSON *last;

	if (text)
		return text;
	last = last_turn(r, field);
	if (cJSON_IsObject(last))
		return turn_text(last);
	return cJSON_GetArraySize(rec_json(r, field)) == 1 ? cJSON_GetStringValue(last) : NULL;
}

/* Takes the last turn out of its list: it stands in `caption` now. */
static void drop_last_turn(struct rec *r, const char *field)
{
	const char *text, *end = NULL, *before = NULL;
	struct span_members turn = { 0 };
	struct list list;
	struct buf rest;
	size_t len;

	rec_raw(r, field, &text, &len);
	list = list_of(text, len);
	while (list_next(&list, &turn)) {
		before = end;
		end = list.scan.at;
	}
	span_members_release(&turn);
	if (!before) {
		rec_drop(r, field);
		return;
	}
	buf_init(&rest, BUF_NO_MAX);
	buf_add(&rest, text, (size_t)(before - text));
	buf_addc(&rest, ']');
	rec_set_raw(r, field, rest.data, rest.len);
	buf_release(&rest);
}

static void move_caption(struct rec *r, const char *from)
{
	if (!cJSON_IsObject(rec_text(r, from) ? NULL : last_turn(r, from))) {
		layout_move(r, from, layout_text_in, "caption");
		return;
	}
	rec_set_text(r, "caption", layout_text_in(r, from));
	drop_last_turn(r, from);
}

bool layout_has_caption(struct rec *r)
{
	int i;

	for (i = 0; layout_caption_fields[i]; i++)
		if (rec_has(r, layout_caption_fields[i]))
			return true;
	return false;
}

int layout_caption(struct rec *r, const char *image_field, const char *text_field,
		   struct err *err)
{
	const char *from;

	rec_become(r, REC_CAPTION);
	if (!image_field && !text_field && rec_text(r, "caption_id") && rec_image_key(r) &&
	    rec_text(r, "caption"))
		return 0;
	from = layout_choose(r, layout_caption_fields, text_field, layout_text_in, "caption", err);
	if (!from && layout_is_sample(r, REC_CAPTION))
		err_set(err, EXIT_DATA, "its captions are a list: 'capqa ingest' takes them into a "
			"store, 'capqa export --records caption' gives them one by one");
	if (!from || layout_settle_image(r, image_field, err))
		return -1;
	move_caption(r, from);
	if (!rec_has(r, "caption_id"))
		rec_identify(r);
	return 0;
}
