/* SPDX-License-Identifier: Apache-2.0
 *
 * delay: connections that wait. The server's thread must never sleep, so a reply that is due
 * later suspends its connection and one thread here wakes it when the time has come, or when
 * the client has gone.
 */
#ifndef SIM_DELAY_H
#define SIM_DELAY_H

#include <stdint.h>

struct MHD_Connection;
struct delay;

struct delay *delay_new(void);
void delay_free(struct delay *d);	/* wakes all that wait */

#define DELAY_HELD INT64_MAX	/* until delay_release */

/* Suspends the connection; the access handler is called again once it is woken. */
void delay_add(struct delay *d, struct MHD_Connection *connection, int64_t ms);
void delay_release(struct delay *d);	/* wakes those that are held */

#endif
