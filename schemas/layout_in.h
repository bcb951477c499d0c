/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_in: what the files of layout share, and nobody else includes.
 */
#ifndef SCHEMAS_LAYOUT_IN_H
#define SCHEMAS_LAYOUT_IN_H

#include "schemas/layout.h"

/* The path, or the text, that a member holds; NULL: none. Borrowed until it is set again. */
typedef const char *layout_reader(struct rec *r, const char *field);
layout_reader layout_path_in, layout_text_in;

extern const char *const layout_image_fields[], *const layout_reply_fields[],
	*const layout_caption_fields[];	/* NULL-terminated */

/*
 * The one member that `read` finds something in: `given`, or one of fields. NULL and err:
 * none, or several that differ.
 */
const char *layout_choose(struct rec *r, const char *const *fields, const char *given,
			  layout_reader *read, const char *what, struct err *err);

/* Moves what `read` finds in member `from` to member `to`, as text. */
void layout_move(struct rec *r, const char *from, layout_reader *read, const char *to);

/* The image's path where there is one; a record of ours may have its image_id alone. */
int layout_settle_image(struct rec *r, const char *field, struct err *err);

/*
 * The questions of a row as a list of objects, or the row's one, for cJSON_Delete; NULL: it has
 * none. *name says what the row is called, `text` (initialised) is that of a list, on one line,
 * and empty for a row's one.
 */
cJSON *layout_question_list(struct rec *r, const char **name, struct buf *text);

/* A record that was made, or why it was not. */
void layout_items_add(struct layout_items *list, struct rec *rec, const struct err *err);

/* Choices and answer of one question. */
#define LAYOUT_CHOICES_MAX 25

struct layout_choices {
	const char *texts[LAYOUT_CHOICES_MAX];	/* without labels; borrowed from the JSON */
	size_t count;
	int answer;				/* index */
};

int layout_choices(const cJSON *choices, const cJSON *answer, struct layout_choices *out,
		   struct err *err);

#endif
