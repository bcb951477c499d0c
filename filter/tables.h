/* SPDX-License-Identifier: Apache-2.0
 *
 * tables: figures as text that a person reads. Appends whole lines to a buffer; model names
 * are made safe for a terminal.
 */
#ifndef FILTER_TABLES_H
#define FILTER_TABLES_H

#include "schemas/figures.h"
#include "schemas/whatif.h"

struct buf;

/* What the text test does at chance, beside what it did here, by number of options. */
void tables_chance(struct buf *out, const struct figures *f, const struct rule *rule);

/* Letters, accuracies, habits, agreement of a panel. */
void tables_figures(struct buf *out, const struct figures *f);

/* The grid of --what-if. */
void tables_whatif(struct buf *out, const struct whatif *w);

#endif
