/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger: looks after the file that holds every answer. A verb with actions; what each does
 * to the file is a noun of its own (ledger_merge, ledger_stat, ledger_prune, ledger_line).
 *
 *	capqa ledger stat --price-in 0.15 --price-out 0.6
 *	capqa ledger merge capqa-ledger.db node*.db
 *	capqa ledger import --for batch.jsonl output.jsonl errors.jsonl
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "schemas/span.h"
#include "store/answers.h"
#include "store/cell.h"
#include "store/key_index.h"
#include "store/ledger_import.h"
#include "store/ledger_line.h"
#include "store/ledger_look.h"
#include "store/ledger_merge.h"
#include "store/ledger_prune.h"
#include "store/ledger_stat.h"
#include "store/ledger_wanted.h"
#include "store/sink.h"

static struct {
	const char *ledger, *output, *rejects, *model;
	struct opt_list batches;
	double older_than_s, price_in, price_out;
	bool json, superseded, dry_run, vacuum, accept_empty, quiet;
} opt;

static const struct opt table[] = {
	{ 'L', "ledger", OPT_TEXT, &opt.ledger, "FILE",
	  "the ledger, where none is named behind the action; default: $CAPQA_LEDGER, "
	  "./capqa-ledger.db", NULL },
	{ 'q', "quiet", OPT_FLAG, &opt.quiet, NULL, "only warnings and errors", NULL },
	{ 0 }
};
static const struct opt stat_table[] = {
	{ 0, "json", OPT_FLAG, &opt.json, NULL, "one JSON object, for machines", NULL },
	{ 0, "price-in", OPT_NUMBER, &opt.price_in, "X", "what a million prompt tokens cost",
	  NULL },
	{ 0, "price-out", OPT_NUMBER, &opt.price_out, "X",
	  "what a million tokens of the replies cost", NULL },
	{ 0 }
};
static const struct opt prune_table[] = {
	{ 0, "older-than", OPT_SECONDS, &opt.older_than_s, "TIME",
	  "answers asked longer ago than this (90d)", NULL },
	{ 0, "model", OPT_TEXT, &opt.model, "NAME", "answers of this model, as it calls itself",
	  NULL },
	{ 0, "superseded", OPT_FLAG, &opt.superseded, NULL,
	  "answers to a request that has a later one", NULL },
	{ 0, "dry-run", OPT_FLAG, &opt.dry_run, NULL, "take nothing: say what would go", NULL },
	{ 0, "vacuum", OPT_FLAG, &opt.vacuum, NULL, "give the room back to the file system",
	  NULL },
	{ 0 }
};
static const struct opt lines_table[] = {
	{ 'o', "output", OPT_TEXT, &opt.output, "FILE",
	  "export: write FILE (.zst compresses) instead of standard output", NULL },
	{ 0, "for", OPT_LIST, &opt.batches, "FILE",
	  "import: the batch that was sent (repeatable): says what is missing, and refuses what "
	  "was not in it", NULL },
	{ 0, "accept-empty", OPT_FLAG, &opt.accept_empty, NULL,
	  "import: file empty answers too; without it the next batch asks for them again", NULL },
	{ 'r', "rejects", OPT_TEXT, &opt.rejects, "FILE",
	  "import: write the lines that hold no answer, and why, to FILE", NULL },
	{ 0 }
};
static const struct opt_block blocks[] = {
	{ "Options", table }, { "stat", stat_table },
	{ "prune (an answer goes if all that is said is true of it)", prune_table },
	{ "export and import", lines_table }, { 0 }
};

static const struct about about = {
	"capqa ledger", "ACTION [FILE...]", "look after the ledger of answers",
	"stat [LEDGER...] counts answers, tokens and money by model. merge INTO FROM... brings "
	"ledgers together; merging again changes nothing, FROM is never changed, and of two "
	"answers to one request the one asked later counts. check [LEDGER...] reads it all. "
	"prune [LEDGER...] takes out what its options say. export [LEDGER...] writes the answers "
	"as JSONL; import FILE... files such lines, and the output and error files of OpenAI's "
	"Batch API and of vllm run-batch.\n\n"
	"  capqa ledger stat --price-in 0.15 --price-out 0.6\n"
	"  capqa ledger merge capqa-ledger.db node*.db\n"
	"  capqa ledger import --for batch.jsonl output.jsonl errors.jsonl",
	blocks
};

static const char *default_ledger(void)
{
	const char *path = opt.ledger ? opt.ledger : getenv("CAPQA_LEDGER");

	return path && *path ? path : "capqa-ledger.db";
}

/* The ledgers behind the action, or the one. */
static char **ledgers(char **files)
{
	static char *one[2];

	if (*files)
		return files;
	one[0] = (char *)default_ledger();
	return one;
}

/* Several files: a fault of one is said, the others go on, the first one's code remains. */
static void keep(enum exit_code *code, const struct err *err)
{
	complain("%s", err->text);
	if (*code == EXIT_SETTLED)
		*code = err->kind;
}

static int stopped(enum exit_code code)
{
	return sig_stop() ? sig_stop() : (int)code;
}

/* For those that change a ledger: it must be there. */
static struct answers *open_there(const char *path, struct err *err)
{
	struct stat st;

	if (!stat(path, &st))
		return answers_open(path, err);
	err_set(err, EXIT_NOINPUT, "there is no ledger '%s'", path);
	return NULL;
}

/* ---- stat ---- */

static double money(int64_t in, int64_t out)
{
	return ((double)in * opt.price_in + (double)out * opt.price_out) / 1e6;
}

static void print_json(const struct ledger_stat *s)
{
	const struct ledger_model *m;
	struct buf b;
	size_t i, k;

	buf_init(&b, BUF_NO_MAX);
	buf_adds(&b, "{\"models\":[");
	for (i = 0; i < s->count; i++) {
		m = &s->models[i];
		buf_adds(&b, i ? ",{\"model\":" : "{\"model\":");
		span_quote(&b, m->name, strlen(m->name));
		buf_printf(&b, ",\"answers\":%" PRId64 ",\"requests\":%" PRId64 ",\"superseded\":%"
			   PRId64 ",\"empty\":%" PRId64 ",\"prompt_tokens\":%" PRId64
			   ",\"completion_tokens\":%" PRId64 ",\"first\":%" PRId64 ",\"last\":%"
			   PRId64 ",\"content_bytes\":%" PRId64, m->answers,
			   m->answers - m->superseded, m->superseded, m->empty, m->prompt_tokens,
			   m->completion_tokens, m->first, m->last, m->bytes);
		if (opt.price_in > 0 || opt.price_out > 0)
			buf_printf(&b, ",\"money\":%.6f", money(m->prompt_tokens, m->completion_tokens));
		buf_adds(&b, ",\"finish_reasons\":{");
		for (k = 0; k < m->finish_count; k++) {
			buf_adds(&b, k ? "," : "");
			span_quote(&b, m->finish[k].reason, strlen(m->finish[k].reason));
			buf_printf(&b, ":%" PRId64, m->finish[k].count);
		}
		buf_adds(&b, "}}");
	}
	buf_printf(&b, "],\"images\":%" PRId64 ",\"bytes_on_disk\":%" PRId64 "}", s->images,
		   s->bytes_on_disk);
	puts(b.data);
	buf_release(&b);
}

static void add_clean(struct buf *b, const char *text)
{
	msg_clean(b, *text ? text : "(not said)", strlen(*text ? text : "(not said)"));
}

static void print_model(const struct ledger_model *m)
{
	char first[32], last[32];
	struct buf b;
	size_t k;

	ledger_stat_time(m->first, first, sizeof(first));
	ledger_stat_time(m->last, last, sizeof(last));
	buf_init(&b, BUF_NO_MAX);
	add_clean(&b, m->name);
	buf_printf(&b, "\n  answers     %" PRId64 " to %" PRId64 " requests, %" PRId64
		   " superseded, %" PRId64 " empty\n  tokens      %" PRId64 " prompt, %" PRId64
		   " completion", m->answers, m->answers - m->superseded, m->superseded, m->empty,
		   m->prompt_tokens, m->completion_tokens);
	if (opt.price_in > 0 || opt.price_out > 0)
		buf_printf(&b, ", costing %.2f", money(m->prompt_tokens, m->completion_tokens));
	buf_adds(&b, "\n  finished   ");
	for (k = 0; k < m->finish_count; k++) {
		buf_adds(&b, k ? ", " : " ");
		add_clean(&b, m->finish[k].reason);
		buf_printf(&b, " %" PRId64, m->finish[k].count);
	}
	buf_printf(&b, "\n  asked       %s to %s", first, last);
	puts(b.data);
	buf_release(&b);
}

static void print_text(const struct ledger_stat *s)
{
	int64_t answers = 0, in = s->prompt_tokens, out = s->completion_tokens;
	size_t i;

	for (i = 0; i < s->count; i++) {
		print_model(&s->models[i]);
		answers += s->models[i].answers;
	}
	printf("total\n  answers     %" PRId64 " of %zu models\n  tokens      %" PRId64 " prompt, %"
	       PRId64 " completion", answers, s->count, in, out);
	if (opt.price_in > 0 || opt.price_out > 0)
		printf(", costing %.2f", money(in, out));
	printf("\n  images      %" PRId64 " known to scan\n  on disk     %" PRId64 " bytes\n",
	       s->images, s->bytes_on_disk);
}

static int stat_all(char **files)
{
	enum exit_code code = EXIT_SETTLED;
	struct ledger_stat s = { 0 };
	struct sqlite3 *db;
	struct err err;

	for (files = ledgers(files); *files; files++) {
		if (ledger_look(*files, &db, &err) || ledger_stat_add(&s, db, *files, &err))
			keep(&code, &err);
		sqlite3_close(db);
	}
	if (sig_stop())
		return sig_stop();
	if (opt.json)
		print_json(&s);
	else
		print_text(&s);
	ledger_stat_release(&s);
	if (fflush(stdout) || ferror(stdout))
		die(EXIT_OUTPUT, "cannot write to standard output:");
	return code;
}

/* ---- merge ---- */

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int merge_one(struct answers *into, const char *into_path, const char *path,
		     struct err *err)
{
	struct ledger_merged done = { 0 };
	struct sqlite3 *from;
	int bad;

	if (ledger_look(path, &from, err))
		return -1;
	bad = ledger_merge(into, into_path, from, path, &done, err);
	sqlite3_close(from);
	note("%s: %" PRId64 " answers new, %" PRId64 " there before, %" PRId64
	     " images%s", path, done.added, done.there, done.images,
	     bad ? ", then a fault" : sig_stop() ? ", then stopped" : "");
	if (done.gave_way)
		note("%s: %" PRId64 " of the new give way to an answer that '%s' holds", path,
		     done.gave_way, into_path);
	return bad ? -1 : 0;
}

static int merge(char **files)
{
	const char *path = files[0];
	enum exit_code code = EXIT_SETTLED;
	struct answers *into;
	struct err err;

	if (!path || !files[1])
		die(EXIT_USAGE, "merge takes INTO and at least one FROM");
	into = answers_open(path, &err);
	if (!into)
		die_err(&err);
	for (files++; *files && !sig_stop(); files++) {
		if (same_file(path, *files))
			note("%s: is the ledger merged into, nothing to do", *files);
		else if (merge_one(into, path, *files, &err))
			keep(&code, &err);
		if (code == EXIT_OUTPUT)
			break;
	}
	if (answers_close(into, &err))
		keep(&code, &err);
	return stopped(code);
}

/* ---- check ---- */

/* SQLite's own findings, then every answer unpacked. */
static int check_one(const char *path, struct err *err)
{
	struct answers *a = open_there(path, err);
	sqlite3_stmt *s = NULL;
	struct answer answer;
	int64_t count = 0, lost = 0;
	int code = SQLITE_ERROR, bad = 0;

	if (!a)
		return -1;
	if (sqlite3_prepare_v2(answers_db(a), "PRAGMA integrity_check(1)", -1, &s, NULL) ||
	    sqlite3_step(s) != SQLITE_ROW)
		bad = answers_fault(answers_db(a), path, err, "read");
	else if (strcmp(cell_text(s, 0), "ok"))
		bad = err_set(err, EXIT_DATA, "the ledger '%s' is damaged: %s; 'capqa ledger merge "
			      "NEW.db' with it saves what can be read", path, cell_text(s, 0));
	sqlite3_finalize(s);
	s = NULL;
	if (!bad && !sqlite3_prepare_v2(answers_db(a), "SELECT " ANSWERS_COLUMNS " FROM answers",
					-1, &s, NULL))
		while ((code = sqlite3_step(s)) == SQLITE_ROW && !bad && !sig_stop()) {
			bad = answers_row(s, path, &answer, err);
			if (!bad)
				answer_release(&answer);
			count++;
		}
	if (!bad && code != SQLITE_DONE && !sig_stop())
		bad = answers_fault(answers_db(a), path, err, "read");
	sqlite3_finalize(s);
	if (!bad && !sig_stop() && key_index_lost(answers_db(a), &lost))
		bad = answers_fault(answers_db(a), path, err, "read");
	if (lost)
		bad = err_set(err, EXIT_DATA, "the ledger '%s' is damaged: %" PRId64 " answers are not "
			      "found by their key; 'capqa ledger merge NEW.db' with it saves them",
			      path, lost);
	if (!bad && !sig_stop())
		note("%s: %" PRId64 " answers, all well", path, count);
	return answers_close(a, bad ? NULL : err) || bad ? -1 : 0;
}

static int check(char **files)
{
	enum exit_code code = EXIT_SETTLED;
	struct err err;

	for (files = ledgers(files); *files && !sig_stop(); files++)
		if (check_one(*files, &err))
			keep(&code, &err);
	return stopped(code);
}

/* ---- prune ---- */

static int prune_one(const char *path, const struct ledger_prune *what, bool any, struct err *err)
{
	struct ledger_pruned done = { 0 };
	struct answers *a = open_there(path, err);
	int bad;

	if (!a)
		return -1;
	bad = any ? ledger_prune(a, path, what, &done, err) : 0;
	if (any)
		note("%s: %" PRId64 " answers %s, %" PRId64 " bytes of text", path, done.answers,
		     opt.dry_run ? "would go" : "went", done.bytes);
	if (!bad && opt.vacuum && !opt.dry_run && !sig_stop())
		bad = ledger_vacuum(a, path, err);
	return answers_close(a, bad ? NULL : err) || bad ? -1 : 0;
}

static int prune(char **files)
{
	struct ledger_prune what = { .model = opt.model, .superseded = opt.superseded,
				     .dry_run = opt.dry_run };
	bool any = opt.model || opt.superseded || opt.older_than_s > 0;
	enum exit_code code = EXIT_SETTLED;
	struct err err;

	if (!any && !opt.vacuum)
		die(EXIT_USAGE, "which answers? --older-than, --model and --superseded say it");
	if (opt.older_than_s > 0)
		what.before = (int64_t)time(NULL) - (int64_t)opt.older_than_s;
	for (files = ledgers(files); *files && !sig_stop(); files++)
		if (prune_one(*files, &what, any, &err))
			keep(&code, &err);
	return stopped(code);
}

/* ---- export ---- */

static int export_one(struct sink *out, const char *path, int64_t *count, struct err *err)
{
	struct sqlite3 *db;
	sqlite3_stmt *s = NULL;
	struct answer answer;
	struct buf line;
	int code = SQLITE_ERROR, bad = ledger_look(path, &db, err);

	if (bad)
		return -1;
	buf_init(&line, BUF_NO_MAX);
	if (!sqlite3_prepare_v2(db, "SELECT " ANSWERS_COLUMNS ", key FROM answers ORDER BY id", -1,
				&s, NULL))
		while (!sig_stop() && !bad && (code = sqlite3_step(s)) == SQLITE_ROW) {
			bad = sqlite3_column_bytes(s, 9) == HASH_BYTES ?
				answers_row(s, path, &answer, err) :
				err_set(err, EXIT_DATA, "the ledger '%s' holds a damaged key", path);
			if (bad)
				break;
			buf_clear(&line);
			ledger_line_write(&line, sqlite3_column_blob(s, 9), &answer);
			answer_release(&answer);
			bad = sink_write(out, line.data, line.len, err);
			*count += !bad;
		}
	if (!bad && !sig_stop())
		bad = code == SQLITE_DONE ? ledger_look_still(db, path, err) :
					    answers_fault(db, path, err, "read");
	sqlite3_finalize(s);
	sqlite3_close(db);
	buf_release(&line);
	return bad ? -1 : 0;
}

static int export(char **files)
{
	enum exit_code code = EXIT_SETTLED;
	int64_t count = 0;
	struct sink *out;
	struct err err;

	out = sink_open(opt.output, &err);
	if (!out)
		die_err(&err);
	for (files = ledgers(files); *files && !sig_stop() && code != EXIT_OUTPUT; files++)
		if (export_one(out, *files, &count, &err) && !sink_pipe_closed(out))
			keep(&code, &err);
	if (sink_pipe_closed(out))
		sig_die_of_pipe();
	if (code != EXIT_SETTLED || sig_stop()) {
		sink_leave(out, &err);
		return stopped(code);
	}
	if (sink_settle(out, &err))
		keep(&code, &err);
	else
		note("%" PRId64 " answers exported", count);
	return code;
}

/* ---- import ---- */

static void say_import(struct ledger_import *im, const struct ledger_merged *done)
{
	char first[HASH_HEX];
	int64_t missing = im->wanted ? ledger_wanted_missing(im->wanted, first) : 0;
	size_t i;

	buf_clear(&im->text);
	buf_printf(&im->text, "%" PRId64 " lines: %" PRId64 " answers filed, %" PRId64
		   " there before, %" PRId64 " without an answer, %" PRId64 " malformed or unknown",
		   im->lines, done->added, done->there, im->errors, im->bad);
	for (i = 0; i < im->class_count; i++)
		buf_printf(&im->text, "%s%s %" PRId64, i ? ", " : " (", im->classes[i].class,
			   im->classes[i].count);
	buf_adds(&im->text, im->class_count ? ")" : "");
	if (missing)
		buf_printf(&im->text, "; %" PRId64 " of the batch are missing, the first is %s",
			   missing, first);
	else if (im->wanted)
		buf_adds(&im->text, "; none of the batch is missing");
	note("%s", im->text.data);
}

static void open_import(struct ledger_import *im)
{
	struct err err;

	buf_init(&im->text, BUF_NO_MAX);
	im->scratch = answers_open("", &err);
	if (!im->scratch)
		die_err(&err);
	if (opt.batches.count) {
		opt.batches.items = xrealloc(opt.batches.items, (opt.batches.count + 1) *
					     sizeof(*opt.batches.items));
		opt.batches.items[opt.batches.count] = NULL;
		im->wanted = ledger_wanted_open((char **)opt.batches.items, &err);
		if (!im->wanted)
			die_err(&err);
	}
	if (opt.rejects && !(im->rejects = sink_open(opt.rejects, &err)))
		die_err(&err);
}

/* Also what was read before a fault is filed: it was paid for. */
static int import(char **files)
{
	struct ledger_import im = { .accept_empty = opt.accept_empty };
	struct ledger_merged done = { 0 };
	enum exit_code code = EXIT_SETTLED;
	struct answers *into;
	struct err err;

	into = answers_open(default_ledger(), &err);
	if (!into)
		die_err(&err);
	open_import(&im);
	if (ledger_import_lines(&im, files, &err))
		keep(&code, &err);
	if (ledger_merge(into, default_ledger(), answers_db(im.scratch), "the lines", &done, &err))
		keep(&code, &err);
	if (im.rejects && sink_settle(im.rejects, &err))
		keep(&code, &err);
	say_import(&im, &done);
	if (code == EXIT_SETTLED && im.bad * 2 > im.lines) {
		complain("most lines are no answers to requests of capqa");
		code = EXIT_DATA;
	}
	if (answers_close(into, &err))
		keep(&code, &err);
	ledger_import_release(&im);
	return stopped(code);
}

static const struct action {
	const char *name;
	int (*run)(char **files);
} actions[] = {
	{ "stat", stat_all }, { "merge", merge }, { "check", check }, { "prune", prune },
	{ "export", export }, { "import", import },
};
#define ACTIONS (sizeof(actions) / sizeof(*actions))

static const struct action *action_or_die(const char *name)
{
	const char *known[ACTIONS + 1] = { NULL }, *meant;
	size_t i;

	if (!name)
		die(EXIT_USAGE, "what to do? stat, merge, check, prune, export or import");
	for (i = 0; i < ACTIONS; i++) {
		if (!strcmp(name, actions[i].name))
			return &actions[i];
		known[i] = actions[i].name;
	}
	if ((meant = opt_nearest(name, strlen(name), known)))
		die(EXIT_USAGE, "no action is called '%s'; did you mean '%s'?", name, meant);
	die(EXIT_USAGE, "no action is called '%s'; there are stat, merge, check, prune, export and "
	    "import", name);
}

/* An option that an action would pass over was meant to do something. */
static void check_options_or_die(const char *action)
{
	bool prunes = opt.superseded || opt.dry_run || opt.vacuum || opt.model ||
		      opt.older_than_s > 0;
	bool stats = opt.json || opt.price_in > 0 || opt.price_out > 0;
	const char *meant = prunes && strcmp(action, "prune") ? "prune" :
			    stats && strcmp(action, "stat") ? "stat" :
			    opt.output && strcmp(action, "export") ? "export" :
			    (opt.rejects || opt.batches.count || opt.accept_empty) &&
			    strcmp(action, "import") ? "import" : NULL;

	if (meant)
		die(EXIT_USAGE, "%s takes no option of %s", action, meant);
}

int main(int argc, char **argv)
{
	const struct action *action;
	char **files;
	int code;

	(void)argc;
	msg_init("capqa-ledger", false);
	sig_init();
	files = opt_parse_or_die(argv, &about, true);
	msg_quiet(opt.quiet);
	action = action_or_die(files[0]);
	check_options_or_die(action->name);
	code = action->run(files + 1);
	if (code && code == sig_stop())
		complain("stopped; what was committed stays, run again to go on");
	return code;
}
