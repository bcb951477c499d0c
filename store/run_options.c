/* SPDX-License-Identifier: Apache-2.0
 *
 * run_options: the values of the options that every stage has; see run.h.
 */
#include "store/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_options_dry(struct run_options *o)
{
	o->output = "/dev/null";
	o->rejects = o->stats = NULL;
	o->accept_partial = true;
}

int run_parse_part(const char *text, void *to, struct err *err)
{
	bool slurm = !strncmp(text, "slurm/", 6);
	const char *task = slurm ? getenv("SLURM_ARRAY_TASK_ID") : "";
	struct run_part *part = to;
	long long k, n;
	char in[64], end;

	if (!task)
		return err_set(err, EXIT_USAGE, "'%s' takes K from $SLURM_ARRAY_TASK_ID, which is not "
			       "set: this is no task of a job array", text);
	snprintf(in, sizeof(in), "%s%s", task, slurm ? text + 5 : text);
	if (sscanf(in, "%lld/%lld%c", &k, &n, &end) != 2 || k < 0 || n < 1 || k >= n)
		return err_set(err, EXIT_USAGE, "takes K/N with K from 0 to N-1, not '%s'", in);
	*part = (struct run_part){ k, n };
	return 0;
}

int run_parse_max(const char *text, void *to, struct err *err)
{
	struct run_max *max = to;
	double value;
	char unit = 0, end;
	int n = sscanf(text, "%lf%c%c", &value, &unit, &end);

	if (n < 1 || n > 2 || !(value >= 0 && value < 1e15) || (n == 2 && unit != '%') ||
	    (n == 1 && value != (double)(int64_t)value))
		return err_set(err, EXIT_USAGE, "takes a number or a percentage, not '%s'", text);
	*max = n == 2 ? (struct run_max){ -1, value } : (struct run_max){ (int64_t)value, 0 };
	return 0;
}

int run_parse_progress(const char *text, void *to, struct err *err)
{
	if (meter_style_parse(text, to))
		return err_set(err, EXIT_USAGE, "takes bar, plain or none, not '%s'", text);
	return 0;
}
