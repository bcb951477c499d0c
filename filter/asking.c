/* SPDX-License-Identifier: Apache-2.0
 *
 * See asking.h.
 */
#include "filter/asking.h"

#include <stdlib.h>
#include <string.h>

#include "cli/msg.h"

#define HABIT_QUESTIONS 200	/* fewer say nothing about a habit */
#define HABIT_PERCENT 60
#define REFUSED_PERCENT 5

static void link_in(struct asking *a, struct trials *t)
{
	trials_link(t)->before = a->last;
	if (a->last)
		trials_link(a->last)->after = t;
	else
		a->first = t;
	a->last = t;
}

static void link_out(struct asking *a, struct trials *t)
{
	struct trials_link *link = trials_link(t);

	if (link->before)
		trials_link(link->before)->after = link->after;
	else
		a->first = link->after;
	if (link->after)
		trials_link(link->after)->before = link->before;
	else
		a->last = link->before;
}

/* A closed question goes when its last request has come home. */
static void free_if_over(struct asking *a, struct trials *t)
{
	if (!trials_closed(t) || *trials_under_way(t))
		return;
	link_out(a, t);
	trials_free(t);
}

static void ask(struct asking *a, struct trials *t, struct held *h, bool fresh)
{
	const char *path = NULL;
	struct chat_request q;

	trials_request(t, h, &q);
	if (a->controls) {
		path = controls_image(a->controls, trials_image_id(t), &q.image_id);
	} else if (a->plan->image) {
		path = trials_image(t);
		q.image_id = trials_image_id(t);
	}
	h->asked = true;
	++*trials_under_way(t);
	lvlm_ask(a->model, &q, path, fresh, h);
}

static void start(struct asking *a, struct item *item)
{
	struct err err;
	struct trials *t = trials_open(a->plan, item, &err);

	if (!t) {
		run_reject(a->run, item, "bad_question", err.text);
		return;
	}
	link_in(a, t);
	if (a->plan->image && !trials_image(t)) {
		trials_reject(t, a->run, "no_image_path", "the record has no 'image'");
		free_if_over(a, t);
		return;
	}
	ask(a, t, trials_next(t), false);
}

void asking_offer(struct asking *a, struct item *item, int wants, const struct err *why)
{
	if (wants < 0)
		run_reject(a->run, item, "bad_tally", why->text);
	else if (wants)
		start(a, item);
	else
		run_write(a->run, item, RUN_PASSED);
}

/*
 * One trial ahead for each open question, the oldest first: more would buy nearly every trial
 * of the last ones. Only while a server is awaited: a rerun that the ledger answers must not
 * ask what no trial needed.
 */
void asking_ahead(struct asking *a)
{
	struct trials *t;
	struct held *h;

	if (!run_ended(a->run) || lvlm_idle(a->model) || lvlm_batches(a->model))
		return;
	for (t = a->first; t && lvlm_hungry(a->model); t = trials_link(t)->after) {
		h = *trials_under_way(t) < 2 ? trials_next(t) : NULL;
		if (h)
			ask(a, t, h, false);
	}
}

/* What the warnings go by: picks by the letter they stood at, refusals. */
static void count(struct asking *a, const struct trials *t)
{
	const struct tally *tally = trials_tally(t);
	int i, place;

	a->questions++;
	a->two_options += tally->options == 2;
	a->trials += tally->asked;
	a->refused += tally->refused;
	for (i = 0; i < tally->asked; i++) {
		for (place = 0; place < tally->options && tally->trials[i].pick >= 0; place++)
			if (tally->trials[i].order[place] == tally->trials[i].pick)
				a->picks[place]++;
	}
}

/*
 * A trial went into the batch. Where all trials are asked anyway the others go with it; else
 * the next one depends on its answer, which the next round brings.
 */
static void go_on_in_batch(struct asking *a, struct trials *t)
{
	struct held *next = trials_all(t) ? trials_next(t) : NULL;

	if (next)
		ask(a, t, next, false);
	else if (!*trials_under_way(t))
		trials_leave(t, a->run, "in_batch", "waits for the batch's answers");
}

void asking_put(struct asking *a, const struct lvlm_reply *reply)
{
	struct held *h = reply->about;
	struct trials *t = h->of;
	struct chance_left left;

	--*trials_under_way(t);
	if (!trials_closed(t) && reply->in_batch) {
		go_on_in_batch(a, t);
	} else if (!trials_closed(t) && reply->outcome == LVLM_MISSING) {
		left = trials_left(t);
		lvlm_expect(a->model, reply, &left);
		trials_pass(t, a->run);
	} else if (!trials_closed(t)) {
		switch (trials_take(h, reply)) {
		case TRIALS_AGAIN:
			ask(a, t, h, true);
			return;
		case TRIALS_UNUSABLE:
			trials_reject(t, a->run, reply->class, reply->message);
			break;
		case TRIALS_TOOK:
			if (trials_decided(t)) {
				count(a, t);
				trials_close(t, a->run);
			} else if (trials_want(t)) {
				ask(a, t, trials_next(t), false);
			} else if (lvlm_batches(a->model)) {
				go_on_in_batch(a, t);
			}
		}
	}
	free_if_over(a, t);
}

/* Picks of one letter beyond what orders that visit all letters alike can explain. */
static void warn_of_habit(const struct asking *a)
{
	int64_t all = 0, most = 0;
	int i, letter = 0;

	for (i = 0; i < 26; i++) {
		all += a->picks[i];
		if (a->picks[i] > most) {
			most = a->picks[i];
			letter = i;
		}
	}
	if (a->questions >= HABIT_QUESTIONS && most * 100 > all * HABIT_PERCENT)
		warn("%.0f %% of the picks are the letter %c: this model answers by position",
		     100 * (double)most / (double)all, 'A' + letter);
}

void asking_warn(const struct asking *a)
{
	const struct threshold *text = &a->plan->rule->text;

	if (!a->plan->image)
		warn_of_habit(a);
	if (!a->plan->image && a->two_options && !threshold_met(text, 1, 2))
		warn("%lld questions have two options: chance alone gives 0.5, and '%s' says little "
		     "about them", (long long)a->two_options, text->text);
	if (a->plan->image && !a->controls && a->refused * 100 > a->trials * REFUSED_PERCENT)
		warn("%.0f %% of the answers say that no image is seen, or refuse: does the server "
		     "get the images?", 100 * (double)a->refused / (double)a->trials);
}

void asking_end(struct asking *a)
{
	struct trials *next;

	while (lvlm_abandon(a->model))
		;
	for (; a->first; a->first = next) {
		next = trials_link(a->first)->after;
		trials_free(a->first);
	}
}
