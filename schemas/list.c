/* SPDX-License-Identifier: Apache-2.0
 *
 * See list.h.
 */
#include "schemas/list.h"

#include <string.h>

#include "cli/buf.h"

struct list list_of(const char *value, size_t len)
{
	return (struct list){ .text = value, .len = len };
}

bool list_is_empty(const char *value, size_t len)
{
	size_t i = 1;

	while (i < len && memchr(" \t\r\n", value[i], 4))
		i++;
	return i < len && value[0] == '[' && value[i] == ']';
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
	list->end = value + len;
	return span_object(value, len, members, NULL) ? -1 : 1;
}

bool list_is(const struct span_member *m, const char *key)
{
	struct buf plain;
	bool same;

	if (!m->escaped)
		return strlen(key) == m->key_len && !memcmp(m->key, key, m->key_len);
	buf_init(&plain, BUF_NO_MAX);
	span_unquote(&plain, m->key - 1, m->key_len + 2);
	same = !strcmp(plain.data, key);
	buf_release(&plain);
	return same;
}

const struct span_member *list_member(const struct span_members *members, const char *key)
{
	size_t i;

	for (i = 0; i < members->count; i++)
		if (list_is(&members->items[i], key))
			return &members->items[i];
	return NULL;
}
