/* SPDX-License-Identifier: Apache-2.0
 *
 * See verdict.h.
 */
#include "filter/verdict.h"

#include <string.h>

int verdict_read(struct rec *r, struct verdict_tallies *t, struct err *err)
{
	int options = cJSON_GetArraySize(rec_json(r, "options"));

	*t = (struct verdict_tallies){ { 0 }, { 0 }, { 0 } };
	if (tally_list_read(rec_json(r, "blind"), options, &t->blind, err) ||
	    tally_list_read(rec_json(r, "sight"), options, &t->sight, err) ||
	    tally_list_read(rec_json(r, "control"), options, &t->control, err)) {
		verdict_release(t);
		return -1;
	}
	return 0;
}

void verdict_release(struct verdict_tallies *t)
{
	tally_list_release(&t->blind);
	tally_list_release(&t->sight);
	tally_list_release(&t->control);
}

void verdict_forget_model(struct tally_list *list, const char *model)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].model, model))
			continue;
		tally_release(&list->items[i]);
		memmove(&list->items[i], &list->items[i + 1],
			(list->count - i - 1) * sizeof(*list->items));
		list->count--;
		i--;
	}
}

bool verdict_is_dropped(struct rec *r)
{
	const char *verdict = rec_text(r, "verdict");

	return verdict && !strcmp(verdict, "drop");
}
