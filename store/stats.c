/* SPDX-License-Identifier: Apache-2.0
 *
 * See stats.h.
 */
#include "store/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/version.h"
#include "schemas/span.h"
#include "store/sink.h"

#define ARGS_MAX (1 << 20)

/* The arguments as a JSON array, from where Linux keeps them, so no verb has to hand them on. */
static void add_options(struct rec *r)
{
	char *args = xcalloc(1, ARGS_MAX + 1), *p;
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t n = file ? fread(args, 1, ARGS_MAX, file) : 0;
	struct buf list;

	buf_init(&list, BUF_NO_MAX);
	buf_addc(&list, '[');
	for (p = args + strlen(args) + 1; p < args + n; p += strlen(p) + 1) {
		if (list.len > 1)
			buf_addc(&list, ',');
		span_quote(&list, p, strlen(p));
	}
	buf_addc(&list, ']');
	rec_set_raw(r, "options", list.data, list.len);
	buf_release(&list);
	if (file)
		fclose(file);
	free(args);
}

struct rec *stats_new(const char *stage)
{
	struct rec *r = rec_new(REC_RUN);

	rec_set_text(r, "stage", stage);
	rec_set_text(r, "version", CAPQA_VERSION);
	add_options(r);
	return r;
}

int stats_write(struct rec *r, const char *path, double seconds, struct err *err)
{
	struct sink *out = sink_open(path, err);
	struct buf line;
	char number[32];
	int result = -1;

	snprintf(number, sizeof(number), "%.3f", seconds);
	rec_set_raw(r, "seconds", number, strlen(number));
	buf_init(&line, BUF_NO_MAX);
	rec_write(r, &line);
	if (out && sink_write(out, line.data, line.len, err))
		sink_leave(out, NULL);
	else if (out)
		result = sink_settle(out, err);
	buf_release(&line);
	rec_free(r);
	return result;
}
