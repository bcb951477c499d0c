/* SPDX-License-Identifier: Apache-2.0
 *
 * lvlm_in: what the two halves of lvlm share: asking (lvlm.c) and what comes back
 * (lvlm_back.c). Nobody else includes it.
 */
#ifndef CURATE_LVLM_IN_H
#define CURATE_LVLM_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "curate/batch.h"
#include "curate/calls.h"
#include "curate/estimate.h"
#include "curate/lvlm.h"
#include "curate/picture.h"
#include "curate/pool.h"
#include "curate/roster.h"
#include "curate/transfer.h"
#include "schemas/hash.h"
#include "store/answers.h"

struct lvlm {
	struct lvlm_options o;
	struct roster roster;
	struct pool pool;
	struct answers *ledger;
	struct pictures *pictures;
	CURLM *multi;
	struct transfer **idle;		/* not in use, `idle_count` of them */
	struct transfer **all;
	size_t idle_count, all_count, most_transfers;
	struct calls calls;
	size_t flying;
	bool proven;			/* an answer came: model, key and url are right */
	int unproven_rejects;
	bool waiting;			/* it was said that no server is up */
	bool said_thought;		/* ... that answers stand where none belongs */
	int64_t stopping_since_ms;
	bool fatal, told;		/* told: lvlm_wait has said so */
	struct err fault;
	struct draw jitter;		/* for waiting times only */
	bool spent;			/* the budget */
	struct estimate estimate;	/* --dry-run */
	struct batch *batch;		/* --batch-out */
	const char *when;
	int64_t said_ms;		/* when the servers were last told of, with -v */
	int64_t asked, from_ledger, shared, retries, tokens, prompt_tokens;
};

/* With -v: each server's counts, every half minute and at the end. */
void lvlm_say_servers(struct lvlm *l, bool last);
/* The transfer has ended: its call gets an answer, another try, or up. */
void lvlm_back(struct lvlm *l, struct transfer *t, CURLcode code);

/* --batch-out (lvlm_batch.c): wrong options are 2; without the option opening does nothing. */
int lvlm_batch_options(const struct lvlm_options *o, struct err *err);
int lvlm_batch_open(struct lvlm *l, struct err *err);
/* The request goes into the batch, its asker gets a FAILED that says so. */
void lvlm_batch_add(struct lvlm *l, const struct chat_request *q, const unsigned char key[16],
		    const char *path, void *about);
/* A run that was stopped has not seen all its input: its batch stays partial. */
void lvlm_batch_end(struct lvlm *l);

#endif
