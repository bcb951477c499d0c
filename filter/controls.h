/* SPDX-License-Identifier: Apache-2.0
 *
 * controls: another image in place of the question's own. A question that a model answers
 * just as well with a grey picture, or with somebody else's, does not need its image.
 *
 * grey: one grey picture for all. swap: the image with the next larger hash in a list of
 * images, so the choice depends on nothing but the set.
 *
 *	struct controls *c = controls_swap("images.jsonl", &err);
 *	path = controls_image(c, image_id, &id);
 */
#ifndef FILTER_CONTROLS_H
#define FILTER_CONTROLS_H

#include "cli/msg.h"

struct controls;

struct controls *controls_grey(struct err *err);
/* path: image records. 65: fewer than two different images in it. */
struct controls *controls_swap(const char *path, struct err *err);
void controls_free(struct controls *c);

/* The path to send instead, and the id of its bytes. Borrowed until the next call. */
const char *controls_image(struct controls *c, const char *image_id, const char **id);

#endif
