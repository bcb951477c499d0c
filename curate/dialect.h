/* SPDX-License-Identifier: Apache-2.0
 *
 * dialect: what a refusal teaches about how a server wants things said. Pure. Every field that
 * only some servers know is sent until one says that it does not; then it is left out or said
 * otherwise, for that server, and the request goes again at no cost. Servers ignore fields they
 * do not know (status 200, nothing said), so a constraint is believed by its effect only.
 */
#ifndef CURATE_DIALECT_H
#define CURATE_DIALECT_H

#include <stdbool.h>

#include "schemas/chat.h"

/*
 * true: the dialect changed, the request is worth sending again. *said: what to tell the user
 * (static), or NULL where nothing of what was asked for is lost.
 */
bool dialect_learn(struct chat_dialect *d, const struct chat_request *q,
		   const struct chat_error *error, const char **said);

/*
 * An answer came: did the constraint that was sent hold it? A schema's envelope is taken off.
 * true: no, the server ignores it, and the dialect changed; *said as above. The answer stands
 * either way, as free text.
 */
bool dialect_heard(struct chat_dialect *d, const struct chat_request *q, enum chat_decode sent,
		   struct chat_reply *reply, const char **said);

#endif
