/* SPDX-License-Identifier: Apache-2.0
 *
 * wire: the scripted bad days: rules from wire.json that say which request meets which fault.
 * Pure but for its counters: it decides, the server acts. README.md has the format.
 *
 *	struct wire *wire = wire_parse(text, &err);
 *	struct deed deed;
 *	wire_decide(wire, &(struct seen){ .model = "sim-llm", .attempt = 1, ... }, &deed);
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"

enum fault {
	FAULT_NONE,
	FAULT_STATUS,		/* deed.status, headers, body */
	FAULT_HANGUP,		/* closed without a byte */
	FAULT_RESET,		/* RST without a byte */
	FAULT_RESET_MIDDLE,	/* RST after half of the reply */
	FAULT_CUT,		/* closed after half of what Content-Length promised */
	FAULT_BODY,		/* deed.body in place of the reply, with deed.status */
	FAULT_SILENCE,		/* nothing until the client goes or delay_ms are over */
	FAULT_EMPTY,		/* content "" */
	FAULT_NULL,		/* content null */
	FAULT_TEXT,		/* deed.body as the content */
	FAULT_REASONING,	/* a thought in message.reasoning, the answer in content */
	FAULT_REASONING_ONLY,	/* the answer in message.reasoning_content, content null */
	FAULT_THINK,		/* a thought in <think> tags before the answer */
	FAULT_LENGTH,		/* half of the answer, finish_reason length */
	FAULT_ECHO		/* an error object with deed.status and megabytes of base64 in it */
};

/* What is known about a request when its fate is decided. */
struct seen {
	const char *model, *kind, *image;	/* image: its name in the world, or "" */
	const char *body;			/* for `contains` */
	uint64_t body_hash;
	int64_t attempt;			/* how often this body was seen, from 1 */
	bool probe;	/* no chat: only rules that name this kind apply */
};

/* Texts are borrowed from the wire and live until it is freed. */
struct deed {
	enum fault fault;
	const char *name;		/* the rule's `do`, for the log; "" without a fault */
	int status;
	const char *body, *type;	/* body NULL: the usual error; type: of the content */
	const char *retry_after, *retry_after_ms, *location;	/* NULL: not sent */
	int64_t delay_ms;
	bool hold;			/* until /sim/release */
	bool close;			/* the connection after the reply */
	bool unconstrained;		/* constraints have no effect */
};

struct wire;

/* NULL and err if the text is no list of rules, or a rule is not understood. */
struct wire *wire_parse(const char *json, struct err *err);
struct wire *wire_open(const char *path, struct err *err);
void wire_free(struct wire *w);
void wire_reset(struct wire *w);	/* counters back to nothing */

/* wire may be NULL: no faults. */
void wire_decide(struct wire *w, const struct seen *seen, struct deed *out);

size_t wire_count(const struct wire *w);
int64_t wire_hits(const struct wire *w, size_t rule);
const char *wire_name(const struct wire *w, size_t rule);

#endif
