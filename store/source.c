/* SPDX-License-Identifier: Apache-2.0
 *
 * See source.h.
 */
#include "store/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "schemas/span.h"
#include "store/ahead.h"
#include "store/samples.h"
#include "store/unload.h"

#define MEM_MAJOR 1	/* Linux: /dev/null, /dev/zero, /dev/random ... */
#define NULL_MINOR 3

struct source {
	char **paths;
	size_t count, next;	/* inputs, and the one to open next */
	struct ahead *file;	/* the open one, or NULL */
	struct unload *store;	/* ... where that is a store of ours */
	struct samples *samples;	/* ... or an archive */
	enum rec_kind kind;	/* what is wanted of it */
	const char *path;
	struct buf text;	/* plain bytes not handed out yet, from `used` on */
	size_t used, looked;	/* looked: bytes behind `used` known to hold no newline */
	int64_t number;
	bool opening;		/* nobody has written into this fifo yet, as far as we know */
	bool drained;		/* the file gave all its bytes */
	bool broken;		/* ... because of `fault`, told after the lines before it */
	struct err fault;
	bool is_array, known;	/* known: first byte seen, is_array is right */
	bool overlong;		/* inside a line over the maximum: the rest is passed over */
	struct span_array array;
	int64_t size;		/* of the file; 0: it is none, or none on a disk */
	int64_t done, total;	/* of all */
};

static void add_path(struct source *s, const char *path)
{
	s->paths = xrealloc_array(s->paths, s->count + 1, sizeof(*s->paths));
	s->paths[s->count++] = xstrdup(path);
}

static bool is_stdin(const char *path)
{
	return !strcmp(path, "-");
}

/* A disk is no list of records, and /dev/zero has no end; /dev/null and a terminal are welcome. */
static bool is_endless(const struct stat *st)
{
	return S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && major(st->st_rdev) == MEM_MAJOR &&
					minor(st->st_rdev) != NULL_MINOR);
}

/* A typing error in the last of ten inputs should not show after a day of work. */
static int check_input(struct source *s, const char *path, struct err *err)
{
	struct stat st;

	if (is_stdin(path))
		return 0;
	if (access(path, R_OK) || stat(path, &st))
		return err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, EXIT_NOINPUT, "cannot read '%s': it is a folder", path);
	if (is_endless(&st))
		return err_set(err, EXIT_NOINPUT, "cannot read '%s': it is a device", path);
	s->total += S_ISREG(st.st_mode) ? st.st_size : 0;
	return 0;
}

struct source *source_open(char *const *paths, struct err *err)
{
	struct source *s = xcalloc(1, sizeof(*s));
	size_t i;

	s->kind = REC_KINDS;
	buf_init(&s->text, BUF_NO_MAX);
	for (i = 0; paths && paths[i]; i++)
		add_path(s, paths[i]);
	if (!s->count)
		add_path(s, "-");
	for (i = 0; i < s->count; i++) {
		if (check_input(s, s->paths[i], err)) {
			source_close(s);
			return NULL;
		}
	}
	return s;
}

void source_records(struct source *s, enum rec_kind kind)
{
	s->kind = kind;
}

void source_close(struct source *s)
{
	size_t i;

	if (!s)
		return;
	ahead_close(s->file);
	unload_close(s->store);
	samples_close(s->samples);
	buf_release(&s->text);
	for (i = 0; i < s->count; i++)
		free(s->paths[i]);
	free(s->paths);
	free(s);
}

static int open_path(struct source *s, const char *path, struct err *err)
{
	bool standard = is_stdin(path);
	int fd = STDIN_FILENO;
	struct stat st;

	s->size = 0;
	if (!standard && unload_is_store(path)) {
		s->store = unload_open(path, s->kind, err);
		return s->store ? 0 : -1;
	}
	if (!standard && samples_is_archive(path)) {
		s->samples = samples_open(path, err);
		return s->samples ? 0 : -1;
	}
	if (!standard)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, EXIT_NOINPUT, "cannot open '%s':", path);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		s->size = st.st_size;
	s->file = ahead_open(fd, path);
	s->opening = !standard;
	return s->file ? 0 : -1;
}

static int open_next(struct source *s, struct err *err)
{
	s->path = s->paths[s->next++];
	s->opening = false;
	if (open_path(s, s->path, err))
		return -1;
	buf_shrink(&s->text, 1 << 20);
	s->used = s->looked = 0;
	s->number = 0;
	s->drained = s->broken = s->known = s->is_array = s->overlong = false;
	s->array = (struct span_array){ 0 };
	return 0;
}

static void close_file(struct source *s)
{
	s->done += ahead_done(s->file);
	ahead_close(s->file);
	s->file = NULL;
}

static void fill_line(struct source *s, struct line *line, const char *text, size_t len)
{
	*line = (struct line){ .text = text, .len = len, .file = s->path, .number = ++s->number };
}

static void set_length(struct line *line)
{
	if (line->len > SOURCE_LINE_MAX)
		line->fault = "longer than 16 MB";
}

enum cut { CUT_NEED_MORE, CUT_LINE, CUT_PASSED_OVER };

/* The next line in the buffer, if one is complete. */
static enum cut cut_line(struct source *s, struct line *line)
{
	const char *from = s->text.data + s->used, *newline;
	size_t len = s->text.len - s->used, n;

	newline = memchr(from + s->looked, '\n', len - s->looked);
	if (!newline && !s->drained && len <= SOURCE_LINE_MAX) {
		s->looked = len;
		return CUT_NEED_MORE;
	}
	n = newline ? (size_t)(newline - from) : len;
	s->looked = 0;
	s->used += n + (newline ? 1 : 0);
	if (s->overlong) {
		s->overlong = !newline;
		return CUT_PASSED_OVER;
	}
	fill_line(s, line, from, n);
	line->torn = !newline && s->drained;
	set_length(line);
	s->overlong = line->fault && !newline;
	if (line->len && from[line->len - 1] == '\r')
		line->len--;
	return CUT_LINE;
}

/*
 * An element may stand on several lines; between tokens a newline is as good as a space. In a
 * string it stays, for span to refuse.
 */
static void one_line(char *text, size_t len)
{
	bool in_string = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		else if (!in_string && (text[i] == '\n' || text[i] == '\r'))
			text[i] = ' ';
	}
}

static int cut_element(struct source *s, struct line *line, struct err *err)
{
	size_t value_len = 0;
	const char *value;
	long n;

	n = span_array_next(&s->array, s->text.data + s->used, s->text.len - s->used, &value,
			    &value_len);
	if (n < 0)
		return err_set(err, EXIT_DATA, "'%s' is no sound JSON array behind element %lld",
			       s->path, (long long)s->number);
	s->used += (size_t)n;
	if (value) {
		one_line(s->text.data + (value - s->text.data), value_len);
		fill_line(s, line, value, value_len);
		set_length(line);
		return 1;
	}
	if (s->text.len - s->used > 4 * (size_t)SOURCE_LINE_MAX)
		return err_set(err, EXIT_DATA, "'%s': element %lld is longer than %u bytes",
			       s->path, (long long)s->number + 1, 4 * SOURCE_LINE_MAX);
	if (s->drained && s->array.state != ARRAY_ENDED)
		return err_set(err, EXIT_DATA, "'%s' ends inside its JSON array", s->path);
	return 0;
}

/* A file whose first byte is '[' is an array; a UTF-8 byte order mark is passed over. */
static void know_form(struct source *s)
{
	if (!s->number && !s->used && s->text.len >= 3 &&
	    !memcmp(s->text.data, "\xef\xbb\xbf", 3))
		s->used = 3;
	for (; s->used < s->text.len && memchr(" \t\r\n", s->text.data[s->used], 4); s->used++)
		s->number += s->text.data[s->used] == '\n';
	s->known = s->used < s->text.len;
	s->is_array = s->known && s->text.data[s->used] == '[';
	if (s->is_array)
		s->number = 0;
}

static bool is_blank(const struct line *line)
{
	size_t i;

	for (i = 0; i < line->len; i++)
		if (!strchr(" \t\r", line->text[i]) || !line->text[i])
			return false;
	return true;
}

/* 1: a line; 0: more bytes are needed; -1: this input is broken. */
static int cut(struct source *s, struct line *line, struct err *err)
{
	if (!s->known)
		know_form(s);
	if (!s->known)
		return 0;
	if (s->is_array)
		return cut_element(s, line, err);
	while (s->used < s->text.len) {
		enum cut got = cut_line(s, line);

		if (got == CUT_NEED_MORE)
			return 0;
		if (got == CUT_LINE && !is_blank(line))
			return 1;
	}
	return 0;
}

/* A store has its records ready as lines, an archive its samples. SOURCE_LATER: it has ended. */
static enum source_got poll_ready(struct source *s, struct line *line, struct err *err)
{
	const char *fault = NULL;
	int got;

	buf_shrink(&s->text, 1 << 20);
	got = s->store ? unload_next(s->store, &s->text, err) :
	      samples_next(s->samples, &s->text, &fault, err);
	if (got > 0) {
		fill_line(s, line, s->text.data, s->text.len);
		if (s->samples)
			set_length(line);
		line->fault = fault ? fault : line->fault;
		return SOURCE_LINE;
	}
	s->done += s->samples ? samples_done(s->samples) : 0;
	unload_close(s->store);
	samples_close(s->samples);
	s->store = NULL;
	s->samples = NULL;
	return got < 0 ? SOURCE_FAILED : SOURCE_LATER;
}

/*
 * A fifo opens at once, and its writer may come later: open(2) that waited for one would hold up
 * requests in flight and hear no signal. From the first byte on reads may wait again.
 */
static bool is_readable(struct source *s)
{
	int fd = ahead_fd(s->file);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (ahead_ready(s->file))
		return true;
	if (poll(&p, 1, 0) <= 0)	/* also when a signal came: a read would wait */
		return false;
	if (s->opening)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	s->opening = false;
	return true;
}

enum source_got source_poll(struct source *s, struct line *line, struct err *err)
{
	int got;

	while (1) {
		if (!s->file && !s->store && !s->samples) {
			if (s->next == s->count)
				return SOURCE_END;
			if (open_next(s, err))
				return SOURCE_FAILED;
		}
		if (!s->file) {
			enum source_got ready = poll_ready(s, line, err);

			if (ready != SOURCE_LATER)
				return ready;
			continue;
		}
		got = cut(s, line, err);
		if (got > 0)
			return SOURCE_LINE;
		if (got < 0 || s->drained) {
			close_file(s);
			if (got == 0 && !s->broken)
				continue;
			if (s->broken)
				*err = s->fault;
			return SOURCE_FAILED;
		}
		if (sig_stop() || !is_readable(s))	/* a line may have no end */
			return SOURCE_LATER;
		got = ahead_read(s->file, &s->text, &s->used, &s->fault);
		s->drained = got <= 0;
		s->broken = got < 0;
	}
}

int source_fd(const struct source *s)
{
	return s->file ? ahead_fd(s->file) : -1;
}

void source_wait(const struct source *s)
{
	struct pollfd p[2] = { { .fd = source_fd(s), .events = POLLIN },
			       { .fd = sig_fd(), .events = POLLIN } };

	poll(p, 2, -1);
}

int64_t source_expected(const struct source *s)
{
	int64_t done = s->file ? ahead_done(s->file) : 0;

	return done > 0 && s->size >= done ?
	       (int64_t)((double)s->number * (double)(s->size - done) / (double)done) : -1;
}

void source_progress(const struct source *s, int64_t *done, int64_t *total)
{
	*done = s->done + (s->file ? ahead_done(s->file) : 0) +
		(s->samples ? samples_done(s->samples) : 0);
	*total = s->total;
}
