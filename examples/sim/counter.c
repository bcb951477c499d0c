/* SPDX-License-Identifier: Apache-2.0
 *
 * See counter.h.
 */
#include "examples/sim/counter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 1024	/* a power of two, as all later sizes */

void counter_init(struct counter *c)
{
	memset(c, 0, sizeof(*c));
	c->body_room = ROOM_AT_FIRST;
	c->bodies = xcalloc(c->body_room * 2, sizeof(*c->bodies));
}

void counter_release(struct counter *c)
{
	free(c->bodies);
	memset(c, 0, sizeof(*c));
}

void counter_reset(struct counter *c)
{
	int64_t in_flight = c->in_flight;

	counter_release(c);
	counter_init(c);
	c->in_flight = c->in_flight_max = in_flight;
}

static uint64_t *place(uint64_t *bodies, size_t room, uint64_t hash)
{
	size_t i = hash & (room - 1);

	while (bodies[2 * i + 1] && bodies[2 * i] != hash)
		i = (i + 1) & (room - 1);
	return bodies + 2 * i;
}

static void grow(struct counter *c)
{
	size_t room = c->body_room * 2;
	uint64_t *bodies = xcalloc(room * 2, sizeof(*bodies));

	for (size_t i = 0; i < c->body_room; i++)
		if (c->bodies[2 * i + 1])
			memcpy(place(bodies, room, c->bodies[2 * i]), c->bodies + 2 * i,
			       2 * sizeof(*bodies));
	free(c->bodies);
	c->bodies = bodies;
	c->body_room = room;
}

int64_t counter_body(struct counter *c, uint64_t hash)
{
	uint64_t *found = place(c->bodies, c->body_room, hash);

	found[0] = hash;
	if (!found[1]++)
		c->distinct++;
	if (c->distinct * 2 <= c->body_room)
		return (int64_t)found[1];
	grow(c);
	return (int64_t)place(c->bodies, c->body_room, hash)[1];
}

void counter_start(struct counter *c)
{
	c->requests++;
	if (++c->in_flight > c->in_flight_max)
		c->in_flight_max = c->in_flight;
}

void counter_end(struct counter *c)
{
	c->in_flight--;
}

static void add_names(struct buf *out, const char *title, const char *const *names,
		      const int64_t *values, int count)
{
	buf_printf(out, "\"%s\":{", title);
	for (int i = 0; i < count; i++)
		buf_printf(out, "%s\"%s\":%" PRId64, i ? "," : "", names[i], values[i]);
	buf_adds(out, "},");
}

void counter_json(const struct counter *c, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "\"simulator\":true,\"requests\":%" PRId64 ",\"distinct\":%zu,",
		   c->requests, c->distinct);
	add_names(out, "models", model_names, c->models, MODEL_COUNT);
	add_names(out, "kinds", ask_names, c->kinds, ASK_KINDS);
	buf_adds(out, "\"status\":{");
	for (int i = 0; i < 600; i++) {
		if (!c->status[i])
			continue;
		buf_printf(out, "%s\"%d\":%" PRId64, comma, i, c->status[i]);
		comma = ",";
	}
	buf_printf(out, "},\"faults\":%" PRId64 ",\"images\":%" PRId64, c->faults, c->images);
	buf_printf(out, ",\"image_bytes\":%" PRId64 ",\"text_before_image\":%" PRId64,
		   c->image_bytes, c->text_before_image);
	buf_printf(out, ",\"in_flight\":%" PRId64 ",\"in_flight_max\":%" PRId64, c->in_flight,
		   c->in_flight_max);
}
