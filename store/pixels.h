/* SPDX-License-Identifier: Apache-2.0
 *
 * pixels: pictures we make ourselves, by libgd.
 */
#ifndef STORE_PIXELS_H
#define STORE_PIXELS_H

#include "cli/msg.h"

struct buf;

/* Appends a PNG of one colour, 0xRRGGBB. */
int pixels_plain(struct buf *out, int width, int height, int rgb, struct err *err);

/* Appends a PNG of one mid grey (128): the control image that shows nothing. */
int pixels_grey(struct buf *out, int width, int height, struct err *err);

#endif
