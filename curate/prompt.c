/* SPDX-License-Identifier: Apache-2.0
 *
 * See prompt.h.
 */
#include "curate/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "schemas/hash.h"

#define FILE_MAX (1u << 20)

void prompt_init(struct prompt *p, const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		len--;
	p->text = xstrndup(text, len);
	hash_of(p->text, len, p->id);
}

int prompt_load(struct prompt *p, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text = xmalloc(FILE_MAX + 1);
	size_t len = 0;
	int result = -1;

	if (file)
		len = fread(text, 1, FILE_MAX + 1, file);
	text[len < FILE_MAX ? len : FILE_MAX] = '\0';
	if (!file || ferror(file)) {
		err_set(err, EXIT_NOINPUT, "cannot read the prompt '%s':", path);
	} else if (len > FILE_MAX || !len || !fold_is_utf8(text, len)) {
		err_set(err, EXIT_DATA, "the prompt '%s' is no UTF-8 text of at most 1 MB", path);
	} else {
		prompt_init(p, text);
		result = 0;
	}
	if (file)
		fclose(file);
	free(text);
	return result;
}

void prompt_release(struct prompt *p)
{
	free(p->text);
	p->text = NULL;
}

/* The value for the place that starts at text ("{name}"), and the length of the place. */
static const char *value_at(const char *text, const struct prompt_value *values, size_t *len)
{
	const char *end = strchr(text, '}');

	if (!end)
		return NULL;
	for (; values->name; values++) {
		*len = strlen(values->name);
		if ((size_t)(end - text) == *len + 1 && !memcmp(text + 1, values->name, *len)) {
			*len += 2;
			return values->text;
		}
	}
	return NULL;
}

void prompt_fill(const struct prompt *p, const struct prompt_value *values, struct buf *out)
{
	const char *at = p->text, *place, *value;
	size_t len = 0;

	while ((place = strchr(at, '{'))) {
		buf_add(out, at, (size_t)(place - at));
		value = value_at(place, values, &len);
		if (value) {
			buf_adds(out, value);
			at = place + len;
		} else {
			buf_addc(out, '{');
			at = place + 1;
		}
	}
	buf_adds(out, at);
}

int prompt_needs(const struct prompt *p, const char *name, struct err *err)
{
	char place[64];

	snprintf(place, sizeof(place), "{%s}", name);
	if (strstr(p->text, place))
		return 0;
	return err_set(err, EXIT_DATA, "the prompt has no place for %s", place);
}
