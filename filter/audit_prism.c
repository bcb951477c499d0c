/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_prism.h.
 */
#include "filter/audit_prism.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "filter/free_answer.h"
#include "schemas/span.h"

static char *list_of(char *const *texts, size_t count)
{
	struct buf b;
	size_t i;

	buf_init(&b, BUF_NO_MAX);
	buf_addc(&b, '[');
	for (i = 0; i < count; i++) {
		buf_adds(&b, i ? "," : "");
		span_quote(&b, texts[i], strlen(texts[i]));
	}
	buf_addc(&b, ']');
	return buf_take(&b);
}

enum layout_prism_got audit_prism_read(struct rec *row, const char *image_field,
				       struct audit_prism *p, struct err *err)
{
	enum layout_prism_got got;
	enum free_kind kind = FREE_TEXT;
	const char *const *texts;

	*p = (struct audit_prism){ .kind = AUDIT_CHOICE };
	got = layout_prism_read(row, image_field, &p->row, err);
	if (got != LAYOUT_PRISM_READ)
		return got;
	texts = (const char *const *)p->row.options;
	if (p->row.answer < 0) {
		if (free_kind_of(texts, p->row.count, &kind, err))
			return LAYOUT_PRISM_NO_GOLD;
		p->kind = kind == FREE_NUMBER ? AUDIT_NUMBER : AUDIT_TEXT;
	} else {
		p->answer[0] = (char)('A' + p->row.answer);
	}
	p->options = list_of(p->row.options, p->row.count);
	rec_question_id(rec_image_key(row), p->row.question, texts, p->row.count, p->answer, p->id);
	return LAYOUT_PRISM_READ;
}

void audit_prism_release(struct audit_prism *p)
{
	layout_prism_release(&p->row);
	free(p->options);
	p->options = NULL;
}
