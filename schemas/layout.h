/* SPDX-License-Identifier: Apache-2.0
 *
 * layout: other people's rows. Recognises by their members what a row is, and makes it a
 * record of ours in place: the path goes to `image`, a foreign id to `source_id`, the text of
 * a reply to `reply`. Everything else stays as unknown members.
 *
 * Known: {image}, {image_path}, {img}, {file_name}, {images:[one]}, and gen_qa.py's
 * {qa_response, image_path}. More than one candidate is an error, never a guess.
 */
#ifndef SCHEMAS_LAYOUT_H
#define SCHEMAS_LAYOUT_H

#include "cli/msg.h"
#include "schemas/record.h"

/* 0, or -1: no path, or more than one; err names them. field: --image-field, or NULL. */
int layout_image(struct rec *r, const char *field, struct err *err);

/* As above, and the reply's text; field: --text-field, or NULL. */
int layout_reply(struct rec *r, const char *image_field, const char *text_field,
		 struct err *err);

#endif
