/* SPDX-License-Identifier: Apache-2.0
 *
 * intake: what a line that comes to the store is: a record of ours, known by its members, or
 * a row of others, which becomes one record or several (schemas/layout).
 *
 *	struct intake in = { .kind = REC_KINDS };
 *	if (intake_read(&in, rec, NULL, &err) == 0)
 *		for (i = 0; i < in.count; i++) ... in.items[i]
 *	intake_release(&in);
 */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include "cli/opt.h"
#include "schemas/layout.h"

struct intake {
	/* set by the caller */
	enum rec_kind kind;	/* --records; REC_KINDS: by members */
	const char *image_field, *text_field;
	const struct opt_list *roots;	/* --image-root, or NULL */

	/* what the last row became; a NULL record says why in its err */
	struct layout_item *items;	/* who takes a record puts NULL there */
	size_t count;
	bool foreign;		/* it was a row of others */
	const char *class;	/* of the fault, where intake_read failed */

	struct layout_item one;	/* room for a row that is one record */
	struct layout_items many;
};

/*
 * The records of a row; they stay intake's, and r the caller's (it may be items[0]). Questions
 * of others get the verdict `keep`, reason `imported`, unless they bring one. -1: no kind fits, or
 * several, or the row cannot be read. `layout`, unless NULL, gets what layout_name says of a
 * row of others, and nothing for a record of ours.
 */
int intake_read(struct intake *in, struct rec *r, struct buf *layout, struct err *err);
void intake_release(struct intake *in);

#endif
