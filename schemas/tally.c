/* SPDX-License-Identifier: Apache-2.0
 *
 * See tally.h.
 */
#include "schemas/tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

static const char *const outcome_names[OUTCOMES] = {
	"correct", "wrong", "abstained", "unparsed", "refused", "failed"
};

const char *outcome_name(enum outcome o)
{
	return outcome_names[o];
}

static void free_trial(struct trial *trial)
{
	free(trial->said);
}

void tally_release(struct tally *t)
{
	int i;

	for (i = 0; i < t->asked; i++)
		free_trial(&t->trials[i]);
	free(t->trials);
	free(t->model);
	free(t->condition);
	free(t->prompt_id);
	*t = (struct tally){ 0 };
}

static void count(struct tally *t, enum outcome outcome, int by)
{
	t->asked += by;
	switch (outcome) {
	case OUTCOME_CORRECT:
		t->correct += by;
		t->valid += by;
		break;
	case OUTCOME_WRONG:
		t->valid += by;
		break;
	case OUTCOME_ABSTAINED:
		t->abstained += by;
		t->valid += by;
		break;
	case OUTCOME_UNPARSED:
		t->unparsed += by;
		break;
	case OUTCOME_REFUSED:
		t->refused += by;
		break;
	default:
		t->failed += by;
	}
}

/* How much of text fits TALLY_SAID_MAX without cutting a UTF-8 character in two. */
static size_t said_len(const char *text)
{
	size_t n = strnlen(text, TALLY_SAID_MAX + 1);

	if (n <= TALLY_SAID_MAX)
		return n;
	n = TALLY_SAID_MAX;
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void tally_add(struct tally *t, enum outcome outcome, const uint8_t *order, int pick,
	       const char *said, const char *call)
{
	struct trial *trial;

	t->trials = xgrow(t->trials, &t->trial_cap, (size_t)t->asked, sizeof(*t->trials));
	trial = &t->trials[t->asked];
	*trial = (struct trial){ .outcome = outcome, .pick = pick };
	if (order)
		memcpy(trial->order, order, sizeof(trial->order));
	if (said)
		trial->said = xstrndup(said, said_len(said));
	if (call)
		memcpy(trial->call, call, strnlen(call, 32));
	count(t, outcome, 1);
}

void tally_cut(struct tally *t, int keep)
{
	int i, had = t->asked;

	for (i = keep; i < had; i++) {
		count(t, t->trials[i].outcome, -1);
		free_trial(&t->trials[i]);
	}
}

/* cJSON prints 15 digits where they come close; a seed has to come back as it was. */
static cJSON *seed_json(int64_t seed)
{
	char text[24];

	if (seed > -1000000000000000 && seed < 1000000000000000)
		return cJSON_CreateNumber((double)seed);
	snprintf(text, sizeof(text), "%lld", (long long)seed);
	return cJSON_CreateRaw(text);
}

static cJSON *trial_json(const struct tally *t, const struct trial *trial)
{
	cJSON *json = cJSON_CreateObject(), *order = cJSON_AddArrayToObject(json, "order");
	int i;

	for (i = 0; i < t->options; i++)
		cJSON_AddItemToArray(order, cJSON_CreateNumber(trial->order[i]));
	if (trial->said)
		cJSON_AddStringToObject(json, "said", trial->said);
	else
		cJSON_AddNullToObject(json, "said");
	if (trial->pick >= 0)
		cJSON_AddNumberToObject(json, "pick", trial->pick);
	else
		cJSON_AddNullToObject(json, "pick");
	cJSON_AddStringToObject(json, "outcome", outcome_names[trial->outcome]);
	cJSON_AddStringToObject(json, "call", trial->call);
	return json;
}

cJSON *tally_json(const struct tally *t)
{
	cJSON *json = cJSON_CreateObject(), *trials;
	int i;

	cJSON_AddStringToObject(json, "model", t->model);
	if (t->condition)
		cJSON_AddStringToObject(json, "condition", t->condition);
	cJSON_AddStringToObject(json, "prompt_id", t->prompt_id ? t->prompt_id : "");
	cJSON_AddItemToObject(json, "seed", seed_json(t->seed));
	cJSON_AddNumberToObject(json, "temperature", t->temperature);
	cJSON_AddBoolToObject(json, "abstain", t->abstain);
	cJSON_AddStringToObject(json, "orders", order_mode_name(t->orders));
	cJSON_AddNumberToObject(json, "rotations", t->rotations);
	cJSON_AddNumberToObject(json, "asked", t->asked);
	cJSON_AddNumberToObject(json, "valid", t->valid);
	cJSON_AddNumberToObject(json, "correct", t->correct);
	cJSON_AddNumberToObject(json, "abstained", t->abstained);
	cJSON_AddNumberToObject(json, "unparsed", t->unparsed);
	cJSON_AddNumberToObject(json, "refused", t->refused);
	cJSON_AddNumberToObject(json, "failed", t->failed);
	cJSON_AddBoolToObject(json, "early", t->early);
	cJSON_AddBoolToObject(json, "full", t->full);
	trials = cJSON_AddArrayToObject(json, "trials");
	for (i = 0; i < t->asked; i++)
		cJSON_AddItemToArray(trials, trial_json(t, &t->trials[i]));
	return json;
}

/* A whole number in [low, high], or -1. */
static int whole(const cJSON *json, const char *key, int low, int high, int *out)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!cJSON_IsNumber(n) || n->valuedouble != floor(n->valuedouble) ||
	    n->valuedouble < low || n->valuedouble > high)
		return -1;
	*out = (int)n->valuedouble;
	return 0;
}

static const char *text_of(const cJSON *json, const char *key)
{
	const cJSON *s = cJSON_GetObjectItemCaseSensitive(json, key);

	return cJSON_IsString(s) ? s->valuestring : NULL;
}

static int read_order(const cJSON *array, int options, uint8_t *order)
{
	bool seen[ORDER_OPTIONS_MAX] = { false };
	const cJSON *item;
	int i = 0;

	if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != options)
		return -1;
	cJSON_ArrayForEach(item, array) {
		if (!cJSON_IsNumber(item) || item->valuedouble < 0 ||
		    item->valuedouble >= options || item->valuedouble != item->valueint ||
		    seen[item->valueint])
			return -1;
		seen[item->valueint] = true;
		order[i++] = (uint8_t)item->valueint;
	}
	return 0;
}

static int read_trial(const cJSON *json, int options, struct tally *t)
{
	const char *name = text_of(json, "outcome");
	uint8_t order[ORDER_OPTIONS_MAX] = { 0 };
	int i, pick = -1;

	if (!name || read_order(cJSON_GetObjectItemCaseSensitive(json, "order"), options, order))
		return -1;
	for (i = 0; i < OUTCOMES && strcmp(outcome_names[i], name); i++)
		;
	if (i == OUTCOMES)
		return -1;
	if (!cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(json, "pick")) &&
	    whole(json, "pick", 0, options - 1, &pick))
		return -1;
	tally_add(t, (enum outcome)i, order, pick, text_of(json, "said"), text_of(json, "call"));
	return 0;
}

static bool counts_agree(const cJSON *json, const struct tally *t)
{
	static const char *const names[] = { "asked", "valid", "correct", "abstained", "unparsed",
					     "refused", "failed" };
	const int mine[] = { t->asked, t->valid, t->correct, t->abstained, t->unparsed, t->refused,
			     t->failed };
	int i, written;

	for (i = 0; i < 7; i++)
		if (whole(json, names[i], 0, TALLY_TRIALS_MAX, &written) || written != mine[i])
			return false;
	return true;
}

/* 0, also where the member is absent: *out stays. -1: no number, or outside [low, high]. */
static int number(const cJSON *json, const char *key, double low, double high, double *out)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!n)
		return 0;
	if (!cJSON_IsNumber(n) || !(n->valuedouble >= low && n->valuedouble <= high))
		return -1;
	*out = n->valuedouble;
	return 0;
}

static int read_head(const cJSON *json, struct tally *t)
{
	const char *model = text_of(json, "model"), *condition = text_of(json, "condition");
	const char *prompt = text_of(json, "prompt_id"), *orders = text_of(json, "orders");
	double seed = 0;

	if (!model || number(json, "temperature", 0, 1e6, &t->temperature) ||
	    number(json, "seed", -9e18, 9e18, &seed) || seed != floor(seed) ||
	    whole(json, "rotations", 1, TALLY_TRIALS_MAX, &t->rotations))
		return -1;
	t->model = xstrdup(model);
	t->condition = condition ? xstrdup(condition) : NULL;
	t->prompt_id = prompt ? xstrdup(prompt) : NULL;
	t->seed = (int64_t)seed;
	t->abstain = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "abstain"));
	t->early = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "early"));
	t->full = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "full"));
	return orders ? order_mode_parse(orders, &t->orders) : 0;
}

int tally_read(const cJSON *json, int options, struct tally *t, struct err *err)
{
	const cJSON *trial, *trials = cJSON_GetObjectItemCaseSensitive(json, "trials");

	*t = (struct tally){ .options = options };
	if (!cJSON_IsArray(trials) || read_head(json, t)) {
		err_set(err, EXIT_DATA,
			"a tally without model, rotations or trials, or out of range");
		goto fail;
	}
	cJSON_ArrayForEach(trial, trials) {
		if (read_trial(trial, options, t)) {
			err_set(err, EXIT_DATA, "trial %d of the tally of '%s' is malformed",
				t->asked, t->model);
			goto fail;
		}
	}
	if (!counts_agree(json, t)) {
		err_set(err, EXIT_DATA, "the counts of the tally of '%s' are not those of its trials",
			t->model);
		goto fail;
	}
	return 0;
fail:
	tally_release(t);
	return -1;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

struct tally *tally_list_find(struct tally_list *list, const char *model, const char *condition)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (same(list->items[i].model, model) &&
		    same(list->items[i].condition, condition))
			return &list->items[i];
	return NULL;
}

void tally_list_put(struct tally_list *list, struct tally *t)
{
	struct tally *old = tally_list_find(list, t->model, t->condition);

	if (old) {
		tally_release(old);
	} else {
		list->items = xgrow(list->items, &list->cap, list->count, sizeof(*list->items));
		old = &list->items[list->count++];
	}
	*old = *t;
	*t = (struct tally){ 0 };
}

int tally_list_read(const cJSON *array, int options, struct tally_list *list, struct err *err)
{
	const cJSON *item;
	struct tally t;

	*list = (struct tally_list){ 0 };
	if (!array || cJSON_IsNull(array))
		return 0;
	if (!cJSON_IsArray(array))
		return err_set(err, EXIT_DATA, "tallies are no list");
	cJSON_ArrayForEach(item, array) {
		if (tally_read(item, options, &t, err)) {
			tally_list_release(list);
			return -1;
		}
		tally_list_put(list, &t);
	}
	return 0;
}

cJSON *tally_list_json(const struct tally_list *list)
{
	cJSON *array = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < list->count; i++)
		cJSON_AddItemToArray(array, tally_json(&list->items[i]));
	return array;
}

void tally_list_release(struct tally_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		tally_release(&list->items[i]);
	free(list->items);
	*list = (struct tally_list){ 0 };
}
