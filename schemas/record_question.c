/* SPDX-License-Identifier: Apache-2.0
 *
 * record_question: the parts of a question, and the ids that are made of what a record says;
 * see record.h. Every stage behind `extract` reads each question, so its options, a list of
 * texts, are taken from the line itself and no tree is built.
 */
#include "schemas/record_in.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"

#define OPTIONS_MAX 25

const char *rec_image_key(struct rec *r)
{
	const char *key = rec_text(r, "image_id");

	return key ? key : rec_text(r, "image");
}

void rec_question_id(const char *image_key, const char *question, const char *const *options,
		     size_t count, const char *answer, char out[33])
{
	struct hash h;
	size_t i;

	hash_init(&h);
	hash_text(&h, image_key);
	hash_text(&h, question);
	for (i = 0; i < count; i++)
		hash_text(&h, options[i]);
	hash_text(&h, answer);
	hash_hex(&h, out);
	hash_release(&h);
}

void rec_identify(struct rec *r)
{
	char id[HASH_HEX];
	struct hash h;

	hash_init(&h);
	hash_text(&h, rec_image_key(r));
	hash_text(&h, rec_text(r, "caption"));
	hash_text(&h, rec_text(r, "model"));
	hash_hex(&h, id);
	hash_release(&h);
	rec_set_text(r, "caption_id", id);
	r->identified = true;
}

/* The elements of a list; returns how many there are, or OPTIONS_MAX + 1. */
static size_t cut_list(const char *text, size_t len, struct span_member pieces[OPTIONS_MAX])
{
	struct span_scan scan = span_scan(text, len);
	struct span_member piece;
	size_t count = 0;

	while (count <= OPTIONS_MAX && span_next(&scan, &piece)) {
		if (count < OPTIONS_MAX)
			pieces[count] = piece;
		count++;
	}
	return count;
}

static int read_options(const struct rec *r, struct rec_question *q, struct err *err)
{
	struct span_member pieces[OPTIONS_MAX];
	size_t len, count = 0, i;
	const char *list;
	char *text;

	if (rec_raw(r, "options", &list, &len) && *list == '[')
		count = cut_list(list, len, pieces);
	if (count < 2 || count > OPTIONS_MAX)
		return err_set(err, EXIT_DATA, "'options' is no list of 2 to 25 texts");
	for (i = 0; i < count; i++)
		if (*pieces[i].value != '"' || pieces[i].value_len == 2)
			return err_set(err, EXIT_DATA, "'options' holds something that is no text");
	q->options = xmalloc(count * sizeof(*q->options) + len);
	text = (char *)(q->options + count);
	for (i = 0; i < count; i++) {
		q->options[i] = text;
		text += span_unquote_to(text, pieces[i].value, pieces[i].value_len) + 1;
	}
	q->option_count = count;
	return 0;
}

int rec_question(struct rec *r, struct rec_question *q, struct err *err)
{
	const char *answer = rec_text(r, "answer");

	*q = (struct rec_question){ .id = rec_text(r, "question_id"),
				    .image_key = rec_image_key(r),
				    .question = rec_text(r, "question") };
	if (!q->id || !q->question)
		return err_set(err, EXIT_DATA, "no '%s' in the record",
			       q->id ? "question" : "question_id");
	if (read_options(r, q, err))
		return -1;
	q->answer = answer && answer[0] && !answer[1] ? answer[0] - 'A' : -1;
	if (q->answer >= 0 && (size_t)q->answer < q->option_count)
		return 0;
	err_set(err, EXIT_DATA, "'answer' is no letter of the %zu options", q->option_count);
	free(q->options);
	q->options = NULL;
	return -1;
}
