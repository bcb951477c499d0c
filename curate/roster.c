/* SPDX-License-Identifier: Apache-2.0
 *
 * See roster.h.
 */
#include "curate/roster.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buf.h"
#include "curate/endpoint.h"

#define FILE_MAX (1 << 20)

/* The servers of one reading; they enter the pool only when all of it was sound. */
struct reading {
	struct endpoint **endpoints;
	size_t count;
};

static int add_base(struct roster *r, const char *base, struct reading *to, struct err *err)
{
	struct endpoint *e = xcalloc(1, sizeof(*e));

	if (endpoint_init(e, base, r->o.key_env, r->o.key_file, r->o.header_file, err)) {
		free(e);
		return -1;
	}
	to->endpoints = xrealloc(to->endpoints, (to->count + 1) * sizeof(*to->endpoints));
	to->endpoints[to->count++] = e;
	return 0;
}

static void release_reading(struct reading *to)
{
	size_t i;

	for (i = 0; i < to->count; i++) {
		if (to->endpoints[i])
			endpoint_release(to->endpoints[i]);
		free(to->endpoints[i]);
	}
	free(to->endpoints);
	*to = (struct reading){ NULL, 0 };
}

static int add_file(struct roster *r, size_t which, struct reading *to,
		    struct err *err)
{
	const char *path = r->o.urls.items[which] + 1;
	char *text = xcalloc(1, FILE_MAX + 1), *rest = text, *line;
	struct stat st = { .st_mode = S_IFREG };
	FILE *file = NULL;
	int result = 0;

	if (!stat(path, &st))
		r->changed[which] = st.st_mtim;
	if (!S_ISREG(st.st_mode))
		result = err_set(err, EXIT_NOINPUT, "cannot read '%s': it is no regular file, which "
				 "can be read again while running", path);
	else if (!(file = fopen(path, "re")) || (!fread(text, 1, FILE_MAX, file) && ferror(file)))
		result = err_set(err, EXIT_NOINPUT, "cannot read '%s':", path);
	while (!result && (line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, " \t\r");
		line[strcspn(line, " \t\r")] = '\0';
		if (*line)
			result = add_base(r, line, to, err);
	}
	if (file)
		fclose(file);
	free(text);
	return result;
}

static int read_all(struct roster *r, struct reading *to, struct err *err)
{
	const char *env = getenv("OPENAI_BASE_URL");
	int result = 0;
	size_t i;

	if (!r->o.urls.count && env && *env)
		return add_base(r, env, to, err);
	for (i = 0; i < r->o.urls.count && !result; i++) {
		if (*r->o.urls.items[i] == '@')
			result = add_file(r, i, to, err);
		else
			result = add_base(r, r->o.urls.items[i], to, err);
	}
	if (!result && !to->count)
		return err_set(err, EXIT_USAGE, "which server? -u URL or OPENAI_BASE_URL says it");
	return result;
}

static bool is_in(const struct reading *to, const char *url)
{
	size_t i;

	for (i = 0; i < to->count; i++)
		if (!strcmp(to->endpoints[i]->url, url))
			return true;
	return false;
}

/* The pool lists what was read and nothing else; how many servers that changed. */
static int enter(struct pool *pool, struct reading *to, int64_t now_ms)
{
	struct server *s;
	int changes = 0;
	size_t i;

	for (i = 0; i < pool->count; i++) {
		s = pool->servers[i];
		if (s->listed && !is_in(to, s->url)) {
			pool_unlist(pool, s, now_ms);
			changes++;
		}
	}
	for (i = 0; i < to->count; i++) {
		s = pool_find(pool, to->endpoints[i]->url);
		changes += !s || !s->listed;
		s = pool_add(pool, to->endpoints[i]->url);
		if (!s->about) {
			s->about = to->endpoints[i];
			to->endpoints[i] = NULL;
		}
	}
	return changes;
}

int roster_init(struct roster *r, const struct roster_options *o, struct pool *pool,
		struct err *err)
{
	struct reading to = { NULL, 0 };
	int result;

	*r = (struct roster){ .o = *o };
	r->changed = xcalloc(o->urls.count + 1, sizeof(*r->changed));
	result = read_all(r, &to, err);
	if (!result)
		enter(pool, &to, 0);
	release_reading(&to);
	if (result)
		roster_release(r, pool);
	return result;
}

void roster_release(struct roster *r, struct pool *pool)
{
	size_t i;

	for (i = 0; i < pool->count; i++) {
		if (pool->servers[i]->about)
			endpoint_release(pool->servers[i]->about);
		free(pool->servers[i]->about);
		pool->servers[i]->about = NULL;
	}
	free(r->changed);
	r->changed = NULL;
}

/* A file that is gone counts as unchanged: something may be writing it anew right now. */
static bool has_changed(const struct roster *r)
{
	struct stat st;
	size_t i;

	for (i = 0; i < r->o.urls.count; i++)
		if (*r->o.urls.items[i] == '@' && !stat(r->o.urls.items[i] + 1, &st) &&
		    memcmp(&st.st_mtim, &r->changed[i], sizeof(st.st_mtim)))
			return true;
	return false;
}

int roster_look(struct roster *r, struct pool *pool, int64_t now_ms, const char **fault)
{
	struct reading to = { NULL, 0 };
	struct err err;
	int changes = 0;

	*fault = NULL;
	if (!r->o.urls.count || now_ms - r->looked_ms < ROSTER_LOOK_MS)
		return 0;
	r->looked_ms = now_ms;
	if (!has_changed(r))
		return 0;
	if (read_all(r, &to, &err)) {
		snprintf(r->fault, sizeof(r->fault), "%.150s", err.text);
		*fault = r->fault;
	} else {
		changes = enter(pool, &to, now_ms);
	}
	release_reading(&to);
	return changes;
}
