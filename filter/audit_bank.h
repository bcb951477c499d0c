/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_bank: the questions that captions are audited with, looked up image by image. They are
 * never all in memory: JSONL goes into a private temporary SQLite file, a capqa store (told by
 * its first bytes) is used as it is. Held are the questions that are kept or have no verdict.
 *
 *	bank = audit_bank_open(&options, &err);
 *	if (audit_bank_find(bank, image_id, path, &list, &err) > 0)
 *		... list.items[0].question
 *	audit_list_release(&list);
 *	audit_bank_close(bank);
 */
#ifndef FILTER_AUDIT_BANK_H
#define FILTER_AUDIT_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "cli/opt.h"

enum audit_join {
	AUDIT_JOIN_ANY,		/* by image_id; where that finds nothing, by path */
	AUDIT_JOIN_ID,
	AUDIT_JOIN_PATH,
	AUDIT_JOIN_NAME		/* the path's last component */
};

struct audit_bank_options {
	struct opt_list questions;	/* files, or one store */
	enum audit_join join;
	struct opt_list prefixes;	/* taken off the paths of both sides */
	const char *image_field;	/* --image-field, for rows of others; or NULL */
	bool prism;			/* rows of a benchmark: schemas/layout_prism.h */
};

int audit_parse_join(const char *text, void *to, struct err *err);

enum audit_kind {
	AUDIT_CHOICE,
	AUDIT_NUMBER,		/* these two in Prism's rows alone: filter/free_answer.h */
	AUDIT_TEXT
};

struct audit_question {
	enum audit_kind kind;
	char *id, *question;
	char **options;		/* of a free answer: all right ones */
	size_t option_count;
	int answer;		/* index; of a free answer -1 */
	double blind, sight;	/* mean accuracy in the full share; -1: it has none */
};

struct audit_list {
	struct audit_question *items;
	size_t count, cap;
};

void audit_list_release(struct audit_list *list);

/* What became of the question records that were read; of a store only `held`. */
struct audit_bank_counts {
	int64_t held, dropped, unusable, again;	/* again: an id that was there before */
	int64_t unreadable;			/* right answers that cannot be read: excluded */
	char first[512];			/* why the first one was unusable, or excluded */
	char layout[200];			/* how the first row of others is read, or "" */
};

struct audit_bank;

/* 66, 65 (no usable question, or a store that is none), 74 (temporary file), 2. */
struct audit_bank *audit_bank_open(const struct audit_bank_options *o, struct err *err);
void audit_bank_close(struct audit_bank *b);

const struct audit_bank_counts *audit_bank_counts(const struct audit_bank *b);
/* Any image that a question is about, in words: for a message. Yours to free. */
char *audit_bank_example(struct audit_bank *b);

/* image_id, path: either may be NULL. 1: list is filled; 0: no question; -1: err. */
int audit_bank_find(struct audit_bank *b, const char *image_id, const char *path,
		    struct audit_list *list, struct err *err);

#endif
