/* SPDX-License-Identifier: Apache-2.0
 *
 * models: the names of the models a server lists (GET .../v1/models), for ping.
 */
#ifndef CURATE_MODELS_H
#define CURATE_MODELS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "curate/endpoint.h"

/* Appends the names, separated by ", ". *listed: is `model` among them? -1: no list, and why. */
int models_list(const struct endpoint *e, double timeout_s, const char *model, struct buf *names,
		bool *listed, struct err *err);

/* The same from a body: {"data":[{"id":"..."}]}. */
int models_read(const char *body, size_t len, const char *model, struct buf *names, bool *listed);

#endif
