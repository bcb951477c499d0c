/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_caption.h.
 */
#include "filter/audit_caption.h"

#include <string.h>

#include "cli/buf.h"
#include "curate/hygiene.h"
#include "schemas/layout.h"

int audit_caption_read(struct rec *r, const char *image_field, const char *text_field,
		       struct err *err)
{
	const char *raw;
	size_t len;

	if (rec_raw(r, "caption", &raw, &len) && raw[0] == 'n')
		rec_set_text(r, "caption", "");
	return layout_caption(r, image_field, text_field, err);
}

static bool is_ours(const cJSON *name)
{
	cJSON one = { .type = cJSON_String, .valuestring = name->valuestring };
	cJSON list = { .type = cJSON_Array, .child = &one };

	return cJSON_IsString(name) && hygiene_read(&list) != 0;
}

static void set_flags(struct rec *r, unsigned flags)
{
	const cJSON *item;
	struct buf names;
	cJSON *list;

	buf_init(&names, BUF_NO_MAX);
	hygiene_json(flags, &names);
	list = cJSON_Parse(names.data);
	cJSON_ArrayForEach(item, rec_json(r, "flags"))
		if (!is_ours(item))
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, 1));
	rec_set_json(r, "flags", list);
	cJSON_Delete(list);
	buf_release(&names);
}

unsigned audit_caption_flag(struct rec *r)
{
	const char *finish = rec_text(r, "finish_reason"), *text = rec_text(r, "caption");
	unsigned flags = hygiene_read(rec_json(r, "flags"));
	struct hygiene_context how = { HYGIENE_UNKNOWN, NULL };

	if (finish)
		how.cut = strcmp(finish, "length") ? HYGIENE_WHOLE : HYGIENE_CUT;
	flags |= hygiene_check(text ? text : "", &how);
	if (flags)
		set_flags(r, flags);
	return flags;
}
