/* SPDX-License-Identifier: Apache-2.0
 *
 * See intake.h.
 */
#include "store/intake.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/buf.h"

static bool has(const struct rec *r, const char *member)
{
	const char *value;
	size_t len;

	return rec_raw(r, member, &value, &len);
}

static bool has_image(const struct rec *r)
{
	return has(r, "image_id") || has(r, "image");
}

static bool is_judged(const struct rec *r)
{
	return has(r, "reward") || has(r, "judge");
}

/* What a record of this kind always has, and no other kind has together. Asked of every record. */
static bool is_ours(const struct rec *r, enum rec_kind kind)
{
	switch (kind) {
	case REC_QUESTION:
		return has(r, "question_id") && has(r, "question");
	case REC_REPLY:
		return has(r, "reply") && has_image(r);
	case REC_SCORE:
		return has(r, "caption_id") && is_judged(r);
	case REC_CAPTION:
		return has(r, "caption_id") && !is_judged(r);
	case REC_REJECT:
		return has(r, "stage") && has(r, "class");
	case REC_RUN:
		return has(r, "stage") && has(r, "version");
	default:
		return has(r, "mime") && has_image(r) && !has(r, "reply") &&
		       !has(r, "question_id") && !has(r, "caption_id");
	}
}

/* A row of others, by the one thing it holds. */
static bool is_foreign(struct rec *r, enum rec_kind kind)
{
	switch (kind) {
	case REC_QUESTION:
		return layout_has_questions(r);
	case REC_REPLY:
		return rec_has(r, "qa_response");
	case REC_CAPTION:
		return layout_has_caption(r);
	default:
		return false;
	}
}

static bool fits(struct rec *r, bool foreign, int kind)
{
	return foreign ? is_foreign(r, (enum rec_kind)kind) : is_ours(r, (enum rec_kind)kind);
}

/* Kinds that fit: how many, and one of them. */
static int fitting(struct rec *r, bool foreign, enum rec_kind *found)
{
	int kind, count = 0;

	for (kind = 0; kind < REC_KINDS; kind++) {
		if (!fits(r, foreign, kind))
			continue;
		*found = (enum rec_kind)kind;
		count++;
	}
	return count;
}

static int say_unclear(struct rec *r, bool foreign, struct err *err)
{
	const char *between = "";
	struct buf names;
	int kind;

	buf_init(&names, BUF_NO_MAX);
	for (kind = 0; kind < REC_KINDS; kind++) {
		if (!fits(r, foreign, kind))
			continue;
		buf_printf(&names, "%s %s", between, rec_kind_name((enum rec_kind)kind));
		between = " or";
	}
	err_set(err, EXIT_DATA, "may be%s; --records KIND says which", names.data);
	buf_release(&names);
	return -1;
}

/* The record's kind, given or by its members. */
static int recognise(const struct intake *in, struct rec *r, enum rec_kind *kind,
		     bool *foreign, struct err *err)
{
	int count = 1;

	*foreign = false;
	if (in->kind != REC_KINDS) {
		*kind = in->kind;
		*foreign = !is_ours(r, *kind) || in->image_field || in->text_field;
	} else {
		count = fitting(r, false, kind);
		*foreign = !count;
		if (!count)
			count = fitting(r, true, kind);
	}
	if (!count)
		return err_set(err, EXIT_DATA, "no kind of record has these members");
	return count == 1 ? 0 : say_unclear(r, *foreign, err);
}

/* A relative path as it lies under the first root that has it. */
static void root_image(const struct intake *in, struct rec *r)
{
	const char *path = rec_text(r, "image");
	struct buf b;
	size_t i;

	if (!in->roots || !path || path[0] == '/')
		return;
	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < in->roots->count; i++) {
		buf_clear(&b);
		buf_printf(&b, "%s/%s", in->roots->items[i], path);
		if (!access(b.data, F_OK)) {
			rec_set_text(r, "image", b.data);
			break;
		}
	}
	buf_release(&b);
}

/* The image first: ids are made of its path. */
static int place_image(const struct intake *in, struct rec *r, struct err *err)
{
	if (!in->roots || !in->roots->count)
		return 0;
	if (layout_image(r, in->image_field, err))
		return -1;
	root_image(in, r);
	return 0;
}

/* --image-field, unless place_image has made it `image`. */
static const char *field_left(const struct intake *in)
{
	return in->roots && in->roots->count ? NULL : in->image_field;
}

/* Several records of a row: its questions, or all that a sample of ours holds. */
static int read_many(struct intake *in, struct rec *r, bool sample, struct err *err)
{
	struct rec *q;
	size_t i;

	if (place_image(in, r, err) ||
	    (sample ? layout_sample(r, in->kind, field_left(in), &in->many, err) :
	     layout_questions(r, field_left(in), &in->many, err)))
		return -1;
	for (i = 0; i < in->many.count; i++) {
		q = in->many.items[i].rec;
		if (!q || rec_kind(q) != REC_QUESTION || rec_has(q, "verdict"))
			continue;
		rec_set_text(q, "verdict", "keep");
		rec_set_text(q, "reason", "imported");
	}
	in->items = in->many.items;
	in->count = in->many.count;
	return 0;
}

static int read_foreign(struct intake *in, struct rec *r, enum rec_kind kind, struct err *err)
{
	if (kind > REC_CAPTION)
		return 0;
	if (place_image(in, r, err))
		return -1;
	switch (kind) {
	case REC_IMAGE:
		return layout_image(r, field_left(in), err);
	case REC_REPLY:
		return layout_reply(r, field_left(in), in->text_field, err);
	case REC_CAPTION:
		return layout_caption(r, field_left(in), in->text_field, err);
	default:
		return 0;
	}
}

int intake_read(struct intake *in, struct rec *r, struct buf *layout, struct err *err)
{
	bool sample = layout_is_sample(r, in->kind);
	enum rec_kind kind = in->kind;

	in->class = "unknown_record";
	in->foreign = sample;
	if (!sample && recognise(in, r, &kind, &in->foreign, err))
		return -1;
	if (in->foreign && layout)
		layout_name(r, kind, in->image_field, in->text_field, layout);
	in->class = "bad_record";
	in->one.rec = r;
	in->items = &in->one;
	in->count = 1;
	if (in->foreign && (sample || kind == REC_QUESTION))
		return read_many(in, r, sample, err);
	if (in->foreign && read_foreign(in, r, kind, err))
		return -1;
	rec_become(r, kind);
	return 0;
}

void intake_release(struct intake *in)
{
	layout_items_release(&in->many);
}
