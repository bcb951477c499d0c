/* SPDX-License-Identifier: Apache-2.0
 *
 * ingest: records of any kind into the store. A verb: the rows are shelf's business, the file
 * db's; here is which record is of which kind, and when a transaction ends.
 *
 *	capqa ingest -d capqa.db scanned.jsonl selected.jsonl rejects.jsonl
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "schemas/record.h"
#include "store/db.h"
#include "store/run.h"
#include "store/shelf.h"

static struct {
	struct run_options run;
	const char *store, *records;
} opt = { .run = RUN_DEFAULTS, .store = DB_DEFAULT };

static const struct opt table[] = {
	{ 'd', "store", OPT_TEXT, &opt.store, "FILE",
	  "the store, made if missing (" DB_DEFAULT ")", NULL },
	{ 0, "records", OPT_TEXT, &opt.records, "KIND", "all input is of this kind: image, "
	  "reply, question, caption, score, reject or run; default: by members", NULL },
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
	"stage brings its tallies and its verdict. Interrupted, it keeps what was committed, and a "
	"rerun completes it.\n\n"
	"  capqa ingest -d capqa.db images.jsonl replies.jsonl selected.jsonl rejects.jsonl\n"
	"  sqlite3 capqa.db 'select * from funnel'",
	blocks
};

static const struct run_words words = {
	"ingest", "records", { [RUN_DONE] = "new", [RUN_PASSED] = "there before",
			       [RUN_REJECTED] = "rejected", [RUN_LEFT] = "not stored" }
};

static bool has(const struct rec *r, const char *member)
{
	const char *value;
	size_t len;

	return rec_raw(r, member, &value, &len);
}

/* What a record of this kind always has, and no other kind has together (DESIGN.md 4). */
static bool looks_like(const struct rec *r, enum rec_kind kind)
{
	bool image = has(r, "image") || has(r, "image_id");
	bool judged = has(r, "reward") || has(r, "judge");

	switch (kind) {
	case REC_QUESTION:
		return has(r, "question_id") && has(r, "question");
	case REC_REPLY:
		return image && has(r, "reply");
	case REC_SCORE:
		return has(r, "caption_id") && judged;
	case REC_CAPTION:
		return has(r, "caption_id") && !judged;
	case REC_REJECT:
		return has(r, "stage") && has(r, "class");
	case REC_RUN:
		return has(r, "stage") && has(r, "version");
	default:
		return image && has(r, "mime") && !has(r, "reply") && !has(r, "question_id") &&
		       !has(r, "caption_id");
	}
}

/* The record's kind; REC_KINDS and `why` if none or more than one fits. */
static enum rec_kind recognise(const struct rec *r, struct buf *why)
{
	enum rec_kind found = REC_KINDS;
	int kind, count = 0;

	buf_clear(why);
	for (kind = 0; kind < REC_KINDS; kind++) {
		if (!looks_like(r, (enum rec_kind)kind))
			continue;
		found = (enum rec_kind)kind;
		buf_printf(why, "%s %s", count++ ? " or" : "may be", rec_kind_name(found));
	}
	if (!count)
		buf_adds(why, "no kind of record has these members");
	else if (count > 1)
		buf_adds(why, "; --records KIND says which");
	return count == 1 ? found : REC_KINDS;
}

struct load {
	struct run *run;
	struct db db;
	struct shelf *shelf;
	int64_t pending;		/* records since the transaction began */
	enum rec_kind kind;		/* --records, or REC_KINDS */
	struct buf why;
};

static int commit(struct load *load, struct err *err)
{
	if (load->db.in_transaction && db_commit(&load->db, err))
		return -1;
	load->pending = 0;
	return 0;
}

static void put(struct load *load, struct item *item)
{
	static const enum run_fate fates[] = { [SHELF_NEW] = RUN_DONE,
					       [SHELF_THERE] = RUN_PASSED,
					       [SHELF_FAILED] = RUN_LEFT };
	enum shelf_result result = SHELF_FAILED;
	struct err err;

	if (load->db.in_transaction || !db_begin(&load->db, &err))
		result = shelf_put(load->shelf, item->rec, &err);
	if (result == SHELF_BAD) {
		run_reject(load->run, item, "bad_record", err.text);
		return;
	}
	if (result != SHELF_FAILED && ++load->pending >= DB_ROWS_PER_TRANSACTION &&
	    commit(load, &err))
		result = SHELF_FAILED;
	if (result == SHELF_FAILED)
		run_fail(load->run, &err);
	run_end(load->run, item, fates[result], NULL, NULL);
}

static void load_all(struct load *load)
{
	enum rec_kind kind;
	struct item item;
	struct err err;

	while (run_next(load->run, &item)) {
		kind = load->kind == REC_KINDS ? recognise(item.rec, &load->why) : load->kind;
		if (kind == REC_KINDS) {
			run_reject(load->run, &item, "unknown_record", load->why.data);
			continue;
		}
		rec_become(item.rec, kind);
		put(load, &item);
	}
	if (!run_failed(load->run) && commit(load, &err))
		run_fail(load->run, &err);
}

int main(int argc, char **argv)
{
	struct load load = { .kind = REC_KINDS };
	struct buf more;
	struct err err;
	char **inputs;
	int code;

	(void)argc;
	msg_init("capqa-ingest", false);
	inputs = opt_parse_or_die(argv, &about, true);
	if (opt.records && rec_kind_parse(opt.records, &load.kind))
		die(EXIT_USAGE, "--records takes image, reply, question, caption, score, "
		    "reject or run, not '%s'", opt.records);
	sig_init();
	buf_init(&load.why, BUF_NO_MAX);
	load.run = run_open_or_die(&opt.run, &words, REC_IMAGE, inputs);
	if (db_open(&load.db, opt.store, DB_WRITE, &err))
		die_err(&err);
	load.shelf = shelf_new(&load.db, &err);
	if (!load.shelf)
		die_err(&err);
	load_all(&load);
	shelf_free(load.shelf);
	if (db_close(&load.db, &err) && !run_failed(load.run))
		run_fail(load.run, &err);
	buf_init(&more, BUF_NO_MAX);
	buf_printf(&more, "store %s", opt.store);
	if (load.pending)
		buf_printf(&more, ", without the last %lld, which were not committed",
			   (long long)load.pending);
	code = run_close(load.run, more.data);
	buf_release(&more);
	buf_release(&load.why);
	return code;
}
