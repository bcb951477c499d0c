/* SPDX-License-Identifier: Apache-2.0
 *
 * transfer: one HTTP POST on a reusable libcurl handle. A text body is sent from memory; an
 * image is streamed from its file as base64 between the body's head and tail, so it is never
 * held in memory (its length is known, and a rewind is possible for replays).
 *
 * The handle's private pointer is the transfer, so curl_multi_info_read leads back to it.
 */
#ifndef CURATE_TRANSFER_H
#define CURATE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "cli/buf.h"
#include "curate/picture.h"

#define TRANSFER_REPLY_MAX (4u << 20)	/* bytes; an answer is never that long, an echo may be */

struct transfer {
	CURL *easy;
	struct buf head, tail;		/* the body around the image */
	struct picture *picture;	/* NULL: text only */
	int64_t at;			/* place in the body, when streaming */
	struct buf reply;
	int64_t retry_after_ms;		/* -1: not said */
	int should_retry;		/* x-should-retry: 1, 0; -1 not said */
	void *about;			/* the caller's */
};

struct transfer_options {
	double timeout_s, connect_timeout_s;
};

struct transfer *transfer_new(const struct transfer_options *o);
void transfer_free(struct transfer *t);

/* Empties everything for the next request; fill head, tail and picture (owned now). */
void transfer_clear(struct transfer *t);
/* The url and headers of the request are borrowed until it has ended. */
void transfer_aim(struct transfer *t, const char *url, struct curl_slist *headers);
void transfer_start(struct transfer *t, CURLM *multi, bool fresh_connection);
void transfer_stop(struct transfer *t, CURLM *multi);

#endif
