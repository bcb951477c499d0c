/* SPDX-License-Identifier: Apache-2.0
 *
 * tally: what one model answered to one question, trial by trial, and the counts of it.
 *
 * asked = valid + unparsed + refused + failed; valid = correct + wrong + abstained. The
 * denominator of every accuracy is `valid`: a trial that gave no readable answer is counted
 * apart and never as wrong, because in the blind pass a wrong answer helps a question.
 *
 * A tally lists the shortest prefix of trials 0, 1, 2, ... that decides its condition, or
 * all `rotations` of them.
 *
 *	tally_add(&t, OUTCOME_CORRECT, order, pick, said, call);
 *	json = tally_json(&t);
 *	tally_release(&t);
 */
#ifndef SCHEMAS_TALLY_H
#define SCHEMAS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "cli/msg.h"
#include "schemas/order.h"

#define TALLY_SAID_MAX 200	/* bytes of the model's text that a record keeps */
#define TALLY_TRIALS_MAX 1000

enum outcome {
	OUTCOME_CORRECT, OUTCOME_WRONG, OUTCOME_ABSTAINED,	/* valid */
	OUTCOME_UNPARSED,	/* answered, but no option can be read from it */
	OUTCOME_REFUSED,	/* the model or the server declined for good */
	OUTCOME_FAILED,		/* transport: asked again by a rerun */
	OUTCOMES
};

struct trial {
	enum outcome outcome;
	uint8_t order[ORDER_OPTIONS_MAX];	/* option indices as shown */
	int pick;				/* index of the option picked, or -1 */
	char *said;				/* the model's text, cut; NULL if failed */
	char call[33];				/* key of the request in the ledger */
};

struct tally {
	char *model;
	char *condition;	/* NULL, or "grey", "swap" for a control */
	char *prompt_id;
	int64_t seed;
	double temperature;
	bool abstain;		/* an abstain option was shown last */
	enum order_mode orders;
	int options;		/* of the question; not written */
	int rotations;		/* trials that were possible and wanted */
	int asked, valid, correct, abstained, unparsed, refused, failed;
	bool early;		/* stopped before all rotations */
	bool full;		/* from the full share: asked every trial in both conditions */
	struct trial *trials;	/* `asked` of them */
	size_t trial_cap;
};

void tally_release(struct tally *t);

/* Copies said (cut to TALLY_SAID_MAX at a character) and call. order may be NULL. */
void tally_add(struct tally *t, enum outcome outcome, const uint8_t *order, int pick,
	       const char *said, const char *call);

/* Only the first `count` trials stay; the counts follow. */
void tally_cut(struct tally *t, int count);

cJSON *tally_json(const struct tally *t);

/*
 * Reads one tally; `options` is the question's number of them. Counts come from the trials;
 * -1 when they contradict the counts written, or something is missing or out of range.
 */
int tally_read(const cJSON *json, int options, struct tally *t, struct err *err);

const char *outcome_name(enum outcome o);

/*
 * All tallies of a question under one heading ("blind", "sight", "control"). A tally of the
 * same model and condition replaces its predecessor.
 */
struct tally_list {
	struct tally *items;
	size_t count, cap;
};

int tally_list_read(const cJSON *array, int options, struct tally_list *list, struct err *err);
void tally_list_put(struct tally_list *list, struct tally *t);	/* takes t's contents */
struct tally *tally_list_find(struct tally_list *list, const char *model, const char *condition);
cJSON *tally_list_json(const struct tally_list *list);
void tally_list_release(struct tally_list *list);

#endif
