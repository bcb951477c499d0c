/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: the servers that share the work, their health and their pace. A pure state machine:
 * no network, no clock; what was seen is told to it, with the time in ms.
 *
 * Requests about one image go to one server (rendezvous hashing, Thaler and Ravishankar 1998),
 * because prefix and image caches live there. A server that is away, loading or failing is set
 * aside: its share moves to the others, all else stays where it was. When its pause is over
 * one request goes to it as a probe; an answer takes it back, a failure doubles the pause.
 * When no server is left, their pauses are all there is to wait for.
 *
 *	struct server *s = pool_choose(&pool, home, now_ms, false);	NULL: none has a slot
 *	pool_sent(s);
 *	... pool_answered(&pool, s, now_ms), or pool_failed, or pool_refused, or pool_away
 */
#ifndef CURATE_POOL_H
#define CURATE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curate/pace.h"

#define POOL_FAILURES 5		/* in a row: the server is set aside, if others are up */
#define POOL_FAILURES_ALONE 16	/* ... if not: nothing succeeds, more requests would only fail */
#define POOL_PAUSE_FIRST_MS 500
#define POOL_PAUSE_LONGEST_MS 10000

struct server {
	char *url;		/* owned; what people read and what the hash goes by */
	void *about;		/* the caller's */
	uint64_t seed;		/* of the url */
	bool listed;		/* false: taken off the list; it gets nothing more */
	bool proven;		/* it answered once; until then it gets one request at a time */
	struct pace pace;
	int64_t flying;
	int failures;		/* in a row */
	int pauses;		/* in a row; 0: it is up */
	int64_t paused_until_ms;
	int64_t asked, answered, failed;	/* requests, since the start */
	bool said_away;		/* for the caller: the user was told, and of its return not yet */
	int64_t said_away_ms;	/* ... when last; 0: never */
};

/* What a failed request says about the server that failed it. */
enum pool_sign {
	POOL_BUSY,	/* 429: it wants fewer at a time */
	POOL_SICK,	/* a 5xx, a cut or garbled body, a reset */
	POOL_SLOW	/* 503, a timeout: both */
};

struct pool {
	struct server **servers;	/* never shrinks: transfers point into it */
	size_t count, cap;
	int64_t in_flight;	/* per server; 0: auto */
	int64_t away_since_ms;	/* no server is up; -1: one is */
};

void pool_init(struct pool *p, int64_t in_flight);
void pool_release(struct pool *p);	/* `about` is the caller's to free before */

/* Copies the url. A server that was taken off the list comes back with what is known of it. */
struct server *pool_add(struct pool *p, const char *url);
struct server *pool_find(const struct pool *p, const char *url);
void pool_unlist(struct pool *p, struct server *s, int64_t now_ms);

/* For pool_choose: where requests with this text (an image id, a request's key) belong. */
uint64_t pool_home(const char *text);

/*
 * The server for a request, if it has a slot now. Is the one it belongs to busy, there is
 * none, or with `spill` the next in its order that has a slot.
 */
struct server *pool_choose(const struct pool *p, uint64_t home, int64_t now_ms, bool spill);
bool pool_has_slot(const struct pool *p, int64_t now_ms);	/* for any request, now */
int64_t pool_slots(const struct pool *p);	/* of all servers, used or not; at least 1 */
size_t pool_up(const struct pool *p);		/* servers that are listed and not set aside */
size_t pool_listed(const struct pool *p);

void pool_sent(struct server *s);
/* A request came back, answered. true: the server had been set aside and is taken back. */
bool pool_answered(struct pool *p, struct server *s, int64_t now_ms);
/* It came back refused or with nothing to learn about the server's health. */
void pool_refused(struct server *s);
/* It came back with a sign of overload or sickness. true: the server is set aside by it. */
bool pool_failed(struct pool *p, struct server *s, enum pool_sign sign, int64_t now_ms);
/* Nobody listens there, or it loads. true: it was up until now. */
bool pool_away(struct pool *p, struct server *s, int64_t now_ms);

/* The soonest end of a pause, at most no_later_than; only that of servers that would be used. */
int64_t pool_due_ms(const struct pool *p, int64_t now_ms, int64_t no_later_than);
/* Since when no server is up, in ms; -1: one is. */
int64_t pool_away_ms(const struct pool *p, int64_t now_ms);

#endif
