/* SPDX-License-Identifier: Apache-2.0
 *
 * See layout.h: the records that a row became.
 */
#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/layout_in.h"

void layout_items_add(struct layout_items *list, struct rec *rec, const struct err *err)
{
	list->items = xgrow(list->items, &list->cap, list->count, sizeof(*list->items));
	list->items[list->count] = (struct layout_item){ .rec = rec };
	if (!rec)
		list->items[list->count].err = *err;
	list->count++;
}

void layout_items_clear(struct layout_items *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		rec_free(list->items[i].rec);
	list->count = 0;
}

void layout_items_release(struct layout_items *list)
{
	layout_items_clear(list);
	free(list->items);
	*list = (struct layout_items){ 0 };
}
