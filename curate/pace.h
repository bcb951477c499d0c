/* SPDX-License-Identifier: Apache-2.0
 *
 * pace: how many requests one server gets at a time. Pure; the time is told to it.
 *
 * Servers do not say how much they can take: vLLM queues without end, so more in flight than
 * it computes at once only makes answers older. What shows is the rate of completions. A
 * window is a few completions per slot, over at least PACE_WINDOW_MS. While windows use all
 * slots, the limit doubles as long as that pays (as TCP's slow start does); later it tries a
 * quarter more and a fifth less by turns, and takes back what did not pay. A sign of overload
 * (429, 503, a timeout) halves it, at most once a second: a burst of refusals is one sign.
 *
 *	pace_init(&pace, 0);				0: auto; N: N, whatever happens
 *	while (flying < pace.limit) ... pace_sent(&pace, ++flying)
 *	pace_done(&pace, now_ms);			an answer came
 *	pace_cut(&pace, now_ms);			overload
 */
#ifndef CURATE_PACE_H
#define CURATE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FIRST 4
#define PACE_MOST 512
#define PACE_WINDOW_MS 100	/* shorter ones measure the scheduler */

struct pace {
	int64_t limit;		/* requests in flight, 1..PACE_MOST, or as fixed */
	bool fixed;
	bool doubling;		/* no limit was found yet */
	bool less;		/* the next trial is of a smaller limit */
	int64_t before;		/* the limit before the one on trial; 0: none is */
	int64_t hold;		/* windows until another limit is tried */
	int64_t since_ms;	/* the window's start; -1: at the next answer */
	int64_t done;		/* answers in the window */
	bool full;		/* all slots were used in it: answers come in batches, so */
				/* what counts is that they were filled up again */
	double rate;		/* answers per ms in the last full window */
	int64_t cut_ms;		/* of the last cut; -1 none */
};

void pace_init(struct pace *p, int64_t fixed);
void pace_sent(struct pace *p, int64_t flying);
void pace_done(struct pace *p, int64_t now_ms);
void pace_cut(struct pace *p, int64_t now_ms);

#endif
