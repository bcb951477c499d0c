/* SPDX-License-Identifier: Apache-2.0
 *
 * writer: how the simulated LVLM writes down the questions planted for an image: the Markdown
 * form of CapRL and its near relatives, chosen per image by `form`. Pure: a scene in, text out.
 */
#ifndef SIM_WRITER_H
#define SIM_WRITER_H

#include "cli/buf.h"
#include "examples/sim/world.h"

/* Appends the reply and returns its finish_reason (static). */
const char *writer_reply(const struct scene *scene, struct buf *out);

/* Five made-up questions about an unplanted image; the right option starts with "right ". */
void writer_synthetic(const char *hash, struct buf *out);

#endif
