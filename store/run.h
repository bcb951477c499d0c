/* SPDX-License-Identifier: Apache-2.0
 *
 * run: what every stage shares from its first record to its exit code. It owns the source,
 * the sink, the rejects and the order between them, counts what became of every record, and
 * settles the output: FILE when every record has its answer or its permanent rejection,
 * FILE.partial otherwise (DESIGN.md 5).
 *
 * Faults that end the run (disk full, a server that says no) are sticky: run_next gives no more
 * records, run_ended turns true, and run_close says the fault and returns its exit code. So a stage's
 * loop has no error paths. An input that cannot be read to its end is told at once; the others
 * are read, what came is finished, and the exit code is that of the input (65, 66).
 *
 *	static struct { struct run_options run; } opt = { .run = RUN_DEFAULTS };
 *	static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
 *	...
 *	run = run_open_or_die(&opt.run, &words, REC_QUESTION, operands);
 *	while (run_next(run, &item))
 *		run_write(run, &item, RUN_DONE);
 *	return run_close(run, NULL);
 */
#ifndef STORE_RUN_H
#define STORE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buf.h"
#include "cli/meter.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "schemas/record.h"

struct run_part {
	int64_t slice, of;	/* --part K/N; of 0: everything */
};

struct run_max {
	int64_t count;		/* -1: `percent` of the input instead */
	double percent;
};

struct run_options {
	const char *output, *rejects, *stats;
	bool accept_partial, quiet, verbose;
	int64_t limit;		/* -n; -1: none */
	struct run_max max_rejects;
	struct run_part part;
	enum meter_style progress;
};

#define RUN_DEFAULTS { .limit = -1, .max_rejects = { -1, 50 } }

/* The block every stage's table starts with. `o` is a struct run_options. */
#define RUN_OPTIONS(o) \
	{ 'o', "output", OPT_TEXT, &(o).output, "FILE", \
	  "write FILE when settled (.zst compresses); default: standard output", NULL }, \
	{ 'r', "rejects", OPT_TEXT, &(o).rejects, "FILE", \
	  "write what came to nothing, and why, to FILE", NULL }, \
	{ 0, "stats", OPT_TEXT, &(o).stats, "FILE", \
	  "write what the run took, as one record, to FILE", NULL }, \
	{ 'n', "limit", OPT_COUNT, &(o).limit, "N", "only the first N input records", NULL }, \
	{ 0, "part", OPT_PARSE, &(o).part, "K/N", \
	  "only slice K (from 0) of N, by hash of the image; slurm/N: K is the array task's", \
	  run_parse_part }, \
	{ 0, "max-rejects", OPT_PARSE, &(o).max_rejects, "N|P%", \
	  "exit 65 when more input records than this come to nothing (50%)", run_parse_max }, \
	{ 0, "accept-partial", OPT_FLAG, &(o).accept_partial, NULL, \
	  "settle although some records are left to a rerun", NULL }, \
	{ 0, "progress", OPT_PARSE, &(o).progress, "STYLE", "bar, plain or none", \
	  run_parse_progress }, \
	{ 'q', "quiet", OPT_FLAG, &(o).quiet, NULL, "only warnings and errors", NULL }, \
	{ 'v', "verbose", OPT_FLAG, &(o).verbose, NULL, "say more", NULL }

/* For a run that only looks (--dry-run): nothing is written, nothing is left open. */
void run_options_dry(struct run_options *o);

/* "3/8", or "slurm/8": K from SLURM_ARRAY_TASK_ID. N is always said: the array's own count
 * changes when some of its tasks are submitted again. */
int run_parse_part(const char *text, void *to, struct err *err);
int run_parse_max(const char *text, void *to, struct err *err);
int run_parse_progress(const char *text, void *to, struct err *err);

/* What became of an input record. Every one has exactly one fate. */
enum run_fate {
	RUN_DONE,	/* this stage did its work on it */
	RUN_PASSED,	/* passed on untouched: nothing to do, or decided before */
	RUN_SKIPPED,	/* rightly gives no output: the same bytes under another path */
	RUN_REJECTED,	/* came to nothing, for good: it is in the rejects */
	RUN_LEFT,	/* came to nothing that a rerun can settle */
	RUN_FATES
};

/* The words of the last line. NULL: a plain word will do. */
struct run_words {
	const char *stage;	/* "blind" */
	const char *unit;	/* "questions" */
	const char *fates[RUN_FATES];
};

struct run;
struct line;
struct place;

/* One input record on its way through the stage. */
struct item {
	struct rec *rec;	/* owned by the item until a run_ function ends it */
	struct place *place;
	const char *file;
	int64_t line;
};

/* kind: REC_KINDS where a record's kind shows only once it is parsed (rec_become). */
struct run *run_open_or_die(const struct run_options *o, const struct run_words *words,
			    enum rec_kind kind, char *const *inputs);

/* As above for a stage that finds its records itself (scan): no source. */
struct run *run_open_bare_or_die(const struct run_options *o, const struct run_words *words);
bool run_item(struct run *run, struct rec *rec, const char *file, int64_t line,
	      struct item *item);	/* false: not in this slice, rec was freed */

/* run_next waits for a record, run_poll does not; both false when there is none (now). run_wait waits
 * until another poll is worth it; false: so many ms went by (-1: no limit). */
bool run_next(struct run *run, struct item *item);
bool run_poll(struct run *run, struct item *item);
bool run_wait(const struct run *run, int ms);
bool run_ended(const struct run *run);	/* no record will come any more */
bool run_room(const struct run *run);	/* the queue can take another record */
int run_fd(const struct run *run);	/* input to wait for, or -1 */

/*
 * As run_next for a stage that passes most lines on as they stand, and is not given a part: its
 * record is parsed when asked for. run_parse false: the line is no record, and was rejected.
 * run_parse_canonical: it is known to be one, canonically written.
 */
bool run_next_line(struct run *run, struct line *line, struct item *item);
bool run_parse(struct run *run, const struct line *line, struct item *item);
void run_parse_canonical(struct run *run, const struct line *line, struct item *item);
/* Ends the item; no newline is in the line. */
void run_write_line(struct run *run, struct item *item, const struct line *line,
		    enum run_fate fate);

/* These end an item: its record is freed, its place filled. */
void run_write(struct run *run, struct item *item, enum run_fate fate);
void run_reject(struct run *run, struct item *item, const char *class, const char *message);
/* As run_reject, for what a rerun can settle. */
void run_leave(struct run *run, struct item *item, const char *class, const char *message);
/* Takes a record back: it belongs to another slice after all. */
void run_elsewhere(struct run *run, struct item *item);
/* The last line's word for these, where they are not "in other parts". Static. */
void run_elsewhere_is(struct run *run, const char *words);
void run_end(struct run *run, struct item *item, enum run_fate fate, const struct buf *records,
	     const struct buf *rejects);

/* Composes one line of the rejects; start < 0: no span. */
void run_reject_line(struct run *run, struct item *item, const char *class,
		     const char *message, int64_t start, int64_t end, struct buf *out);

void run_fail(struct run *run, const struct err *err);	/* the run cannot go on */
bool run_failed(const struct run *run);

/* Called before any record reaches a file; see sink.h. */
void run_before_write(struct run *run, int (*hook)(void *ctx, struct err *err), void *ctx);

/* To be called in every turn of an asking stage's loop: draws progress, feeds a pipe. */
void run_tick(struct run *run, const struct meter_now *asking);

/* So many fates turned out to be others when the items were long gone. */
void run_recount(struct run *run, enum run_fate from, enum run_fate to, int64_t count);

int64_t run_count(const struct run *run, enum run_fate fate);
int64_t run_read(const struct run *run);	/* records taken so far */
int64_t run_expected(const struct run *run);	/* and to come from this input, about; -1: unknown */

/* The record that --stats writes, for the stage to add to; NULL: none is wanted. */
struct rec *run_stats(struct run *run);

/* Settles the output, prints the last line (`more` is appended), frees the run. */
int run_close(struct run *run, const char *more);

#endif
