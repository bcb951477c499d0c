/* SPDX-License-Identifier: Apache-2.0
 *
 * See judging.h.
 */
#include "filter/judging.h"

#include <stdio.h>
#include <string.h>

#include "schemas/tally.h"

#define SEED_MAX (INT64_C(1) << 53)	/* what any JSON reader gives back exactly */

int judging_parse_threshold(const char *text, void *to, struct err *err)
{
	return threshold_parse(text, to, err);
}

int judging_parse_orders(const char *text, void *to, struct err *err)
{
	if (order_mode_parse(text, to))
		return err_set(err, EXIT_USAGE, "takes balanced or random, not '%s'", text);
	return 0;
}

int judging_parse_letters(const char *text, void *to, struct err *err)
{
	bool *caprl = to;

	*caprl = !strcmp(text, "caprl");
	if (!*caprl && strcmp(text, "capqa"))
		return err_set(err, EXIT_USAGE, "takes capqa or caprl, not '%s'", text);
	return 0;
}

int judging_parse_retry(const char *text, void *to, struct err *err)
{
	struct retry_options *retry = to;
	size_t n;

	for (; *text; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (n == 8 && !memcmp(text, "unparsed", n))
			retry->unparsed = true;
		else if (n == 7 && !memcmp(text, "refused", n))
			retry->refused = true;
		else
			return err_set(err, EXIT_USAGE, "takes unparsed, refused or both, not '%s'",
				       text);
	}
	return 0;
}

int judging_parse_share(const char *text, void *to, struct err *err)
{
	double *share = to, value;
	char unit = 0, end;
	int n = sscanf(text, "%lf%c%c", &value, &unit, &end);

	if (n == 2 && unit == '%')
		value /= 100;
	else if (n != 1)
		n = 0;
	if (!n || !(value >= 0 && value <= 1))
		return err_set(err, EXIT_USAGE, "takes a share such as 2%% or 0.02, not '%s'", text);
	*share = value;
	return 0;
}

int judging_rule(const struct rule_options *o, struct rule *rule, struct err *err)
{
	if (o->rotations < 1 || o->rotations > TALLY_TRIALS_MAX)
		return err_set(err, EXIT_USAGE, "--rotations takes 1 to %d", TALLY_TRIALS_MAX);
	if (o->panel < 1 || o->panel > 1000)
		return err_set(err, EXIT_USAGE, "--panel takes 1 to 1000");
	*rule = (struct rule){ o->visual, o->text, (int)o->rotations, (int)o->panel };
	return 0;
}

int judging_trials(const struct trial_options *o, struct err *err)
{
	if (o->seed > SEED_MAX)
		return err_set(err, EXIT_USAGE, "--seed takes 0 to %lld", (long long)SEED_MAX);
	if (!(o->temperature >= 0 && o->temperature <= 2))
		return err_set(err, EXIT_USAGE, "--temperature takes 0 to 2");
	if (o->max_tokens < 1)
		return err_set(err, EXIT_USAGE, "--max-tokens takes at least 1");
	return 0;
}
