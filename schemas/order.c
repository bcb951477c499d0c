/* SPDX-License-Identifier: Apache-2.0
 *
 * See order.h.
 */
#include "schemas/order.h"

#include <assert.h>
#include <string.h>

#include "schemas/hash.h"

static struct draw draw_for(const struct order_plan *plan, const char *purpose, int number)
{
	struct draw d;
	struct hash h;

	hash_init(&h);
	hash_number(&h, plan->seed);
	hash_text(&h, plan->question_id);
	hash_text(&h, plan->condition);
	hash_text(&h, purpose);
	hash_number(&h, number);
	d.state = hash_low(&h);
	hash_release(&h);
	return d;
}

static void shuffle(uint8_t *items, int count, struct draw *d)
{
	int i, j;
	uint8_t t;

	for (i = count - 1; i > 0; i--) {
		j = (int)draw_below(d, (unsigned)i + 1);
		t = items[i];
		items[i] = items[j];
		items[j] = t;
	}
}

static void reverse(uint8_t *from, uint8_t *to)
{
	uint8_t t;

	for (; from < to; from++, to--) {
		t = *from;
		*from = *to;
		*to = t;
	}
}

/* The next permutation in lexicographic order; after the last comes the first. */
static void step(uint8_t *items, int count)
{
	int i = count - 2, j = count - 1;
	uint8_t t;

	while (i >= 0 && items[i] > items[i + 1])
		i--;
	if (i >= 0) {
		while (items[j] < items[i])
			j--;
		t = items[i];
		items[i] = items[j];
		items[j] = t;
	}
	reverse(items + i + 1, items + count - 1);
}

static bool seen_before(uint8_t (*orders)[ORDER_OPTIONS_MAX], int trial, const uint8_t *order,
			int count)
{
	int t;

	for (t = 0; t < trial; t++)
		if (!memcmp(orders[t], order, (size_t)count))
			return true;
	return false;
}

/* Where the gold option stands in trial t: block t/k is a permutation of the k places. */
static int gold_place(const struct order_plan *plan, int trial)
{
	struct draw d = draw_for(plan, "place", trial / plan->options);
	uint8_t places[ORDER_OPTIONS_MAX] = { 0 };
	int i;

	for (i = 0; i < plan->options; i++)
		places[i] = (uint8_t)i;
	shuffle(places, plan->options, &d);
	return places[trial % plan->options];
}

static void compose(const struct order_plan *plan, const uint8_t *others, int place,
		    uint8_t *order)
{
	int i, next = 0;

	for (i = 0; i < plan->options; i++)
		order[i] = i == place ? (uint8_t)plan->gold : others[next++];
}

static void make_balanced(const struct order_plan *plan, int t,
			  uint8_t (*orders)[ORDER_OPTIONS_MAX])
{
	struct draw d = draw_for(plan, "order", t);
	uint8_t others[ORDER_OPTIONS_MAX];
	int i, count = 0, place = gold_place(plan, t);

	for (i = 0; i < plan->options; i++)
		if (i != plan->gold)
			others[count++] = (uint8_t)i;
	shuffle(others, count, &d);
	compose(plan, others, place, orders[t]);
	while (plan->distinct && seen_before(orders, t, orders[t], plan->options)) {
		step(others, count);
		compose(plan, others, place, orders[t]);
	}
}

static void make_random(const struct order_plan *plan, int t,
			uint8_t (*orders)[ORDER_OPTIONS_MAX])
{
	struct draw d = draw_for(plan, "order", t);
	int i;

	for (i = 0; i < plan->options; i++)
		orders[t][i] = (uint8_t)i;
	shuffle(orders[t], plan->options, &d);
	while (plan->distinct && seen_before(orders, t, orders[t], plan->options))
		step(orders[t], plan->options);
}

int order_most(int options, bool distinct, int wanted)
{
	int i, most = 1;

	if (!distinct)
		return wanted;
	for (i = 2; i <= options && most < wanted; i++)
		most *= i;
	return most < wanted ? most : wanted;
}

void order_make(const struct order_plan *plan, int trials, uint8_t (*orders)[ORDER_OPTIONS_MAX])
{
	int t;

	assert(plan->options >= 2 && plan->options <= ORDER_OPTIONS_MAX);
	assert(trials <= order_most(plan->options, plan->distinct, trials));
	for (t = 0; t < trials; t++) {
		if (plan->mode == ORDER_BALANCED)
			make_balanced(plan, t, orders);
		else
			make_random(plan, t, orders);
	}
}

const char *order_mode_name(enum order_mode mode)
{
	return mode == ORDER_BALANCED ? "balanced" : "random";
}

int order_mode_parse(const char *text, enum order_mode *mode)
{
	if (strcmp(text, "balanced") && strcmp(text, "random"))
		return -1;
	*mode = text[0] == 'b' ? ORDER_BALANCED : ORDER_RANDOM;
	return 0;
}
