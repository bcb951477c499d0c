/* SPDX-License-Identifier: Apache-2.0
 *
 * See run.h. What becomes of records is here; how they come is in run_read, how it ends in
 * run_close.
 */
#include "store/run_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/sig.h"
#include "store/queue.h"
#include "store/sink.h"
#include "store/source.h"
#include "store/stats.h"

#define FLUSH_EVERY_S 0.1	/* a stage behind a pipe should not wait for 128 KB */

double run_now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int64_t run_finished(const struct run *run)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < RUN_FATES; i++)
		sum += run->fates[i];
	return sum;
}

void run_fail(struct run *run, const struct err *err)
{
	if (!run->failed)
		run->err = *err;
	run->failed = true;
}

bool run_failed(const struct run *run)
{
	return run->failed;
}

struct run *run_open_bare_or_die(const struct run_options *o, const struct run_words *words)
{
	struct run *run = xcalloc(1, sizeof(*run));
	struct err err;

	msg_quiet(o->quiet);
	run->o = *o;
	run->words = words;
	run->elsewhere_is = "in other parts";
	run->queue = queue_new();
	run->started_s = run_now_s();
	run->stats = o->stats ? stats_new(words->stage) : NULL;
	buf_init(&run->line, BUF_NO_MAX);
	buf_init(&run->reject, BUF_NO_MAX);
	run->out = sink_open(o->output, &err);
	if (!run->out)
		die_err(&err);
	if (o->rejects) {
		run->rejects = sink_open(o->rejects, &err);
		if (!run->rejects)
			die_err(&err);
	}
	run->meter = meter_new(o->quiet ? METER_NONE : o->progress, words->unit);
	return run;
}

struct run *run_open_or_die(const struct run_options *o, const struct run_words *words,
			    enum rec_kind kind, char *const *inputs)
{
	struct source *in;
	struct run *run;
	struct err err;

	in = source_open(inputs, &err);
	if (!in)
		die_err(&err);
	run = run_open_bare_or_die(o, words);
	run->in = in;
	run->kind = kind;
	source_records(in, kind);
	return run;
}

void run_before_write(struct run *run, int (*hook)(void *ctx, struct err *err), void *ctx)
{
	sink_before_write(run->out, hook, ctx);
	if (run->rejects)
		sink_before_write(run->rejects, hook, ctx);
}

void run_write_out(struct run *run, const struct queue_ready *ready)
{
	struct err err;

	if (run->failed)
		return;
	if (sink_write(run->out, ready->text, ready->len, &err) ||
	    (run->rejects && sink_write(run->rejects, ready->rejects, ready->rejects_len, &err)))
		run_fail(run, &err);
}

void run_forward(struct run *run)
{
	struct queue_ready ready;
	struct err err;
	int got;

	while (!run->failed && (got = queue_take(run->queue, &ready, &err)) != 0) {
		if (got < 0)
			run_fail(run, &err);
		else
			run_write_out(run, &ready);
	}
}

void run_end(struct run *run, struct item *item, enum run_fate fate, const struct buf *records,
	     const struct buf *rejects)
{
	struct queue_ready ready = {
		records ? records->data : NULL, rejects ? rejects->data : NULL,
		records ? records->len : 0, rejects ? rejects->len : 0,
	};
	struct err err;

	run->fates[fate]++;
	if (queue_pass(run->queue, item->place))
		run_write_out(run, &ready);
	else if (queue_put(run->queue, item->place, ready.text, ready.len, ready.rejects,
			   ready.rejects_len, &err))
		run_fail(run, &err);
	rec_free(item->rec);
	item->rec = NULL;
	item->place = NULL;
	run_forward(run);
}

void run_elsewhere(struct run *run, struct item *item)
{
	run_end(run, item, RUN_SKIPPED, NULL, NULL);
	run->fates[RUN_SKIPPED]--;
	run->read--;
	run->elsewhere++;
}

void run_elsewhere_is(struct run *run, const char *words)
{
	run->elsewhere_is = words;
}

void run_write(struct run *run, struct item *item, enum run_fate fate)
{
	buf_clear(&run->line);
	rec_write(item->rec, &run->line);
	run_end(run, item, fate, &run->line, NULL);
}

static void copy_id(struct rec *to, struct rec *from, const char *key)
{
	const char *id = from ? rec_text(from, key) : NULL;

	if (id)
		rec_set_text(to, key, id);
}

void run_reject_line(struct run *run, struct item *item, const char *class,
		     const char *message, int64_t start, int64_t end, struct buf *out)
{
	struct rec *reject = rec_new(REC_REJECT);
	char span[64];

	if (!*run->first)
		snprintf(run->first, sizeof(run->first), "%s:%lld: %s", item->file,
			 (long long)item->line, message);
	rec_set_text(reject, "stage", run->words->stage);
	rec_set_text(reject, "class", class);
	rec_set_text(reject, "message", message);
	copy_id(reject, item->rec, "image_id");
	copy_id(reject, item->rec, "question_id");
	rec_set_text(reject, "file", item->file);
	rec_set_int(reject, "line", item->line);
	if (start >= 0) {
		snprintf(span, sizeof(span), "[%lld,%lld]", (long long)start, (long long)end);
		rec_set_raw(reject, "span", span, strlen(span));
	}
	rec_write(reject, out);
	rec_free(reject);
}

static void end_with_reject(struct run *run, struct item *item, enum run_fate fate,
			    const char *class, const char *message)
{
	buf_clear(&run->reject);
	run_reject_line(run, item, class, message, -1, -1, &run->reject);
	if (run->o.verbose)
		note("%s:%lld: %s: %s", item->file, (long long)item->line, class, message);
	run_end(run, item, fate, NULL, &run->reject);
}

void run_reject(struct run *run, struct item *item, const char *class, const char *message)
{
	end_with_reject(run, item, RUN_REJECTED, class, message);
}

void run_leave(struct run *run, struct item *item, const char *class, const char *message)
{
	end_with_reject(run, item, RUN_LEFT, class, message);
}

void run_tick(struct run *run, const struct meter_now *asking)
{
	struct meter_now now = asking ? *asking : (struct meter_now){ 0 };
	int64_t bytes = 0, total = 0;
	struct err err;
	double t = run_now_s();

	if (t - run->flushed_s < FLUSH_EVERY_S)
		return;
	run->flushed_s = t;
	if (!run->failed && sink_flush(run->out, &err))
		run_fail(run, &err);
	now.done = run_finished(run);
	now.left = run->fates[RUN_LEFT];
	if (run->in)
		source_progress(run->in, &bytes, &total);
	if (bytes > 0 && total >= bytes)
		now.total = (int64_t)((double)run->read * (double)total / (double)bytes);
	meter_show(run->meter, &now);
}

int64_t run_count(const struct run *run, enum run_fate fate)
{
	return run->fates[fate];
}

void run_recount(struct run *run, enum run_fate from, enum run_fate to, int64_t count)
{
	run->fates[from] -= count;
	run->fates[to] += count;
}

int64_t run_read(const struct run *run)
{
	return run->read;
}

int64_t run_expected(const struct run *run)
{
	return run->in ? source_expected(run->in) : -1;
}
