/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of store/source and schemas/record: any bytes as an input file, JSONL, array
 * or compressed. What must hold: a pipe gives the same lines in whatever pieces they come; every
 * record that is written and read again is the same, its unknown members to the byte. The first
 * byte chooses the kind, the second the pieces. Seeds: inputs of tests/golden.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/buf.h"
#include "schemas/record.h"
#include "schemas/span.h"
#include "store/samples.h"
#include "store/source.h"

#define PIPE_MOST 60000		/* bytes; a pipe takes them all without a reader */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

/* Bytes that go into a pipe, a piece whenever the reader has nothing to read. */
struct feed {
	const uint8_t *data;
	size_t left, piece;
	int fd;
};

static void feed_more(struct feed *f)
{
	size_t n = f->left < f->piece ? f->left : f->piece;

	require(f->fd >= 0);	/* else the source waits for what never comes */
	if (!n) {
		close(f->fd);
		f->fd = -1;
		return;
	}
	require(write(f->fd, f->data, n) == (ssize_t)n);
	f->data += n;
	f->left -= n;
}

/* All lines, one after another; false: the input was broken behind them. */
static bool read_all(const char *path, struct feed *feed, struct buf *out)
{
	struct err err = { .text = "" };
	struct source *in = source_open((char *[]){ (char *)path, NULL }, &err);
	enum source_got got;
	bool sound = true;
	struct line line;

	require(in != NULL);
	while ((got = source_poll(in, &line, &err)) != SOURCE_END) {
		if (got == SOURCE_LATER) {
			require(feed != NULL);
			feed_more(feed);
		} else if (got == SOURCE_FAILED) {
			require(*err.text && err.kind);
			sound = false;
		} else {
			buf_printf(out, "%zu %lld %d %d ", line.len, (long long)line.number,
				   line.torn, line.fault != NULL);
			buf_add(out, line.text, line.len);
			buf_addc(out, '\n');
		}
	}
	source_close(in);
	return sound;
}

static void read_in_pieces(const uint8_t *data, size_t size, size_t piece, const struct buf *whole,
			   bool whole_sound)
{
	struct feed feed = { data, size, piece, -1 };
	struct buf lines;
	char path[64];
	int ends[2];
	bool sound;

	require(!pipe(ends));
	feed.fd = ends[1];
	buf_init(&lines, BUF_NO_MAX);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	sound = read_all(path, &feed, &lines);
	require(sound == whole_sound);
	/* how much of a broken frame still comes out is the decompressor's business */
	require(!sound || lines.len == whole->len);
	require(!memcmp(lines.data, whole->data, lines.len < whole->len ? lines.len : whole->len));
	buf_release(&lines);
	if (feed.fd >= 0)
		close(feed.fd);
	close(ends[0]);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same(struct rec *r, struct rec *s, enum rec_kind kind)
{
	const char *const *key;
	int64_t x = 0, y = 0;

	for (key = rec_members(kind); *key; key++) {
		require(rec_has(r, *key) == rec_has(s, *key));
		require(same_text(rec_text(r, *key), rec_text(s, *key)));
		require(rec_int(r, *key, &x) == rec_int(s, *key, &y) && x == y);
		require(!rec_json(r, *key) == !rec_json(s, *key));
	}
}

static bool is_known(enum rec_kind kind, const struct span_member *m)
{
	const char *const *key;
	struct buf name;
	bool known = false;

	buf_init(&name, BUF_NO_MAX);
	span_unquote(&name, m->key - 1, m->key_len + 2);
	for (key = rec_members(kind); *key && !known; key++)
		known = !strcmp(*key, name.data);
	buf_release(&name);
	return known;
}

/* What the kind does not know stands in the output as it stood in the line. */
static void check_unknown(enum rec_kind kind, const char *line, size_t len, const struct buf *out)
{
	struct span_members found = { 0 };
	const struct span_member *m;
	size_t i;

	require(!span_object(line, len, &found, NULL));
	for (i = 0; i < found.count; i++) {
		m = &found.items[i];
		require(is_known(kind, m) ||
			(memmem(out->data, out->len, m->key, m->key_len) &&
			 memmem(out->data, out->len, m->value, m->value_len)));
	}
	span_members_release(&found);
}

static void write_again(enum rec_kind kind, const char *line, size_t len)
{
	struct err err = { .text = "" };
	struct rec *r = rec_parse(kind, line, len, &err), *s, *child;
	struct buf once, twice;

	if (!r) {
		require(*err.text && err.kind == EXIT_DATA);
		return;
	}
	buf_init(&once, BUF_NO_MAX);
	buf_init(&twice, BUF_NO_MAX);
	rec_write(r, &once);
	require(memchr(once.data, '\n', once.len) == once.data + once.len - 1);
	check_unknown(kind, line, len, &once);
	s = rec_parse(kind, once.data, once.len - 1, &err);
	require(s != NULL);
	check_same(r, s, kind);
	rec_write(s, &twice);
	require(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
	child = rec_child(r, (enum rec_kind)((kind + 1) % REC_KINDS));
	require(child != NULL);
	rec_free(child);
	rec_free(r);
	rec_free(s);
	buf_release(&once);
	buf_release(&twice);
}

static void write_all_again(enum rec_kind kind, const struct buf *lines)
{
	const char *at = lines->data, *end = at + lines->len;
	size_t len;
	int n;

	for (; at < end; at += len + 1) {
		require(sscanf(at, "%zu %*d %*d %*d%n", &len, &n) == 1);
		at += n + 1;	/* and the space */
		write_again(kind, at, len);
	}
}

/* A store or an archive is one only as a file; libarchive waits for a gzip's bytes where they are
 * missing. */
static bool is_only_whole(const char *path, const uint8_t *data, size_t size)
{
	return samples_is_archive(path) || (size >= 15 && !memcmp(data, "SQLite format 3", 15)) ||
	       (size >= 2 && data[0] == 0x1f && data[1] == 0x8b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf lines;
	bool sound, whole;
	char path[64];
	int fd;

	if (size < 2)
		return 0;
	fd = memfd_create("source", MFD_CLOEXEC);
	require(fd >= 0 && write(fd, data + 2, size - 2) == (ssize_t)size - 2);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	buf_init(&lines, BUF_NO_MAX);
	sound = read_all(path, NULL, &lines);
	whole = is_only_whole(path, data + 2, size - 2);
	close(fd);
	if (size - 2 <= PIPE_MOST && !whole)
		read_in_pieces(data + 2, size - 2, 1 + data[1] + size / 500, &lines, sound);
	if (!memchr(lines.data, '\0', lines.len))
		write_all_again((enum rec_kind)(data[0] % REC_KINDS), &lines);
	buf_release(&lines);
	return 0;
}
