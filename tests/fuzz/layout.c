/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of schemas/layout: lines as other people's rows, in each layout. What must
 * hold: a row is refused with a reason or becomes a record that, written and read again, stays
 * as it is; every question made can be judged; a sample is its image and its records. The first
 * byte chooses the named fields. Seeds: rows of tests/golden and tests/fuzz/seeds/layout.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/layout.h"
#include "schemas/layout_prism.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fields {
	const char *image, *text;
};

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static int settle(struct rec *r, enum rec_kind kind, const struct fields *f, struct err *err)
{
	if (kind == REC_IMAGE)
		return layout_image(r, f->image, err);
	if (kind == REC_REPLY)
		return layout_reply(r, f->image, f->text, err);
	return layout_caption(r, f->image, f->text, err);
}

static void check_written(struct rec *r, enum rec_kind kind, struct buf *out)
{
	struct rec *again;
	struct buf twice;

	buf_clear(out);
	buf_init(&twice, BUF_NO_MAX);
	rec_write(r, out);
	again = rec_parse(kind, out->data, out->len - 1, NULL);
	require(again != NULL);
	rec_write(again, &twice);
	require(out->len == twice.len && !memcmp(out->data, twice.data, out->len));
	rec_free(again);
	buf_release(&twice);
}

/* A record of ours is read as it stands. */
static void check_settled(const struct buf *line, enum rec_kind kind)
{
	static const struct fields none = { NULL, NULL };
	struct rec *r = rec_parse(kind, line->data, line->len - 1, NULL);
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	require(r && !settle(r, kind, &none, NULL));
	rec_write(r, &out);
	require(out.len == line->len && !memcmp(out.data, line->data, out.len));
	rec_free(r);
	buf_release(&out);
}

static void as_one(const char *line, size_t len, enum rec_kind kind, const struct fields *f)
{
	struct rec *r = rec_parse(kind, line, len, NULL);
	struct err err = { .text = "" };
	struct buf out;

	if (!r)
		return;
	buf_init(&out, BUF_NO_MAX);
	layout_name(r, kind, f->image, f->text, &out);
	if (settle(r, kind, f, &err)) {
		require(*err.text && err.kind == EXIT_DATA);
	} else {
		check_written(r, kind, &out);
		require(rec_image_key(r) != NULL);
		require(kind != REC_REPLY || rec_text(r, "reply"));
		require(kind != REC_CAPTION || (rec_text(r, "caption") && rec_has(r, "caption_id")));
		if (!f->image && !f->text)
			check_settled(&out, kind);
	}
	rec_free(r);
	buf_release(&out);
}

static void check_question(struct rec *r, bool made)
{
	struct layout_items again = { NULL, 0, 0 };
	struct rec_question q;
	struct err err = { .text = "" };
	struct buf out, twice;
	struct rec *read;

	buf_init(&out, BUF_NO_MAX);
	buf_init(&twice, BUF_NO_MAX);
	check_written(r, REC_QUESTION, &out);
	if (!rec_question(r, &q, &err))
		free(q.options);
	else
		require(!made && *err.text);
	read = rec_parse(REC_QUESTION, out.data, out.len - 1, NULL);
	require(!layout_questions(read, NULL, &again, NULL) && again.count == 1);
	rec_write(again.items[0].rec, &twice);
	require(out.len == twice.len && !memcmp(out.data, twice.data, out.len));
	layout_items_release(&again);
	rec_free(read);
	buf_release(&out);
	buf_release(&twice);
}

static void as_questions(const char *line, size_t len, const struct fields *f)
{
	struct layout_items list = { NULL, 0, 0 };
	struct rec *r = rec_parse(REC_QUESTION, line, len, NULL);
	struct err err = { .text = "" };
	struct buf name;
	bool ours;
	size_t i;

	if (!r)
		return;
	ours = rec_text(r, "question_id") || layout_is_sample(r, REC_QUESTION);
	buf_init(&name, BUF_NO_MAX);
	layout_name(r, REC_QUESTION, f->image, NULL, &name);
	if (layout_questions(r, f->image, &list, &err))
		require(*err.text && err.kind == EXIT_DATA);
	else
		require(list.count > 0);
	for (i = 0; i < list.count; i++) {
		if (list.items[i].rec)
			check_question(list.items[i].rec, !ours);
		else
			require(*list.items[i].err.text);
	}
	layout_items_release(&list);
	rec_free(r);
	buf_release(&name);
}

static void as_sample(const char *line, size_t len, const struct fields *f)
{
	struct layout_items list = { NULL, 0, 0 };
	struct rec *r = rec_parse(REC_IMAGE, line, len, NULL);
	struct err err = { .text = "" };
	struct buf out;
	size_t i;

	if (!r)
		return;
	buf_init(&out, BUF_NO_MAX);
	if (layout_is_sample(r, REC_KINDS)) {
		if (layout_sample(r, REC_KINDS, f->image, &list, &err))
			require(*err.text && err.kind == EXIT_DATA);
		else
			require(list.count > 1 && list.items[0].rec);
	}
	for (i = 0; i < list.count; i++) {
		if (list.items[i].rec)
			check_written(list.items[i].rec, rec_kind(list.items[i].rec), &out);
		else
			require(*list.items[i].err.text);
	}
	layout_items_release(&list);
	rec_free(r);
	buf_release(&out);
}

static void as_prism(const char *line, size_t len, const struct fields *f)
{
	struct rec *r = rec_parse(REC_QUESTION, line, len, NULL);
	struct err err = { .text = "" };
	struct layout_prism p;
	size_t i;

	if (!r)
		return;
	if (layout_prism_read(r, f->image, &p, &err) == LAYOUT_PRISM_READ) {
		require(p.question && *p.question && p.count > 0 && p.answer < (int)p.count);
		for (i = 0; i < p.count; i++)
			require(p.options[i] && *p.options[i]);
	} else {
		require(*err.text);
	}
	layout_prism_release(&p);
	rec_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rec_kind one[] = { REC_IMAGE, REC_REPLY, REC_CAPTION };
	struct fields f = { NULL, NULL };
	const char *at, *end, *newline;
	size_t i, len;

	if (!size)
		return 0;
	f.image = data[0] & 1 ? "photo" : data[0] & 2 ? "images" : NULL;
	f.text = data[0] & 4 ? "note" : data[0] & 8 ? "text" : NULL;
	end = (const char *)data + size;
	for (at = (const char *)data + 1; at < end; at += len + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		len = (size_t)((newline ? newline : end) - at);
		for (i = 0; i < sizeof(one) / sizeof(*one); i++)
			as_one(at, len, one[i], &f);
		as_questions(at, len, &f);
		as_sample(at, len, &f);
		as_prism(at, len, &f);
	}
	return 0;
}
