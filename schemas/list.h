/* SPDX-License-Identifier: Apache-2.0
 *
 * list: the objects of a JSON array, one after another, in text that was checked before.
 *
 *	struct list list = list_of(value, len);
 *	while ((got = list_next(&list, &members)) > 0) ...
 *
 * What is passed on goes by these spans: cJSON would make 1 of 1.0.
 */
#ifndef SCHEMAS_LIST_H
#define SCHEMAS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "schemas/span.h"

struct list {
	struct span_scan scan;	/* at: the end of the element that list_next found */
	bool is_array;
};

struct list list_of(const char *value, size_t len);
bool list_is_empty(const char *value, size_t len);	/* an array without elements */

/* 1: *members are the next object's; 0: the end; -1: not an array, or an element no object. */
int list_next(struct list *list, struct span_members *members);

/* A key is known however it is escaped. list_member: NULL: there is none. */
bool list_is(const struct span_member *m, const char *key);
bool list_is_one_of(const struct span_member *m, const char *const *keys);	/* NULL-terminated */
const struct span_member *list_member(const struct span_members *members, const char *key);

#endif
