/* SPDX-License-Identifier: Apache-2.0
 *
 * hygiene_loop: does a text go round in circles? The ways models break down: one character for
 * hundreds of times, one phrase over and over, one sentence between others. Not a loop: lines
 * of dashes, tables of zeros, "no, no, no", a refrain.
 */
#ifndef CURATE_HYGIENE_LOOP_H
#define CURATE_HYGIENE_LOOP_H

#include <stdbool.h>

#include "curate/mcq_text.h"

/* One thing said too often, or no word said at all. The text is not empty. */
bool hygiene_loops(struct mcq_text text);

#endif
