/* SPDX-License-Identifier: Apache-2.0
 *
 * See samples.h. A sample ends where a member of another key comes, so that member waits for the
 * next call. Its texts are read when it is its turn: libarchive goes forward only.
 */
#include "store/samples.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "schemas/fold.h"
#include "schemas/list.h"
#include "schemas/span.h"
#include "store/archive.h"
#include "store/source.h"

#define STEP 65536

enum part { PART_NONE, PART_IMAGE, PART_JSON, PART_TEXT };

struct samples {
	char *path;
	struct arc *arc;
	struct buf key, image, json, text;	/* of the sample under way */
	bool has_json, has_text;
	struct buf fault;		/* empty: none */
	enum arc_got got;		/* of the member that waits */
	struct arc_member member;
	bool waits;
	int64_t count;
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !strcasecmp(name + n - s, suffix);
}

/* Also by that of a first part: x.tar.gz.part_000. */
static bool is_packed_by_name(const char *path)
{
	return strcasestr(path, ".tar.") || ends_in(path, ".tgz") || ends_in(path, ".tzst");
}

bool samples_is_archive(const char *path)
{
	unsigned char head[512] = { 0 };
	bool packed, could_be = false;
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	if (fd >= 0)
		close(fd);
	packed = n > 3 && (!memcmp(head, "\x28\xb5\x2f\xfd", 4) || !memcmp(head, "\x1f\x8b", 2));
	if (n > 0)
		could_be = packed ? is_packed_by_name(path) : arc_could_be(head, (size_t)n);
	return could_be && arc_is_archive(path);
}

struct samples *samples_open(const char *path, struct err *err)
{
	struct arc *arc = arc_open(path, err);
	struct samples *s;

	if (!arc)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->arc = arc;
	s->path = xstrdup(path);
	buf_init(&s->key, BUF_NO_MAX);
	buf_init(&s->image, BUF_NO_MAX);
	buf_init(&s->json, SOURCE_LINE_MAX);
	buf_init(&s->text, SOURCE_LINE_MAX);
	buf_init(&s->fault, BUF_NO_MAX);
	return s;
}

void samples_close(struct samples *s)
{
	if (!s)
		return;
	arc_close(s->arc);
	buf_release(&s->key);
	buf_release(&s->image);
	buf_release(&s->json);
	buf_release(&s->text);
	buf_release(&s->fault);
	free(s->path);
	free(s);
}

int64_t samples_done(const struct samples *s)
{
	return arc_done(s->arc);
}

/* What a member is by its name, and how much of the name is the key. */
static enum part part_of(const char *name, size_t *key_len)
{
	static const char *const images[] = { "jpg", "jpeg", "png", "webp", "gif", "bmp" };
	const char *slash = strrchr(name, '/'), *dot = strchr(slash ? slash : name, '.');
	size_t i;

	if (!dot)
		return PART_NONE;
	*key_len = (size_t)(dot - name);
	if (!strcasecmp(dot + 1, "json"))
		return PART_JSON;
	if (!strcasecmp(dot + 1, "txt"))
		return PART_TEXT;
	for (i = 0; i < sizeof(images) / sizeof(*images); i++)
		if (!strcasecmp(dot + 1, images[i]))
			return PART_IMAGE;
	return PART_NONE;
}

/* The first of them is told. */
static void set_fault(struct samples *s, const char *why)
{
	if (!s->fault.len)
		buf_printf(&s->fault, "%s: %s", s->member.name ? s->member.name : "a member", why);
}

/* All of the member that waits. */
static void read_text(struct samples *s, struct buf *to)
{
	int more = 1;

	buf_clear(to);
	while (!to->full && (more = arc_read(s->arc, to, STEP, &s->member)) > 0)
		;
	if (to->full)
		set_fault(s, "longer than 16 MB");
	else if (more < 0)
		set_fault(s, s->member.why.text);
	else if (!fold_is_utf8(to->data, to->len))
		set_fault(s, "no UTF-8 text");
}

/* The member that waits goes into the sample under way. */
static void take_member(struct samples *s, enum part part)
{
	if (s->got == ARC_REFUSED) {
		set_fault(s, s->member.why.text);
	} else if (part == PART_JSON) {
		s->has_json = true;
		read_text(s, &s->json);
	} else if (part == PART_TEXT) {
		s->has_text = true;
		read_text(s, &s->text);
	} else if (!s->image.len) {
		buf_printf(&s->image, "%s::%s", s->path, s->member.name);
	}
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Editors leave a line end behind a text. */
static void trim(struct buf *text)
{
	size_t n = 0;

	while (n < text->len && is_space(text->data[n]))
		n++;
	buf_eat(text, n);
	while (text->len && is_space(text->data[text->len - 1]))
		text->data[--text->len] = '\0';
}

static void add_member(struct buf *line, const char *name, const struct buf *text)
{
	buf_printf(line, "%s\"%s\":", line->len && line->data[line->len - 1] != '{' ? "," : "", name);
	span_quote(line, text->data, text->len);
}

static bool says(const struct span_member *m, const struct buf *text)
{
	struct buf plain;
	bool same;

	if (m->value[0] != '"')
		return false;
	buf_init(&plain, BUF_NO_MAX);
	span_unquote(&plain, m->value, m->value_len);
	trim(&plain);
	same = plain.len == text->len && !memcmp(plain.data, text->data, text->len);
	buf_release(&plain);
	return same;
}

/* Under which name KEY.txt goes into the line; NULL: it says what is there already. */
static const char *name_of_text(struct samples *s, const struct span_members *members)
{
	const struct span_member *caption = list_member(members, "caption"),
				 *text = list_member(members, "text");

	if (!caption)
		return "caption";
	if (says(caption, &s->text) || (text && says(text, &s->text)))
		return NULL;
	if (!text)
		return "text";
	buf_printf(&s->fault, "%s.txt says other than %s.json", s->key.data, s->key.data);
	return NULL;
}

/* The object's members, and what the sample says besides. */
static void write_object(struct samples *s, const struct span_members *members,
			 const char *text_name, struct buf *line)
{
	size_t i;

	buf_addc(line, '{');
	for (i = 0; i < members->count; i++) {
		buf_adds(line, i ? ",\"" : "\"");
		buf_add(line, members->items[i].key, members->items[i].key_len);
		buf_adds(line, "\":");
		span_canon(line, members->items[i].value, members->items[i].value_len);
	}
	if (s->image.len && !list_member(members, "image"))
		add_member(line, "image", &s->image);
	if (text_name)
		add_member(line, text_name, &s->text);
	buf_addc(line, '}');
}

static void write_sample(struct samples *s, struct buf *line)
{
	struct span_members members = { 0 };
	const char *text_name = NULL;
	struct err why;

	if (s->has_json && !s->fault.len && span_object(s->json.data, s->json.len, &members, &why))
		buf_printf(&s->fault, "%s.json: %s", s->key.data, why.text);
	trim(&s->text);
	if (s->has_text && !s->fault.len)
		text_name = name_of_text(s, &members);
	if (!s->fault.len)
		write_object(s, &members, text_name, line);
	span_members_release(&members);
}

static void start_sample(struct samples *s, const char *name, size_t key_len)
{
	buf_clear(&s->key);
	buf_add(&s->key, name, key_len);
	buf_clear(&s->image);
	buf_clear(&s->text);
	buf_clear(&s->json);
	s->has_json = s->has_text = false;
	s->count++;
}

static bool is_of_sample(const struct samples *s, const char *name, size_t key_len)
{
	return key_len == s->key.len && !memcmp(name, s->key.data, key_len);
}

static int end_of_archive(struct samples *s, struct err *err)
{
	if (s->got == ARC_LOST)
		return err_set(err, EXIT_DATA, "%s", s->member.why.text);
	if (!s->count)
		return err_set(err, EXIT_DATA, "'%s' is an archive without samples: no KEY.jpg, "
			       "KEY.json, KEY.txt", s->path);
	return 0;
}

/* A member that could be of any sample is one by itself. */
static int refuse_nameless(struct samples *s, const char **fault)
{
	s->count++;
	s->waits = false;
	set_fault(s, s->member.why.text);
	*fault = s->fault.data;
	return 1;
}

int samples_next(struct samples *s, struct buf *line, const char **fault, struct err *err)
{
	bool begun = false;
	enum part part;
	size_t key_len = 0;

	buf_clear(&s->fault);
	for (;; s->waits = false) {
		if (sig_stop())		/* members that are none of these may go on for long */
			return 0;
		if (!s->waits)
			s->got = arc_next(s->arc, &s->member);
		s->waits = true;
		if (s->got == ARC_END || s->got == ARC_LOST)
			break;
		if (s->got == ARC_REFUSED && !s->member.name) {
			if (!begun)
				return refuse_nameless(s, fault);
			break;
		}
		part = s->member.name ? part_of(s->member.name, &key_len) : PART_NONE;
		if (part == PART_NONE)
			continue;
		if (begun && !is_of_sample(s, s->member.name, key_len))
			break;
		if (!begun)
			start_sample(s, s->member.name, key_len);
		begun = true;
		take_member(s, part);
	}
	if (!begun)
		return end_of_archive(s, err);
	write_sample(s, line);
	*fault = s->fault.len ? s->fault.data : NULL;
	return 1;
}
