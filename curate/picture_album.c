/* SPDX-License-Identifier: Apache-2.0
 *
 * See picture_album.h. Bounds: so many archives, forward readers (each has the window of its
 * compression) and index entries at once; beyond, the one not used for longest is closed.
 */
#include "curate/picture_album.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "store/archive.h"
#include "store/archive_parts.h"

#define OPEN_MOST 32
#define READERS_MOST 4
#define INDEX_MOST 100000	/* entries of one archive; later members are read forward */
#define ENTRIES_MOST 400000	/* of all: 10 MB */

struct entry {
	uint64_t name;		/* its hash */
	int64_t offset, size;	/* offset -1: packed */
};

struct volume {
	char *path;
	int64_t size, mtime_ns;
	struct entry *entries;
	size_t count, cap;
	bool indexed;		/* the entries are all there are, sorted */
	struct arc *reader;
	int64_t passed;		/* members the reader is behind of */
	bool warm;		/* it has found something: what it passes may be asked for */
	int fd;			/* of a plain file; -1 */
	int64_t used;		/* when last, by count of lookups */
};

struct album {
	struct kept *kept;
	struct volume *volumes[OPEN_MOST];
	size_t count;
	int64_t clock;
	struct buf bytes;	/* a member under way */
};

struct album *album_new(struct kept *kept)
{
	struct album *a = xcalloc(1, sizeof(*a));

	a->kept = kept;
	buf_init(&a->bytes, ARC_MEMBER_MAX + 65536);
	return a;
}

static void free_volume(struct volume *v)
{
	arc_close(v->reader);
	if (v->fd >= 0)
		close(v->fd);
	free(v->entries);
	free(v->path);
	free(v);
}

void album_free(struct album *a)
{
	if (!a)
		return;
	while (a->count)
		free_volume(a->volumes[--a->count]);
	buf_release(&a->bytes);
	free(a);
}

/* ---- the index ---- */

static uint64_t name_hash(const char *name)
{
	struct hash h;
	uint64_t low;

	hash_init(&h);
	hash_text(&h, name);
	low = hash_low(&h);
	hash_release(&h);
	return low;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void add_entry(struct volume *v, const struct arc_member *m)
{
	if (v->indexed || !m->name || v->count == INDEX_MOST)
		return;
	v->entries = xgrow(v->entries, &v->cap, v->count, sizeof(*v->entries));
	v->entries[v->count++] = (struct entry){ name_hash(m->name), m->offset, m->size };
}

static void end_index(struct volume *v)
{
	if (v->indexed)
		return;
	qsort(v->entries, v->count, sizeof(*v->entries), by_name);
	v->indexed = true;
}

/* The first entry of the name; NULL: none. */
static const struct entry *first_entry(const struct volume *v, uint64_t name)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (v->entries[middle].name < name)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->count && v->entries[low].name == name ? &v->entries[low] : NULL;
}

/* Headers only, where they can be reached without reading what lies between. */
static void index_plain(struct volume *v)
{
	struct arc_member m;
	enum arc_got got = arc_next(v->reader, &m);

	v->fd = arc_fd(v->reader) < 0 || arc_is_packed(v->reader) ? -1 :
		fcntl(arc_fd(v->reader), F_DUPFD_CLOEXEC, 0);
	if (v->fd >= 0) {
		for (; got == ARC_MEMBER || got == ARC_REFUSED; got = arc_next(v->reader, &m))
			if (got == ARC_MEMBER)
				add_entry(v, &m);
		end_index(v);
	}
	arc_close(v->reader);
	v->reader = NULL;
}

/* ---- which archives are open ---- */

static void drop_volume(struct album *a, size_t i)
{
	free_volume(a->volumes[i]);
	a->volumes[i] = a->volumes[--a->count];
}

/* The one not used for longest, of those with a reader if so asked; -1: none. */
static long oldest(const struct album *a, bool reader)
{
	long found = -1;
	size_t i;

	for (i = 0; i < a->count; i++)
		if ((!reader || a->volumes[i]->reader) &&
		    (found < 0 || a->volumes[i]->used < a->volumes[found]->used))
			found = (long)i;
	return found;
}

static void keep_bounds(struct album *a)
{
	size_t entries = 0, i;

	for (i = 0; i < a->count; i++)
		entries += a->volumes[i]->count;
	while (a->count == OPEN_MOST || (entries > ENTRIES_MOST && a->count)) {
		i = (size_t)oldest(a, false);
		entries -= a->volumes[i]->count;
		drop_volume(a, i);
	}
}

/* A forward reader at the start of the archive. */
static int open_reader(struct album *a, struct volume *v, struct err *err)
{
	size_t readers = 0, i;
	struct volume *old;

	for (i = 0; i < a->count; i++)
		readers += a->volumes[i]->reader && a->volumes[i] != v;
	if (readers >= READERS_MOST) {
		old = a->volumes[oldest(a, true)];
		arc_close(old->reader);
		old->reader = NULL;
	}
	arc_close(v->reader);
	v->reader = arc_open(v->path, err);
	v->passed = 0;
	v->warm = false;
	if (!v->indexed)
		v->count = 0;
	return v->reader ? 0 : -1;
}

/* The open archive, as it is on disk now. NULL: err. */
static struct volume *volume_of(struct album *a, const char *path, struct err *err)
{
	int64_t size, mtime_ns;
	struct volume *v;
	size_t i;

	if (parts_stat(path, &size, &mtime_ns)) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
		return NULL;
	}
	for (i = 0; i < a->count && strcmp(a->volumes[i]->path, path); i++)
		;
	if (i < a->count && a->volumes[i]->size == size && a->volumes[i]->mtime_ns == mtime_ns) {
		a->volumes[i]->used = ++a->clock;
		return a->volumes[i];
	}
	if (i < a->count)
		drop_volume(a, i);
	keep_bounds(a);
	v = xcalloc(1, sizeof(*v));
	v->path = xstrdup(path);
	v->size = size;
	v->mtime_ns = mtime_ns;
	v->fd = -1;
	v->used = ++a->clock;
	v->reader = arc_open(path, err);
	if (!v->reader) {
		free_volume(v);
		return NULL;
	}
	index_plain(v);
	a->volumes[a->count++] = v;
	return v;
}

/* ---- finding ---- */

static bool is_it(const struct picture_bytes *b, const char *image_id)
{
	struct picture_info info = { .orientation = 1 };
	const char *class = picture_look(b, "", &info, NULL);

	return (!class || strcmp(class, "unreadable")) && !strcmp(info.image_id, image_id);
}

/* In place, if it lies raw in the file. *other: the name is there with other bytes. */
static bool find_raw(struct volume *v, const char *member, const char *image_id,
		     struct album_found *found, bool *other)
{
	uint64_t name = name_hash(member);
	const struct entry *e = first_entry(v, name);

	for (; e && e < v->entries + v->count && e->name == name; e++) {
		if (e->offset < 0)
			continue;
		found->bytes = (struct picture_bytes){ v->fd, e->offset, e->size, NULL };
		if (image_id && !is_it(&found->bytes, image_id)) {
			*other = true;
			continue;
		}
		found->own_fd = found->bytes.fd = fcntl(v->fd, F_DUPFD_CLOEXEC, 0);
		return found->own_fd >= 0;
	}
	return false;
}

/* All of the reader's member into a->bytes; false: m says why not, or it is no image. */
static bool read_member(struct album *a, struct volume *v, struct arc_member *m, bool wanted)
{
	struct picture_info info;
	const char *class;
	int got;

	buf_shrink(&a->bytes, 1 << 20);
	got = arc_read(v->reader, &a->bytes, 4096, m);
	class = picture_header((unsigned char *)a->bytes.data, a->bytes.len, &info, NULL);
	if (!wanted && class && !strcmp(class, "unsupported_format"))
		return false;
	while (got > 0)
		got = arc_read(v->reader, &a->bytes, 65536, m);
	return got == 0;
}

/* The reader's member, if it is the one; else it is kept, as others may want it. 1, 0, -1. */
static int try_member(struct album *a, struct volume *v, struct arc_member *m, bool wanted,
		      const char *image_id, struct album_found *found, struct err *err)
{
	char id[HASH_HEX];

	if (!wanted && !v->warm)
		return 0;
	if (!read_member(a, v, m, wanted))
		return 0;
	hash_of(a->bytes.data, a->bytes.len, id);
	found->held = kept_put(a->kept, id, a->bytes.data, a->bytes.len, err);
	if (!found->held)
		return -1;
	if (wanted && (!image_id || !strcmp(image_id, id))) {
		found->bytes = (struct picture_bytes){ kept_fd(a->kept), found->held->at,
						       found->held->size, NULL };
		v->warm = true;
		return 1;
	}
	kept_drop(found->held);
	found->held = NULL;
	return 0;
}

/*
 * From where the reader stands to the end, then from the start to where it stood. 1: found,
 * 0: not there, -1: err. *other as find_raw; *why: of a member that is there but not sound.
 */
static int find_forward(struct album *a, struct volume *v, const char *member,
			const char *image_id, struct album_found *found, bool *other,
			struct arc_member *why, struct err *err)
{
	int64_t stood = v->reader ? v->passed : 0;
	bool again = stood == 0, wanted;
	struct arc_member m;
	enum arc_got got;
	int result;

	if (!v->reader && open_reader(a, v, err))
		return -1;
	while (!again || v->passed < stood || !stood) {
		got = arc_next(v->reader, &m);
		v->passed++;
		if (got == ARC_END || got == ARC_LOST) {
			end_index(v);
			if (again || open_reader(a, v, err))
				return again ? 0 : -1;
			again = true;
			continue;
		}
		wanted = m.name && !strcmp(m.name, member);
		add_entry(v, &m);
		result = got == ARC_MEMBER ?
			 try_member(a, v, &m, wanted, image_id, found, err) : 0;
		if (result)
			return result;
		if (wanted && m.class)
			*why = m;
		else if (wanted)
			*other = true;
	}
	return 0;
}

static const char *not_found(const char *archive, const char *member, bool other,
			     const struct arc_member *why, struct err *err)
{
	if (other) {
		err_set(err, EXIT_DATA, "'%s::%s' holds other bytes than when it was scanned",
			archive, member);
		return "image_changed";
	}
	if (why->class) {
		*err = why->why;
		return why->class;
	}
	err_set(err, EXIT_NOINPUT, "'%s' has no member '%s'", archive, member);
	return "not_found";
}

const char *album_find(struct album *a, const char *archive, const char *member,
		       const char *image_id, struct album_found *found, struct err *err)
{
	struct arc_member why = { .class = NULL };
	struct volume *v;
	bool other = false;
	int got;

	*found = (struct album_found){ .own_fd = -1 };
	v = volume_of(a, archive, err);
	if (!v)
		return errno == ENOENT ? "not_found" : "unreadable";
	if (image_id && (found->held = kept_find(a->kept, image_id))) {
		found->bytes = (struct picture_bytes){ kept_fd(a->kept), found->held->at,
						       found->held->size, NULL };
		return NULL;
	}
	if (v->fd >= 0 && find_raw(v, member, image_id, found, &other))
		return NULL;
	if (other || (v->indexed && v->count < INDEX_MOST &&
		      !first_entry(v, name_hash(member))))
		return not_found(archive, member, other, &why, err);
	got = find_forward(a, v, member, image_id, found, &other, &why, err);
	if (got < 0)
		return err->kind == EXIT_OUTPUT ? "" : "unreadable";
	return got ? NULL : not_found(archive, member, other, &why, err);
}

void album_done(struct album_found *found)
{
	if (found->own_fd >= 0)
		close(found->own_fd);
	kept_drop(found->held);
	*found = (struct album_found){ .own_fd = -1 };
}
