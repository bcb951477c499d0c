/* SPDX-License-Identifier: Apache-2.0
 *
 * See list.h.
 */
#include "store/list.h"

struct list list_of(const char *value, size_t len)
{
	return (struct list){ .text = value, .len = len };
}

int list_next(struct list *list, struct span_members *members)
{
	const char *value = NULL;
	size_t len = 0;
	long n;

	while (!value && list->array.state != ARRAY_ENDED) {
		n = span_array_next(&list->array, list->text, list->len, &value, &len);
		if (n < 0 || (n == 0 && !value))
			return -1;
		list->text += n;
		list->len -= (size_t)n;
	}
	if (!value)
		return 0;
	return span_object(value, len, members, NULL) ? -1 : 1;
}
