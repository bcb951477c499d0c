/* SPDX-License-Identifier: Apache-2.0
 *
 * See controls.h. The grey picture lies in an unlinked temporary file and goes the way of
 * every other image, by path.
 */
#include "filter/controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "schemas/hash.h"
#include "schemas/record.h"
#include "store/pixels.h"
#include "store/seen.h"
#include "store/source.h"
#include "store/spool.h"

#define GREY_SIDE 448	/* 16 x 28: whole patches for Qwen-VL and for 14-pixel ViTs */

struct controls {
	struct seen *images;	/* swap: image_id -> path */
	int fd;			/* grey: the file */
	char path[64], id[33];
};

void controls_free(struct controls *c)
{
	if (!c)
		return;
	seen_close(c->images);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

struct controls *controls_grey(struct err *err)
{
	struct controls *c = xcalloc(1, sizeof(*c));
	struct buf png;

	buf_init(&png, BUF_NO_MAX);
	c->fd = spool_open(err);
	if (c->fd < 0 || pixels_grey(&png, GREY_SIDE, GREY_SIDE, err))
		goto fail;
	if (spool_write(c->fd, png.data, png.len, err))
		goto fail;
	hash_of(png.data, png.len, c->id);
	snprintf(c->path, sizeof(c->path), "/proc/self/fd/%d", c->fd);
	buf_release(&png);
	return c;
fail:
	buf_release(&png);
	controls_free(c);
	return NULL;
}

static int add_images(struct controls *c, struct source *in, struct err *err)
{
	enum source_got got;
	struct line line;
	const char *first;
	struct rec *r;
	int result = 0;

	while (!result && !sig_stop() && (got = source_poll(in, &line, err)) != SOURCE_END) {
		if (got == SOURCE_FAILED)
			return -1;
		if (got == SOURCE_LATER)
			source_wait(in);
		r = got == SOURCE_LINE ? rec_parse(REC_IMAGE, line.text, line.len, err) : NULL;
		if (r && rec_text(r, "image_id") && rec_text(r, "image"))
			result = seen_add(c->images, rec_text(r, "image_id"),
					  rec_text(r, "image"), &first, err) < 0 ? -1 : 0;
		rec_free(r);
	}
	return result;
}

struct controls *controls_swap(const char *path, struct err *err)
{
	char *name = xstrdup(path), *paths[] = { name, NULL };
	struct controls *c = xcalloc(1, sizeof(*c));
	struct source *in = source_open(paths, err);
	const char *id, *image;

	c->fd = -1;
	c->images = in ? seen_open(err) : NULL;
	if (!c->images || add_images(c, in, err))
		goto fail;
	if (sig_stop()) {
		err_set(err, (enum exit_code)sig_stop(), "stopped before '%s' was read", path);
		goto fail;
	}
	if (seen_next(c->images, "", &id, &image, err) != 1 ||
	    seen_next(c->images, strncpy(c->id, id, sizeof(c->id) - 1), &id, &image, err) != 1) {
		err_set(err, EXIT_DATA, "'%s' holds fewer than two different images", path);
		goto fail;
	}
	source_close(in);
	free(name);
	return c;
fail:
	source_close(in);
	free(name);
	controls_free(c);
	return NULL;
}

const char *controls_image(struct controls *c, const char *image_id, const char **id)
{
	const char *path = c->path;
	struct err err;

	*id = c->id;
	if (c->images && seen_next(c->images, image_id ? image_id : "", id, &path, &err) != 1)
		return NULL;
	return path;
}
