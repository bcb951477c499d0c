/* SPDX-License-Identifier: Apache-2.0
 *
 * retry: what to do about a failed request. Pure: what was seen goes in, a class comes out.
 * The policy is openai-python's (its _base_client.py) changed for a long unattended run
 * against one's own servers: a server that is away pauses the endpoint, not the record.
 */
#ifndef CURATE_RETRY_H
#define CURATE_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "curate/pool.h"
#include "schemas/chat.h"

enum retry_class {
	RETRY_COUNTED,	/* again after a wait; spends one of the record's attempts */
	RETRY_AT_ONCE,	/* a keep-alive connection had gone stale: again now, uncounted */
	RETRY_PAUSE,	/* the server is away or loading: the endpoint waits, uncounted */
	RETRY_DOUBT,	/* a name nobody knows, a handshake that fails, bytes that are no HTTP: a wrong */
			/* URL until the server has answered once, an outage from then on */
	RETRY_REJECT,	/* the request itself is wrong and will stay so */
	RETRY_STOP	/* key, model, url or quota: nothing would succeed */
};

struct retry_seen {
	int curl;		/* CURLcode of the transfer */
	long status;		/* HTTP status; 0: none came */
	bool reused;		/* the connection had served before */
	bool connected;		/* the request could be sent: a timeout is about the answer */
	bool got_bytes;		/* part of a reply came */
	int should_retry;	/* x-should-retry: 1 or 0; -1 not said */
	struct chat_error error;	/* what the body said; empty message: nothing */
};

enum retry_class retry_classify(const struct retry_seen *seen);

/* What a counted failure says about its server: 429 wants fewer, a timeout is both. */
enum pool_sign retry_sign(const struct retry_seen *seen);

/* Exponential backoff with full jitter: 0 .. min(60 s, 0.5 s * 2^attempt). attempt from 0. */
int64_t retry_backoff_ms(int attempt, uint64_t random);

/*
 * The value of Retry-After (unit_ms 1000: seconds, or an HTTP date) or of retry-after-ms
 * (unit_ms 1) as milliseconds, at most one hour; -1: not readable.
 */
int64_t retry_after_ms(const char *value, double unit_ms, time_t now);

#endif
