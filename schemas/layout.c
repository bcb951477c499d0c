/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h. Here: which member holds what, the image, its id; layout_caption, layout_question
 * and layout_sample do the rest.
 */
#include "schemas/layout.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/layout_in.h"
#include "schemas/span.h"

const char *const layout_image_fields[] = { "image", "image_path", "img", "file_name", "images",
					    NULL };
const char *const layout_reply_fields[] = { "reply", "qa_response", NULL };

static const char *plain_path(const char *path)
{
	while (path && !strncmp(path, "file://", 7))
		path += 7;	/* all of them: what was read once is read again as it is */
	return path && *path && strncmp(path, "data:", 5) ? path : NULL;
}

/* The path in a value: {path | image | url}, or a list of one of these or of a text. */
static const char *path_of(const cJSON *value)
{
	static const char *const names[] = { "path", "image", "url", NULL };
	const cJSON *inner = NULL;
	int i;

	if (cJSON_IsArray(value) && cJSON_GetArraySize(value) == 1)
		value = cJSON_GetArrayItem(value, 0);
	for (i = 0; cJSON_IsObject(value) && !cJSON_IsString(inner) && names[i]; i++)
		inner = cJSON_GetObjectItemCaseSensitive(value, names[i]);
	return plain_path(cJSON_GetStringValue(inner ? inner : value));
}

const char *layout_path_in(struct rec *r, const char *field)
{
	const char *path = rec_text(r, field);	/* nearly always */

	return path ? plain_path(path) : path_of(rec_json(r, field));
}

const char *layout_choose(struct rec *r, const char *const *fields, const char *given,
			  layout_reader *read, const char *what, struct err *err)
{
	const char *found = NULL, *text = NULL, *other;

	if (given) {
		if (!read(r, given))
			err_set(err, EXIT_DATA, "no text in the member '%s'", given);
		return read(r, given) ? given : NULL;
	}
	for (; *fields; fields++) {
		other = rec_has(r, *fields) ? read(r, *fields) : NULL;
		if (!other)
			continue;
		if (text && strcmp(text, other)) {
			err_set(err, EXIT_DATA, "both '%s' and '%s' could be the %s; say which",
				found, *fields, what);
			return NULL;
		}
		found = found ? found : *fields;
		text = text ? text : other;
	}
	if (!found)
		err_set(err, EXIT_DATA, "no member holds the %s", what);
	return found;
}

void layout_move(struct rec *r, const char *from, layout_reader *read, const char *to)
{
	const char *there = !strcmp(from, to) ? rec_text(r, from) : NULL, *text = read(r, from);
	char *copy;

	if (there && *there && (text == there || !strcmp(there, text)))
		return;
	copy = xstrdup(text);
	if (strcmp(from, to))
		rec_drop(r, from);
	rec_set_text(r, to, copy);
	free(copy);
}

static bool is_scalar(const char *raw)
{
	return raw[0] == '"' || raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9');
}

/* A foreign id goes to `to`, unless something is there already. */
static void keep_id(struct rec *r, const char *from, const char *to)
{
	const char *raw;
	struct buf id;
	size_t len;

	if (rec_has(r, to) || !rec_has(r, from) || !rec_raw(r, from, &raw, &len))
		return;
	buf_init(&id, BUF_NO_MAX);
	span_canon(&id, raw, len);
	rec_drop(r, from);
	rec_set_raw(r, to, id.data, id.len);
	buf_release(&id);
}

/* An image_id that is none of ours must not pass for the hash of the image's bytes. */
static void keep_foreign_ids(struct rec *r)
{
	const char *id = rec_text(r, "image_id"), *raw;
	size_t len;

	if (rec_raw(r, "id", &raw, &len) && is_scalar(raw))
		keep_id(r, "id", "source_id");
	if (!rec_has(r, "image_id") || (id && hash_is_hex(id)))
		return;
	keep_id(r, "image_id", rec_has(r, "source_id") ? "source_image_id" : "source_id");
	rec_drop(r, "image_id");
}

static const char *member_of_bytes(struct rec *r)
{
	const cJSON *value;
	int i;

	for (i = 0; layout_image_fields[i]; i++) {
		value = rec_json(r, layout_image_fields[i]);
		if (cJSON_IsArray(value))
			value = cJSON_GetArrayItem(value, 0);
		if (cJSON_GetObjectItemCaseSensitive(value, "bytes"))
			return layout_image_fields[i];
	}
	return NULL;
}

int layout_image(struct rec *r, const char *field, struct err *err)
{
	const char *from = layout_choose(r, layout_image_fields, field, layout_path_in,
					 "image path", err);
	const char *bytes = from || field ? NULL : member_of_bytes(r);

	if (bytes)
		return err_set(err, EXIT_DATA, "'%s' holds the picture's bytes and no path: "
			       "write them to files first", bytes);
	if (!from)
		return -1;
	layout_move(r, from, layout_path_in, "image");
	keep_foreign_ids(r);
	return 0;
}

int layout_settle_image(struct rec *r, const char *field, struct err *err)
{
	const char *id = rec_text(r, "image_id");
	int i;

	if (!field && id && hash_is_hex(id)) {
		for (i = 0; layout_image_fields[i]; i++)
			if (rec_has(r, layout_image_fields[i]) &&
			    layout_path_in(r, layout_image_fields[i]))
				return layout_image(r, NULL, err);
		return 0;
	}
	return layout_image(r, field, err);
}

int layout_reply(struct rec *r, const char *image_field, const char *text_field,
		 struct err *err)
{
	const char *from = layout_choose(r, layout_reply_fields, text_field, layout_text_in,
					 "model's reply", err);

	if (!from)
		return -1;
	layout_move(r, from, layout_text_in, "reply");
	return layout_settle_image(r, image_field, err);
}

static void name_parts(struct buf *out, const char *form, const char *image, const char *what,
		       const char *text)
{
	bool turns = text && (!strcmp(text, "conversations") || !strcmp(text, "messages"));

	buf_adds(out, form);
	if (image)
		buf_printf(out, ": image from '%s'", image);
	if (text)
		buf_printf(out, "%s %s from %s'%s'", image ? "," : ":", what,
			   turns ? "the last turn of " : "", text);
}

static const char *form_of(struct rec *r, const char *text)
{
	if (text && !strcmp(text, "conversations"))
		return "LLaVA conversations";
	if (text && !strcmp(text, "messages"))
		return "chat messages";
	return rec_has(r, "qa_response") ? "gen_qa.py replies" : "rows";
}

void layout_name(struct rec *r, enum rec_kind kind, const char *image_field,
		 const char *text_field, struct buf *out)
{
	const char *image = layout_choose(r, layout_image_fields, image_field, layout_path_in,
					  "", NULL);
	const char *text = NULL, *form = NULL;
	struct buf list_text;
	cJSON *list;

	if (layout_is_sample(r, kind)) {
		name_parts(out, "images with lists of their records", image, NULL, NULL);
		return;
	}
	if (kind == REC_QUESTION) {
		buf_init(&list_text, BUF_NO_MAX);
		list = rec_has(r, "question_id") ? NULL : layout_question_list(r, &form, &list_text);
		if (list)
			name_parts(out, form, image, NULL, NULL);
		cJSON_Delete(list);
		buf_release(&list_text);
		return;
	}
	if (kind == REC_REPLY || kind == REC_CAPTION)
		text = layout_choose(r, kind == REC_REPLY ? layout_reply_fields :
				     layout_caption_fields, text_field, layout_text_in, "", NULL);
	if (kind == REC_CAPTION ? !text || rec_has(r, "caption_id") :
	    kind == REC_REPLY ? !text || !strcmp(text, "reply") : !image || !strcmp(image, "image"))
		return;
	name_parts(out, form_of(r, text), image, rec_kind_name(kind), text);
}
