/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h: an image and lists of its records, as our own WebDataset exports have them.
 */
#include "cli/buf.h"
#include "schemas/layout_in.h"
#include "schemas/list.h"

static const struct {
	const char *name, *id;
	enum rec_kind kind;
} lists[] = { { "questions", "question_id", REC_QUESTION }, { "captions", "caption_id", REC_CAPTION } };

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static bool has_id(const struct span_members *members, size_t which)
{
	const struct span_member *id = list_member(members, lists[which].id);

	return id && id->value[0] == '"';
}

/* By its first element: other sets have lists of these names, too. */
static bool has_list(const struct rec *r, size_t which)
{
	struct span_members first = { 0 };
	const char *value;
	struct list list;
	bool found;
	size_t len;

	if (!rec_raw(r, lists[which].name, &value, &len) || value[0] != '[')
		return false;
	list = list_of(value, len);
	found = list_next(&list, &first) > 0 && has_id(&first, which);
	span_members_release(&first);
	return found;
}

/* What another record of ours says beside what we know is its own. */
bool layout_is_sample(const struct rec *r, enum rec_kind kind)
{
	size_t i;

	if (rec_has(r, "question_id") || rec_has(r, "caption_id") || rec_has(r, "reply"))
		return false;
	for (i = 0; i < LISTS; i++)
		if ((kind == REC_KINDS || kind == lists[i].kind) && has_list(r, i))
			return true;
	return false;
}

/* null says that there is none. */
static void set_members(struct rec *r, const struct span_members *members)
{
	const struct span_member *m;
	struct buf key, value;
	size_t i;

	buf_init(&key, BUF_NO_MAX);
	buf_init(&value, BUF_NO_MAX);
	for (i = 0; i < members->count; i++) {
		m = &members->items[i];
		if (m->value[0] == 'n')
			continue;
		buf_clear(&key);
		buf_clear(&value);
		span_unquote(&key, m->key - 1, m->key_len + 2);
		if (list_is_one_of(m, rec_members(rec_kind(r))))
			span_canon(&value, m->value, m->value_len);
		else
			buf_add(&value, m->value, m->value_len);
		rec_set_raw(r, key.data, value.data, value.len);
	}
	buf_release(&key);
	buf_release(&value);
}

static void add_list(const struct rec *row, const struct rec *image, size_t which,
		     struct layout_items *out)
{
	struct span_members members = { 0 };
	const char *value;
	struct list list;
	struct err err;
	struct rec *r;
	size_t len, n;
	int got;

	rec_raw(row, lists[which].name, &value, &len);
	list = list_of(value, len);
	for (n = 1; (got = list_next(&list, &members)); n++) {
		r = NULL;
		if (got > 0 && has_id(&members, which)) {
			r = rec_child(image, lists[which].kind);
			set_members(r, &members);
		} else {
			err_set(&err, EXIT_DATA, "number %zu of '%s' has no '%s'", n,
				lists[which].name, lists[which].id);
		}
		layout_items_add(out, r, &err);
	}
	span_members_release(&members);
}

int layout_sample(struct rec *row, enum rec_kind kind, const char *image_field,
		  struct layout_items *out, struct err *err)
{
	struct rec *image;
	size_t i;

	layout_items_clear(out);
	rec_become(row, REC_IMAGE);
	if (layout_settle_image(row, image_field, err))
		return -1;
	image = rec_child(row, REC_IMAGE);
	for (i = 0; i < LISTS; i++)
		if (has_list(row, i))
			rec_drop(image, lists[i].name);
	if (kind == REC_KINDS)
		layout_items_add(out, image, NULL);
	for (i = 0; i < LISTS; i++)
		if ((kind == REC_KINDS || kind == lists[i].kind) && has_list(row, i))
			add_list(row, image, i, out);
	if (kind != REC_KINDS)
		rec_free(image);
	return 0;
}
