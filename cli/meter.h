/* SPDX-License-Identifier: Apache-2.0
 *
 * meter: progress on stderr that tells the truth. A bar where stderr is a terminal and
 * neither stdin nor stdout is a pipe, as wide as the terminal is at that moment; else a plain
 * line with the program's name every 30 s;
 * nothing with `none` or -q. The last line is always printed (not with -q).
 *
 * The meter knows counts and names given to it, not what they mean: the caller hands a
 * struct of numbers, the meter draws them no more often than ten times a second.
 *
 *	struct meter *m = meter_new(METER_AUTO, "images");
 *	meter_show(m, &now);		cheap; draws when it is time
 *	meter_free(m);			takes the bar away
 */
#ifndef CLI_METER_H
#define CLI_METER_H

#include <stdint.h>

enum meter_style { METER_AUTO, METER_BAR, METER_PLAIN, METER_NONE };

struct meter_now {
	int64_t done;		/* records finished */
	int64_t total;		/* records expected; 0 if unknown */
	int64_t in_flight;	/* requests at the servers */
	int64_t retries;
	int64_t from_ledger;
	int64_t tokens;		/* generated */
	int64_t left;		/* came to nothing that a rerun can settle */
};

struct meter;

struct meter *meter_new(enum meter_style style, const char *unit);
void meter_show(struct meter *m, const struct meter_now *now);
void meter_free(struct meter *m);

/* "bar", "plain", "none" -> *style; -1 otherwise. */
int meter_style_parse(const char *text, enum meter_style *style);

#endif
