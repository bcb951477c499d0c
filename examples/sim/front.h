/* SPDX-License-Identifier: Apache-2.0
 *
 * front: the OpenAI-compatible face of the simulator: libmicrohttpd on a loopback port, the
 * endpoints, the checks that come before a model is asked, and the scripted faults done to the
 * connection. What is answered is mind's business, which fault is wire's.
 */
#ifndef SIM_FRONT_H
#define SIM_FRONT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/msg.h"
#include "examples/sim/mind.h"
#include "examples/sim/wire.h"

struct front_options {
	int64_t port;			/* 0: any free one */
	int64_t threads;
	int64_t keep_alive_s;		/* idle connections are closed after this; vLLM: 5 */
	int64_t latency_ms;
	int64_t max_model_len;		/* tokens of prompt and answer together */
	const char *key;		/* NULL: any or none will do */
	enum request_dialect dialect;
	FILE *log;			/* one JSON line per request; NULL: none */
};

struct front;

/* Starts to listen. Takes the wire (may be NULL); mind and options are copied. */
struct front *front_open(const struct front_options *options, const struct mind *mind,
			   struct wire *wire, struct err *err);
int front_port(const struct front *s);
void front_close(struct front *s);

#endif
