/* SPDX-License-Identifier: Apache-2.0
 *
 * See archive_parts.h.
 */
#include "store/archive_parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"

struct part {
	char *path;
	int64_t start, size;
};

struct parts {
	struct part *items;
	size_t count, cap;
	int fd;			/* of part number `open`; -1: none */
	size_t open;
	int64_t at, size, mtime_ns;
};

/* ---- names ---- */

/* Does [path, end) end in what archives are called? */
static bool ends_like_an_archive(const char *path, const char *end)
{
	static const char *const kinds[] = { ".tar", ".gz", ".tgz", ".zst", ".zip" };
	size_t i, n;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		n = strlen(kinds[i]);
		if ((size_t)(end - path) > n && !strncasecmp(end - n, kinds[i], n))
			return true;
	}
	return false;
}

/*
 * Where the counter in the name of a part starts: the "000" of x.tar.part_000, the "aa" of
 * x.zip.aa; NULL: no such name. named: the word "part" stands in front of it.
 */
static const char *counter(const char *path, bool *named)
{
	const char *end = path + strlen(path), *p = end, *stem;

	while (p > path && isdigit((unsigned char)p[-1]))
		p--;
	if (p == end)
		while (p > path && end - p < 3 && islower((unsigned char)p[-1]))
			p--;
	stem = p;
	*named = false;
	if (stem > path && (stem[-1] == '_' || stem[-1] == '-'))
		stem--;
	if (stem - path > 4 && !strncasecmp(stem - 4, "part", 4)) {
		stem -= 4;
		*named = true;
	}
	if (end - p < (*named ? 1 : 2) || end - p > 9 || stem <= path || stem[-1] != '.' ||
	    !ends_like_an_archive(path, stem - 1))
		return NULL;
	return p;
}

/* The counter one further (step 1) or one back (-1); false: there is none. */
static bool count_on(char *count, int step)
{
	char *p = count + strlen(count), low, high;

	while (p-- > count) {
		low = isdigit((unsigned char)*p) ? '0' : 'a';
		high = isdigit((unsigned char)*p) ? '9' : 'z';
		if (*p != (step > 0 ? high : low)) {
			*p = (char)(*p + step);
			return true;
		}
		*p = step > 0 ? low : high;
	}
	return false;
}

/* The name of the part before (-1) or behind (1), if there is such a file. Yours; or NULL. */
static char *neighbour(const char *path, int step)
{
	bool named;
	const char *at = counter(path, &named);
	char *name = xstrdup(path);

	if (at && count_on(name + (at - path), step) && !access(name, F_OK))
		return name;
	free(name);
	return NULL;
}

static bool starts_at(const char *count)
{
	size_t n = strlen(count);

	return strspn(count, "0") == n || strspn(count, "a") == n ||
	       (strspn(count, "0") == n - 1 && count[n - 1] == '1');
}

enum parts_place parts_place(const char *path)
{
	bool named;
	const char *at = counter(path, &named);
	char *before = at ? neighbour(path, -1) : NULL;
	enum parts_place place = PARTS_WHOLE;

	if (before)
		place = PARTS_LATER;
	else if (at && starts_at(at))
		place = PARTS_FIRST;
	else if (at && named)
		place = PARTS_ORPHAN;
	free(before);
	return place;
}

/* ---- bytes ---- */

static int add_part(struct parts *p, const char *path, struct err *err)
{
	struct stat st;
	int64_t mtime;

	if (stat(path, &st))
		return err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EXIT_NOINPUT, "'%s' is no regular file", path);
	p->items = xgrow(p->items, &p->cap, p->count, sizeof(*p->items));
	p->items[p->count++] = (struct part){ xstrdup(path), p->size, st.st_size };
	p->size += st.st_size;
	mtime = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	if (mtime > p->mtime_ns)
		p->mtime_ns = mtime;
	return 0;
}

static int add_parts(struct parts *p, const char *path, struct err *err)
{
	char *name = xstrdup(path), *next;
	int result = add_part(p, name, err);

	while (!result && parts_place(path) == PARTS_FIRST && (next = neighbour(name, 1))) {
		free(name);
		name = next;
		result = add_part(p, name, err);
	}
	free(name);
	return result;
}

/* Makes part number i the open one. */
static int open_part(struct parts *p, size_t i)
{
	int fd;

	if (p->fd >= 0 && p->open == i)
		return 0;
	fd = open(p->items[i].path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = fd;
	p->open = i;
	return 0;
}

struct parts *parts_open(const char *path, struct err *err)
{
	struct parts *p = xcalloc(1, sizeof(*p));

	p->fd = -1;
	if (add_parts(p, path, err)) {
		parts_close(p);
		return NULL;
	}
	if (open_part(p, 0)) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
		parts_close(p);
		return NULL;
	}
	return p;
}

void parts_close(struct parts *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->count; i++)
		free(p->items[i].path);
	if (p->fd >= 0)
		close(p->fd);
	free(p->items);
	free(p);
}

int parts_stat(const char *path, int64_t *size, int64_t *mtime_ns)
{
	struct parts p = { .fd = -1 };
	int result = add_parts(&p, path, NULL);

	*size = p.size;
	*mtime_ns = p.mtime_ns;
	while (p.count)
		free(p.items[--p.count].path);
	free(p.items);
	return result;
}

/* The part that holds the place; they are few and mostly read in order. */
static size_t part_at(const struct parts *p)
{
	size_t i = p->at >= p->items[p->open].start ? p->open : 0;

	while (i + 1 < p->count && p->at >= p->items[i + 1].start)
		i++;
	return i;
}

ssize_t parts_read(struct parts *p, void *to, size_t size)
{
	size_t i = part_at(p);
	int64_t left = p->items[i].start + p->items[i].size - p->at;
	ssize_t n;

	if (left <= 0)
		return 0;
	if (open_part(p, i))
		return -1;
	if ((int64_t)size > left)
		size = (size_t)left;
	do {
		n = pread(p->fd, to, size, p->at - p->items[i].start);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		p->at += n;
	return n;
}

void parts_seek(struct parts *p, int64_t at)
{
	p->at = at < 0 ? 0 : at < p->size ? at : p->size;
}

int64_t parts_at(const struct parts *p)
{
	return p->at;
}

int64_t parts_size(const struct parts *p)
{
	return p->size;
}

int64_t parts_mtime_ns(const struct parts *p)
{
	return p->mtime_ns;
}

int parts_fd(const struct parts *p)
{
	return p->count == 1 ? p->fd : -1;
}
