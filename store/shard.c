/* SPDX-License-Identifier: Apache-2.0
 *
 * See shard.h. What is here are rows and names; the files are made by shard_file.h, behind the rows.
 */
#include "store/shard.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "store/shard_file.h"

#define CHUNK (256u << 10)	/* plain bytes sent on their way at once */
#define TAR_END 1024		/* zero bytes behind the last member */

struct shards {
	struct shard_how how;
	char *folder;
	struct shard_files *files;	/* NULL once they are closed */
	struct buf *text;		/* theirs: what comes behind all that was sent */
	struct shard *items;
	size_t count, cap;
	int64_t bytes;			/* plain, of the shard under way */
	bool open;			/* there is one */
};

static bool is_single(const struct shards *s)
{
	return s->how.form == SHARD_LINES || s->how.form == SHARD_ARRAY;
}

static void final_name(const struct shards *s, size_t i, char *name, size_t size)
{
	if (is_single(s))
		snprintf(name, size, "%s.json", s->how.name);
	else if (s->how.form == SHARD_TAR)
		snprintf(name, size, "%s-%06zu.tar", s->how.name, i);
	else
		snprintf(name, size, "%s-%05zu-of-%05zu.jsonl.zst", s->how.name, i, s->count);
}

void shards_glob(enum shard_form form, const char *name, struct buf *out)
{
	static const char *const ends[] = { "-*.jsonl.zst", ".json", ".json", "-*.tar" };

	buf_printf(out, "%s%s", name, ends[form]);
}

struct shards *shards_open(const char *folder, const struct shard_how *how, struct err *err)
{
	struct shards *s = xcalloc(1, sizeof(*s));

	s->how = *how;
	s->folder = xstrdup(folder);
	s->files = shard_files_open(s->folder, &s->how, err);
	if (s->files) {
		s->text = shard_files_text(s->files);
		return s;
	}
	shards_free(s);
	return NULL;
}

void shards_free(struct shards *s)
{
	if (!s)
		return;
	shard_files_free(s->files);
	free(s->folder);
	free(s->items);
	free(s);
}

static int start(struct shards *s, struct err *err)
{
	if (s->count == SHARD_MAX)
		return err_set(err, EXIT_OUTPUT, "more than %d shards; make them larger",
			       SHARD_MAX);
	s->items = xgrow(s->items, &s->cap, s->count, sizeof(*s->items));
	s->items[s->count++] = (struct shard){ 0 };
	s->bytes = 0;
	s->open = true;
	return 0;
}

static int send(struct shards *s, bool last, struct err *err)
{
	int bad = shard_files_send(s->files, last, err);

	s->text = shard_files_text(s->files);
	return bad;
}

static int end(struct shards *s, struct err *err)
{
	static const char zeros[TAR_END];

	if (s->how.form == SHARD_ARRAY)
		buf_adds(s->text, s->items[s->count - 1].rows ? "\n]\n" : "[]\n");
	if (s->how.form == SHARD_TAR)
		buf_add(s->text, zeros, TAR_END);
	s->open = false;
	return send(s, true, err);
}

static bool is_full(const struct shards *s, int64_t more)
{
	return !is_single(s) && s->open &&
	       ((s->how.rows && s->items[s->count - 1].rows == s->how.rows) ||
		(s->how.bytes && s->bytes && s->bytes + more > s->how.bytes));
}

int shards_begin(struct shards *s, int64_t len, struct err *err)
{
	struct shard *shard;

	if ((is_full(s, len) && end(s, err)) || (!s->open && start(s, err)))
		return -1;
	shard = &s->items[s->count - 1];
	if (s->how.form == SHARD_ARRAY)
		buf_adds(s->text, shard->rows ? ",\n" : "[\n");
	shard->rows++;
	s->bytes += len;
	return 0;
}

int shards_add(struct shards *s, const void *bytes, size_t len, struct err *err)
{
	if (!s->text->cap)
		buf_room(s->text, CHUNK + CHUNK / 4);	/* no growing by and by */
	buf_add(s->text, bytes, len);
	return s->text->len < CHUNK ? 0 : send(s, false, err);
}

int shards_put(struct shards *s, const char *row, size_t len, struct err *err)
{
	bool lines = s->how.form == SHARD_ZST || s->how.form == SHARD_LINES;

	if (shards_begin(s, (int64_t)len + lines, err) || shards_add(s, row, len, err))
		return -1;
	return lines ? shards_add(s, "\n", 1, err) : 0;
}

/* Takes over the sums of file i, and gives it its name. */
static int settle(struct shards *s, size_t i, struct err *err)
{
	const struct shard_sums *sums = shard_files_sums(s->files, i);
	struct shard *shard = &s->items[i];
	struct buf from, to;
	int result = 0;

	shard->file = sums->file;
	shard->plain = sums->plain;
	final_name(s, i, shard->name, sizeof(shard->name));
	buf_init(&from, BUF_NO_MAX);
	buf_init(&to, BUF_NO_MAX);
	shard_file_path(s->folder, &s->how, i, &from);
	buf_printf(&to, "%s/%s", s->folder, shard->name);
	if (rename(from.data, to.data))
		result = err_set(err, EXIT_OUTPUT, "cannot rename '%s':", from.data);
	buf_release(&from);
	buf_release(&to);
	return result;
}

int shards_close(struct shards *s, struct err *err)
{
	size_t i;

	if ((!s->count && start(s, err)) || (s->open && end(s, err)) ||
	    shard_files_wait(s->files, err))
		return -1;
	for (i = 0; i < s->count; i++)
		if (settle(s, i, err))
			return -1;
	shard_files_free(s->files);	/* its memory is wanted for the next split */
	s->files = NULL;
	return 0;
}

size_t shards_count(const struct shards *s)
{
	return s->count;
}

const struct shard *shards_at(const struct shards *s, size_t i)
{
	return &s->items[i];
}
