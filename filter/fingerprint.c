/* SPDX-License-Identifier: Apache-2.0
 *
 * See fingerprint.h.
 */
#include "filter/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "schemas/record.h"

#define OPTIONS_MAX 25	/* rec_question has no more */

/* The folded texts, each with its NUL, in one piece of memory. */
struct folded {
	struct buf bytes;
	const char *question, *gold;
	const char *options[OPTIONS_MAX];	/* sorted */
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t add_folded(struct buf *out, const char *text)
{
	size_t start = out->len;

	fold_text(out, text);
	buf_addc(out, '\0');
	return start;
}

static void fold_question(struct folded *f, const struct rec_question *q)
{
	size_t starts[OPTIONS_MAX], i;

	buf_init(&f->bytes, BUF_NO_MAX);
	f->count = q->option_count;
	add_folded(&f->bytes, q->question);
	for (i = 0; i < f->count; i++)
		starts[i] = add_folded(&f->bytes, q->options[i]);
	f->question = f->bytes.data;
	for (i = 0; i < f->count; i++)
		f->options[i] = f->bytes.data + starts[i];
	f->gold = f->options[q->answer];
	qsort(f->options, f->count, sizeof(*f->options), by_text);
}

/* As hash_text adds it: no text may hold a NUL. */
static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text ? text : "", text ? strlen(text) + 1 : 1);
}

void fingerprint_of(const struct rec_question *q, enum scope scope, struct fingerprint *f,
		    struct buf *text)
{
	struct folded folded;
	struct buf whole;
	size_t i;

	fold_question(&folded, q);
	buf_init(&whole, BUF_NO_MAX);
	add_text(&whole, scope == SCOPE_IMAGE ? q->image_key : folded.gold);
	add_text(&whole, folded.question);
	for (i = 0; i < folded.count; i++)
		add_text(&whole, folded.options[i]);
	hash_raw_of(whole.data, whole.len, f->key);
	buf_clear(&whole);
	add_text(&whole, folded.gold);
	f->gold = hash_low_of(whole.data, whole.len);
	if (scope == SCOPE_IMAGE)
		add_text(&whole, q->image_key);
	f->group = hash_low_of(whole.data, whole.len);
	if (text)
		buf_adds(text, folded.question);
	for (i = 0; text && i < folded.count; i++) {
		buf_addc(text, ' ');
		buf_adds(text, folded.options[i]);
	}
	buf_release(&whole);
	buf_release(&folded.bytes);
}
