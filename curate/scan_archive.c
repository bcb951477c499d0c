/* SPDX-License-Identifier: Apache-2.0
 *
 * The half of scan that reads archives: each member that is an image becomes a record, each
 * that is refused or damaged a reject with the member's number as its line. What came of each
 * member is one line in the ledger's listing of the archive:
 *
 *	{"image":"a.tar::x.png","image_id":...}		an image: its record
 *	{"image":"a.tar::x.png","class":...,"message":...}	a reject
 *	{"image":"a.tar::x.png"}	in another slice of --part
 *	{}				no image
 */
#include "curate/scan_in.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "store/archive.h"
#include "store/archive_parts.h"
#include "store/listing.h"

#define HEAD_BYTES 4096		/* enough to tell whether it is an image */

struct members {
	struct scan *scan;
	const char *path;
	struct arc *arc;
	struct listing *listing;	/* NULL: without a ledger */
	int64_t number;			/* of the member, from 1 */
	struct buf bytes, line;
};

/* ---- the listing ---- */

static void list_record(struct members *m, const struct rec *r)
{
	buf_clear(&m->line);
	rec_write(r, &m->line);
}

static void list_reject(struct members *m, const char *image, const char *class,
			const char *message)
{
	struct rec *r = rec_new(REC_IMAGE);

	if (image)
		rec_set_text(r, "image", image);
	rec_set_text(r, "class", class);
	rec_set_text(r, "message", message);
	list_record(m, r);
	rec_free(r);
}

/* An item for the record as it was before its image was read: slices go by the path alone. */
static bool open_item(struct members *m, struct rec *r, struct item *item)
{
	struct rec *bare = NULL;

	if (rec_has(r, "image")) {
		bare = rec_new(REC_IMAGE);
		rec_set_text(bare, "image", rec_text(r, "image"));
	}
	if (!run_item(m->scan->run, bare, m->path, m->number, item))
		return false;
	rec_free(item->rec);
	item->rec = r;
	return true;
}

/* One line of the listing as when the member was read. */
static void replay(struct members *m, const char *line, size_t len)
{
	struct scan *s = m->scan;
	struct err err;
	struct rec *r = rec_parse(REC_IMAGE, line, len, &err);
	struct item item;

	if (!r) {
		run_fail(s->run, &err);
	} else if (!rec_has(r, "class") && !rec_has(r, "image")) {
		rec_free(r);
		scan_pass_over(s, m->path, m->number);
	} else if (!open_item(m, r, &item)) {
		rec_free(r);
	} else if (rec_has(r, "class")) {
		run_reject(s->run, &item, rec_text(r, "class"), rec_text(r, "message"));
	} else {
		scan_write(s, &item);
	}
}

static int replay_all(struct members *m, struct err *err)
{
	const char *line;
	size_t len;
	int got = 0;

	while (!scan_done(m->scan) && (got = listing_next(m->listing, &line, &len, err)) > 0) {
		m->number++;
		replay(m, line, len);
		run_tick(m->scan->run, NULL);
	}
	return got < 0 ? -1 : 0;
}

/* ---- members ---- */

static void reject(struct members *m, struct rec *r, const char *class, const char *message)
{
	struct item item;

	list_reject(m, r ? rec_text(r, "image") : NULL, class, message);
	if (run_item(m->scan->run, r, m->path, m->number, &item))
		run_reject(m->scan->run, &item, class, message);
}

/* A finder's and an archiver's own files lie hidden between the images. */
static bool is_hidden(const char *name)
{
	const char *p = name;

	while (p) {
		if (p[0] == '.' && p[1] != '/' && p[1])
			return true;
		p = strchr(p, '/');
		p = p ? p + 1 : NULL;
	}
	return !strncmp(name, "__MACOSX/", 9);
}

/* Do the member's bytes lie at its offset as they are? */
static bool lies_raw(struct members *m, int64_t offset)
{
	struct picture_bytes file = { arc_fd(m->arc), offset, (int64_t)m->bytes.len, NULL };
	char part[65536];
	int64_t at = 0;
	size_t n;

	if (offset < 0 || file.fd < 0)
		return false;
	while (at < file.size) {
		n = picture_read(&file, at, part, sizeof(part));
		if (!n || memcmp(part, m->bytes.data + at, n))
			return false;
		at += (int64_t)n;
	}
	return true;
}

/* Its first bytes are in m->bytes; reads the rest and says what it is. */
static const char *look(struct members *m, struct arc_member *member, int got, const char *image,
			struct picture_info *info, struct err *err)
{
	struct picture_bytes all = { .fd = -1 };

	while (got > 0)
		got = arc_read(m->arc, &m->bytes, 65536, member);
	if (got < 0) {
		*err = member->why;
		return member->class;
	}
	all.size = (int64_t)m->bytes.len;
	all.memory = (const unsigned char *)m->bytes.data;
	return picture_look(&all, image, info, err);
}

static void take_image(struct members *m, struct arc_member *member, int got, struct rec *r)
{
	struct picture_info info = { .orientation = 1 };
	struct scan *s = m->scan;
	const char *class;
	struct item item;
	struct err err;

	list_record(m, r);
	if (!run_item(s->run, r, m->path, m->number, &item))
		return;
	class = look(m, member, got, rec_text(r, "image"), &info, &err);
	if (class) {
		list_reject(m, rec_text(r, "image"), class, err.text);
		run_reject(s->run, &item, class, err.text);
		return;
	}
	scan_fill(r, &info);
	if (lies_raw(m, member->offset)) {
		rec_set_int(r, "offset", member->offset);
		rec_set_int(r, "size", info.bytes);
	}
	list_record(m, r);
	scan_write(s, &item);
}

static void take_member(struct members *m, enum arc_got got, struct arc_member *member)
{
	struct picture_info info;
	struct rec *r = NULL;
	const char *class;
	struct buf image;
	int more;

	if (member->name) {
		r = rec_new(REC_IMAGE);
		buf_init(&image, BUF_NO_MAX);
		buf_printf(&image, "%s::%s", m->path, member->name);
		rec_set_text(r, "image", image.data);
		buf_release(&image);
	}
	if (got != ARC_MEMBER) {
		reject(m, r, member->class, member->why.text);
		return;
	}
	buf_shrink(&m->bytes, 1 << 20);
	more = is_hidden(member->name) ? 0 : arc_read(m->arc, &m->bytes, HEAD_BYTES, member);
	class = picture_header((unsigned char *)m->bytes.data, m->bytes.len, &info, NULL);
	if (is_hidden(member->name) || (more >= 0 && class && !scan_named_like_an_image(member->name) &&
					!strcmp(class, "unsupported_format"))) {
		rec_free(r);
		buf_clear(&m->line);
		buf_adds(&m->line, "{}\n");
		scan_pass_over(m->scan, m->path, m->number);
		return;
	}
	take_image(m, member, more, r);
}

/* The members behind those the listing knew, to the end. true: it was reached. */
static bool read_members(struct members *m)
{
	int64_t known = m->number;
	struct arc_member member;
	enum arc_got got = ARC_MEMBER;
	struct err err;

	for (m->number = 0; m->number < known && got != ARC_END; m->number++)
		got = arc_next(m->arc, &member);
	while (!scan_done(m->scan) && (got = arc_next(m->arc, &member)) != ARC_END) {
		m->number++;
		take_member(m, got, &member);
		if (m->listing && listing_add(m->listing, m->line.data, m->line.len - 1, &err))
			run_fail(m->scan->run, &err);
		run_tick(m->scan->run, NULL);
	}
	return got == ARC_END;
}

/* A slice of the archive has a listing of its own. NULL: err. */
static struct listing *open_listing(const struct scan *s, const char *path, struct err *err)
{
	int64_t size, mtime_ns;
	struct listing *l;
	struct buf key;

	if (parts_stat(path, &size, &mtime_ns)) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
		return NULL;
	}
	buf_init(&key, BUF_NO_MAX);
	if (s->o->part.of)
		buf_printf(&key, "%lld/%lld:", (long long)s->o->part.slice,
			   (long long)s->o->part.of);
	buf_adds(&key, path);
	l = listing_open(s->ledger, key.data, size, mtime_ns);
	buf_release(&key);
	return l;
}

bool scan_knows_archive(const struct scan *s, const char *path)
{
	struct listing *l = s->ledger ? open_listing(s, path, NULL) : NULL;
	const char *line;
	bool knows;
	size_t len;

	knows = l && listing_next(l, &line, &len, NULL) > 0;
	listing_close(l, false, NULL);
	return knows;
}

void scan_archive(struct scan *s, const char *path)
{
	struct members m = { .scan = s, .path = path };
	bool complete = false;
	struct err err;

	buf_init(&m.bytes, ARC_MEMBER_MAX + 65536);
	buf_init(&m.line, BUF_NO_MAX);
	if (s->ledger && !(m.listing = open_listing(s, path, &err)))
		goto fail;
	if (m.listing && replay_all(&m, &err))
		goto fail;
	if (!scan_done(s) && !(m.listing && listing_complete(m.listing))) {
		if (!(m.arc = arc_open(path, &err)))
			goto fail;
		complete = read_members(&m);
	}
	goto out;
fail:
	run_fail(s->run, &err);
out:
	if (listing_close(m.listing, complete, &err))
		run_fail(s->run, &err);
	arc_close(m.arc);
	buf_release(&m.bytes);
	buf_release(&m.line);
}
