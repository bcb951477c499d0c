/* SPDX-License-Identifier: Apache-2.0
 *
 * answers: the ledger's table. Every answer a model gave, under the key of its logical
 * request (schemas/chat), so that any rerun is free. Rows are only ever appended; the newest
 * of a key counts. Content is kept as the model wrote it, compressed where that pays.
 *
 * Answers gather in memory and go down in one short transaction, never held across a wait,
 * so two processes can share a ledger. answers_commit must have succeeded before a record
 * that holds the answers leaves the process. On a network file system, which has no memory to
 * share between machines, the first process has the ledger alone.
 *
 *	struct answers *ledger = answers_open("capqa-ledger.db", &err);
 *	if (answers_find(ledger, key, &answer, &err) == 0) ... ask, then
 *	answers_put(ledger, key, &answer);
 *	answers_commit(ledger, &err);
 *	answers_close(ledger, &err);
 */
#ifndef STORE_ANSWERS_H
#define STORE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

#define ANSWERS_GROUP 256	/* answers in one transaction, at most */
#define ANSWERS_GROUP_MS 100	/* and how long the first of them waits */

struct answer {
	char *content;		/* NUL-terminated */
	char *finish_reason, *model, *fingerprint;	/* NULL: not said */
	int64_t prompt_tokens, completion_tokens;	/* -1: not said */
	int64_t latency_ms;
	int64_t asked_at;	/* seconds since 1970; 0 when put: now */
};

void answer_release(struct answer *a);

struct answers;

/* Creates the file where it is missing; "" is one that is gone when closed. NULL: 74 cannot be opened, 65 something else's file. */
struct answers *answers_open(const char *path, struct err *err);
/* For those who work on all rows at once (ledger_merge, ledger_prune; commit first), and for
 * store/listing, whose table lies in the same file. */
struct sqlite3;
struct sqlite3 *answers_db(struct answers *a);
/* Does this SQLite file say that it is a ledger? -1: 65 no, or a newer one's; 74 unreadable. An
 * older one lacks a table, which answers_open makes. */
enum { ANSWERS_OURS, ANSWERS_OLDER, ANSWERS_EMPTY };
int answers_check(struct sqlite3 *db, const char *path, struct err *err);
/* Says what SQLite complained of: 65 damaged or no SQLite file, else 74. Returns -1. */
int answers_fault(struct sqlite3 *db, const char *path, struct err *err, const char *doing);
/* A row of `SELECT ANSWERS_COLUMNS` as an answer, yours to release. -1: 65, it is damaged. */
#define ANSWERS_COLUMNS "content, coding, finish_reason, model, fingerprint, prompt_tokens, " \
	"completion_tokens, latency_ms, asked_at"
struct sqlite3_stmt;
int answers_row(struct sqlite3_stmt *row, const char *path, struct answer *out, struct err *err);
/* Commits and frees, whatever it returns. answers_close(NULL) is fine. */
int answers_close(struct answers *a, struct err *err);

/* 1: found, *out is yours to release; 0: not there; -1: err. */
int answers_find(struct answers *a, const unsigned char key[16], struct answer *out,
		 struct err *err);
void answers_put(struct answers *a, const unsigned char key[16], const struct answer *answer);

/* How long the group may still gather: 0 when it is due, -1 when there is nothing in it. */
int answers_due_ms(const struct answers *a);
int answers_commit(struct answers *a, struct err *err);

/* What scan learned about a file, so that a second scan need not read it again. */
struct seen_image {
	char image_id[33];
	char mime[16];
	int64_t width, height, orientation;
};

int answers_find_image(struct answers *a, const char *path, int64_t size, int64_t mtime_ns,
		       struct seen_image *out, struct err *err);	/* as answers_find */
void answers_put_image(struct answers *a, const char *path, int64_t size, int64_t mtime_ns,
		       const struct seen_image *image);

#endif
