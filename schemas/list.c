/* SPDX-License-Identifier: Apache-2.0
 *
 * See list.h.
 */
#include "schemas/list.h"

#include <string.h>

#include "cli/buf.h"

struct list list_of(const char *value, size_t len)
{
	return (struct list){ span_scan(value, len), len && *value == '[' };
}

bool list_is_empty(const char *value, size_t len)
{
	struct list list = list_of(value, len);
	struct span_member element;

	return list.is_array && !span_next(&list.scan, &element);
}

int list_next(struct list *list, struct span_members *members)
{
	struct span_member element;

	if (!list->is_array)
		return -1;
	if (!span_next(&list->scan, &element))
		return 0;
	span_members_of(element.value, element.value_len, members);
	return element.value[0] == '{' ? 1 : -1;
}

bool list_is(const struct span_member *m, const char *key)
{
	struct buf plain;
	bool same;

	if (!m->escaped)
		return !strncmp(key, m->key, m->key_len) && !key[m->key_len];
	buf_init(&plain, BUF_NO_MAX);
	span_unquote(&plain, m->key - 1, m->key_len + 2);
	same = !strcmp(plain.data, key);
	buf_release(&plain);
	return same;
}

bool list_is_one_of(const struct span_member *m, const char *const *keys)
{
	while (*keys && !list_is(m, *keys))
		keys++;
	return *keys != NULL;
}

const struct span_member *list_member(const struct span_members *members, const char *key)
{
	size_t i;

	for (i = 0; i < members->count; i++)
		if (list_is(&members->items[i], key))
			return &members->items[i];
	return NULL;
}
