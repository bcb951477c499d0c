/* SPDX-License-Identifier: Apache-2.0
 *
 * See batch.h.
 */
#include "curate/batch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "curate/picture.h"
#include "schemas/hash.h"
#include "store/seen.h"
#include "store/sink.h"

#define CHUNK 65536	/* bytes of base64 at a time */

struct batch {
	char *path;
	struct chat_dialect dialect;
	struct sink *out;
	struct seen *seen;
	int64_t lines, files;		/* of all */
	int64_t lines_here, bytes_here;	/* of the file under way */
	struct buf head, tail;
};

/* batch.jsonl, batch-00001.jsonl, ...; without the ending the number comes last. */
static char *name_of(const struct batch *b, int64_t number)
{
	size_t len = strlen(b->path), end = len;
	struct buf name;

	buf_init(&name, BUF_NO_MAX);
	if (len > 6 && !strcmp(b->path + len - 6, ".jsonl"))
		end = len - 6;
	buf_add(&name, b->path, end);
	if (number)
		buf_printf(&name, "-%05lld", (long long)number);
	buf_adds(&name, b->path + end);
	return buf_take(&name);
}

static int open_next(struct batch *b, struct err *err)
{
	char *name = name_of(b, b->files);

	b->out = sink_open(name, err);
	free(name);
	if (!b->out)
		return -1;
	b->files++;
	b->lines_here = b->bytes_here = 0;
	return 0;
}

struct batch *batch_open(const char *path, enum batch_engine engine, struct err *err)
{
	struct batch *b = xcalloc(1, sizeof(*b));
	bool openai = engine == BATCH_OPENAI;

	b->path = xstrdup(path);
	b->dialect = (struct chat_dialect){ .standard_only = openai, .completion_tokens = openai,
					    .no_choice = openai, .no_template = openai };
	buf_init(&b->head, BUF_NO_MAX);
	buf_init(&b->tail, BUF_NO_MAX);
	b->seen = seen_open(err);
	if (b->seen && !open_next(b, err))
		return b;
	batch_leave(b);
	return NULL;
}

static int make_room(struct batch *b, int64_t bytes, struct err *err)
{
	struct sink *full = b->out;

	if (b->lines_here < BATCH_LINES &&
	    (!b->lines_here || b->bytes_here + bytes <= BATCH_BYTES))
		return 0;
	b->out = NULL;
	return sink_settle(full, err) ? -1 : open_next(b, err);
}

/* An image that changes under way takes its line with it. */
static int write_image(struct batch *b, struct picture *p, int64_t from, const char **class,
		       struct err *err)
{
	int64_t left = picture_base64_len(p);
	char chunk[CHUNK];
	ssize_t n;

	for (; left > 0; left -= n) {
		n = picture_base64(p, chunk, sizeof(chunk));
		if (n <= 0) {
			if (sink_back(b->out, from, err))
				return -1;
			*class = "image_changed";
			return err_set(err, EXIT_DATA, "the file changed while it was written");
		}
		if (sink_write(b->out, chunk, (size_t)n, err))
			return -1;
	}
	return 0;
}

static int write_line(struct batch *b, const struct chat_request *q, const char *hex,
		      struct picture *p, const char **class, struct err *err)
{
	int64_t bytes, from;

	buf_clear(&b->head);
	buf_clear(&b->tail);
	buf_printf(&b->head, "{\"custom_id\":\"%s\",\"method\":\"POST\","
		   "\"url\":\"/v1/chat/completions\",\"body\":", hex);
	chat_body(q, &b->dialect, &b->head, &b->tail);
	buf_adds(&b->tail, "}\n");
	bytes = (int64_t)(b->head.len + b->tail.len) + (p ? picture_base64_len(p) : 0);
	if (make_room(b, bytes, err))
		return -1;
	from = sink_at(b->out);
	if (sink_write(b->out, b->head.data, b->head.len, err) ||
	    (p && write_image(b, p, from, class, err)) ||
	    sink_write(b->out, b->tail.data, b->tail.len, err))
		return -1;
	b->bytes_here += bytes;
	b->lines_here++;
	b->lines++;
	return 0;
}

int batch_add(struct batch *b, struct pictures *all, const struct chat_request *q,
	      const unsigned char key[16], const char *image, const char **class, struct err *err)
{
	struct chat_request sent = *q;
	struct picture *p = NULL;
	char hex[HASH_HEX];
	const char *first;
	int result;

	*class = NULL;
	hash_to_hex(key, hex);
	if (image) {
		p = picture_open(all, image, q->image_id, class, err);
		if (!p)
			return -1;
		sent.image_mime = picture_mime(p);
	}
	result = seen_has(b->seen, hex, err);
	if (!result)
		result = write_line(b, &sent, hex, p, class, err) ? -1 :
			 seen_add(b->seen, hex, "", &first, err);
	if (p)
		picture_close(p);
	return result < 0 ? -1 : 0;
}

int64_t batch_lines(const struct batch *b)
{
	return b->lines;
}

int64_t batch_files(const struct batch *b)
{
	return b->files;
}

static void free_batch(struct batch *b)
{
	if (b->seen)
		seen_close(b->seen);
	buf_release(&b->head);
	buf_release(&b->tail);
	free(b->path);
	free(b);
}

/* Whoever sends all files of this name must not send those of an earlier, longer round. */
static void remove_later(const struct batch *b)
{
	int64_t number = b->files;
	char *name;
	int gone;

	do {
		name = name_of(b, number++);
		gone = unlink(name);
		free(name);
	} while (!gone);
}

/* The last file began with the line of an image that changed: no file without a line is sent. */
static void drop_last(struct batch *b)
{
	char *name = name_of(b, --b->files);
	struct buf partial;

	buf_init(&partial, BUF_NO_MAX);
	buf_printf(&partial, "%s.partial", name);
	sink_leave(b->out, NULL);
	unlink(partial.data);
	buf_release(&partial);
	free(name);
}

int batch_settle(struct batch *b, struct err *err)
{
	int result = 0;

	if (b->files > 1 && !b->lines_here)
		drop_last(b);
	else
		result = sink_settle(b->out, err);
	if (!result)
		remove_later(b);
	free_batch(b);
	return result;
}

void batch_leave(struct batch *b)
{
	if (!b)
		return;
	if (b->out)
		sink_leave(b->out, NULL);
	free_batch(b);
}
