/* SPDX-License-Identifier: Apache-2.0
 *
 * See run.h.
 */
#include "store/run.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/sig.h"
#include "schemas/hash.h"
#include "schemas/span.h"
#include "store/queue.h"
#include "store/sink.h"
#include "store/source.h"
#include "store/stats.h"

#define FLUSH_EVERY_S 0.1	/* a stage behind a pipe should not wait for 128 KB */

struct run {
	struct run_options o;
	const struct run_words *words;
	enum rec_kind kind;
	struct source *in;
	struct sink *out, *rejects;
	struct queue *queue;
	struct meter *meter;
	struct buf line, reject;	/* scratch */
	int64_t read, fates[RUN_FATES];
	int64_t elsewhere;		/* in another slice of --part */
	const char *elsewhere_is;
	bool input_ended, failed;
	struct err err;
	double flushed_s, started_s;
	struct rec *stats;
	char first[160];		/* the first reject, for the one line of an exit 65 */
};

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

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
	run->started_s = now_s();
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

static void write_out(struct run *run, const struct queue_ready *ready)
{
	struct err err;

	if (run->failed)
		return;
	if (sink_write(run->out, ready->text, ready->len, &err) ||
	    (run->rejects && sink_write(run->rejects, ready->rejects, ready->rejects_len, &err)))
		run_fail(run, &err);
}

/* Moves what is ready, in order, from the queue to the files. */
static void forward(struct run *run)
{
	struct queue_ready ready;
	struct err err;
	int got;

	while (!run->failed && (got = queue_take(run->queue, &ready, &err)) != 0) {
		if (got < 0)
			run_fail(run, &err);
		else
			write_out(run, &ready);
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
		write_out(run, &ready);
	else if (queue_put(run->queue, item->place, ready.text, ready.len, ready.rejects,
			   ready.rejects_len, &err))
		run_fail(run, &err);
	rec_free(item->rec);
	item->rec = NULL;
	item->place = NULL;
	forward(run);
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

/* A record without an image goes by all of it, a broken line by nothing: to one slice each. */
static const char *part_key(struct run *run, struct rec *rec)
{
	const char *key = rec ? rec_image_key(rec) : "";

	if (!key) {
		buf_clear(&run->line);
		rec_write(rec, &run->line);
		key = run->line.data;
	}
	return key;
}

bool run_item(struct run *run, struct rec *rec, const char *file, int64_t line,
	      struct item *item)
{
	*item = (struct item){ .rec = rec, .file = file, .line = line };
	if (run->o.part.of && hash_part(part_key(run, rec), run->o.part.of) != run->o.part.slice) {
		run->elsewhere++;
		rec_free(rec);
		return false;
	}
	run->read++;
	item->place = queue_place(run->queue);
	return true;
}

static struct rec *parse(struct run *run, const struct line *line, struct err *err)
{
	enum rec_kind kind = run->kind == REC_KINDS ? REC_IMAGE : run->kind;

	if (!line->too_long)
		return rec_parse(kind, line->text, line->len, err);
	err_set(err, EXIT_DATA, "longer than 16 MB");
	return NULL;
}

static void reject_line(struct run *run, struct item *item, const struct line *line,
			const struct err *err)
{
	buf_clear(&run->line);
	buf_printf(&run->line, "%s%s", line->torn ? "torn last line: " : "", err->text);
	run_reject(run, item, "bad_json", run->line.data);
}

/* Makes a record of a line, or rejects it. */
static bool take_line(struct run *run, const struct line *line, struct item *item)
{
	struct err err;
	struct rec *rec = parse(run, line, &err);

	if (!run_item(run, rec, line->file, line->number, item))
		return false;
	if (!rec)
		reject_line(run, item, line, &err);
	return rec;
}

static bool poll_line(struct run *run, struct line *line)
{
	struct err err;

	if (run_ended(run))
		return false;
	if (run->o.limit >= 0 && run->read + run->elsewhere >= run->o.limit) {
		run->input_ended = true;
		return false;
	}
	switch (source_poll(run->in, line, &err)) {
	case SOURCE_LINE:
		return true;
	case SOURCE_FAILED:
		run_fail(run, &err);
		break;
	case SOURCE_END:
		run->input_ended = true;
		break;
	case SOURCE_LATER:
		break;
	}
	return false;
}

bool run_poll(struct run *run, struct item *item)
{
	struct line line;

	while (poll_line(run, &line))
		if (take_line(run, &line, item))
			return true;
	return false;
}

bool run_next_line(struct run *run, struct line *line, struct item *item)
{
	assert(!run->o.part.of);
	while (!poll_line(run, line)) {
		if (run_ended(run))
			return false;
		run_tick(run, NULL);
		run_wait(run, -1);
	}
	run_tick(run, NULL);
	return run_item(run, NULL, line->file, line->number, item);
}

bool run_parse(struct run *run, const struct line *line, struct item *item)
{
	struct err err;

	item->rec = parse(run, line, &err);
	if (!item->rec)
		reject_line(run, item, line, &err);
	return item->rec;
}

void run_write_line(struct run *run, struct item *item, const struct line *line,
		    enum run_fate fate)
{
	buf_clear(&run->line);
	buf_add(&run->line, line->text, line->len);
	buf_addc(&run->line, '\n');
	run_end(run, item, fate, &run->line, NULL);
}

bool run_wait(const struct run *run, int ms)
{
	struct pollfd p[2] = { { .fd = run_fd(run), .events = POLLIN },
			       { .fd = sig_fd(), .events = POLLIN } };

	return poll(p, 2, ms) != 0;
}

bool run_next(struct run *run, struct item *item)
{
	while (!run_poll(run, item)) {
		if (run_ended(run))
			return false;
		run_tick(run, NULL);
		run_wait(run, -1);
	}
	run_tick(run, NULL);
	return true;
}

bool run_ended(const struct run *run)
{
	return run->input_ended || run->failed || sig_stop();
}

bool run_room(const struct run *run)
{
	return queue_room(run->queue);
}

int run_fd(const struct run *run)
{
	return run->in && !run_ended(run) ? source_fd(run->in) : -1;
}

static int64_t finished(const struct run *run)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < RUN_FATES; i++)
		sum += run->fates[i];
	return sum;
}

void run_tick(struct run *run, const struct meter_now *asking)
{
	struct meter_now now = asking ? *asking : (struct meter_now){ 0 };
	int64_t bytes = 0, total = 0;
	struct err err;
	double t = now_s();

	if (t - run->flushed_s < FLUSH_EVERY_S)
		return;
	run->flushed_s = t;
	if (!run->failed && sink_flush(run->out, &err))
		run_fail(run, &err);
	now.done = finished(run);
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

/* Only what is there: a pipe or a device has no FILE.partial, but there is a ledger. */
static void say_where(const struct run *run, int code, struct buf *b)
{
	struct buf partial;

	buf_init(&partial, BUF_NO_MAX);
	buf_printf(&partial, "%s.partial", run->o.output ? run->o.output : "-");
	if (!access(partial.data, F_OK))
		buf_printf(b, "; see %s%s", partial.data,
			   code == EXIT_DATA ? "" : ", run again to go on");
	else if (code == EXIT_LEFT || code == EXIT_AGAIN || code == EXIT_INTERRUPTED)
		buf_adds(b, "; run again to go on");
	buf_release(&partial);
}

/* "120 questions: 70 asked, 48 passed unasked, 2 rejected" and what else there is to say. */
static void say_last_line(const struct run *run, const char *more, int code)
{
	int64_t open = run->read - finished(run);
	static const char *const plain[RUN_FATES] = { "done", "passed on", "skipped", "rejected",
						      "left" };
	const char *between = ": ";
	struct buf b;
	int i;

	buf_init(&b, BUF_NO_MAX);
	buf_printf(&b, "%lld %s", (long long)run->read, run->words->unit);
	for (i = 0; i < RUN_FATES; i++) {
		if (!run->fates[i] && i != RUN_DONE)
			continue;
		buf_printf(&b, "%s%lld %s", between, (long long)run->fates[i],
			   run->words->fates[i] ? run->words->fates[i] : plain[i]);
		between = ", ";
	}
	if (open)
		buf_printf(&b, "%s%lld not reached", between, (long long)open);
	if (run->elsewhere)
		buf_printf(&b, "; %lld %s", (long long)run->elsewhere, run->elsewhere_is);
	if (more && *more)
		buf_printf(&b, "; %s", more);
	if (code != EXIT_SETTLED)
		say_where(run, code, &b);
	note("%s", b.data);
	buf_release(&b);
}

static bool too_many_rejects(const struct run *run)
{
	int64_t rejected = run->fates[RUN_REJECTED];

	if (run->o.max_rejects.count >= 0)
		return rejected > run->o.max_rejects.count;
	return (double)rejected > run->o.max_rejects.percent / 100 * (double)run->read;
}

static int exit_code(const struct run *run)
{
	if (run->failed)
		return run->err.kind;
	if (sig_stop())
		return sig_stop();
	if (too_many_rejects(run))
		return EXIT_DATA;
	return run->fates[RUN_LEFT] && !run->o.accept_partial ? EXIT_LEFT : EXIT_SETTLED;
}

/* The rejects are a report about this run, settled first and even when the output is not. */
static int finish_files(struct run *run, int code)
{
	struct err err;

	if (run->rejects && (run->failed ? sink_leave : sink_settle)(run->rejects, &err)) {
		complain("%s", err.text);
		code = code == EXIT_SETTLED ? EXIT_OUTPUT : code;
	}
	if ((code == EXIT_SETTLED ? sink_settle : sink_leave)(run->out, &err)) {
		if (code != EXIT_OUTPUT)
			complain("%s", err.text);
		code = code == EXIT_SETTLED ? EXIT_OUTPUT : code;
	}
	return code;
}

struct rec *run_stats(struct run *run)
{
	return run->stats;
}

/* The fates under plain names, so that one query reads the records of all stages. */
static int write_stats(struct run *run, int code)
{
	static const char *const names[RUN_FATES] = { "done", "passed", "skipped", "rejected",
						      "left" };
	struct err err;
	struct buf b;
	int i;

	if (!run->stats)
		return code;
	buf_init(&b, BUF_NO_MAX);
	buf_printf(&b, "{\"read\":%lld", (long long)run->read);
	for (i = 0; i < RUN_FATES; i++)
		buf_printf(&b, ",\"%s\":%lld", names[i], (long long)run->fates[i]);
	buf_printf(&b, ",\"exit\":%d}", code);
	rec_set_raw(run->stats, "counts", b.data, b.len);
	buf_release(&b);
	if (stats_write(run->stats, run->o.stats, now_s() - run->started_s, &err)) {
		complain("%s", err.text);
		code = code == EXIT_SETTLED ? EXIT_OUTPUT : code;
	}
	return code;
}

int run_close(struct run *run, const char *more)
{
	bool quietly;
	struct err err;
	int code;

	/* What is left may be all there is: a reader that has gone is noticed only now. */
	if (!run->failed && sink_flush(run->out, &err))
		run_fail(run, &err);
	quietly = sink_pipe_closed(run->out);
	code = exit_code(run);
	meter_free(run->meter);
	if (run->failed && !quietly)
		complain("%s", run->err.text);
	else if (code == EXIT_DATA)
		complain("%lld of %lld %s came to nothing, the first at %s; --max-rejects allows "
			 "more, -r FILE lists them", (long long)run->fates[RUN_REJECTED],
			 (long long)run->read, run->words->unit, run->first);
	assert(code != EXIT_SETTLED || finished(run) == run->read);
	code = quietly ? EXIT_OUTPUT : finish_files(run, code);
	code = write_stats(run, code);
	if (quietly)
		sig_die_of_pipe();
	say_last_line(run, more, code);
	source_close(run->in);
	queue_free(run->queue);
	buf_release(&run->line);
	buf_release(&run->reject);
	free(run);
	return code;
}
