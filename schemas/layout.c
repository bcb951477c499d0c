/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h.
 */
#include "schemas/layout.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

/* The path in `images`, when that is a list of one text. */
static const char *only_image(struct rec *r)
{
	const cJSON *list = rec_json(r, "images");

	if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != 1 ||
	    !cJSON_IsString(cJSON_GetArrayItem(list, 0)))
		return NULL;
	return cJSON_GetArrayItem(list, 0)->valuestring;
}

static const char *path_in(struct rec *r, const char *field)
{
	return strcmp(field, "images") ? rec_text(r, field) : only_image(r);
}

/* Moves the text of member `from` to member `to`. */
static void move_text(struct rec *r, const char *from, const char *text, const char *to)
{
	char *copy;

	if (!strcmp(from, to))
		return;
	copy = xstrdup(text);
	rec_drop(r, from);
	rec_set_text(r, to, copy);
	free(copy);
}

/* The one member among fields that holds a text. NULL: none, or several. */
static const char *choose(struct rec *r, const char *const *fields, const char *given,
			  const char *what, struct err *err)
{
	const char *found = NULL;

	if (given) {
		if (!path_in(r, given))
			err_set(err, EXIT_DATA, "no text in the member '%s'", given);
		return path_in(r, given) ? given : NULL;
	}
	for (; *fields; fields++) {
		if (!path_in(r, *fields))
			continue;
		if (found) {
			err_set(err, EXIT_DATA, "both '%s' and '%s' could be the %s; say which",
				found, *fields, what);
			return NULL;
		}
		found = *fields;
	}
	if (!found)
		err_set(err, EXIT_DATA, "no member holds the %s", what);
	return found;
}

static void keep_foreign_id(struct rec *r)
{
	const char *raw;
	char *copy;
	size_t len;

	if (rec_has(r, "source_id") || !rec_raw(r, "id", &raw, &len) ||
	    !(raw[0] == '"' || raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9')))
		return;
	copy = xstrndup(raw, len);
	rec_drop(r, "id");
	rec_set_raw(r, "source_id", copy, len);
	free(copy);
}

int layout_image(struct rec *r, const char *field, struct err *err)
{
	static const char *const fields[] = { "image", "image_path", "img", "file_name", "images",
					      NULL };
	const char *from = choose(r, fields, field, "image path", err);

	if (!from)
		return -1;
	move_text(r, from, path_in(r, from), "image");
	keep_foreign_id(r);
	return 0;
}

int layout_reply(struct rec *r, const char *image_field, const char *text_field,
		 struct err *err)
{
	static const char *const fields[] = { "reply", "qa_response", NULL };
	const char *from = choose(r, fields, text_field, "model's reply", err);

	if (!from)
		return -1;
	move_text(r, from, path_in(r, from), "reply");
	return rec_image_key(r) ? 0 : layout_image(r, image_field, err);
}
