/* SPDX-License-Identifier: Apache-2.0
 *
 * See pace.h.
 */
#include "curate/pace.h"

#define DOUBLING_PAYS 1.25	/* a doubled limit should double the rate; less is a queue */
#define MORE_PAYS 1.08		/* a quarter more */
#define LESS_COSTS 0.95		/* a fifth less, where the rate hardly falls: answers get younger */
#define DOUBLING_TURNS 2	/* completions per slot in a window: batches end together, and */
#define TURNS 4			/* short windows would see one batch more or less */
#define HOLD_WINDOWS 4		/* from one trial to the next */
#define CUT_APART_MS 1000	/* refusals closer together are one sign of overload */

void pace_init(struct pace *p, int64_t fixed)
{
	*p = (struct pace){ .limit = fixed ? fixed : PACE_FIRST, .fixed = fixed > 0,
			    .doubling = true, .since_ms = -1, .cut_ms = -1 };
}

static void start_window(struct pace *p, int64_t now_ms)
{
	p->since_ms = now_ms;
	p->done = 0;
	p->full = false;
}

/* Doubles, then by turns a quarter more and a fifth less. */
static void try_another(struct pace *p)
{
	int64_t to = 2 * p->limit;

	if (!p->doubling)
		to = p->less ? p->limit * 4 / 5 : p->limit + (p->limit + 3) / 4;
	p->less = !p->doubling && !p->less;
	if (to > PACE_MOST)
		to = PACE_MOST;
	if (to < p->limit && to < PACE_FIRST)
		to = p->limit;
	p->before = to == p->limit ? 0 : p->limit;
	p->limit = to;
	p->hold = HOLD_WINDOWS;
}

static bool paid(const struct pace *p, double rate)
{
	if (p->limit < p->before)
		return rate >= p->rate * LESS_COSTS;
	return rate >= p->rate * (p->doubling ? DOUBLING_PAYS : MORE_PAYS);
}

/* The window before had `before` slots and the rate p->rate; this one had the present limit. */
static void judge(struct pace *p, double rate)
{
	if (p->before && !paid(p, rate)) {
		p->limit = p->before;
		p->doubling = false;
		p->before = 0;
		return;	/* p->rate stays that of the limit gone back to */
	}
	p->before = 0;
	p->rate = rate;
	if (p->doubling || --p->hold <= 0)
		try_another(p);
}

void pace_sent(struct pace *p, int64_t flying)
{
	p->full = p->full || flying >= p->limit;
}

void pace_done(struct pace *p, int64_t now_ms)
{
	int64_t elapsed;

	if (p->fixed)
		return;
	if (p->since_ms < 0) {
		start_window(p, now_ms);
		return;
	}
	p->done++;
	elapsed = now_ms - p->since_ms;
	if (p->done < p->limit * (p->doubling ? DOUBLING_TURNS : TURNS) || elapsed < PACE_WINDOW_MS)
		return;
	/* While there was less to ask than could be, the rate says nothing about the limit. */
	if (p->full)
		judge(p, (double)p->done / (double)elapsed);
	start_window(p, now_ms);
}

void pace_cut(struct pace *p, int64_t now_ms)
{
	if (p->fixed || (p->cut_ms >= 0 && now_ms - p->cut_ms < CUT_APART_MS))
		return;
	p->cut_ms = now_ms;
	p->limit = p->limit > 1 ? p->limit / 2 : 1;
	p->doubling = false;
	p->before = 0;
	p->hold = HOLD_WINDOWS;
	p->since_ms = -1;
}
