/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe: marks questions that say the same as another one.
 *
 *	capqa dedupe judged.jsonl -o unique.jsonl
 *	capqa dedupe --near 0.8 judged.jsonl -o unique.jsonl
 *
 * Two passes: the first finds for each key the copy with the smallest question_id, the
 * second marks the others, so the result does not depend on the order. Only questions
 * without a verdict, or kept ones, take part: a dropped copy never displaces a kept one. A
 * pipe is spooled to a temporary file.
 *
 * --near looks further, between the passes, among those that would stay. Unlike equal texts,
 * texts that are only alike and have another right answer ask for something else: both stay.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "filter/copies.h"
#include "filter/minhash.h"
#include "filter/near.h"
#include "schemas/hash.h"
#include "schemas/record.h"
#include "store/run.h"
#include "store/seen.h"
#include "store/spool.h"
#include "store/source.h"

static struct {
	struct run_options run;
	struct run_part part;
	enum copies_scope scope;
	double near;	/* 0: equal texts only */
} opt = { .run = RUN_DEFAULTS };

static int parse_scope(const char *text, void *to, struct err *err)
{
	enum copies_scope *scope = to;

	if (strcmp(text, "image") && strcmp(text, "all"))
		return err_set(err, EXIT_USAGE, "takes image or all, not '%s'", text);
	*scope = *text == 'i' ? COPIES_IMAGE : COPIES_ALL;
	return 0;
}

static int parse_near(const char *text, void *to, struct err *err)
{
	double *threshold = to;
	char end;

	if (sscanf(text, "%lf%c", threshold, &end) != 1 ||
	    !(*threshold >= MINHASH_LEAST && *threshold <= 1))
		return err_set(err, EXIT_USAGE, "takes a number from %g to 1, not '%s'",
			       MINHASH_LEAST, text);
	return 0;
}

static const struct opt dedupe_table[] = {
	{ 0, "near", OPT_PARSE, &opt.near, "J",
	  "near copies too: from this share of common three-word shingles on, 0.5 to 1",
	  parse_near },
	{ 0, "scope", OPT_PARSE, &opt.scope, "image|all",
	  "where a copy counts: on the same image, or anywhere (image)", parse_scope },
	{ 0 }
};
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Copies", dedupe_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa dedupe", "[QUESTIONS.jsonl...]", "mark copies and conflicting answers",
	"Copies get verdict drop, reason duplicate and the id of the one that stays. The same\n"
	"question with another right answer is dropped everywhere: conflicting_gold. A near copy\n"
	"(--near) is one with the same right answer; the number is the Jaccard similarity of the\n"
	"shingles of question and options, single characters being the words of Chinese.\n\n"
	"  capqa dedupe judged.jsonl -o unique.jsonl\n"
	"  capqa dedupe --near 0.8 --scope all judged.jsonl -o unique.jsonl\n", blocks
};

static const struct run_words words = {
	"dedupe", "questions", { "compared", "passed on (dropped before)", "skipped", "rejected",
				 "left" }
};

static struct near *near;	/* with --near */

/*
 * What the first pass remembers of each record, by its place: its entry among the copies, or
 * what else becomes of it; and 32 bits by which the second pass knows the record again.
 */
enum { BAD = UINT32_MAX, ELSEWHERE = BAD - 1, PASSED = BAD - 2 };

static struct {
	struct seat { uint32_t entry, check; } *items;
	size_t count, cap;
} seats;

/* What a question is compared by. */
struct fingerprint {
	unsigned char key[16], id[16];
	uint64_t gold;
	bool mine;	/* in this slice of --part */
};

static bool takes_part(struct rec *r)
{
	const char *verdict = rec_text(r, "verdict");

	return !verdict || !strcmp(verdict, "keep");
}

/*
 * Ids of other programs go by the hash of their text; the texts are kept apart, so that
 * duplicate_of names what stands in the records. Opened when the first such id comes.
 */
static struct seen *foreign_ids;

static int take_foreign_id(const char *id, unsigned char raw[16], struct err *err)
{
	const char *first;
	char hex[33];

	hash_of(id, strlen(id), hex);
	hash_from_hex(hex, raw);
	if (!foreign_ids)
		foreign_ids = seen_open(err);
	return foreign_ids && seen_add(foreign_ids, hex, id, &first, err) >= 0 ? 0 : -1;
}

static void set_duplicate_of(struct rec *r, const unsigned char *kept)
{
	const char *text = NULL;
	struct err err;
	char hex[33];

	hash_to_hex(kept, hex);
	if (foreign_ids && seen_add(foreign_ids, hex, hex, &text, &err) < 0)
		die_err(&err);
	rec_set_text(r, "duplicate_of", text ? text : hex);
}

static int fingerprint(struct rec *r, struct fingerprint *f, struct err *err)
{
	struct rec_question q;
	char hex[33];

	if (rec_question(r, &q, err))
		return -1;
	if (hash_from_hex(q.id, f->id) && take_foreign_id(q.id, f->id, err)) {
		free(q.options);
		return -1;
	}
	copies_key(&q, opt.scope, f->key);
	f->gold = copies_gold(&q);
	hash_to_hex(f->key, hex);
	f->mine = !opt.part.of || hash_part(hex, opt.part.of) == opt.part.slice;
	free(q.options);
	return 0;
}

/* Of what the fingerprint is made of, as it stands in the record: cheap to make twice. */
static uint32_t check_of(const struct rec *r)
{
	static const char *const members[] = { "question_id", "question", "options", "answer",
					       "verdict" };
	struct hash h;
	const char *raw;
	uint32_t value;
	size_t i, len;

	hash_init(&h);
	for (i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (rec_raw(r, members[i], &raw, &len))
			hash_bytes(&h, raw, len);
	value = (uint32_t)hash_low(&h);
	hash_release(&h);
	return value;
}

/* A question that may have near copies; called for the first of each key. */
static void add_to_near_or_die(struct rec *r)
{
	struct rec_question q;
	struct buf text;
	struct err err;

	buf_init(&text, BUF_NO_MAX);
	if (rec_question(r, &q, &err))
		die_err(&err);
	copies_text(&q, &text);
	if (near_add(near, text.data, copies_group(&q, opt.scope), &err))
		die_err(&err);
	free(q.options);
	buf_release(&text);
}

/* Standard input as a file that can be read twice; a signal ends it early. */
static void spool_or_die(void)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			       { .fd = sig_fd(), .events = POLLIN } };
	char bytes[65536];
	struct err err;
	ssize_t n = 1;
	int fd = spool_open(&err);

	while (fd >= 0 && n && poll(p, 2, -1) >= 0 && !sig_stop()) {
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno != EINTR)
			die(EXIT_NOINPUT, "cannot read standard input:");
		if (n > 0 && spool_write(fd, bytes, (size_t)n, &err))
			die_err(&err);
	}
	if (fd < 0)
		die_err(&err);
	dup2(fd, STDIN_FILENO);
	close(fd);
	lseek(STDIN_FILENO, 0, SEEK_SET);
}

/* Returns where on standard input the second pass is to start again. */
static off_t check_inputs_or_die(char **inputs)
{
	struct stat st;
	bool standard = !*inputs;

	for (; *inputs; inputs++) {
		if (!strcmp(*inputs, "-"))
			standard = true;
		else if (!stat(*inputs, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			die(EXIT_NOINPUT, "cannot read '%s' twice; give it on standard input",
			    *inputs);
	}
	if (standard && (fstat(STDIN_FILENO, &st) || !S_ISREG(st.st_mode)))
		spool_or_die();
	return lseek(STDIN_FILENO, 0, SEEK_CUR);
}

/* One record of the first pass: its seat, and its fingerprint into the table. */
static void collect(struct rec *r, struct copies *copies)
{
	uint32_t number = (uint32_t)seats.count, entry;
	size_t before = copies_count(copies);
	struct fingerprint f;
	struct err err;

	if (fingerprint(r, &f, &err)) {
		entry = BAD;
	} else if (!f.mine) {
		entry = ELSEWHERE;
	} else if (!takes_part(r)) {
		entry = PASSED;
	} else {
		entry = copies_add(copies, f.key, f.id, f.gold, number);
		if (near && copies_count(copies) > before)
			add_to_near_or_die(r);
	}
	seats.items = xgrow(seats.items, &seats.cap, seats.count, sizeof(*seats.items));
	seats.items[seats.count++] = (struct seat){ entry, check_of(r) };
}

static void collect_all_or_die(char **inputs, struct copies *copies)
{
	struct err err;
	struct source *in = source_open(inputs, &err);
	enum source_got got;
	struct line line;
	int64_t lines = 0;
	struct rec *r;

	if (!in)
		die_err(&err);
	source_records(in, REC_QUESTION);
	while ((got = source_poll(in, &line, &err)) != SOURCE_END && !sig_stop()) {
		if (got == SOURCE_FAILED)
			die_err(&err);
		if (opt.run.limit >= 0 && lines >= opt.run.limit)
			break;
		if (got != SOURCE_LINE || (lines++, line.too_long))
			continue;
		r = rec_parse(REC_QUESTION, line.text, line.len, &err);
		if (r)
			collect(r, copies);
		rec_free(r);
	}
	source_close(in);
}

/* Between the passes: some of those that would stay are nearly another one. */
static void look_near_or_die(struct copies *copies)
{
	struct err err;

	if (near_mark(near, copies, &err))
		die_err(&err);
	near_close(near);
	near = NULL;
}

static struct {
	int64_t duplicates, near, conflicts;
} count;

static void mark(struct rec *r, enum copies_found found, const unsigned char *kept)
{
	if (found == COPIES_STAYS)
		return;
	rec_set_text(r, "verdict", "drop");
	rec_set_text(r, "reason", found == COPIES_CONFLICT ? "conflicting_gold" : "duplicate");
	if (found != COPIES_CONFLICT)
		set_duplicate_of(r, kept);
	count.duplicates += found != COPIES_CONFLICT;
	count.near += found == COPIES_NEAR;
	count.conflicts += found == COPIES_CONFLICT;
}

/* What was found in the first pass is worth nothing for other records. */
static void fail_changed(struct run *run, const struct item *item)
{
	struct err err;

	err_set(&err, EXIT_DATA, "'%s' changed while it was read, at line %lld; run again",
		item->file, (long long)item->line);
	run_fail(run, &err);
}

/* Says again what is wrong with it. */
static void reject_bad(struct run *run, struct item *item)
{
	struct rec_question q;
	struct err err = { 0 };

	if (!rec_question(item->rec, &q, &err))
		free(q.options);
	run_reject(run, item, "bad_question", err.text);
}

/* Second pass: one question, with its place among the records. */
static void put(struct run *run, const struct copies *copies, struct item *item,
		uint32_t number)
{
	const struct seat *seat = number < seats.count ? &seats.items[number] : NULL;
	const unsigned char *kept;
	enum copies_found found;

	if (!seat || seat->check != check_of(item->rec)) {
		fail_changed(run, item);
		run_write(run, item, RUN_DONE);
	} else if (seat->entry == BAD) {
		reject_bad(run, item);
	} else if (seat->entry == ELSEWHERE) {
		run_elsewhere(run, item);
	} else if (seat->entry == PASSED) {
		run_write(run, item, RUN_PASSED);
	} else {
		found = copies_find(copies, seat->entry, number, &kept);
		mark(item->rec, found, kept);
		run_write(run, item, RUN_DONE);
	}
}

/* "3 duplicates (1 near), 2 with conflicting answers" */
static int close_run(struct run *run)
{
	char more[120], of_them[40] = "";

	if (opt.near > 0)
		snprintf(of_them, sizeof(of_them), " (%lld near)", (long long)count.near);
	snprintf(more, sizeof(more), "%lld duplicates%s, %lld with conflicting answers",
		 (long long)count.duplicates, of_them, (long long)count.conflicts);
	return run_close(run, more);
}

static void open_near_or_die(void)
{
	struct err err;

	if (opt.run.part.of)
		die(EXIT_USAGE, "--near compares across all slices: it does not go with --part");
	near = near_open(opt.near, &err);
	if (!near)
		die_err(&err);
}

int main(int argc, char **argv)
{
	struct copies *copies;
	uint32_t number = 0;
	struct item item;
	struct run *run;
	char **inputs;
	off_t start;

	(void)argc;
	msg_init("capqa-dedupe", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (opt.near > 0)
		open_near_or_die();
	opt.part = opt.run.part;	/* slices go by duplicate key, not by image */
	opt.run.part.of = 0;
	copies = copies_new();
	start = check_inputs_or_die(inputs);
	collect_all_or_die(inputs, copies);
	if (near)
		look_near_or_die(copies);
	lseek(STDIN_FILENO, start, SEEK_SET);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	while (run_next(run, &item))
		put(run, copies, &item, number++);
	copies_free(copies);
	free(seats.items);
	seen_close(foreign_ids);
	return close_run(run);
}
