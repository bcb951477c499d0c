/* SPDX-License-Identifier: Apache-2.0
 *
 * abstain: the last option that a judge may offer, so that a model which does not know need
 * not guess. It is never shuffled, never right, and not added where one of a question's own
 * options says the same already.
 */
#ifndef FILTER_ABSTAIN_H
#define FILTER_ABSTAIN_H

#include <stddef.h>

#define ABSTAIN_BLIND "It cannot be answered without the image."
#define ABSTAIN_SIGHT "It cannot be answered from the image."
#define ABSTAIN_CAPTION "It cannot be answered from the caption."

/* The first option that says "it cannot be answered" by itself; -1: none does. */
int abstain_find(const char *const *options, size_t count);

#endif
