/* SPDX-License-Identifier: Apache-2.0
 *
 * record: one line of JSONL, as what it is: an image, a reply, a question... The line's
 * bytes are kept; members are decoded only when asked for. What the record's kind knows is
 * written back in one canonical order and form, everything else with its source bytes,
 * behind the known ones, in source order.
 *
 * The members of each kind are listed in record.c, in canonical order; the schema
 * files beside it say what they mean. `source` and unknown members go from a parent to its children.
 *
 *	struct rec *r = rec_parse(REC_IMAGE, line, len, &err);
 *	const char *path = rec_text(r, "image");
 *	struct rec *reply = rec_child(r, REC_REPLY);
 *	rec_set_text(reply, "reply", content);
 *	rec_write(reply, &out);		one line, newline included
 *	rec_free(reply);
 */
#ifndef SCHEMAS_RECORD_H
#define SCHEMAS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "cli/msg.h"

struct buf;
struct hash;

enum rec_kind {
	REC_IMAGE, REC_REPLY, REC_QUESTION, REC_CAPTION, REC_SCORE, REC_REJECT, REC_RUN,
	REC_KINDS	/* how many there are */
};

struct rec;

struct rec *rec_new(enum rec_kind kind);

/* Copies the line. NULL if it is no JSON object as span.h accepts it; err says why. */
struct rec *rec_parse(enum rec_kind kind, const char *line, size_t len, struct err *err);
/* The same of a line that rec_is_canonical was true of: it is not checked again. */
struct rec *rec_parse_canonical(enum rec_kind kind, const char *line, size_t len);
struct rec *rec_child(const struct rec *parent, enum rec_kind kind);
void rec_free(struct rec *r);

/* It will be looked at soon, by a thread that did not make it. NULL: nothing. */
void rec_prefetch(const struct rec *r);
size_t rec_weight(const struct rec *r);		/* bytes of memory it takes, about */

/* For a line whose kind shows only once it is parsed (ingest): other members become known. */
void rec_become(struct rec *r, enum rec_kind kind);

enum rec_kind rec_kind(const struct rec *r);
const char *rec_kind_name(enum rec_kind kind);		/* "image", ... */
int rec_kind_parse(const char *name, enum rec_kind *kind);
/* The members a kind knows, in canonical order, NULL-terminated. */
const char *const *rec_members(enum rec_kind kind);

bool rec_has(const struct rec *r, const char *key);	/* there, and not null */

/* NULL: absent, null or no string. Borrowed until the member is set again. */
const char *rec_text(struct rec *r, const char *key);

/* What rec_text made of it, if it was asked; else NULL. It holds no NUL. */
const char *rec_decoded(const struct rec *r, const char *key, size_t *len);

/* 0 and *out; 1 absent or null; -1 not written as an integer that fits. */
int rec_int(const struct rec *r, const char *key, int64_t *out);

/* The parsed value; NULL: absent. Borrowed until the member is set again. */
const cJSON *rec_json(struct rec *r, const char *key);

/* The member's source text as [*value, *value + *len); false: absent. */
bool rec_raw(const struct rec *r, const char *key, const char **value, size_t *len);

void rec_set_text(struct rec *r, const char *key, const char *text);	/* NULL: null */
void rec_set_int(struct rec *r, const char *key, int64_t value);
void rec_set_json(struct rec *r, const char *key, const cJSON *value);
/* json is one valid JSON value; of a member that is known, in canonical form. */
void rec_set_raw(struct rec *r, const char *key, const char *json, size_t len);
void rec_drop(struct rec *r, const char *key);

void rec_write(const struct rec *r, struct buf *out);
/* As it was parsed, and rec_write would write just that line. */
bool rec_is_canonical(const struct rec *r);
/* As it was parsed, and no text in it holds an escape. */
bool rec_is_literal(const struct rec *r);
/* Only what the kind does not know, as the inside of an object: `"a":1,"b":[2]`. */
void rec_write_rest(const struct rec *r, struct buf *out);

/* Adds kind and members as they stand there: what has the same hash says the same. Where
 * rec_identify made the id, it stands for the caption's text. */
void rec_hash(const struct rec *r, struct hash *h);

/* image_id, else the path, else NULL: what ids, slices and joins go by. */
const char *rec_image_key(struct rec *r);

/* The id of a question as written: image key + question + options in order + answer. */
void rec_question_id(const char *image_key, const char *question, const char *const *options,
		     size_t count, const char *answer, char out[33]);

/* Gives a caption its caption_id: the hash of image key + caption + model, as they stand there. */
void rec_identify(struct rec *r);

/*
 * The parts of a question that every judge needs, checked: 2 to 25 options, none empty, an
 * answer among them. `options` and their texts are one allocation (free(q.options)); the other
 * texts are borrowed from r.
 */
struct rec_question {
	const char *id, *image_key, *question;
	const char **options;
	size_t option_count;
	int answer;	/* index */
};

int rec_question(struct rec *r, struct rec_question *q, struct err *err);

#endif
