/* SPDX-License-Identifier: Apache-2.0
 *
 * export: the store's records as a dataset folder: data, manifest, card. A verb: choice picks
 * the records, rows forms them, shard and bundle write them, card and manifest describe them,
 * folder puts all of it in place at once; verify reads it back.
 *
 *	capqa export -d capqa.db -o set --format caprl --license cc-by-4.0
 */
#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "store/bundle.h"
#include "store/card.h"
#include "store/db.h"
#include "store/facts.h"
#include "store/folder.h"
#include "store/manifest.h"
#include "store/rows.h"
#include "store/shard.h"
#include "store/verify.h"

#define ZSTD_LEVEL 3
#define THREADS_MAX 4	/* each holds about 30 MB; more wait for the rows */

static struct {
	const char *store, *output, *license, *records, *format, *name, *split, *verify;
	struct rows_how rows;
	struct shard_how shards;
	struct opt_list image_roots;
	bool accept_partial, quiet;
} opt = { .store = DB_DEFAULT, .format = "full",
	  .shards = { .bytes = 500000000, .level = ZSTD_LEVEL } };

static const struct opt files[] = {
	{ 'd', "store", OPT_TEXT, &opt.store, "FILE", "the store (" DB_DEFAULT ")", NULL },
	{ 'o', "output", OPT_TEXT, &opt.output, "FOLDER",
	  "where to; an export that is there is replaced", NULL },
	{ 0, "format", OPT_TEXT, &opt.format, "FORMAT", "full: the records themselves; "
	  "caprl, verl: one row per image, for training; sharegpt: captions for LLaVA and "
	  "LLaMA-Factory; webdataset: tars with the images; labelstudio: tasks (full)", NULL },
	{ 0, "records", OPT_TEXT, &opt.records, "KIND", "image, reply, question (those kept), "
	  "caption or score (question; of sharegpt caption)", NULL },
	{ 0, "name", OPT_TEXT, &opt.name, "NAME", "the split's name (train)", NULL },
	{ 0, "shard-rows", OPT_COUNT, &opt.shards.rows, "N", "most rows of a shard", NULL },
	{ 0, "shard-size", OPT_COUNT, &opt.shards.bytes, "BYTES",
	  "most bytes of a shard before compression (500M)", NULL },
	{ 0, "license", OPT_TEXT, &opt.license, "ID",
	  "what the card says, for example cc-by-4.0", NULL },
	{ 0, "image-root", OPT_LIST, &opt.image_roots, "DIR",
	  "where webdataset finds the images; repeatable, then the current folder", NULL },
	{ 0, "image-prefix", OPT_TEXT, &opt.rows.prefix, "TEXT", "stands before each image's path "
	  "in verl, sharegpt and labelstudio, for example file:///data/", NULL },
	{ 0, "accept-partial", OPT_FLAG, &opt.accept_partial, NULL,
	  "write what there is where --target or images fall short", NULL },
	{ 0, "verify", OPT_TEXT, &opt.verify, "FOLDER",
	  "check an export against its manifest, and write nothing", NULL },
	{ 'q', "quiet", OPT_FLAG, &opt.quiet, NULL, "only warnings and errors", NULL },
	{ 0 }
};

static const struct opt choices[] = {
	{ 0, "where", OPT_TEXT, &opt.rows.choice.where, "SQL",
	  "only records of which this is true, such as \"sight = 1 AND model LIKE 'Qwen%'\"",
	  NULL },
	{ 0, "per-image", OPT_COUNT, &opt.rows.choice.per_image, "N",
	  "at most so many of an image, the strongest evidence first", NULL },
	{ 0, "sample", OPT_COUNT, &opt.rows.choice.sample, "N", "so many, drawn by hash of id",
	  NULL },
	{ 0, "target", OPT_COUNT, &opt.rows.choice.target, "K",
	  "exactly so many records, the strongest evidence first, ties by id; fewer are exit 65",
	  NULL },
	{ 0, "split", OPT_TEXT, &opt.split, "NAME=SHARE,...",
	  "several splits, such as train=0.98,test=0.02; an image is in one of them", NULL },
	{ 0, "balance", OPT_FLAG, &opt.rows.choice.balance, NULL,
	  "permute options so that every letter is right equally often", NULL },
	{ 's', "seed", OPT_COUNT, &opt.rows.choice.seed, "N",
	  "other samples, splits and orders (0)", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = {
	{ "Options", files }, { "What to choose, in the order it is applied", choices }, { 0 } };

static const struct about about = {
	"capqa export", "", "write the store's records as a dataset folder",
	"Writes FOLDER/data/train-00000-of-00008.jsonl.zst and so on (or train.json, "
	"train-000000.tar, as the format wants it), FOLDER/manifest.json with the sums of every "
	"file, and FOLDER/README.md, a dataset card. The same store gives the same bytes. The "
	"folder appears when it is complete. Evidence is strongest where the lower bound of the "
	"accuracy with the image is furthest above the upper bound without it; for captions, "
	"the lower bound of the reward.\n\n"
	"  capqa export -d capqa.db -o set --format caprl --license cc-by-4.0\n"
	"  capqa export -o set --target 75000 --split train=0.98,test=0.02 --balance\n"
	"  capqa export --verify set",
	blocks
};

static bool is_license(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-.+_", *p))
			return false;
	return p > text && p - text < 64;
}

static void check_splits(void)
{
	struct choice *choice = &opt.rows.choice;
	const char *name = opt.name ? opt.name : "train";
	struct err err;

	if (opt.split && opt.name)
		die(EXIT_USAGE, "--split names the splits; leave --name out");
	if (opt.split && choice_parse_splits(choice, opt.split, &err))
		die(EXIT_USAGE, "--split %s", err.text);
	if (opt.split)
		return;
	if (!choice_name_ok(name))
		die(EXIT_USAGE, "--name takes letters, digits and _, not '%s'", name);
	choice->split_count = 1;
	choice->splits[0].share = 1;
	strcpy(choice->splits[0].name, name);
}

static void check_form(void)
{
	struct rows_how *rows = &opt.rows;

	rows->format = format_find(opt.format);
	if (!rows->format)
		die(EXIT_USAGE, "--format takes full, caprl, verl, sharegpt, webdataset or "
		    "labelstudio, not '%s'", opt.format);
	rows->kind = rows->format->usual;
	if (opt.records && (rec_kind_parse(opt.records, &rows->kind) || rows->kind > REC_SCORE))
		die(EXIT_USAGE, "--records takes image, reply, question, caption or score, "
		    "not '%s'", opt.records);
	if (!format_takes(rows->format, rows->kind))
		die(EXIT_USAGE, "--format %s holds no records of kind %s", rows->format->name,
		    rec_kind_name(rows->kind));
	if (rows->choice.balance && rows->kind != REC_QUESTION)
		die(EXIT_USAGE, "--balance is for questions");
	opt.shards.form = rows->format->files;
	rows->choice.by_sample_key = opt.shards.form == SHARD_TAR;
	rows->choice.by_row_id = rows->format->id == FORMAT_CAPRL;
	if (opt.shards.rows && (opt.shards.form == SHARD_LINES ||
				opt.shards.form == SHARD_ARRAY))
		die(EXIT_USAGE, "--format %s is one file for each split; --shard-rows is not "
		    "for it", rows->format->name);
}

static void check_options(void)
{
	if (!opt.output)
		die(EXIT_USAGE, "-o FOLDER is missing; see --help");
	check_form();
	check_splits();
	if (opt.license && !is_license(opt.license))
		die(EXIT_USAGE, "--license takes an identifier such as cc-by-4.0, not '%s'",
		    opt.license);
	if (opt.shards.bytes < 1)
		die(EXIT_USAGE, "--shard-size must be at least 1");
}

/* The cores we may use; how many does not change the bytes, see shard.h. */
static int threads(void)
{
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : cores;
}

/* What is under way. */
struct work {
	struct db db;
	struct folder *folder;
	struct rows *rows;
	struct shards *shards[CHOICE_SPLITS_MAX];
	struct bundle *bundle;
	struct facts facts;
	struct card card;
};

/* Rows come split by split: when the next one starts, those before are closed. */
static struct shards *shards_of(struct work *w, int split, struct err *err)
{
	char *data;
	int i;

	for (i = 0; i <= split; i++) {
		if (w->shards[i])
			continue;
		if (i && shards_close(w->shards[i - 1], err))
			return NULL;
		data = folder_path(w->folder, FOLDER_DATA);
		opt.shards.name = opt.rows.choice.splits[i].name;
		w->shards[i] = shards_open(data, &opt.shards, err);
		free(data);
		if (!w->shards[i])
			return NULL;
	}
	return w->shards[split];
}

static int put_row(struct work *w, const char *row, size_t len, struct err *err)
{
	struct shards *shards = shards_of(w, rows_split(w->rows), err);

	if (!shards)
		return -1;
	if (!w->bundle)
		return shards_put(shards, row, len, err);
	return bundle_put(w->bundle, shards, rows_image(w->rows), row, len, err) < 0 ? -1 : 0;
}

/* 0; -1 and err; 1: asked to stop. The facts are read while the last rows are compressed. */
static int write_rows(struct work *w, struct err *err)
{
	int got, last = opt.rows.choice.split_count - 1;
	const char *row;
	size_t len;

	while ((got = rows_next(w->rows, &row, &len, err)) > 0 && !sig_stop())
		if (put_row(w, row, len, err))
			return -1;
	if (got == 0 && (facts_read(&w->facts, &w->db, err) || !shards_of(w, last, err) ||
			 shards_close(w->shards[last], err)))
		got = -1;
	return got;
}

/* All images that should be in the tars must be, unless the user takes less. */
static int check_images(struct work *w, struct err *err)
{
	const struct bundle_counts *lost = bundle_counts(w->bundle);

	w->card.missing = lost->missing;
	w->card.changed = lost->changed;
	if (!lost->missing && !lost->changed)
		return 0;
	if (!opt.accept_partial)
		return err_set(err, EXIT_DATA, "%lld images missing, %lld changed; the first: "
			       "%s; --image-root says where they are, --accept-partial leaves "
			       "them out", (long long)lost->missing, (long long)lost->changed,
			       lost->first.text);
	warn("%lld images missing, %lld changed, left out; the first: %s",
	     (long long)lost->missing, (long long)lost->changed, lost->first.text);
	return 0;
}

static int open_rows(struct work *w, struct err *err)
{
	int64_t found, target = opt.rows.choice.target;
	const char *extension;

	w->rows = rows_new(&w->db, &opt.rows, err);
	if (!w->rows)
		return -1;
	found = rows_records(w->rows);
	if (found < target && !opt.accept_partial)
		return err_set(err, EXIT_DATA, "only %lld of the %lld that --target asks for; "
			       "--accept-partial writes them", (long long)found,
			       (long long)target);
	if (found < target)
		warn("only %lld of the %lld that --target asks for", (long long)found,
		     (long long)target);
	if (opt.shards.form != SHARD_TAR)
		return 0;
	extension = bundle_extension(&w->db, opt.rows.kind, err);
	if (!extension)
		return -1;
	w->bundle = bundle_new(&opt.image_roots, extension);
	return 0;
}

/* Writes a file beside the data and notes its sums. */
static int write_file(struct work *w, const char *name, struct buf *text,
		      struct manifest_file *file, struct err *err)
{
	struct digest digest;

	file->name = name;
	digest_init(&digest);
	digest_add(&digest, text->data, text->len);
	digest_end(&digest, &file->sums);
	digest_release(&digest);
	if (folder_write(w->folder, name, text->data, text->len, err))
		return -1;
	buf_clear(text);
	return 0;
}

/* The manifest is written last: a folder with one is complete. */
static int write_about(struct work *w, struct buf *text, struct err *err)
{
	const char *names[CHOICE_SPLITS_MAX], *extra = format_extra_name(opt.rows.format);
	struct manifest_file list[2];
	int i, count = 0;

	for (i = 0; i < opt.rows.choice.split_count; i++)
		names[i] = opt.rows.choice.splits[i].name;
	card_readme(&w->card, text);
	if (write_file(w, FOLDER_CARD, text, &list[count++], err))
		return -1;
	if (extra) {
		format_extra(opt.rows.format, names, i, text);
		if (write_file(w, extra, text, &list[count++], err))
			return -1;
	}
	manifest_write(&w->card, list, count, text);
	return folder_write(w->folder, FOLDER_MANIFEST, text->data, text->len, err);
}

static int describe(struct work *w, struct err *err)
{
	struct buf text;
	int result;

	w->card.how = &opt.rows;
	w->card.license = opt.license;
	w->card.shape = rows_shape(w->rows);
	w->card.facts = &w->facts;
	w->card.shards = w->shards;
	w->card.picked = rows_records(w->rows);
	buf_init(&text, BUF_NO_MAX);
	result = write_about(w, &text, err);
	buf_release(&text);
	return result;
}

static int64_t questions_where(struct db *db, const char *condition)
{
	struct buf sql;
	int64_t n = 0;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT count(*) FROM questions WHERE %s", condition);
	db_number(db, sql.data, &n, NULL);
	buf_release(&sql);
	return n;
}

/* "120 questions: 40 exported, 80 left out (60 dropped, 2 undecided, 10 without verdict, 8 not
 * chosen); 40 rows in 1 shard in set" */
static void say_last_line(struct work *w)
{
	static const char *const units[] = { "images", "replies", "questions", "captions",
					     "scores" };
	int64_t all, kept, drop, open, picked = w->card.picked;
	size_t shards = 0;
	struct buf line;
	int i;

	buf_init(&line, BUF_NO_MAX);
	for (i = 0; i < opt.rows.choice.split_count; i++)
		shards += shards_count(w->shards[i]);
	if (opt.rows.kind == REC_QUESTION) {
		all = questions_where(&w->db, "true");
		kept = questions_where(&w->db, "verdict = 'keep'");
		drop = questions_where(&w->db, "verdict = 'drop'");
		open = questions_where(&w->db, "verdict = 'undecided'");
		buf_printf(&line, "%lld questions: %lld exported", (long long)all,
			   (long long)picked);
		if (all > picked)
			buf_printf(&line, ", %lld left out (%lld dropped, %lld undecided, %lld "
				   "without verdict", (long long)(all - picked),
				   (long long)drop, (long long)open,
				   (long long)(all - kept - drop - open));
		if (kept > picked)
			buf_printf(&line, ", %lld not chosen", (long long)(kept - picked));
		buf_adds(&line, all > picked ? ")" : "");
	} else {
		buf_printf(&line, "%lld %s: %lld exported", (long long)picked,
			   units[opt.rows.kind], (long long)picked);
	}
	note("%s; %lld rows in %zu %s%s in %s", line.data, (long long)card_rows(&w->card),
	     shards, opt.rows.format->files == SHARD_ZST ? "shard" : "file",
	     shards == 1 ? "" : "s", opt.output);
	buf_release(&line);
}

static int export_all(struct work *w, struct err *err)
{
	int result = open_rows(w, err);

	if (result == 0)
		result = write_rows(w, err);
	if (result == 0 && w->bundle)
		result = check_images(w, err);
	if (result == 0)
		result = describe(w, err);
	if (result == 0 && !w->card.picked)
		warn("nothing to export: no %s%s in the store", opt.rows.kind == REC_QUESTION ?
		     "kept " : "", rec_kind_name(opt.rows.kind));
	return result;
}

static void release(struct work *w)
{
	int i;

	bundle_free(w->bundle);
	for (i = 0; i < CHOICE_SPLITS_MAX; i++)
		shards_free(w->shards[i]);
	rows_free(w->rows);
	facts_release(&w->facts);
	db_close(&w->db, NULL);
}

static int verify(void)
{
	struct verify_report report = { 0 };
	const char *line, *end;
	struct err err;

	buf_init(&report.text, BUF_NO_MAX);
	if (verify_folder(opt.verify, &report, &err))
		die_err(&err);
	for (line = report.text.data; (end = strchr(line, '\n')); line = end + 1)
		complain("%.*s", (int)(end - line), line);
	if (report.faults)
		die(EXIT_DATA, "'%s' is not what its manifest says: %lld faults", opt.verify,
		    (long long)report.faults);
	note("%lld files, %lld rows, all as the manifest says", (long long)report.files,
	     (long long)report.rows);
	buf_release(&report.text);
	return EXIT_SETTLED;
}

int main(int argc, char **argv)
{
	struct work work = { 0 };
	struct err err;
	char **operands;
	int result;

	(void)argc;
	msg_init("capqa-export", false);
	operands = opt_parse_or_die(argv, &about, false);
	if (*operands)
		die(EXIT_USAGE, "takes no operand ('%s'); the store is named by -d", *operands);
	msg_quiet(opt.quiet);
	sig_init();
	if (opt.verify)
		return verify();
	check_options();
	opt.shards.threads = threads();
	if (db_open(&work.db, opt.store, DB_READ, &err))
		die_err(&err);
	work.folder = folder_open(opt.output, &err);
	if (!work.folder)
		die_err(&err);
	result = export_all(&work, &err);
	if (result) {
		folder_abandon(work.folder);
	} else {
		result = folder_settle(work.folder, &err);
		if (result == 0)
			say_last_line(&work);
	}
	release(&work);
	if (result > 0)
		die(sig_stop(), "stopped; %s is as it was", opt.output);
	if (result < 0)
		die_err(&err);
	return EXIT_SETTLED;
}
