/* SPDX-License-Identifier: Apache-2.0
 *
 * half: replies that never arrive whole. libmicrohttpd only knows how to behave, so these are
 * a reader that gives up half-way and a socket that is reset under it.
 */
#ifndef SIM_HALF_H
#define SIM_HALF_H

#include <stdbool.h>

#include "cli/buf.h"

struct MHD_Connection;
struct MHD_Response;

/* The other side gets RST at once. */
void half_reset(struct MHD_Connection *connection);

/* Promises all of body, sends half, then resets or closes. Takes the bytes out of body. */
struct MHD_Response *half_response(struct MHD_Connection *connection, struct buf *body,
				   bool reset);

#endif
