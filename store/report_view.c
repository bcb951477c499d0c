/* SPDX-License-Identifier: Apache-2.0
 *
 * See report_view.h.
 */
#include "store/report_view.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/base64.h"
#include "schemas/hash.h"
#include "store/cell.h"
#include "store/page_thumb.h"

/* By path too: a set that was imported by path knows the hash once its images were scanned. */
#define COLUMNS "i.image_id, i.width, i.height, i.orientation, " \
	"ifnull(p.\"offset\", -1), ifnull(p.size, -1)"
#define IMAGE "SELECT " COLUMNS " FROM images i LEFT JOIN paths p ON p.image = i.id AND " \
	"p.path = ?2 WHERE i.image_id = ?1 UNION ALL " \
	"SELECT " COLUMNS " FROM paths p JOIN images i ON i.id = p.image " \
	"WHERE p.path = ?2 AND i.image_id IS NOT NULL LIMIT 1"

void view_release(struct view *v)
{
	size_t i;

	for (i = 0; i < VIEW_THUMBS; i++) {
		free(v->thumbs[i].path);
		free(v->thumbs[i].data);
	}
	facts_release(&v->facts);
	report_count_release(&v->counts);
}

sqlite3_stmt *view_query(struct view *v, const char *sql)
{
	sqlite3_stmt *stmt = v->result ? NULL : db_prepare(v->db, sql, &v->err);

	if (!stmt)
		v->result = -1;
	return stmt;
}

bool view_row(struct view *v, sqlite3_stmt *stmt)
{
	int got = v->result ? 0 : db_step(v->db, stmt, &v->err);

	if (got < 0)
		v->result = -1;
	return got > 0;
}

int64_t view_number(struct view *v, const char *sql)
{
	int64_t n = 0;

	if (!v->result && db_number(v->db, sql, &n, &v->err))
		v->result = -1;
	return n;
}

const char *view_text(sqlite3_stmt *stmt, int column)
{
	const char *text = cell_text(stmt, column);

	return text ? text : "";
}

void view_section(struct view *v, const char *id, const char *title)
{
	page_printf(&v->page, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
		    "<h2 id=\"%s-title\">%s</h2>\n", id, id, id, title);
}

void view_section_end(struct view *v)
{
	page_html(&v->page, "</section>\n");
}

static void no_image(struct view *v, const char *why)
{
	v->images_missing++;
	page_printf(&v->page, "<div class=\"pic none\" role=\"img\" "
		    "aria-label=\"no image: %s\"><span>no image:<br>%s</span></div>", why, why);
}

static char *make_thumb(struct view *v, sqlite3_stmt *stmt, const char *path, const char **why)
{
	struct thumb_image image = { .place = { path, -1, -1 } };
	struct buf jpeg;
	char *data = NULL;

	if (view_row(v, stmt)) {
		image.image_id = view_text(stmt, 0);
		image.width = sqlite3_column_int64(stmt, 1);
		image.height = sqlite3_column_int64(stmt, 2);
		image.orientation = sqlite3_column_int(stmt, 3);
		image.place.offset = sqlite3_column_int64(stmt, 4);
		image.place.size = sqlite3_column_int64(stmt, 5);
	}
	buf_init(&jpeg, BUF_NO_MAX);
	*why = thumb_make(&v->roots, &image, &jpeg);
	if (!*why) {
		data = xmalloc(BASE64_LEN(jpeg.len) + 1);
		data[base64_encode(data, jpeg.data, jpeg.len)] = '\0';
	}
	buf_release(&jpeg);
	return data;
}

/* Each slot remembers the last image whose path fell on it. */
static const struct view_thumb *thumb_of(struct view *v, const char *path, const char *id)
{
	struct view_thumb *t = &v->thumbs[hash_part(path, VIEW_THUMBS)];
	sqlite3_stmt *stmt;

	if (t->path && !strcmp(t->path, path))
		return t;
	free(t->path);
	free(t->data);
	*t = (struct view_thumb){ .path = xstrdup(path) };
	stmt = view_query(v, IMAGE);
	if (!stmt) {
		t->why = "the store cannot be read";
		return t;
	}
	sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
	t->data = make_thumb(v, stmt, path, &t->why);
	sqlite3_finalize(stmt);
	return t;
}

/* How to get from one folder to a file, both absolute and without links. */
static void add_relative(struct buf *out, const char *folder, const char *file)
{
	size_t i, same = 0;
	const char *p;

	for (i = 0; folder[i] == file[i] && file[i]; i++)
		if (file[i] == '/')
			same = i;
	if (!folder[i] && file[i] == '/')
		same = i;
	for (p = folder + same; *p; p++)
		if (*p == '/' && p[1])
			buf_adds(out, "../");
	for (p = file + same + 1; *p; p++)
		buf_printf(out, strchr("/-_.~", *p) || (*p >= '0' && *p <= '9') ||
			   ((*p | 32) >= 'a' && (*p | 32) <= 'z') ? "%c" : "%%%02X",
			   (unsigned char)*p);
}

static void link_image(struct view *v, const char *path)
{
	char folder[PATH_MAX], file[PATH_MAX], *found = original_file(&v->roots, path);
	char *output = xstrdup(v->output ? v->output : "./-");
	struct buf url;

	buf_init(&url, BUF_NO_MAX);
	if (found && realpath(found, file) && realpath(dirname(output), folder)) {
		add_relative(&url, folder, file);
		v->images_shown++;
		page_printf(&v->page, "<div class=\"pic\"><img loading=\"lazy\" src=\"%s\" "
			    "alt=\"", url.data);
		page_attr(&v->page, path, PAGE_LINE);
		page_html(&v->page, "\"></div>");
	} else {
		no_image(v, strstr(path, "::") ? "it lies in an archive" :
			 "the file is not there");
	}
	buf_release(&url);
	free(found);
	free(output);
}

void view_image(struct view *v, struct rec *r)
{
	const char *path = rec_text(r, "image"), *id = rec_text(r, "image_id");
	const struct view_thumb *thumb;

	if (!path) {
		no_image(v, "the store has no path");
		return;
	}
	if (v->link_images) {
		link_image(v, path);
		return;
	}
	thumb = thumb_of(v, path, id);
	if (!thumb->data) {
		no_image(v, thumb->why);
	} else if (v->page.bytes + (int64_t)strlen(thumb->data) > v->until) {
		no_image(v, "the page's budget is spent");
	} else {
		v->images_shown++;
		page_html(&v->page, "<div class=\"pic\"><img loading=\"lazy\" alt=\"");
		page_attr(&v->page, path, PAGE_LINE);
		page_html(&v->page, "\" src=\"data:image/jpeg;base64,");
		page_html(&v->page, thumb->data);
		page_html(&v->page, "\"></div>");
	}
}
