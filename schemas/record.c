/* SPDX-License-Identifier: Apache-2.0
 *
 * See record.h and record_in.h. Records are small (tens of members), so lookups are linear.
 */
#include "schemas/record_in.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"

/*
 * cJSON answers a lack of memory as it answers bad JSON, and a record must not be rejected for
 * that. Its memory is ours, which ends the program (found by tests/inject: 20 calls).
 */
static __attribute__((constructor)) void give_cjson_our_memory(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){ xmalloc, free });
}

#define IMAGE_MEMBERS "image_id", "image", "mime", "width", "height", "bytes", \
	"orientation", "offset", "size", "same_as"
#define CAPTION_MEMBERS "caption_id", "image_id", "image", "caption", "model", "prompt_id"
#define PARENT_MEMBERS "source", "source_id"

static const char *const image_members[] = { IMAGE_MEMBERS, PARENT_MEMBERS, NULL };
static const char *const reply_members[] = {
	IMAGE_MEMBERS, "reply", "model", "finish_reason", "prompt_id", "usage", "call",
	PARENT_MEMBERS, NULL
};
static const char *const question_members[] = {
	"question_id", "image_id", "image", "question", "options", "answer", "flags", "from",
	"blind", "sight", "control", "verdict", "reason", "rule", "duplicate_of",
	PARENT_MEMBERS, NULL
};
static const char *const caption_members[] = {
	CAPTION_MEMBERS, "flags", PARENT_MEMBERS, NULL
};
static const char *const score_members[] = {
	CAPTION_MEMBERS, "judge", "questions", "asked", "valid", "correct", "omitted",
	"contradicted", "unparsed", "refused", "failed", "reward", "lower", "upper", "flags",
	"answers", PARENT_MEMBERS, NULL
};
static const char *const reject_members[] = {
	"stage", "class", "message", "image_id", "question_id", "file", "line", "span", NULL
};
static const char *const run_members[] = {
	"stage", "version", "models", "prompt_ids", "options", "calls", "from_ledger", "tokens",
	"seconds", "endpoints", "counts", NULL
};

static const struct {
	const char *name;
	const char *const *members;
} kinds[REC_KINDS] = {
	[REC_IMAGE] = { "image", image_members },
	[REC_REPLY] = { "reply", reply_members },
	[REC_QUESTION] = { "question", question_members },
	[REC_CAPTION] = { "caption", caption_members },
	[REC_SCORE] = { "score", score_members },
	[REC_REJECT] = { "reject", reject_members },
	[REC_RUN] = { "run", run_members },
};

#define MORE_MEMBERS 4	/* room for as many that a stage adds */
#define MORE_TEXT 128	/* ... and for their texts: ids, mostly */

static int known_at(enum rec_kind kind, const char *key, size_t len)
{
	const char *const *names = kinds[kind].members;
	int i;

	for (i = 0; names[i]; i++)
		if (names[i][0] == key[0] && strlen(names[i]) == len && !memcmp(names[i], key, len))
			return i;
	return -1;
}

enum rec_kind rec_kind(const struct rec *r)
{
	return r->kind;
}

const char *rec_kind_name(enum rec_kind kind)
{
	return kinds[kind].name;
}

int rec_kind_parse(const char *name, enum rec_kind *kind)
{
	int i;

	for (i = 0; i < REC_KINDS; i++) {
		if (!strcmp(name, kinds[i].name)) {
			*kind = (enum rec_kind)i;
			return 0;
		}
	}
	return -1;
}

const char *const *rec_members(enum rec_kind kind)
{
	return kinds[kind].members;
}

/* room: bytes behind the table. */
static struct rec *new_rec(enum rec_kind kind, size_t members, size_t room)
{
	struct rec *r = xmalloc(sizeof(*r) + members * sizeof(*r->members) + room);

	*r = (struct rec){ .kind = kind, .cap = members };
	r->members = r->inside;
	r->room = (char *)(r->inside + members);
	r->end = r->room + room;
	return r;
}

struct rec *rec_new(enum rec_kind kind)
{
	return new_rec(kind, MORE_MEMBERS, MORE_TEXT);
}

static char *take_room(struct rec *r, size_t len)
{
	char *text = r->room;

	if (len > (size_t)(r->end - r->room))
		return xmalloc(len);
	r->room += len;
	return text;
}

/* Room that was taken is not given out again. */
static void give_back(const struct rec *r, char *text)
{
	if ((uintptr_t)text < (uintptr_t)r || (uintptr_t)text >= (uintptr_t)r->end)
		free(text);
}

static void forget_value(const struct rec *r, struct member *m)
{
	give_back(r, m->owned);
	give_back(r, m->text);
	cJSON_Delete(m->json);
	m->owned = m->text = NULL;
	m->json = NULL;
}

void rec_free(struct rec *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->count; i++) {
		forget_value(r, &r->members[i]);
		free(r->members[i].name);
	}
	if (r->members != r->inside)
		free(r->members);
	free(r);
}

#define CACHE_LINE 64
#define WANTED 8	/* cache lines: the table's first six members */

void rec_prefetch(const struct rec *r)
{
	uintptr_t at = (uintptr_t)r;	/* no pointer: it may lead past a small record, or be NULL */
	int i;

	for (i = 0; i < WANTED; i++)
		__builtin_prefetch((const void *)(at + (uintptr_t)i * CACHE_LINE));
}

/* Every value may stand there twice: in the line, and decoded. */
size_t rec_weight(const struct rec *r)
{
	size_t sum = sizeof(*r) + r->cap * sizeof(*r->members), i;

	for (i = 0; i < r->count; i++)
		sum += r->members[i].key_len + 2 * r->members[i].value_len;
	return sum;
}

static void grow(struct rec *r)
{
	struct member *more = NULL;

	if (r->count < r->cap)
		return;
	if (r->members != r->inside)
		more = r->members;
	more = xgrow(more, &r->cap, r->count, sizeof(*more));
	if (r->members == r->inside)
		memcpy(more, r->inside, r->count * sizeof(*more));
	r->members = more;
}

static struct member *add_member(struct rec *r)
{
	grow(r);
	memset(&r->members[r->count], 0, sizeof(*r->members));
	return &r->members[r->count++];
}

static unsigned letter_of(const char *key)
{
	return 1u << (key[0] & 31);
}

/* A known key is known however it is escaped; then it goes by its plain name, the table's own. */
static void know_member(struct rec *r, struct member *m)
{
	struct buf plain;

	m->known = known_at(r->kind, m->key, m->key_len);
	if (m->known < 0 && memchr(m->key, '\\', m->key_len)) {
		buf_init(&plain, BUF_NO_MAX);
		span_unquote(&plain, m->key - 1, m->key_len + 2);
		m->known = known_at(r->kind, plain.data, plain.len);
		m->key_len = m->known < 0 ? m->key_len : plain.len;
		buf_release(&plain);
	}
	if (m->known >= 0)
		m->key = kinds[r->kind].members[m->known];
	r->letters |= letter_of(m->key);
}

/* Of a line that was read: `found` points into it, the record's members into a copy. */
static struct rec *make(enum rec_kind kind, const char *line, size_t len,
			const struct span_members *found)
{
	struct rec *r = new_rec(kind, found->count + MORE_MEMBERS, 2 * (len + 1) + MORE_TEXT);
	char *copy = take_room(r, len + 1);
	const struct span_member *from;
	struct member *m;
	size_t i;

	memcpy(copy, line, len);
	copy[len] = '\0';
	r->tight = found->tight;
	for (i = 0; i < found->count; i++) {
		from = &found->items[i];
		m = add_member(r);
		m->key = copy + (from->key - line);
		m->key_len = from->key_len;
		m->value = copy + (from->value - line);
		m->value_len = from->value_len;
		know_member(r, m);
	}
	return r;
}

struct rec *rec_parse(enum rec_kind kind, const char *line, size_t len, struct err *err)
{
	struct span_members found = { 0 };
	struct rec *r = span_object(line, len, &found, err) ? NULL : make(kind, line, len, &found);

	span_members_release(&found);
	return r;
}

struct rec *rec_parse_canonical(enum rec_kind kind, const char *line, size_t len)
{
	struct span_members found = { 0 };
	struct rec *r;

	span_members_of(line, len, &found);
	found.tight = true;
	r = make(kind, line, len, &found);
	span_members_release(&found);
	return r;
}

void rec_become(struct rec *r, enum rec_kind kind)
{
	size_t i;

	if (r->kind == kind)
		return;
	r->kind = kind;
	for (i = 0; i < r->count; i++)
		know_member(r, &r->members[i]);
}

static inline bool is_named(const struct member *m, const char *key)
{
	size_t i;

	for (i = 0; i < m->key_len && m->key[i] == key[i]; i++)
		;
	return i == m->key_len && !key[i];
}

/*
 * Asked a hundred times of a record of somebody else, mostly in vain: then its letter tells. Names
 * are literals, and where they stand in the table, too, the linker makes one address of them.
 */
static struct member *find(const struct rec *r, const char *key)
{
	struct member *m;
	size_t i;

	if (!(r->letters & letter_of(key)))
		return NULL;
	for (i = 0; i < r->count; i++)
		if (r->members[i].key == key)
			return &r->members[i];
	for (i = 0; i < r->count; i++) {
		m = &r->members[i];
		if (is_named(m, key))
			return m;
	}
	return NULL;
}

static bool is_null(const struct member *m)
{
	return m->value_len == 4 && m->value[0] == 'n';
}

bool rec_has(const struct rec *r, const char *key)
{
	const struct member *m = find(r, key);

	return m && !is_null(m);
}

const char *rec_text(struct rec *r, const char *key)
{
	struct member *m = find(r, key);

	if (!m || m->value[0] != '"')
		return NULL;
	if (!m->text) {
		m->text = take_room(r, m->value_len);
		m->text_len = span_unquote_to(m->text, m->value, m->value_len);
	}
	return m->text;
}

const char *rec_decoded(const struct rec *r, const char *key, size_t *len)
{
	const struct member *m = find(r, key);

	if (!m || !m->text)
		return NULL;
	*len = m->text_len;
	return m->text;
}

int rec_int(const struct rec *r, const char *key, int64_t *out)
{
	const struct member *m = find(r, key);
	char text[24], *end;
	long long n;

	if (!m || is_null(m))
		return 1;
	if (m->value_len >= sizeof(text))
		return -1;
	memcpy(text, m->value, m->value_len);
	text[m->value_len] = '\0';
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || *end)
		return -1;
	*out = n;
	return 0;
}

const cJSON *rec_json(struct rec *r, const char *key)
{
	struct member *m = find(r, key);

	if (!m)
		return NULL;
	if (!m->json)
		m->json = cJSON_ParseWithLength(m->value, m->value_len);
	return m->json;
}

bool rec_raw(const struct rec *r, const char *key, const char **value, size_t *len)
{
	const struct member *m = find(r, key);

	if (!m)
		return false;
	*value = m->value;
	*len = m->value_len;
	return true;
}

/* A known member goes by its name in the table, any other by a copy of its own. */
static struct member *new_member(struct rec *r, const char *key)
{
	struct member *m = add_member(r);
	struct buf quoted;

	m->known = known_at(r->kind, key, strlen(key));
	if (m->known >= 0) {
		m->key = kinds[r->kind].members[m->known];
		m->key_len = strlen(key);
		r->letters |= letter_of(m->key);
		return m;
	}
	buf_init(&quoted, BUF_NO_MAX);
	span_quote(&quoted, key, strlen(key));
	m->key_len = quoted.len - 2;
	m->name = buf_take(&quoted);
	m->key = m->name + 1;
	r->letters |= letter_of(m->key);
	return m;
}

/* The member's new value, in memory from take_room. What it was made of may be the old one. */
static void set_value(struct rec *r, const char *key, char *value, size_t len)
{
	struct member *m = find(r, key);

	r->changed = true;
	r->identified = false;
	if (m)
		forget_value(r, m);
	else
		m = new_member(r, key);
	value[len] = '\0';
	m->value = m->owned = value;
	m->value_len = len;
}

void rec_set_raw(struct rec *r, const char *key, const char *json, size_t len)
{
	char *value = take_room(r, len + 1);

	memcpy(value, json, len);
	set_value(r, key, value, len);
}

static void set_odd_text(struct rec *r, const char *key, const char *text, size_t len)
{
	struct buf quoted;

	buf_init(&quoted, BUF_NO_MAX);
	span_quote(&quoted, text, len);
	rec_set_raw(r, key, quoted.data, quoted.len);
	buf_release(&quoted);
}

void rec_set_text(struct rec *r, const char *key, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	char *value;

	if (!text) {
		rec_set_raw(r, key, "null", 4);
		return;
	}
	if (!span_is_plain(text, len)) {
		set_odd_text(r, key, text, len);
		return;
	}
	value = take_room(r, len + 3);
	value[0] = value[len + 1] = '"';
	memcpy(value + 1, text, len);
	set_value(r, key, value, len + 2);
}

void rec_set_int(struct rec *r, const char *key, int64_t value)
{
	struct buf number;

	buf_init(&number, 32);
	buf_printf(&number, "%lld", (long long)value);
	rec_set_raw(r, key, number.data, number.len);
	buf_release(&number);
}

void rec_set_json(struct rec *r, const char *key, const cJSON *value)
{
	char *text = cJSON_PrintUnformatted(value);

	if (!text)
		out_of_memory();
	rec_set_raw(r, key, text, strlen(text));
	cJSON_free(text);
}

void rec_drop(struct rec *r, const char *key)
{
	struct member *m = find(r, key);
	size_t at;

	if (!m)
		return;
	r->changed = true;
	r->identified = false;
	forget_value(r, m);
	free(m->name);
	at = (size_t)(m - r->members);
	memmove(m, m + 1, (r->count - at - 1) * sizeof(*m));
	r->count--;
}

struct rec *rec_child(const struct rec *parent, enum rec_kind kind)
{
	struct buf line;
	struct rec *child;
	const struct member *m;
	size_t i;

	buf_init(&line, BUF_NO_MAX);
	buf_addc(&line, '{');
	for (i = 0; i < parent->count; i++) {
		m = &parent->members[i];
		if (m->known >= 0 && known_at(kind, m->key, m->key_len) < 0)
			continue;
		if (line.len > 1)
			buf_addc(&line, ',');
		buf_addc(&line, '"');
		buf_add(&line, m->key, m->key_len);
		buf_add(&line, "\":", 2);
		buf_add(&line, m->value, m->value_len);
	}
	buf_addc(&line, '}');
	child = rec_parse(kind, line.data, line.len, NULL);
	buf_release(&line);
	return child;
}
