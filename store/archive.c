/* SPDX-License-Identifier: Apache-2.0
 *
 * See archive.h. What libarchive 3.6 does that bites, found by trying: one zip member with
 * bad data makes its handle dead (FATAL) and every later member is lost with it; a broken
 * local header is FATAL too, and opening again does not help; in the C locale names of pax
 * headers do not convert, so a UTF-8 locale is in force while a header is read.
 */
#include "store/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "store/archive_parts.h"
#include "store/archive_zip.h"

#define STEP_LEAST 4096		/* bytes read behind a jump, when only a header is wanted */
#define STEP_MOST (256u << 10)
/*
 * A stream that gives this many times its weight is a bomb: images and their sidecars pack
 * 10 to 20 times at most, runs of one byte 1000 times (deflate) and more (zstd).
 */
#define BOMB_RATIO 250
#define BOMB_FROM (INT64_C(256) << 20)	/* bytes given; below, a high ratio harms nobody */
#define REOPEN_MAX 100		/* each reads all headers before it again; then the rest is lost */

struct arc {
	struct parts *parts;
	char *path;
	struct archive *a;
	struct archive_entry *entry;
	locale_t utf8;		/* 0: the system has none */
	unsigned char *block;
	size_t step;
	int64_t took, gave;	/* bytes of the file read; bytes of members unpacked */
	int64_t passed;		/* headers, the present one included */
	int64_t member_gave;
	int reopened;
	bool inside, dead, over;	/* in a member; libarchive gave up; ARC_END is all there is */
	struct err why;		/* of `dead` */
};

/* ---- bytes for libarchive ---- */

static la_ssize_t on_read(struct archive *a, void *ctx, const void **bytes)
{
	struct arc *arc = ctx;
	ssize_t n = parts_read(arc->parts, arc->block, arc->step);

	if (n < 0)
		archive_set_error(a, errno, "%s", strerror(errno));
	else
		arc->took += n;
	arc->step = arc->step * 2 < STEP_MOST ? arc->step * 2 : STEP_MOST;
	*bytes = arc->block;
	return n;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t at, int whence)
{
	struct arc *arc = ctx;
	int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? parts_at(arc->parts) :
		       parts_size(arc->parts);

	(void)a;
	parts_seek(arc->parts, base + at);
	arc->step = STEP_LEAST;
	return parts_at(arc->parts);
}

static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct arc *arc = ctx;
	int64_t from = parts_at(arc->parts);

	return on_seek(a, ctx, n, SEEK_CUR) - from;
}

/* ---- opening ---- */

static void start(struct arc *arc)
{
	if (arc->a)
		archive_read_free(arc->a);
	arc->a = archive_read_new();
	if (!arc->a)
		out_of_memory();
	archive_read_support_filter_gzip(arc->a);
	archive_read_support_filter_zstd(arc->a);
	archive_read_support_format_tar(arc->a);
	archive_read_support_format_zip(arc->a);
	archive_read_set_read_callback(arc->a, on_read);
	archive_read_set_seek_callback(arc->a, on_seek);
	archive_read_set_skip_callback(arc->a, on_skip);
	archive_read_set_callback_data(arc->a, arc);
	parts_seek(arc->parts, 0);
	arc->step = STEP_LEAST;
	arc->inside = false;
	arc->dead = archive_read_open1(arc->a) != ARCHIVE_OK;
}

struct arc *arc_open(const char *path, struct err *err)
{
	struct parts *parts = parts_open(path, err);
	struct arc *arc;

	if (!parts)
		return NULL;
	arc = xcalloc(1, sizeof(*arc));
	arc->parts = parts;
	arc->path = xstrdup(path);
	arc->block = xmalloc(STEP_MOST);
	arc->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	start(arc);
	return arc;
}

void arc_close(struct arc *arc)
{
	if (!arc)
		return;
	archive_read_free(arc->a);
	parts_close(arc->parts);
	if (arc->utf8)
		freelocale(arc->utf8);
	free(arc->block);
	free(arc->path);
	free(arc);
}

/* The sum of a tar header's bytes, its own field taken as blanks (POSIX ustar). */
static bool is_tar_header(const unsigned char *head)
{
	unsigned sum = 0, said = 0;
	int i;

	for (i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	for (i = 148; i < 156 && head[i] == ' '; i++)
		;
	for (; i < 156 && head[i] >= '0' && head[i] <= '7'; i++)
		said = said * 8 + (unsigned)(head[i] - '0');
	return said == sum && head[0];
}

bool arc_could_be(const unsigned char *head, size_t len)
{
	return (len >= 4 && (!memcmp(head, "PK\3\4", 4) || !memcmp(head, "PK\5\6", 4) ||
			     !memcmp(head, "\x28\xb5\x2f\xfd", 4) ||
			     !memcmp(head, "\x1f\x8b\x08", 3))) ||
	       (len >= 512 && is_tar_header(head));
}

bool arc_is_archive(const char *path)
{
	struct arc *arc = arc_open(path, NULL);
	unsigned char head[512] = { 0 };
	struct archive_entry *e;
	bool is = false;
	int got;

	if (arc)
		parts_seek(arc->parts, 0);
	if (arc && parts_read(arc->parts, head, sizeof(head)) >= 4 &&
	    arc_could_be(head, sizeof(head))) {
		start(arc);
		got = archive_read_next_header(arc->a, &e);
		is = got == ARCHIVE_EOF || got >= ARCHIVE_WARN ||
		     archive_format(arc->a) == ARCHIVE_FORMAT_ZIP ||
		     (archive_format(arc->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
	}
	arc_close(arc);
	return is;
}

/* ---- faults ---- */

static bool is_zip(const struct arc *arc)
{
	return (archive_format(arc->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
}

static void set_why(struct arc *arc, const char *what)
{
	const char *said = archive_error_string(arc->a);

	err_set(&arc->why, EXIT_DATA, "'%s': %s: %s", arc->path, what, said ? said : "damaged");
}

static enum arc_got refuse(struct arc_member *m, const char *class, const char *why)
{
	m->class = class;
	err_set(&m->why, EXIT_DATA, "%s", why);
	return ARC_REFUSED;
}

/* The last word about an archive whose rest cannot be reached. */
static enum arc_got lose(struct arc *arc, struct arc_member *m, const char *class)
{
	int64_t entries = is_zip(arc) ? zip_entries(arc->parts) : -1;

	m->class = class;
	m->name = NULL;
	if (entries > arc->passed)
		err_set(&m->why, EXIT_DATA, "%s; %" PRId64 " of %" PRId64 " entries unreachable",
			arc->why.text, entries - arc->passed, entries);
	else
		err_set(&m->why, EXIT_DATA, "%s; what follows member %" PRId64 " is unreachable",
			arc->why.text, arc->passed);
	arc->over = true;
	return ARC_LOST;
}

static bool is_bomb(struct arc *arc)
{
	int64_t weight = parts_size(arc->parts);

	if (arc->took < weight)
		weight = arc->took;
	if (arc->gave <= BOMB_FROM || arc->gave / BOMB_RATIO <= weight)
		return false;
	err_set(&arc->why, EXIT_DATA, "'%s' unpacks to more than %d times its size", arc->path,
		BOMB_RATIO);
	arc->dead = arc->over = true;
	return true;
}

/* ---- one member after another ---- */

static int next_header(struct arc *arc)
{
	locale_t before = arc->utf8 ? uselocale(arc->utf8) : (locale_t)0;
	int got = archive_read_next_header(arc->a, &arc->entry);

	if (before)
		uselocale(before);
	if (got >= ARCHIVE_WARN && got != ARCHIVE_EOF)
		arc->passed++;
	return got;
}

/* A compressed stream can only be read past; -1: it is damaged, or a bomb. */
static int read_past(struct arc *arc)
{
	const void *bytes;
	la_int64_t at;
	size_t n;
	int got;

	while ((got = archive_read_data_block(arc->a, &bytes, &n, &at)) == ARCHIVE_OK) {
		arc->gave += (int64_t)n;
		if (is_bomb(arc))
			return -1;
	}
	if (got != ARCHIVE_FATAL)
		return 0;
	set_why(arc, "damaged");
	arc->dead = true;
	return -1;
}

/* After a dead handle: a new one, behind the member that killed it. -1: it does not help. */
static int reopen(struct arc *arc)
{
	int64_t passed = arc->passed;

	if (!is_zip(arc) || arc->reopened++ == REOPEN_MAX)
		return -1;
	start(arc);
	arc->passed = 0;
	while (!arc->dead && arc->passed < passed)
		if (next_header(arc) < ARCHIVE_WARN)
			arc->dead = true;
	arc->passed = passed;
	return arc->dead ? -1 : 0;
}

/* The name as records hold it: NULL when it is no UTF-8. */
static const char *name_of(struct arc *arc)
{
	locale_t before = arc->utf8 ? uselocale(arc->utf8) : (locale_t)0;
	const char *name = archive_entry_pathname(arc->entry);

	if (!name)
		name = archive_entry_pathname_utf8(arc->entry);
	if (before)
		uselocale(before);
	return name && fold_is_utf8(name, strlen(name)) ? name : NULL;
}

static bool leads_elsewhere(const char *name)
{
	const char *p = name;

	if (*name == '/')
		return true;
	while (p) {
		if (!strncmp(p, "..", 2) && (p[2] == '/' || !p[2]))
			return true;
		p = strchr(p, '/');
		p = p ? p + 1 : NULL;
	}
	return false;
}

static enum arc_got judge(struct arc *arc, struct arc_member *m)
{
	if (!m->name)
		return refuse(m, "path_not_utf8", "a member whose name is not UTF-8");
	if (leads_elsewhere(m->name))
		return refuse(m, "member_path", "a member whose name leads out of the archive");
	if (archive_entry_hardlink(arc->entry) || archive_entry_filetype(arc->entry) == AE_IFLNK)
		return refuse(m, "member_is_link", "a member that is a link");
	if (archive_entry_filetype(arc->entry) != AE_IFREG)
		return refuse(m, "member_is_special", "a member that is no regular file");
	if (archive_entry_is_encrypted(arc->entry))
		return refuse(m, "member_encrypted", "a member that is encrypted");
	if (m->size > ARC_MEMBER_MAX)
		return refuse(m, "member_too_large", "a member of more than 64 MB");
	return ARC_MEMBER;
}

/* Where libarchive stands after a header is where the member's bytes start. */
static int64_t offset_of(struct arc *arc)
{
	const char *format = archive_format_name(arc->a);

	if (parts_fd(arc->parts) < 0 || arc_is_packed(arc) ||
	    archive_entry_sparse_count(arc->entry) > 0 ||
	    (is_zip(arc) && !strstr(format ? format : "", "(uncompressed)")))
		return -1;
	return archive_filter_bytes(arc->a, 0);
}

static enum arc_got describe(struct arc *arc, struct arc_member *m)
{
	*m = (struct arc_member){ .name = name_of(arc), .offset = offset_of(arc), .size = -1 };
	if (archive_entry_size_is_set(arc->entry))
		m->size = archive_entry_size(arc->entry);
	arc->inside = true;
	arc->member_gave = 0;
	return judge(arc, m);
}

enum arc_got arc_next(struct arc *arc, struct arc_member *m)
{
	int got;

	*m = (struct arc_member){ .size = -1, .offset = -1 };
	if (arc->over)
		return ARC_END;
	if (arc->inside && !arc->dead && arc_is_packed(arc) && read_past(arc))
		return lose(arc, m, arc->over ? "archive_bomb" : "damaged_archive");
	if (arc->dead && reopen(arc)) {
		if (!*arc->why.text)
			set_why(arc, "not to be read");
		return lose(arc, m, "damaged_archive");
	}
	do {
		got = next_header(arc);
	} while (got >= ARCHIVE_WARN && got != ARCHIVE_EOF &&
		 archive_entry_filetype(arc->entry) == AE_IFDIR &&
		 !archive_entry_hardlink(arc->entry));
	if (got == ARCHIVE_EOF) {
		arc->over = true;
		return ARC_END;
	}
	if (got >= ARCHIVE_WARN)
		return describe(arc, m);
	set_why(arc, "damaged");
	if (got == ARCHIVE_RETRY && arc->reopened++ < REOPEN_MAX)
		return refuse(m, "damaged_member", arc->why.text);
	return lose(arc, m, "damaged_archive");
}

int arc_read(struct arc *arc, struct buf *to, size_t most, struct arc_member *m)
{
	char *room;
	la_ssize_t n;

	if (arc->dead || !arc->inside)
		return 0;
	room = buf_room(to, most);
	n = room ? archive_read_data(arc->a, room, most) : 0;
	if (n > 0) {
		to->len += (size_t)n;
		to->data[to->len] = '\0';
		arc->gave += n;
		arc->member_gave += n;
	}
	if (!room || arc->member_gave > ARC_MEMBER_MAX) {
		refuse(m, "member_too_large", "a member of more than 64 MB");
		return -1;
	}
	if (is_bomb(arc)) {
		arc->over = false;	/* arc_next says what became of the rest */
		refuse(m, "archive_bomb", arc->why.text);
		return -1;
	}
	if (n >= 0)
		return n > 0;
	set_why(arc, "a damaged member");
	arc->dead = n == ARCHIVE_FATAL;
	refuse(m, "damaged_member", arc->why.text);
	return -1;
}

int64_t arc_size(const struct arc *arc)
{
	return parts_size(arc->parts);
}

int64_t arc_mtime_ns(const struct arc *arc)
{
	return parts_mtime_ns(arc->parts);
}

int arc_fd(const struct arc *arc)
{
	return parts_fd(arc->parts);
}

bool arc_is_packed(const struct arc *arc)
{
	return archive_filter_code(arc->a, 0) != ARCHIVE_FILTER_NONE;
}

int64_t arc_done(const struct arc *arc)
{
	return parts_at(arc->parts);
}
