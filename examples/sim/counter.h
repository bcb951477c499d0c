/* SPDX-License-Identifier: Apache-2.0
 *
 * counter: what the simulator was asked, for tests that must know how many calls were made, and
 * how often each request body came. The caller locks.
 */
#ifndef SIM_COUNTER_H
#define SIM_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "cli/buf.h"
#include "examples/sim/mind.h"

struct counter {
	int64_t requests;		/* to /v1/chat/completions, refused ones too */
	int64_t models[MODEL_COUNT], kinds[ASK_KINDS];	/* understood ones */
	int64_t status[600];		/* [0]: ended without a status */
	int64_t faults;
	int64_t images, image_bytes, text_before_image;
	int64_t in_flight, in_flight_max;
	uint64_t *bodies;		/* open addressing; hash, then how often, in pairs */
	size_t body_room, distinct;
};

void counter_init(struct counter *c);
void counter_release(struct counter *c);
void counter_reset(struct counter *c);	/* all but in_flight */

/* Notes one more body with this hash and returns how often it was seen, from 1. */
int64_t counter_body(struct counter *c, uint64_t hash);

void counter_start(struct counter *c);
void counter_end(struct counter *c);

void counter_json(const struct counter *c, struct buf *out);	/* members, without braces */

#endif
