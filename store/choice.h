/* SPDX-License-Identifier: Apache-2.0
 *
 * choice: which records of the store an export holds, and in which order. The choices apply
 * in this order, each to what the one before left:
 *
 *	where		an SQL condition over the columns of the kind's view
 *	per_image	the N strongest of each image
 *	sample		N by hash of seed and id: a share that grows without changing
 *	target		the K strongest of all
 *	splits		by hash of seed and image key, so one image is in one split only
 *	balance		a place for each question's right option: every letter as often as the
 *			others (by one more or less), by hash of seed and id
 *
 * Strongest: for questions the lower Wilson bound of the sighted accuracy less the upper one
 * of the blind accuracy (counts pooled over models; what was never asked comes last); for
 * captions and scores the lower bound of the reward. Ties go by id.
 *
 * Order: split, image key (image_id, else path), a question's place in its reply, id: the
 * same whatever the order of ingest was. The result is the temporary table
 * picked (n, record, split, odd, image_id, path), odd where one of the columns asked for has a
 * value, the image's names where they are asked for; and placed (record, place) where `balance`
 * asks for it.
 */
#ifndef STORE_CHOICE_H
#define STORE_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "schemas/record.h"
#include "store/db.h"

#define CHOICE_SPLITS_MAX 16
#define CHOICE_NAME_MAX 64

/*
 * What the row of a question r goes by as caprl: the image's id; where no bytes were read, the id
 * of the CapRL-QA row it came with (32 hex digits, a JSON string), so that a set that was read and
 * written again is the same; else the path.
 */
#define CHOICE_ROW_KEY "coalesce(i.image_id, CASE WHEN length(r.source_id) = 34 AND " \
	"r.source_id GLOB '\"*\"' AND substr(r.source_id, 2, 32) NOT GLOB '*[^0-9a-f]*' " \
	"THEN substr(r.source_id, 2, 32) END, p.path)"

struct choice_split {
	char name[CHOICE_NAME_MAX];
	double share;
};

struct choice {
	const char *where;	/* or NULL */
	int64_t per_image, sample, target;	/* 0: all */
	int64_t seed;
	bool balance;
	bool by_sample_key;	/* webdataset: the key, or its hash where it is no 32 hex digits */
	bool by_row_id;		/* caprl: likewise, of CHOICE_ROW_KEY; questions only */
	struct choice_split splits[CHOICE_SPLITS_MAX];
	int split_count;	/* at least 1: the only one has all */
};

/* A split's name stands in file names, globs and YAML: letters, digits and _. */
bool choice_name_ok(const char *name);

/* "train=0.98,test=0.02": the shares add up to 1. */
int choice_parse_splits(struct choice *c, const char *text, struct err *err);

/*
 * c must live as long as db. Fills the tables (see above) and *found: how many records are picked.
 * odd: columns of the kind's table (paths p, scores s, else r). named: with the images' names. Inside
 * a transaction; -1 and err, of kind EXIT_USAGE where `where` is wrong.
 */
int choice_make(const struct choice *c, struct db *db, enum rec_kind kind, const char *odd,
		bool named, int64_t *found, struct err *err);

/* The columns a condition may name, "question_id, image_id, ..."; for help and errors. */
const char *choice_columns(enum rec_kind kind);

#endif
