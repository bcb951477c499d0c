/* SPDX-License-Identifier: Apache-2.0
 *
 * order: in which order a question's options are shown in trial 0, 1, 2, ... Orders come
 * from the hash of (seed, question_id, condition, trial), never from a running generator, so
 * they are the same on any shard, in any input order and after a resume.
 *
 * balanced: the gold option of a k-option question visits each place floor(N/k) or ceil(N/k)
 * times, whatever N is, because the places come in blocks of k that are permutations.
 * random: independent shuffles, as CapRL's reward does (arXiv 2509.22647, section 3).
 * distinct: no order twice, for temperature 0, where the same order would only count the
 * same answer again; at most k! orders exist (order_most).
 *
 *	uint8_t orders[4][ORDER_OPTIONS_MAX];
 *	order_make(&plan, 4, orders);
 *	shown first in trial 2: options[orders[2][0]]
 */
#ifndef SCHEMAS_ORDER_H
#define SCHEMAS_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_OPTIONS_MAX 25

enum order_mode { ORDER_BALANCED, ORDER_RANDOM };

struct order_plan {
	enum order_mode mode;
	bool distinct;
	int64_t seed;			/* -s */
	const char *question_id;
	const char *condition;		/* "blind", "sight", "grey", "swap", "caption" */
	int options;			/* 2 to 25 */
	int gold;			/* index of the right one */
};

/* How many of `wanted` trials make sense: at most k! of them when they must be distinct. */
int order_most(int options, bool distinct, int wanted);

/* Fills orders 0 .. trials-1; trials <= order_most(). Order t does not depend on `trials`. */
void order_make(const struct order_plan *plan, int trials, uint8_t (*orders)[ORDER_OPTIONS_MAX]);

const char *order_mode_name(enum order_mode mode);
int order_mode_parse(const char *text, enum order_mode *mode);

#endif
