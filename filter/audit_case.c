/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_case.h.
 */
#include "filter/audit_case.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "filter/abstain.h"
#include "filter/free_answer.h"
#include "filter/letter.h"
#include "schemas/hash.h"
#include "schemas/interval.h"
#include "schemas/order.h"
#include "schemas/record.h"

#define CONDITION "caption"	/* in the hash of orders and seeds */

enum finding { CORRECT, OMITTED, CONTRADICTED, UNPARSED, REFUSED, FAILED, FINDINGS };

static const char *const names[FINDINGS] = { "correct", "omitted", "contradicted", "unparsed",
					     "refused", "failed" };

static const char *const kinds[] = { [AUDIT_CHOICE] = "choice", [AUDIT_NUMBER] = "number",
				     [AUDIT_TEXT] = "text" };

struct counts {
	int of[FINDINGS];
	double credit;		/* of all valid trials, in their order, once it is over */
};

struct audit_trial {
	struct audit_case *of;
	int question, number;
	uint8_t order[ORDER_OPTIONS_MAX];
	bool again;
	double credit;
};

struct audit_case {
	struct audit_plan *plan;
	struct item item;
	struct audit_list list;
	int *own_abstain;		/* of each question: abstain_find */
	struct counts *counts;		/* of each question */
	struct audit_trial *trials;
	int count, next, answered, under_way;
	char letters[ORDER_OPTIONS_MAX + 2];
};

void audit_plan_init(struct audit_plan *plan)
{
	buf_init(&plan->options, BUF_NO_MAX);
	buf_init(&plan->text, BUF_NO_MAX);
}

void audit_plan_release(struct audit_plan *plan)
{
	buf_release(&plan->options);
	buf_release(&plan->text);
	prompt_release(&plan->prompt);
	prompt_release(&plan->free_prompt);
}

/* ---- which trials there are ---- */

static struct order_plan order_plan(const struct audit_case *c, int question)
{
	const struct audit_question *q = &c->list.items[question];

	return (struct order_plan){
		.mode = c->plan->caprl ? ORDER_RANDOM : c->plan->o->orders,
		.distinct = !c->plan->caprl && c->plan->o->temperature == 0,
		.seed = c->plan->o->seed, .question_id = q->id, .condition = CONDITION,
		.options = (int)q->option_count, .gold = q->answer,
	};
}

/* A free answer has no options to shuffle, so that only luck can differ. */
static void plan_free(struct audit_case *c, int question)
{
	int n, wanted = c->plan->o->temperature > 0 ? c->plan->rotations : 1;

	for (n = 0; n < wanted; n++)
		c->trials[c->count++] = (struct audit_trial){ c, question, n, { 0 }, false, 0 };
}

/* Every question in every order, question by question. */
static void plan_all(struct audit_case *c)
{
	uint8_t (*orders)[ORDER_OPTIONS_MAX] = xcalloc((size_t)c->plan->rotations,
						       sizeof(*orders));
	struct order_plan plan;
	size_t i;
	int n, wanted;

	c->trials = xcalloc(c->list.count * (size_t)c->plan->rotations, sizeof(*c->trials));
	for (i = 0; i < c->list.count; i++) {
		if (c->list.items[i].kind != AUDIT_CHOICE) {
			plan_free(c, (int)i);
			continue;
		}
		plan = order_plan(c, (int)i);
		wanted = order_most(plan.options, plan.distinct, c->plan->rotations);
		order_make(&plan, wanted, orders);
		for (n = 0; n < wanted; n++) {
			c->trials[c->count] = (struct audit_trial){ c, (int)i, n, { 0 }, false, 0 };
			memcpy(c->trials[c->count++].order, orders[n], sizeof(*orders));
		}
	}
	free(orders);
}

/* N draws: which question comes from the hash of (seed, caption, draw). */
static void plan_draws(struct audit_case *c)
{
	uint8_t (*orders)[ORDER_OPTIONS_MAX] = xcalloc((size_t)c->plan->rotations,
						       sizeof(*orders));
	struct order_plan plan;
	struct draw draw;
	struct hash h;
	int n, question;

	c->count = c->plan->rotations;
	c->trials = xcalloc((size_t)c->count, sizeof(*c->trials));
	for (n = 0; n < c->count; n++) {
		hash_init(&h);
		hash_number(&h, c->plan->o->seed);
		hash_text(&h, rec_text(c->item.rec, "caption_id"));
		hash_text(&h, "draw");
		hash_number(&h, n);
		draw.state = hash_low(&h);
		hash_release(&h);
		question = (int)draw_below(&draw, (unsigned)c->list.count);
		plan = order_plan(c, question);
		order_make(&plan, n + 1, orders);
		c->trials[n] = (struct audit_trial){ c, question, n, { 0 }, false, 0 };
		memcpy(c->trials[n].order, orders[n], sizeof(*orders));
	}
	free(orders);
}

struct audit_case *audit_case_open(struct audit_plan *plan, const struct item *item,
				   struct audit_list *list)
{
	struct audit_case *c = xcalloc(1, sizeof(*c));
	const struct audit_question *q;
	size_t i;

	c->plan = plan;
	c->item = *item;
	c->list = *list;
	*list = (struct audit_list){ 0 };
	c->counts = xcalloc(c->list.count, sizeof(*c->counts));
	c->own_abstain = xcalloc(c->list.count, sizeof(*c->own_abstain));
	for (i = 0; i < c->list.count; i++) {
		q = &c->list.items[i];
		c->own_abstain[i] = -1;
		if (q->kind == AUDIT_CHOICE)
			c->own_abstain[i] = abstain_find((const char *const *)q->options,
							 q->option_count);
	}
	if (plan->caprl)
		plan_draws(c);
	else
		plan_all(c);
	return c;
}

void audit_case_free(struct audit_case *c)
{
	if (!c)
		return;
	rec_free(c->item.rec);
	audit_list_release(&c->list);
	free(c->own_abstain);
	free(c->counts);
	free(c->trials);
	free(c);
}

struct audit_case *audit_case_of(const struct audit_trial *t)
{
	return t->of;
}

struct audit_trial *audit_case_next(struct audit_case *c)
{
	if (c->next == c->count)
		return NULL;
	c->under_way++;
	return &c->trials[c->next++];
}

/* ---- what to ask ---- */

static int shown_options(const struct audit_trial *t, const char **shown)
{
	const struct audit_question *q = &t->of->list.items[t->question];
	int i, count = (int)q->option_count;

	for (i = 0; i < count; i++)
		shown[i] = q->options[t->order[i]];
	if (t->of->own_abstain[t->question] < 0)
		shown[count++] = ABSTAIN_CAPTION;
	return count;
}

static const char *caption_of(struct audit_case *c)
{
	const char *text = rec_text(c->item.rec, "caption");

	return text ? text : "";
}

static bool is_free(const struct audit_trial *t)
{
	return t->of->list.items[t->question].kind != AUDIT_CHOICE;
}

static void fill_free(struct audit_trial *t)
{
	struct audit_plan *plan = t->of->plan;

	buf_clear(&plan->text);
	prompt_fill(&plan->free_prompt, (struct prompt_value[]){
		{ "caption", caption_of(t->of) },
		{ "question", t->of->list.items[t->question].question },
		{ NULL, NULL } }, &plan->text);
}

static void fill_texts(struct audit_trial *t)
{
	struct audit_plan *plan = t->of->plan;
	const char *shown[ORDER_OPTIONS_MAX + 1];
	int i, count = shown_options(t, shown);

	memset(t->of->letters, 0, sizeof(t->of->letters));
	buf_clear(&plan->options);
	for (i = 0; i < count; i++) {
		t->of->letters[i] = (char)('A' + i);
		buf_printf(&plan->options, "%s%c) %s", i ? "\n" : "", 'A' + i, shown[i]);
	}
	buf_clear(&plan->text);
	prompt_fill(&plan->prompt, (struct prompt_value[]){
		{ "caption", caption_of(t->of) },
		{ "question", t->of->list.items[t->question].question },
		{ "options", plan->options.data }, { NULL, NULL } }, &plan->text);
}

/* The seed goes by caption and question, so that no two captions share their luck. */
static int64_t seed_of(const struct audit_trial *t)
{
	struct buf id;
	int64_t seed;

	buf_init(&id, BUF_NO_MAX);
	buf_printf(&id, "%s %s", rec_text(t->of->item.rec, "caption_id"),
		   t->of->list.items[t->question].id);
	seed = chat_seed(t->of->plan->o->seed, id.data, CONDITION, t->number);
	buf_release(&id);
	return seed;
}

void audit_case_request(struct audit_trial *t, struct chat_request *q)
{
	const struct trial_options *o = t->of->plan->o;

	(is_free(t) ? fill_free : fill_texts)(t);
	*q = (struct chat_request){
		.prompt = t->of->plan->text.data, .temperature = o->temperature, .top_p = 1,
		.repetition_penalty = 1, .max_tokens = o->max_tokens, .seed = -1,
		.decode = is_free(t) ? CHAT_FREE : o->decode, .home = rec_text(t->of->item.rec, "caption_id"),
	};
	if (q->decode != CHAT_FREE)
		q->letters = t->of->letters;
	if (o->temperature > 0)
		q->seed = seed_of(t);
}

/* ---- what came back ---- */

static enum finding pick_means(const struct audit_trial *t, int pick)
{
	if (pick == t->of->list.items[t->question].answer)
		return CORRECT;
	return pick == t->of->own_abstain[t->question] ? OMITTED : CONTRADICTED;
}

static bool is_refusal(const struct lvlm_reply *reply)
{
	return !strcmp(reply->finish_reason, "refusal") ||
	       !strcmp(reply->finish_reason, "content_filter");
}

static enum finding judge_free(const struct audit_trial *t, const struct lvlm_reply *reply,
			       double *credit)
{
	const struct audit_question *q = &t->of->list.items[t->question];
	enum free_kind kind = q->kind == AUDIT_NUMBER ? FREE_NUMBER : FREE_TEXT;

	if (is_refusal(reply))
		return REFUSED;
	switch (free_answer_read(reply->content, !strcmp(reply->finish_reason, "length"), kind,
				 (const char *const *)q->options, q->option_count, credit)) {
	case FREE_READ:
		return *credit > 0 ? CORRECT : CONTRADICTED;
	case FREE_ABSTAINED:
		return OMITTED;
	case FREE_REFUSED:
		return REFUSED;
	default:
		return UNPARSED;
	}
}

static enum finding judge(const struct audit_trial *t, const struct lvlm_reply *reply)
{
	const char *texts[ORDER_OPTIONS_MAX + 1];
	struct letter_shown shown = {
		.options = texts, .count = (size_t)shown_options(t, texts),
		.abstain = t->of->own_abstain[t->question] < 0,
		.cut = !strcmp(reply->finish_reason, "length"),
	};
	int letter;

	if (is_refusal(reply))
		return REFUSED;
	switch ((t->of->plan->o->caprl_letters ? letter_read_caprl : letter_read)(
		reply->content, strlen(reply->content), &shown, &letter)) {
	case LETTER_PICK:
		return pick_means(t, t->order[letter]);
	case LETTER_ABSTAINED:
		return OMITTED;
	case LETTER_REFUSED:
		return REFUSED;
	default:
		return UNPARSED;
	}
}

bool audit_case_take(struct audit_trial *t, const struct lvlm_reply *reply)
{
	const struct retry_options *retry = &t->of->plan->o->retry;
	enum finding f = FAILED;

	if (reply->outcome == LVLM_REJECTED)
		f = REFUSED;
	else if (reply->outcome == LVLM_ANSWERED)
		f = is_free(t) ? judge_free(t, reply, &t->credit) : judge(t, reply);
	if (!is_free(t))
		t->credit = f == CORRECT;
	if (reply->from_ledger && !t->again &&
	    ((f == UNPARSED && retry->unparsed) || (f == REFUSED && retry->refused))) {
		t->again = true;
		return false;
	}
	t->of->counts[t->question].of[f]++;
	t->of->answered++;
	t->of->under_way--;
	return true;
}

void audit_case_missing(struct audit_trial *t)
{
	t->of->answered++;
	t->of->under_way--;
}

void audit_case_lost(struct audit_trial *t)
{
	t->of->under_way--;
}

bool audit_case_over(const struct audit_case *c)
{
	return c->answered == c->count;
}

bool audit_case_quiet(const struct audit_case *c)
{
	return !c->under_way;
}

struct item *audit_case_item(struct audit_case *c)
{
	return &c->item;
}

/* ---- the score ---- */

static int valid(const struct counts *n)
{
	return n->of[CORRECT] + n->of[OMITTED] + n->of[CONTRADICTED];
}

static int asked(const struct counts *n)
{
	return valid(n) + n->of[UNPARSED] + n->of[REFUSED] + n->of[FAILED];
}

/* Most of the valid trials; ties are contradicted. Without a valid one: why there is none. */
static enum finding majority(const struct counts *n)
{
	int right = n->of[CORRECT], silent = n->of[OMITTED], wrong = n->of[CONTRADICTED];

	if (!valid(n))
		return n->of[FAILED] ? FAILED : n->of[REFUSED] ? REFUSED : UNPARSED;
	if (right > silent && right > wrong)
		return CORRECT;
	return silent > right && silent > wrong ? OMITTED : CONTRADICTED;
}

static void add_share(cJSON *json, const char *name, double share)
{
	if (share >= 0)
		cJSON_AddNumberToObject(json, name, share);
}

static void add_credit(cJSON *json, enum audit_kind kind, const struct counts *n)
{
	cJSON_AddStringToObject(json, "kind", kinds[kind]);
	if (valid(n))
		cJSON_AddNumberToObject(json, "credit", n->credit / valid(n));
}

static cJSON *answers_json(const struct audit_case *c)
{
	cJSON *list = cJSON_CreateArray(), *json;
	size_t i;
	int f;

	for (i = 0; i < c->list.count; i++) {
		if (!asked(&c->counts[i]))
			continue;
		json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "question_id", c->list.items[i].id);
		cJSON_AddStringToObject(json, "outcome", names[majority(&c->counts[i])]);
		for (f = 0; f < FINDINGS; f++)
			cJSON_AddNumberToObject(json, names[f], c->counts[i].of[f]);
		if (c->plan->prism)
			add_credit(json, c->list.items[i].kind, &c->counts[i]);
		add_share(json, "blind", c->list.items[i].blind);
		add_share(json, "sight", c->list.items[i].sight);
		cJSON_AddItemToArray(list, json);
	}
	return list;
}

static void set_number(struct rec *r, const char *key, const double *value)
{
	cJSON *json = value ? cJSON_CreateNumber(*value) : cJSON_CreateNull();

	rec_set_json(r, key, json);
	cJSON_Delete(json);
}

static void set_reward(struct rec *r, const struct audit_plan *plan, const struct counts *all)
{
	int of = plan->caprl ? asked(all) : valid(all);
	double reward = of ? (double)all->of[CORRECT] / of : 0;
	struct interval i = interval_wilson(all->of[CORRECT], of);
	bool known = of && !all->of[FAILED];

	set_number(r, "reward", known ? &reward : NULL);
	set_number(r, "lower", known ? &i.lower : NULL);
	set_number(r, "upper", known ? &i.upper : NULL);
}

/* The mean over the questions that have one. */
static void set_credit(struct rec *r, const struct counts *all, const cJSON *answers)
{
	const cJSON *answer, *credit;
	double sum = 0, n = 0;

	cJSON_ArrayForEach(answer, answers) {
		credit = cJSON_GetObjectItemCaseSensitive(answer, "credit");
		n += credit != NULL;
		sum += credit ? credit->valuedouble : 0;
	}
	sum = n > 0 ? sum / n : 0;
	set_number(r, "credit", n > 0 && !all->of[FAILED] ? &sum : NULL);
}

static void set_judge(struct rec *r, const struct audit_plan *plan)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "model", plan->model);
	cJSON_AddStringToObject(json, "prompt_id", plan->prompt.id);
	if (plan->caprl)
		cJSON_AddStringToObject(json, "reward", "caprl");
	if (plan->prism)
		cJSON_AddStringToObject(json, "free_prompt_id", plan->free_prompt.id);
	rec_set_json(r, "judge", json);
	cJSON_Delete(json);
}

static struct rec *score(const struct audit_plan *plan, const struct rec *caption,
			 const struct counts *all, int64_t questions, cJSON *answers)
{
	struct rec *r = rec_child(caption, REC_SCORE);
	int f;

	set_judge(r, plan);
	rec_set_int(r, "questions", questions);
	rec_set_int(r, "asked", asked(all));
	rec_set_int(r, "valid", valid(all));
	for (f = 0; f < FINDINGS; f++)
		rec_set_int(r, names[f], all->of[f]);
	set_reward(r, plan, all);
	if (plan->prism)
		set_credit(r, all, answers);
	rec_set_json(r, "answers", answers);
	cJSON_Delete(answers);
	return r;
}

struct rec *audit_case_unasked(const struct audit_plan *plan, const struct rec *caption)
{
	return score(plan, caption, &(struct counts){ .credit = 0 }, 0, cJSON_CreateArray());
}

struct item *audit_case_score(struct audit_case *c, enum run_fate *fate)
{
	struct counts all = { .credit = 0 };
	cJSON *answers;
	struct rec *r;
	size_t i;
	int f;

	for (f = 0; f < c->count; f++)
		c->counts[c->trials[f].question].credit += c->trials[f].credit;
	answers = answers_json(c);
	for (i = 0; i < c->list.count; i++)
		for (f = 0; f < FINDINGS; f++)
			all.of[f] += c->counts[i].of[f];
	r = score(c->plan, c->item.rec, &all, cJSON_GetArraySize(answers), answers);
	rec_free(c->item.rec);
	c->item.rec = r;
	*fate = all.of[FAILED] ? RUN_LEFT : RUN_DONE;
	return &c->item;
}
