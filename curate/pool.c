/* SPDX-License-Identifier: Apache-2.0
 *
 * See pool.h.
 */
#include "curate/pool.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"

void pool_init(struct pool *p, int64_t in_flight)
{
	*p = (struct pool){ .in_flight = in_flight, .away_since_ms = -1 };
}

void pool_release(struct pool *p)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		free(p->servers[i]->url);
		free(p->servers[i]);
	}
	free(p->servers);
	pool_init(p, p->in_flight);
}

uint64_t pool_home(const char *text)
{
	struct hash h;
	uint64_t home;

	hash_init(&h);
	hash_text(&h, text);
	home = hash_low(&h);
	hash_release(&h);
	return home;
}

struct server *pool_find(const struct pool *p, const char *url)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (!strcmp(p->servers[i]->url, url))
			return p->servers[i];
	return NULL;
}

struct server *pool_add(struct pool *p, const char *url)
{
	struct server *s = pool_find(p, url);

	if (s) {
		s->listed = true;
		if (!s->pauses)
			p->away_since_ms = -1;
		return s;
	}
	if (p->count == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 8;
		p->servers = xrealloc(p->servers, p->cap * sizeof(*p->servers));
	}
	s = p->servers[p->count++] = xcalloc(1, sizeof(*s));
	s->url = xstrdup(url);
	s->seed = pool_home(url);
	s->listed = true;
	pace_init(&s->pace, p->in_flight);
	p->away_since_ms = -1;
	return s;
}

/* ---- which one ---- */

static bool is_up(const struct server *s)
{
	return s->listed && !s->pauses;
}

/* May a request go there now, or soon when a slot is free? A probe goes out alone. */
static bool is_usable(const struct server *s, int64_t now_ms)
{
	return is_up(s) || (s->listed && s->paused_until_ms <= now_ms && !s->flying);
}

static int64_t slots_of(const struct server *s)
{
	return s->proven && !s->pauses ? s->pace.limit : 1;
}

static uint64_t weight(const struct server *s, uint64_t home)
{
	struct draw d = { s->seed ^ home };

	return draw_next(&d);
}

struct server *pool_choose(const struct pool *p, uint64_t home, int64_t now_ms, bool spill)
{
	struct server *s, *best = NULL, *first = NULL;
	uint64_t w, best_weight = 0, first_weight = 0;
	size_t i;

	for (i = 0; i < p->count; i++) {
		s = p->servers[i];
		if (!is_usable(s, now_ms))
			continue;
		w = weight(s, home);
		if (!first || w > first_weight) {
			first = s;
			first_weight = w;
		}
		if (s->flying < slots_of(s) && (!best || w > best_weight)) {
			best = s;
			best_weight = w;
		}
	}
	return best == first || spill ? best : NULL;
}

bool pool_has_slot(const struct pool *p, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (is_usable(p->servers[i], now_ms) && p->servers[i]->flying < slots_of(p->servers[i]))
			return true;
	return false;
}

int64_t pool_slots(const struct pool *p)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < p->count; i++)
		if (is_up(p->servers[i]))
			sum += slots_of(p->servers[i]);
	return sum ? sum : 1;
}

size_t pool_up(const struct pool *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->count; i++)
		n += is_up(p->servers[i]);
	return n;
}

size_t pool_listed(const struct pool *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->count; i++)
		n += p->servers[i]->listed;
	return n;
}

/* ---- what was seen ---- */

void pool_sent(struct server *s)
{
	pace_sent(&s->pace, ++s->flying);
	s->asked++;
}

bool pool_answered(struct pool *p, struct server *s, int64_t now_ms)
{
	bool back = s->pauses > 0;

	pace_done(&s->pace, now_ms);
	s->flying--;
	s->answered++;
	s->proven = true;
	s->failures = s->pauses = 0;
	if (s->listed)
		p->away_since_ms = -1;
	return back;
}

void pool_refused(struct server *s)
{
	s->flying--;
	s->failed++;
}

/* A pause while one runs is the same event seen by another request: it does not grow. */
static bool set_aside(struct pool *p, struct server *s, int64_t now_ms)
{
	int64_t wait = (int64_t)POOL_PAUSE_FIRST_MS << (s->pauses < 5 ? s->pauses : 5);
	bool was_up = !s->pauses;

	if (!was_up && s->paused_until_ms > now_ms)
		return false;
	if (was_up)
		pace_cut(&s->pace, now_ms);
	s->pauses++;
	s->paused_until_ms = now_ms + (wait < POOL_PAUSE_LONGEST_MS ? wait : POOL_PAUSE_LONGEST_MS);
	if (p->away_since_ms < 0 && !pool_up(p))
		p->away_since_ms = now_ms;
	return was_up;
}

bool pool_failed(struct pool *p, struct server *s, enum pool_sign sign, int64_t now_ms)
{
	bool alone = pool_up(p) == (size_t)is_up(s);

	s->flying--;
	s->failed++;
	s->failures += sign != POOL_BUSY;
	if (sign != POOL_SICK)
		pace_cut(&s->pace, now_ms);
	if (s->pauses || s->failures >= (alone ? POOL_FAILURES_ALONE : POOL_FAILURES))
		return set_aside(p, s, now_ms);
	return false;
}

bool pool_away(struct pool *p, struct server *s, int64_t now_ms)
{
	s->flying--;
	s->failed++;
	return set_aside(p, s, now_ms);
}

void pool_unlist(struct pool *p, struct server *s, int64_t now_ms)
{
	s->listed = false;
	if (p->away_since_ms < 0 && !pool_up(p))
		p->away_since_ms = now_ms;
}

/* ---- time ---- */

int64_t pool_due_ms(const struct pool *p, int64_t now_ms, int64_t no_later_than)
{
	const struct server *s;
	size_t i;

	for (i = 0; i < p->count; i++) {
		s = p->servers[i];
		if (s->listed && s->pauses && s->paused_until_ms > now_ms &&
		    s->paused_until_ms < no_later_than)
			no_later_than = s->paused_until_ms;
	}
	return no_later_than;
}

int64_t pool_away_ms(const struct pool *p, int64_t now_ms)
{
	return p->away_since_ms < 0 ? -1 : now_ms - p->away_since_ms;
}
