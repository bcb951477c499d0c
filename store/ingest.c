/* SPDX-License-Identifier: Apache-2.0
 *
 * ingest: records of any kind into the store. A verb: which record is of which kind is intake's
 * business, the rows and transactions are loader's, the file db's.
 *
 *	capqa ingest -d capqa.db scanned.jsonl selected.jsonl rejects.jsonl
 *	capqa ingest -d all.db part-*.db
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "schemas/record.h"
#include "store/db.h"
#include "store/inspect.h"
#include "store/intake.h"
#include "store/loader.h"
#include "store/run.h"
#include "store/search.h"

#define WAIT_MS 100	/* a transaction ends when its input pauses: others may wait for it */

static struct {
	struct run_options run;
	const char *store, *records, *image_field, *text_field;
	struct opt_list roots;
	bool check, index;
} opt = { .run = RUN_DEFAULTS, .store = DB_DEFAULT };

static const struct opt table[] = {
	{ 'd', "store", OPT_TEXT, &opt.store, "FILE",
	  "the store, made if missing (" DB_DEFAULT ")", NULL },
	{ 0, "records", OPT_TEXT, &opt.records, "KIND", "all input is of this kind: image, "
	  "reply, question, caption, score, reject or run; default: by members", NULL },
	{ 0, "image-field", OPT_TEXT, &opt.image_field, "NAME",
	  "the member of others' rows that holds the path", NULL },
	{ 0, "text-field", OPT_TEXT, &opt.text_field, "NAME",
	  "the member of others' rows that holds the caption or the reply", NULL },
	{ 0, "image-root", OPT_LIST, &opt.roots, "DIR",
	  "where relative paths of others' rows start (repeatable)", NULL },
	{ 0, "index", OPT_FLAG, &opt.index, NULL,
	  "then index questions and captions for full-text search", NULL },
	{ 0, "check", OPT_FLAG, &opt.check, NULL,
	  "then check the store: file, references, counts", NULL },
	{ 'r', "rejects", OPT_TEXT, &opt.run.rejects, "FILE",
	  "write what came to nothing, and why, to FILE", NULL },
	{ 'n', "limit", OPT_COUNT, &opt.run.limit, "N", "only the first N input records",
	  NULL },
	{ 0, "part", OPT_PARSE, &opt.run.part, "K/N",
	  "only slice K (from 0) of N, by hash of the image", run_parse_part },
	{ 0, "max-rejects", OPT_PARSE, &opt.run.max_rejects, "N|P%",
	  "exit 65 when more input records than this come to nothing (50%)", run_parse_max },
	{ 0, "progress", OPT_PARSE, &opt.run.progress, "STYLE", "bar, plain or none",
	  run_parse_progress },
	{ 'q', "quiet", OPT_FLAG, &opt.run.quiet, NULL, "only warnings and errors", NULL },
	{ 'v', "verbose", OPT_FLAG, &opt.run.verbose, NULL, "say more", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = { { "Options", table }, { 0 } };

static const struct about about = {
	"capqa ingest", "[INPUT...]", "put records into the SQLite store",
	"Reads records of any kind, as JSONL, plain or compressed, and puts them into the "
	"store. The same record twice changes nothing; a question that comes again from a later "
	"stage brings its tallies and its verdict. Rows of published sets come in as captions or as "
	"kept questions, reason `imported`; of a WebDataset archive, each sample's .json and .txt. A "
	"store among the inputs is joined, and not changed. "
	"Interrupted, it keeps what was committed, and a rerun completes it.\n\n"
	"  capqa ingest -d capqa.db images.jsonl replies.jsonl selected.jsonl rejects.jsonl\n"
	"  capqa ingest -d all.db part-*.db\n"
	"  capqa ingest -d capqa.db --index --check\n"
	"  sqlite3 capqa.db 'select * from funnel'",
	blocks
};

static const struct run_words words = {
	"ingest", "records", { [RUN_DONE] = "new", [RUN_PASSED] = "there before",
			       [RUN_REJECTED] = "rejected", [RUN_LEFT] = "not stored" }
};

struct load {
	struct run *run;
	struct db db;
	struct loader *loader;
	struct intake intake;
	bool broken;			/* the store cannot be written */
	int64_t imported;		/* records that rows of others became */
	const char *named;		/* the input whose layout was said */
	struct buf text, rejects;
};

static void break_off(struct load *load, const struct err *err)
{
	load->broken = true;
	run_fail(load->run, err);
}

/* The records of one input record, each put or rejected; its fate is the best of theirs. */
static enum run_fate put_all(struct load *load, struct item *item)
{
	static const enum run_fate fates[] = { [SHELF_NEW] = RUN_DONE,
					       [SHELF_THERE] = RUN_PASSED,
					       [SHELF_BAD] = RUN_REJECTED };
	enum shelf_result result, best = SHELF_BAD;
	struct err err;
	bool taken;
	size_t i;

	for (i = 0; i < load->intake.count; i++) {
		struct layout_item *q = &load->intake.items[i];

		err = q->err;
		taken = false;
		result = q->rec ? loader_put(load->loader, q->rec, &taken, &err) : SHELF_BAD;
		if (taken && q->rec == item->rec)
			item->rec = NULL;
		if (taken)
			q->rec = NULL;
		if (result == SHELF_FAILED) {
			break_off(load, &err);
			return RUN_LEFT;
		}
		if (result == SHELF_BAD)
			run_reject_line(load->run, item, "bad_record", err.text, -1, -1,
					&load->rejects);
		best = result < best ? result : best;
		load->imported += load->intake.foreign && result != SHELF_BAD;
	}
	return fates[best];
}

/* The layout is said once per input, and only where rows are not our own records. */
static int read_item(struct load *load, const struct item *item, struct err *err)
{
	int bad;

	buf_clear(&load->text);
	bad = intake_read(&load->intake, item->rec,
			  load->named == item->file ? NULL : &load->text, err);
	if (load->text.len) {
		note("%s: %s", item->file, load->text.data);
		load->named = item->file;
	}
	return bad;
}

static void load_item(struct load *load, struct item *item)
{
	enum run_fate fate;
	struct err err;

	if (read_item(load, item, &err)) {
		run_reject(load->run, item, load->intake.class, err.text);
		return;
	}
	if (!loader_pending(load->loader))
		loader_expect(load->loader, run_expected(load->run));
	buf_clear(&load->rejects);
	fate = put_all(load, item);
	run_end(load->run, item, fate, NULL, &load->rejects);
}

/* As run_next, but nobody else waits for the store while we wait for input. */
static bool next(struct load *load, struct item *item)
{
	struct err err;

	while (!run_poll(load->run, item)) {
		if (run_ended(load->run))
			return false;
		run_tick(load->run, NULL);
		if (!run_wait(load->run, loader_pending(load->loader) ? WAIT_MS : -1) &&
		    loader_commit(load->loader, &err))
			break_off(load, &err);
	}
	run_tick(load->run, NULL);
	return true;
}

static void load_all(struct load *load)
{
	int64_t was_there, was_new;
	struct item item;
	struct err err;

	while (next(load, &item))
		load_item(load, &item);
	/* an input that ends too early takes nothing of what was read before it */
	if (!load->broken && loader_finish(load->loader, &err))
		break_off(load, &err);
	loader_corrections(load->loader, &was_there, &was_new);
	run_recount(load->run, RUN_DONE, RUN_PASSED, was_there);
	run_recount(load->run, RUN_PASSED, RUN_DONE, was_new);
}

/* A store that reads itself would grow under its own reader. */
static void refuse_itself(char *const *inputs)
{
	struct stat store, input;

	if (stat(opt.store, &store))
		return;
	for (; *inputs; inputs++)
		if (!stat(*inputs, &input) && input.st_dev == store.st_dev &&
		    input.st_ino == store.st_ino)
			die(EXIT_USAGE, "'%s' is the store itself; -d names another", *inputs);
}

/* What --check and --index do when the records are in. Returns the exit code. */
static int look_after(struct db *db, int code)
{
	char *line, *rest = NULL;
	int64_t faults = 0;
	struct buf report;
	struct err err;
	int result = 0;

	buf_init(&report, BUF_NO_MAX);
	if (opt.index)
		result = search_build(db, &err);
	if (!result && opt.check)
		result = inspect(db, &report, &faults, &err);
	if (result)
		complain("%s", err.text);
	else if (faults)
		complain("store '%s' is not sound: %lld fault%s", opt.store, (long long)faults,
			 faults == 1 ? "" : "s");
	else if (opt.check)
		note("store '%s' is sound", opt.store);
	for (line = strtok_r(report.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		msg_line(line);
	buf_release(&report);
	return result ? (int)err.kind : code == EXIT_SETTLED && faults ? EXIT_DATA : code;
}

static int load_inputs(struct load *load, char *const *inputs)
{
	struct buf more;
	struct err err;
	int64_t lost;
	int code;

	load->run = run_open_or_die(&opt.run, &words, REC_KINDS, inputs);
	if (db_open(&load->db, opt.store, DB_WRITE, &err))
		die_err(&err);
	load->loader = loader_new(&load->db, LOADER_FAST_ROWS, &err);
	if (!load->loader)
		die_err(&err);
	load_all(load);
	lost = loader_free(load->loader);
	buf_init(&more, BUF_NO_MAX);
	if (load->imported)
		buf_printf(&more, "from rows of others %lld; ", (long long)load->imported);
	buf_printf(&more, "store %s", opt.store);
	if (lost)
		buf_printf(&more, ", without the last %lld, which were not committed",
			   (long long)lost);
	if (!opt.index && run_count(load->run, RUN_DONE) && search_exists(&load->db))
		buf_adds(&more, "; its text index is older than its records, --index renews it");
	code = run_close(load->run, more.data);
	buf_release(&more);
	return code;
}

int main(int argc, char **argv)
{
	struct load load = { .intake = { .kind = REC_KINDS, .roots = &opt.roots } };
	struct err err;
	char **inputs;
	int code = EXIT_SETTLED;

	(void)argc;
	msg_init("capqa-ingest", false);
	inputs = opt_parse_or_die(argv, &about, false);
	if (opt.records && rec_kind_parse(opt.records, &load.intake.kind))
		die(EXIT_USAGE, "--records takes image, reply, question, caption, score, "
		    "reject or run, not '%s'", opt.records);
	load.intake.image_field = opt.image_field;
	load.intake.text_field = opt.text_field;
	if (!*inputs && !opt.check && !opt.index && isatty(STDIN_FILENO))
		die(EXIT_USAGE, "no input; see --help");
	sig_init();
	msg_quiet(opt.run.quiet);
	buf_init(&load.text, BUF_NO_MAX);
	buf_init(&load.rejects, BUF_NO_MAX);
	refuse_itself(inputs);
	if (*inputs || (!opt.check && !opt.index))
		code = load_inputs(&load, inputs);
	else if (db_open(&load.db, opt.store, opt.index ? DB_CHANGE : DB_READ, &err))
		die_err(&err);
	if ((opt.check || opt.index) && code <= EXIT_LEFT)
		code = look_after(&load.db, code);
	if (db_close(&load.db, &err)) {
		complain("%s", err.text);
		code = code == EXIT_SETTLED ? (int)err.kind : code;
	}
	intake_release(&load.intake);
	buf_release(&load.text);
	buf_release(&load.rejects);
	return code;
}
