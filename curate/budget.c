/* SPDX-License-Identifier: Apache-2.0
 *
 * See budget.h.
 */
#include "curate/budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int after(const char *text, time_t now, time_t *to)
{
	static const char units[] = "smhd";
	static const double seconds[] = { 1, 60, 3600, 86400 };
	char unit = 's', end;
	const char *at;
	double value;
	int n = sscanf(text, "%lf%c%c", &value, &unit, &end);

	at = n == 1 || n == 2 ? strchr(units, unit) : NULL;
	if (!at || !*at || !(value >= 0) || value > 1e9)
		return -1;
	*to = now + (time_t)ceil(value * seconds[at - units]);
	return 0;
}

static int at_date(const char *text, time_t *to)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					     "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M" };
	const char *end;
	struct tm tm;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		tm = (struct tm){ .tm_isdst = -1 };
		end = strptime(text, forms[i], &tm);
		if (end && !*end) {
			*to = mktime(&tm);
			return *to == (time_t)-1 ? -1 : 0;
		}
	}
	return -1;
}

int budget_deadline(const char *text, time_t now, time_t *to)
{
	const char *end;
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_sec = 0;
	end = strptime(text, "%H:%M", &tm);
	if (!end || *end)
		return at_date(text, to) ? after(text, now, to) : 0;
	tm.tm_isdst = -1;
	*to = mktime(&tm);
	if (*to <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		*to = mktime(&tm);
	}
	return 0;
}

int budget_parse_deadline(const char *text, void *to, struct err *err)
{
	if (budget_deadline(text, time(NULL), to))
		return err_set(err, EXIT_USAGE, "takes 18:30, 2026-03-01T06:00 or 90m, not '%s'", text);
	return 0;
}

bool budget_counts(const struct budget *b)
{
	return b->requests >= 0 || b->tokens >= 0;
}

const char *budget_spent(const struct budget *b, int64_t requests, int64_t tokens, time_t now)
{
	if (b->requests >= 0 && requests >= b->requests)
		return "--max-requests";
	if (b->tokens >= 0 && tokens >= b->tokens)
		return "--max-tokens-total";
	if (b->deadline && now >= b->deadline)
		return "--deadline";
	return NULL;
}
