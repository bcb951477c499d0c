/* SPDX-License-Identifier: Apache-2.0
 *
 * export: the store's records as a dataset folder: shards, manifest, card. A verb: rows picks
 * and forms the records, shard writes them, card describes them, folder puts all of it in place
 * at once.
 *
 *	capqa export -d capqa.db -o set --format caprl --license cc-by-4.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "store/card.h"
#include "store/db.h"
#include "store/facts.h"
#include "store/folder.h"
#include "store/rows.h"
#include "store/shard.h"

#define ZSTD_LEVEL 3
#define THREADS_MAX 4	/* each holds about 30 MB; more wait for the rows */

static struct {
	const char *store, *output, *license, *records, *format;
	struct shard_how how;
	bool quiet;
} opt = { .store = DB_DEFAULT, .records = "question", .format = "full",
	  .how = { .name = "train", .bytes = 500000000, .level = ZSTD_LEVEL } };

static const struct opt table[] = {
	{ 'd', "store", OPT_TEXT, &opt.store, "FILE", "the store (" DB_DEFAULT ")", NULL },
	{ 'o', "output", OPT_TEXT, &opt.output, "FOLDER",
	  "where to; an export that is there is replaced", NULL },
	{ 0, "format", OPT_TEXT, &opt.format, "FORMAT", "full: the records themselves; "
	  "caprl: one row per image, as CapRL-QA-75K (full)", NULL },
	{ 0, "records", OPT_TEXT, &opt.records, "KIND", "image, reply, question (those kept), "
	  "caption or score (question)", NULL },
	{ 0, "name", OPT_TEXT, &opt.how.name, "NAME", "the split's name (train)", NULL },
	{ 0, "shard-rows", OPT_COUNT, &opt.how.rows, "N", "most rows of a shard", NULL },
	{ 0, "shard-size", OPT_COUNT, &opt.how.bytes, "BYTES",
	  "most bytes of a shard before compression (500M)", NULL },
	{ 0, "license", OPT_TEXT, &opt.license, "ID",
	  "what the card says, for example cc-by-4.0", NULL },
	{ 'q', "quiet", OPT_FLAG, &opt.quiet, NULL, "only warnings and errors", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = { { "Options", table }, { 0 } };

static const struct about about = {
	"capqa export", "", "write the store's records as a dataset folder",
	"Writes FOLDER/data/train-00000-of-00008.jsonl.zst and so on, FOLDER/manifest.json "
	"with the sums of every shard, and FOLDER/README.md, a dataset card. The same store "
	"gives the same bytes. The folder appears when it is complete.\n\n"
	"  capqa export -d capqa.db -o set --format caprl --license cc-by-4.0",
	blocks
};

/* Names go into file names, globs and YAML. */
static bool is_word(const char *text, const char *more)
{
	const char *p;

	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(more, *p))
			return false;
	return p > text && p - text < 64;
}

static void check_options(enum rows_format *format, enum rec_kind *kind)
{
	if (!opt.output)
		die(EXIT_USAGE, "-o FOLDER is missing; see --help");
	if (rows_format_parse(opt.format, format))
		die(EXIT_USAGE, "--format takes full or caprl, not '%s'", opt.format);
	if (rec_kind_parse(opt.records, kind) || *kind > REC_SCORE)
		die(EXIT_USAGE, "--records takes image, reply, question, caption or score, "
		    "not '%s'", opt.records);
	if (*format == ROWS_CAPRL && *kind != REC_QUESTION)
		die(EXIT_USAGE, "--format caprl is for questions");
	if (!is_word(opt.how.name, "_"))
		die(EXIT_USAGE, "--name takes letters, digits and _, not '%s'", opt.how.name);
	if (opt.license && !is_word(opt.license, "-.+_"))
		die(EXIT_USAGE, "--license takes an identifier such as cc-by-4.0, not '%s'",
		    opt.license);
	if (opt.how.bytes < 1)
		die(EXIT_USAGE, "--shard-size must be at least 1");
}

/* The number of threads does not change the bytes; see shard.h. */
static int threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (int)cores;
}

/* 0; -1 and err; 1: asked to stop. */
static int write_rows(struct rows *rows, struct shards *shards, struct err *err)
{
	struct buf row;
	int got;

	buf_init(&row, BUF_NO_MAX);
	while ((got = rows_next(rows, &row, err)) > 0 && !sig_stop())
		if (shards_put(shards, row.data, row.len, err)) {
			got = -1;
			break;
		}
	buf_release(&row);
	if (got == 0)
		got = shards_close(shards, err);
	return got;
}

/* The manifest is written last: a folder with one is complete. */
static int write_card(struct card *card, const struct folder *folder, struct db *db,
		      struct err *err)
{
	struct facts facts;
	struct buf text;
	int result;

	if (facts_read(&facts, db, err))
		return -1;
	card->facts = &facts;
	buf_init(&text, BUF_NO_MAX);
	card_readme(card, &text);
	result = folder_write(folder, FOLDER_CARD, text.data, text.len, err);
	buf_clear(&text);
	card_manifest(card, &text);
	if (result == 0)
		result = folder_write(folder, FOLDER_MANIFEST, text.data, text.len, err);
	buf_release(&text);
	facts_release(&facts);
	return result;
}

/* "120 questions: 48 exported, 72 left out (60 drop, 2 undecided, 10 without verdict); ..." */
static void say_last_line(struct db *db, const struct card *card)
{
	static const char *const units[] = { "images", "replies", "questions", "captions",
					     "scores" };
	int64_t all = card->picked, drop = 0, open = 0;
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	if (card->records == REC_QUESTION &&
	    (db_number(db, "SELECT count(*) FROM questions", &all, NULL) ||
	     db_number(db, "SELECT count(*) FROM questions WHERE verdict = 'drop'", &drop,
		       NULL) ||
	     db_number(db, "SELECT count(*) FROM questions WHERE verdict = 'undecided'", &open,
		       NULL)))
		all = card->picked;
	buf_printf(&line, "%lld %s: %lld exported", (long long)all, units[card->records],
		   (long long)card->picked);
	if (all > card->picked)
		buf_printf(&line, ", %lld left out (%lld dropped, %lld undecided, %lld without "
			   "verdict)", (long long)(all - card->picked), (long long)drop,
			   (long long)open, (long long)(all - card->picked - drop - open));
	note("%s; %lld rows in %zu shard%s in %s", line.data, (long long)card_rows(card),
	     shards_count(card->shards), shards_count(card->shards) == 1 ? "" : "s",
	     opt.output);
	buf_release(&line);
}

static int export_to(const struct folder *folder, struct db *db, struct card *card,
		     struct err *err)
{
	struct rows *rows = rows_new(db, card->format, card->records, err);
	char *data = folder_path(folder, FOLDER_DATA);
	struct shards *shards = rows ? shards_open(data, &opt.how, err) : NULL;
	int result = shards ? write_rows(rows, shards, err) : -1;

	if (result == 0) {
		card->shape = rows_shape(rows);
		card->shards = shards;
		card->picked = rows_records(rows);
		result = write_card(card, folder, db, err);
	}
	if (result == 0) {
		if (!card->picked)
			warn("nothing to export: no %s%s in the store", card->records ==
			     REC_QUESTION ? "kept " : "", rec_kind_name(card->records));
		say_last_line(db, card);
	}
	shards_free(shards);
	rows_free(rows);
	free(data);
	return result;
}

int main(int argc, char **argv)
{
	struct card card = { .split = NULL };
	struct folder *folder;
	struct db db;
	struct err err;
	char **operands;
	int result;

	(void)argc;
	msg_init("capqa-export", false);
	operands = opt_parse_or_die(argv, &about, false);
	if (*operands)
		die(EXIT_USAGE, "takes no operand ('%s'); the store is named by -d", *operands);
	check_options(&card.format, &card.records);
	msg_quiet(opt.quiet);
	sig_init();
	card.split = opt.how.name;
	card.license = opt.license;
	opt.how.threads = threads();
	if (db_open(&db, opt.store, DB_READ, &err))
		die_err(&err);
	folder = folder_open(opt.output, &err);
	if (!folder)
		die_err(&err);
	result = export_to(folder, &db, &card, &err);
	if (result) {
		folder_abandon(folder);
		folder = NULL;
	}
	db_close(&db, NULL);
	if (result > 0)
		die(sig_stop(), "stopped; %s is as it was", opt.output);
	if (result < 0 || folder_settle(folder, &err))
		die_err(&err);
	return EXIT_SETTLED;
}
