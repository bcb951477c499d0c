/* SPDX-License-Identifier: Apache-2.0
 *
 * run_close: the output settled or left, the last line, the exit code; see run.h.
 */
#include "store/run_in.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/sig.h"
#include "store/queue.h"
#include "store/sink.h"
#include "store/source.h"
#include "store/stats.h"

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
	int64_t open = run->read - run_finished(run);
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
	if (run->broken_input)
		return run->broken_input;
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
	if (stats_write(run->stats, run->o.stats, run_now_s() - run->started_s, &err)) {
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
	else if (code == EXIT_DATA && !run->broken_input)
		complain("%lld of %lld %s came to nothing, the first at %s; --max-rejects allows "
			 "more, -r FILE lists them", (long long)run->fates[RUN_REJECTED],
			 (long long)run->read, run->words->unit, run->first);
	assert(code != EXIT_SETTLED || run_finished(run) == run->read);
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
