/* SPDX-License-Identifier: Apache-2.0
 *
 * scan: finds images and says what they are.
 *
 *	capqa scan photos/ 'shards/[0-9].tar' more.jsonl -o images.jsonl
 *
 * Folders are walked in sorted order; archives and manifests (JSONL, a JSON array of paths or
 * rows, a list of paths) are read in theirs. Each image becomes one record: the hash of its bytes, its type by
 * content, its size. The same bytes under a second path are written with `same_as`, and
 * nothing later asks about them twice.
 */
#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/picture.h"
#include "curate/scan_in.h"
#include "schemas/fold.h"
#include "schemas/layout.h"
#include "schemas/record.h"
#include "schemas/span.h"
#include "store/answers.h"
#include "store/archive.h"
#include "store/archive_parts.h"
#include "store/run.h"
#include "store/seen.h"
#include "store/source.h"

static struct {
	struct run_options run;
	struct opt_list roots;
	const char *image_field, *ledger;
	bool no_ledger;
} opt = { .run = RUN_DEFAULTS };

static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };

static const struct opt scan_table[] = {
	{ 0, "image-root", OPT_LIST, &opt.roots, "DIR",
	  "where relative paths of a manifest start (repeatable; then the current folder)", NULL },
	{ 0, "image-field", OPT_TEXT, &opt.image_field, "NAME",
	  "the member of a manifest's rows that holds the path", NULL },
	{ 'L', "ledger", OPT_TEXT, &opt.ledger, "FILE",
	  "files seen before are not read again; default: $CAPQA_LEDGER, ./capqa-ledger.db", NULL },
	{ 0, "no-ledger", OPT_FLAG, &opt.no_ledger, NULL, "read every file", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = {
	{ "Images", scan_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa scan", "FOLDER|IMAGE|ARCHIVE|MANIFEST...",
	"find images, hash them, say what they are",
	"Walks folders, reads archives (tar, tar.gz, tar.zst, zip; split ones by their first part)\n"
	"and manifests (JSONL, a JSON array of paths or rows, a list of paths), writes one image\n"
	"record per path. Other files in a folder are passed over. A quoted pattern is expanded\n"
	"here, however many files it names.\n\n"
	"  capqa scan photos/ 'shards/*.tar' -o images.jsonl\n", blocks
};

static const struct run_words words = {
	"scan", "files", { "images", "", "no images", "rejected", "left" }
};

/* What the ledger remembers of this very file, if it does. */
static bool recall(struct scan *s, const char *path, struct picture_info *info)
{
	static const char *const mimes[] = { "image/png", "image/jpeg", "image/webp", "image/gif",
					     "image/bmp" };
	struct seen_image known;
	struct stat st;
	struct err err;
	size_t i;

	if (!s->ledger || stat(path, &st))
		return false;
	info->mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	info->bytes = st.st_size;
	if (answers_find_image(s->ledger, path, info->bytes, info->mtime_ns, &known, &err) != 1)
		return false;
	memcpy(info->image_id, known.image_id, sizeof(info->image_id));
	info->width = known.width;
	info->height = known.height;
	info->orientation = (int)known.orientation;
	for (i = 0; i < sizeof(mimes) / sizeof(*mimes); i++)
		if (!strcmp(mimes[i], known.mime))
			info->mime = mimes[i];
	return info->mime != NULL;
}

static void remember(struct scan *s, const char *path, const struct picture_info *info)
{
	struct seen_image image = { .width = info->width, .height = info->height,
				    .orientation = info->orientation };

	if (!s->ledger)
		return;
	memcpy(image.image_id, info->image_id, sizeof(image.image_id));
	snprintf(image.mime, sizeof(image.mime), "%s", info->mime);
	answers_put_image(s->ledger, path, info->bytes, info->mtime_ns, &image);
	if (answers_due_ms(s->ledger) == 0) {
		struct err err;

		if (answers_commit(s->ledger, &err))
			run_fail(s->run, &err);
	}
}

void scan_fill(struct rec *r, const struct picture_info *info)
{
	rec_set_text(r, "image_id", info->image_id);
	rec_set_text(r, "mime", info->mime);
	rec_set_int(r, "width", info->width);
	rec_set_int(r, "height", info->height);
	rec_set_int(r, "bytes", info->bytes);
	rec_set_int(r, "orientation", info->orientation);
}

void scan_write(struct scan *s, struct item *item)
{
	struct rec *r = item->rec;
	const char *first;
	struct err err;
	int got = seen_add(s->seen, rec_text(r, "image_id"), rec_text(r, "image"), &first, &err);

	if (got < 0)
		run_fail(s->run, &err);
	if (got > 0) {
		rec_set_text(r, "same_as", first);
		s->again++;
	}
	run_write(s->run, item, RUN_DONE);
}

/* Looks at the file of r's image and ends the item. */
static void scan_image(struct scan *s, struct item *item, const char *path)
{
	struct picture_info info = { .orientation = 1 };
	const char *class = NULL;
	struct err err;

	if (!recall(s, path, &info)) {
		class = picture_probe(s->pictures, path, &info, &err);
		if (!class)
			remember(s, path, &info);
	}
	if (class && !*class) {
		run_fail(s->run, &err);
		class = "unreadable";
	}
	if (class) {
		run_reject(s->run, item, class, err.text);
		return;
	}
	scan_fill(item->rec, &info);
	scan_write(s, item);
}

bool scan_named_like_an_image(const char *path)
{
	static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif",
					    ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif" };
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot && i < sizeof(ends) / sizeof(*ends); i++)
		if (!strcasecmp(dot, ends[i]))
			return true;
	return false;
}

enum look { LOOK_IMAGE, LOOK_ARCHIVE, LOOK_LATER_PART, LOOK_LOST_PART, LOOK_OTHER };

/* Content decides what a file is; an image's name only decides whether to complain. */
static enum look look_at(const struct scan *s, const char *path)
{
	static const enum look parts[] = {
		[PARTS_LATER] = LOOK_LATER_PART, [PARTS_ORPHAN] = LOOK_LOST_PART
	};
	enum parts_place place = parts_place(path);
	unsigned char head[512];
	struct picture_info info;
	const char *class;
	size_t n = 0;
	FILE *file;

	if (place == PARTS_LATER || place == PARTS_ORPHAN)
		return parts[place];
	if (scan_named_like_an_image(path))
		return LOOK_IMAGE;
	if (scan_knows_archive(s, path))
		return LOOK_ARCHIVE;
	file = fopen(path, "re");
	if (file) {
		n = fread(head, 1, sizeof(head), file);
		fclose(file);
	}
	class = picture_header(head, n, &info, NULL);
	if (!class || strcmp(class, "unsupported_format"))
		return LOOK_IMAGE;
	if (arc_could_be(head, n) && arc_is_archive(path))
		return LOOK_ARCHIVE;
	return LOOK_OTHER;
}

/* A file that stands for itself; class: what is wrong with it, or NULL. */
static void scan_path(struct scan *s, const char *path, const char *class, const char *why)
{
	struct item item;
	struct rec *r = rec_new(REC_IMAGE);
	bool utf8 = fold_is_utf8(path, strlen(path));

	if (utf8)
		rec_set_text(r, "image", path);
	if (!run_item(s->run, r, utf8 ? path : "(not UTF-8)", 1, &item))
		return;
	if (!utf8)
		run_reject(s->run, &item, "path_not_utf8", "a file whose name is not UTF-8; rename it");
	else if (class)
		run_reject(s->run, &item, class, why);
	else
		scan_image(s, &item, path);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

bool scan_done(const struct scan *s)
{
	return run_failed(s->run) || sig_stop() ||
	       (s->o->limit >= 0 && run_read(s->run) >= s->o->limit);
}

void scan_pass_over(struct scan *s, const char *file, int64_t line)
{
	struct item item;

	if (run_item(s->run, NULL, file, line, &item))
		run_end(s->run, &item, RUN_SKIPPED, NULL, NULL);
}

/* false: it is nothing that stands for itself, and no part of an archive read before. */
static bool scan_file(struct scan *s, const char *path)
{
	enum look look = look_at(s, path);

	if (look == LOOK_IMAGE)
		scan_path(s, path, NULL, NULL);
	else if (look == LOOK_ARCHIVE && fold_is_utf8(path, strlen(path)))
		scan_archive(s, path);
	else if (look == LOOK_ARCHIVE)
		scan_path(s, path, "path_not_utf8", "");
	else if (look == LOOK_LOST_PART)
		scan_path(s, path, "part_missing", "the part of this archive before it is not there");
	return look != LOOK_OTHER;
}

/* The next entry; NULL at the end, and when the walk cannot go on: what is behind would be lost. */
static FTSENT *next_entry(struct scan *s, FTS *walk, const char *folder)
{
	struct err err;
	FTSENT *e;

	errno = 0;
	e = fts_read(walk);
	if (!e && errno == ENOMEM)
		out_of_memory();
	/* without the memory to sort a folder, fts(3) gives it unsorted and does not say so */
	if (e && e->fts_link && strcmp(e->fts_name, e->fts_link->fts_name) > 0)
		out_of_memory();
	if (!e && errno) {
		err_set(&err, EXIT_NOINPUT, "cannot read folder '%s':", folder);
		run_fail(s->run, &err);
	}
	return e;
}

static void scan_folder(struct scan *s, char *folder)
{
	char *roots[] = { folder, NULL };
	FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *e;

	if (!walk)
		out_of_memory();	/* a folder that is not there is an entry */
	while (!scan_done(s) && (e = next_entry(s, walk, folder))) {
		run_tick(s->run, NULL);
		if (e->fts_level > 0 && e->fts_name[0] == '.') {
			fts_set(walk, e, FTS_SKIP);
		} else if (e->fts_info == FTS_F || e->fts_info == FTS_SLNONE) {
			if (!scan_file(s, e->fts_path))
				scan_pass_over(s, e->fts_path, 1);
		} else if (e->fts_info == FTS_DNR || e->fts_info == FTS_NS ||
			   e->fts_info == FTS_ERR ||
			   (e->fts_info == FTS_DEFAULT && scan_named_like_an_image(e->fts_path))) {
			scan_path(s, e->fts_path, NULL, NULL);	/* its reject says what is wrong */
		}
	}
	fts_close(walk);
}

/* Is the line a path as it stands, neither a JSON text nor an object? */
static bool is_bare(const struct line *line)
{
	return !line->fault && !strchr("{[\"", line->text[0]);
}

/* A row as a record: a path, in quotes or bare, or an object. */
static struct rec *row(const struct line *line, struct err *err)
{
	struct buf path;
	struct rec *r;

	if (line->fault) {
		err_set(err, EXIT_DATA, "%s", line->fault);
		return NULL;
	}
	if (!is_bare(line) && line->text[0] != '"')
		return rec_parse(REC_IMAGE, line->text, line->len, err);
	if (!is_bare(line) && span_check(line->text, line->len, err))
		return NULL;
	buf_init(&path, BUF_NO_MAX);
	if (is_bare(line))	/* an editor's line may end in CR LF */
		buf_add(&path, line->text, line->len - (line->text[line->len - 1] == '\r'));
	else
		span_unquote(&path, line->text, line->len);
	r = rec_new(REC_IMAGE);
	rec_set_text(r, "image", path.data);
	buf_release(&path);
	return r;
}

static void scan_row(struct scan *s, const struct line *line)
{
	struct err err;
	struct rec *r = row(line, &err);
	int unclear = r ? layout_image(r, opt.image_field, &err) : 0;
	struct item item;
	char *path;

	if (is_bare(line) && !fold_is_utf8(line->text, line->len)) {
		rec_free(r);
		if (run_item(s->run, NULL, line->file, line->number, &item))
			run_reject(s->run, &item, "path_not_utf8", "a path that is not UTF-8");
		return;
	}
	if (!run_item(s->run, r, line->file, line->number, &item))
		return;
	if (!r) {
		run_reject(s->run, &item, "bad_json", err.text);
	} else if (unclear) {
		run_reject(s->run, &item, "no_image_path", err.text);
	} else {
		path = picture_find(&opt.roots, rec_text(r, "image"));
		scan_image(s, &item, path);
		free(path);
	}
}

static void scan_manifest(struct scan *s, char *path)
{
	char *paths[] = { path, NULL };
	struct err err;
	struct source *in = source_open(paths, &err);
	enum source_got got = SOURCE_LATER;
	struct line line;

	if (!in) {
		run_fail(s->run, &err);
		return;
	}
	while (!scan_done(s) && (got = source_poll(in, &line, &err)) != SOURCE_END) {
		if (got == SOURCE_LINE)
			scan_row(s, &line);
		else if (got == SOURCE_LATER)
			source_wait(in);
		else
			run_fail(s->run, &err);
		run_tick(s->run, NULL);
	}
	source_close(in);
}

static void scan_operand(struct scan *s, char *path)
{
	struct stat st;
	struct err err;

	if (strcmp(path, "-") && stat(path, &st)) {
		err_set(&err, EXIT_NOINPUT, "cannot open '%s':", path);
		run_fail(s->run, &err);
	} else if (strcmp(path, "-") && S_ISDIR(st.st_mode)) {
		scan_folder(s, path);
	} else if (strcmp(path, "-") && S_ISREG(st.st_mode)) {
		if (!scan_file(s, path))
			scan_manifest(s, path);
	} else if (scan_named_like_an_image(path)) {
		scan_path(s, path, NULL, NULL);
	} else {
		scan_manifest(s, path);		/* a pipe of rows */
	}
}

/* A pattern that the shell was kept from: its files in the order of their bytes. */
static void scan_pattern(struct scan *s, const char *pattern)
{
	glob_t found = { .gl_pathc = 0 };
	struct err err;
	size_t i;
	int code;

	if (strstr(pattern, "**")) {
		err_set(&err, EXIT_USAGE, "'%s': ** is not understood; a folder is read with all below "
			"it", pattern);
		run_fail(s->run, &err);
		return;
	}
	code = glob(pattern, 0, NULL, &found);
	if (code) {
		err_set(&err, code == GLOB_NOSPACE ? EXIT_SYSTEM : EXIT_NOINPUT,
			"no file matches '%s'", pattern);
		run_fail(s->run, &err);
	}
	for (i = 0; i < found.gl_pathc && !scan_done(s); i++)
		scan_operand(s, found.gl_pathv[i]);
	globfree(&found);
}

int main(int argc, char **argv)
{
	char dash[] = "-", *standard_input[] = { dash, NULL };
	const char *ledger = getenv("CAPQA_LEDGER");
	struct scan s = { .o = &opt.run };
	struct err err;
	char more[64];
	char **paths;

	(void)argc;
	msg_init("capqa-scan", false);
	sig_init();
	paths = opt_parse_or_die(argv, &about, true);
	s.run = run_open_bare_or_die(&opt.run, &words);
	if (!opt.no_ledger) {
		ledger = opt.ledger ? opt.ledger : ledger && *ledger ? ledger : "capqa-ledger.db";
		if (!(s.ledger = answers_open(ledger, &err)))
			die_err(&err);
	}
	if (!(s.seen = seen_open(&err)))
		die_err(&err);
	s.pictures = pictures_new(0);
	for (paths = *paths ? paths : standard_input; *paths && !scan_done(&s); paths++) {
		if (access(*paths, F_OK) && strpbrk(*paths, "*?["))
			scan_pattern(&s, *paths);
		else
			scan_operand(&s, *paths);
	}
	pictures_free(s.pictures);
	if (answers_close(s.ledger, &err))
		run_fail(s.run, &err);
	seen_close(s.seen);
	snprintf(more, sizeof(more), "%lld with the same bytes as another", (long long)s.again);
	return run_close(s.run, s.again ? more : NULL);
}
