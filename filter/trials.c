/* SPDX-License-Identifier: Apache-2.0
 *
 * See trials.h.
 */
#include "filter/trials.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "filter/abstain.h"
#include "filter/letter.h"
#include "schemas/hash.h"

#define SIGHTED 0.9	/* a model that sees, on questions worth keeping; for --dry-run only */

struct trials {
	const struct trials_plan *plan;
	struct item item;
	struct rec_question q;
	uint8_t (*orders)[ORDER_OPTIONS_MAX];
	struct held *held;
	int wanted, next;	/* trials in all; the first that was not asked */
	int under_way;
	bool abstain, closed;
	struct tally tally;	/* the prefix of trials that were taken in turn */
	struct buf options, prompt;
	char letters[ORDER_OPTIONS_MAX + 2];	/* shown */
	struct trials_link link;
};

int trials_plan_prompt(struct trials_plan *plan, const char *default_text, struct err *err)
{
	if (!plan->o->prompt)
		prompt_init(&plan->prompt, default_text);
	else if (prompt_load(&plan->prompt, plan->o->prompt, err))
		return -1;
	if (prompt_needs(&plan->prompt, "question", err) ||
	    prompt_needs(&plan->prompt, "options", err))
		return -1;
	return 0;
}

bool trials_full(const char *question_id, double share)
{
	struct hash h;
	uint64_t value;

	hash_init(&h);
	hash_text(&h, "full share");
	hash_text(&h, question_id);
	value = hash_low(&h) >> 11;
	hash_release(&h);
	return (double)value < share * (double)(UINT64_C(1) << 53);
}

static void make_orders(struct trials *t)
{
	const struct trial_options *o = t->plan->o;
	struct order_plan plan = {
		.mode = o->orders, .distinct = o->temperature == 0, .seed = o->seed,
		.question_id = t->q.id, .condition = t->plan->condition,
		.options = (int)t->q.option_count, .gold = t->q.answer,
	};
	int i;

	t->wanted = order_most(plan.options, plan.distinct, t->plan->rule->rotations);
	t->orders = xcalloc((size_t)t->wanted, sizeof(*t->orders));
	t->held = xcalloc((size_t)t->wanted, sizeof(*t->held));
	order_make(&plan, t->wanted, t->orders);
	for (i = 0; i < t->wanted; i++) {
		t->held[i].of = t;
		t->held[i].number = i;
	}
}

struct trials *trials_open(const struct trials_plan *plan, const struct item *item,
			   struct err *err)
{
	const struct trial_options *o = plan->o;
	struct trials *t = xcalloc(1, sizeof(*t));

	t->plan = plan;
	if (rec_question(item->rec, &t->q, err)) {
		free(t);
		return NULL;
	}
	t->item = *item;
	buf_init(&t->options, BUF_NO_MAX);
	buf_init(&t->prompt, BUF_NO_MAX);
	t->abstain = o->abstain && abstain_find(t->q.options, t->q.option_count) < 0;
	make_orders(t);
	t->tally = (struct tally){
		.model = xstrdup(plan->model), .prompt_id = xstrdup(plan->prompt.id),
		.condition = plan->control ? xstrdup(plan->condition) : NULL,
		.seed = o->seed, .temperature = o->temperature, .abstain = t->abstain,
		.orders = o->orders, .options = (int)t->q.option_count, .rotations = t->wanted,
		.full = trials_full(t->q.id, o->full_share),
	};
	return t;
}

void trials_free(struct trials *t)
{
	int i;

	for (i = 0; i < t->wanted; i++)
		free(t->held[i].said);
	free(t->held);
	rec_free(t->item.rec);
	free(t->q.options);
	free(t->orders);
	tally_release(&t->tally);
	buf_release(&t->options);
	buf_release(&t->prompt);
	free(t);
}

/* ---- what to ask ---- */

bool trials_decided(const struct trials *t)
{
	const struct tally *tally = &t->tally;

	if (tally->asked >= t->wanted)
		return true;
	if (t->plan->o->exhaustive || tally->full)
		return false;
	return !rule_can_change(t->plan->threshold, tally->correct, tally->asked - tally->valid,
				tally->asked, t->wanted);
}

bool trials_want(const struct trials *t)
{
	return !t->closed && t->next == t->tally.asked && !trials_decided(t);
}

struct held *trials_next(struct trials *t)
{
	return t->closed || t->next == t->wanted ? NULL : &t->held[t->next++];
}

/* The options as trial h shows them; how many. */
static int shown_options(const struct trials *t, const struct held *h, const char **shown)
{
	int i, count = (int)t->q.option_count;

	for (i = 0; i < count; i++)
		shown[i] = t->q.options[t->orders[h->number][i]];
	if (t->abstain)
		shown[count++] = t->plan->image ? ABSTAIN_SIGHT : ABSTAIN_BLIND;
	return count;
}

void trials_request(struct trials *t, const struct held *h, struct chat_request *q)
{
	const struct trial_options *o = t->plan->o;
	const char *shown[ORDER_OPTIONS_MAX + 1];
	int i, count = shown_options(t, h, shown);

	buf_clear(&t->options);
	memset(t->letters, 0, sizeof(t->letters));
	for (i = 0; i < count; i++)
		t->letters[i] = (char)('A' + i);
	for (i = 0; i < count; i++)
		buf_printf(&t->options, "%s%c) %s", i ? "\n" : "", 'A' + i, shown[i]);
	buf_clear(&t->prompt);
	prompt_fill(&t->plan->prompt, (struct prompt_value[]){ { "question", t->q.question },
							       { "options", t->options.data },
							       { NULL, NULL } }, &t->prompt);
	*q = (struct chat_request){
		.prompt = t->prompt.data, .temperature = o->temperature, .top_p = 1,
		.repetition_penalty = 1, .max_tokens = o->max_tokens, .seed = -1, .decode = o->decode,
	};
	if (o->decode != CHAT_FREE)
		q->letters = t->letters;
	if (o->temperature > 0)
		q->seed = chat_seed(o->seed, t->q.id, t->plan->condition, h->number);
}

const char *trials_image(struct trials *t)
{
	return rec_text(t->item.rec, "image");
}

const char *trials_image_id(struct trials *t)
{
	return rec_text(t->item.rec, "image_id");
}

/* ---- what came back ---- */

static enum outcome judge(const struct held *h, const struct lvlm_reply *reply, int *pick)
{
	const struct trials *t = h->of;
	const char *texts[ORDER_OPTIONS_MAX + 1];
	struct letter_shown shown = {
		.options = texts, .abstain = t->abstain, .image_sent = t->plan->image && !t->plan->control,
		.cut = !strcmp(reply->finish_reason, "length"),
	};
	enum letter_said said;
	int letter;

	shown.count = (size_t)shown_options(t, h, texts);
	if (!strcmp(reply->finish_reason, "refusal") ||
	    !strcmp(reply->finish_reason, "content_filter"))
		return OUTCOME_REFUSED;
	said = (t->plan->o->caprl_letters ? letter_read_caprl : letter_read)(
		reply->content, strlen(reply->content), &shown, &letter);
	switch (said) {
	case LETTER_PICK:
		*pick = t->orders[h->number][letter];
		return *pick == t->q.answer ? OUTCOME_CORRECT : OUTCOME_WRONG;
	case LETTER_ABSTAINED:
		return OUTCOME_ABSTAINED;
	case LETTER_REFUSED:
		return OUTCOME_REFUSED;
	default:
		return OUTCOME_UNPARSED;
	}
}

static bool wants_again(const struct held *h, const struct lvlm_reply *reply,
			enum outcome outcome)
{
	const struct trial_options *o = h->of->plan->o;

	if (!reply->from_ledger || h->again)
		return false;
	return (outcome == OUTCOME_UNPARSED && o->retry.unparsed) ||
	       (outcome == OUTCOME_REFUSED && o->retry.refused);
}

/* Trials enter the tally in turn, until it is decided. */
static void advance(struct trials *t)
{
	struct held *h;

	while (!trials_decided(t) && t->held[t->tally.asked].answered) {
		h = &t->held[t->tally.asked];
		tally_add(&t->tally, h->outcome, t->orders[h->number], h->pick, h->said, h->call);
	}
}

enum trials_took trials_take(struct held *h, const struct lvlm_reply *reply)
{
	enum outcome outcome = OUTCOME_FAILED;
	int pick = -1;

	if (reply->outcome == LVLM_REJECTED && strcmp(reply->class, "rejected_by_server"))
		return TRIALS_UNUSABLE;
	if (reply->outcome == LVLM_REJECTED)
		outcome = OUTCOME_REFUSED;
	else if (reply->outcome == LVLM_ANSWERED)
		outcome = judge(h, reply, &pick);
	if (wants_again(h, reply, outcome)) {
		h->again = true;
		return TRIALS_AGAIN;
	}
	h->answered = true;
	h->outcome = outcome;
	h->pick = pick;
	h->said = reply->content ? xstrdup(reply->content) : NULL;
	memcpy(h->call, reply->call, sizeof(h->call));
	advance(h->of);
	return TRIALS_TOOK;
}

/* Left to a rerun: a trial failed in transport, and it could still matter. */
static bool is_left(const struct trials *t)
{
	const struct tally *tally = &t->tally;

	if (!tally->failed)
		return false;
	return t->plan->o->exhaustive || tally->full ||
	       rule_tally(t->plan->rule, t->plan->threshold, tally) == CONDITION_OPEN;
}

void trials_close(struct trials *t, struct run *run)
{
	const char *member = t->plan->member;
	enum run_fate fate = is_left(t) ? RUN_LEFT : RUN_DONE;
	struct tally_list list;
	struct err err;
	cJSON *json;

	t->tally.early = t->tally.asked < t->wanted;
	if (tally_list_read(rec_json(t->item.rec, member), (int)t->q.option_count, &list, &err)) {
		trials_reject(t, run, "bad_tally", err.text);
		return;
	}
	tally_list_put(&list, &t->tally);
	json = tally_list_json(&list);
	rec_set_json(t->item.rec, member, json);
	cJSON_Delete(json);
	tally_list_release(&list);
	run_write(run, &t->item, fate);
	t->closed = true;
}

struct chance_left trials_left(const struct trials *t)
{
	const struct tally *tally = &t->tally;
	struct chance_state from = { tally->asked, tally->correct, tally->asked - tally->valid };
	bool guesses = !t->plan->image || t->plan->control;
	int all = t->wanted - tally->asked;

	if (t->plan->o->exhaustive || tally->full)
		return (struct chance_left){ all, all, all };
	return chance_left(t->plan->threshold, guesses ? 1.0 / (double)t->q.option_count : SIGHTED,
			   t->wanted, &from);
}

void trials_pass(struct trials *t, struct run *run)
{
	run_write(run, &t->item, RUN_PASSED);
	t->closed = true;
}

void trials_reject(struct trials *t, struct run *run, const char *class, const char *message)
{
	run_reject(run, &t->item, class, message);
	t->closed = true;
}

void trials_leave(struct trials *t, struct run *run, const char *class, const char *message)
{
	run_leave(run, &t->item, class, message);
	t->closed = true;
}

bool trials_all(const struct trials *t)
{
	return t->plan->o->exhaustive || t->tally.full;
}

bool trials_closed(const struct trials *t)
{
	return t->closed;
}

const struct tally *trials_tally(const struct trials *t)
{
	return &t->tally;
}

struct trials_link *trials_link(struct trials *t)
{
	return &t->link;
}

int *trials_under_way(struct trials *t)
{
	return &t->under_way;
}
