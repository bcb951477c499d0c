/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe: marks questions that say the same as another one.
 *
 *	capqa dedupe judged.jsonl -o unique.jsonl
 *	capqa dedupe --near 0.8 judged.jsonl -o unique.jsonl
 *
 * Two passes: the first, on all processors, finds for each key the copy with the smallest
 * question_id, the second marks the others, so the result does not depend on the order. What
 * needs no mark and is written canonically goes on as it stands. Only questions without a
 * verdict, or kept ones, take part: a dropped copy never displaces a kept one. A pipe is
 * spooled to a temporary file.
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
#include "filter/fingerprint.h"
#include "filter/minhash.h"
#include "filter/near.h"
#include "schemas/hash.h"
#include "schemas/record.h"
#include "store/run.h"
#include "store/seen.h"
#include "store/source.h"
#include "store/spool.h"
#include "store/sweep.h"

static struct {
	struct run_options run;
	struct run_part part;
	enum scope scope;
	double near;	/* 0: equal texts only */
} opt = { .run = RUN_DEFAULTS };

static int parse_scope(const char *text, void *to, struct err *err)
{
	enum scope *scope = to;

	if (strcmp(text, "image") && strcmp(text, "all"))
		return err_set(err, EXIT_USAGE, "takes image or all, not '%s'", text);
	*scope = *text == 'i' ? SCOPE_IMAGE : SCOPE_ALL;
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
 * What the first pass remembers of each line, by its place: its entry among the copies, or what
 * else becomes of it; whether it may go on as it stands; and 31 bits by which the second pass
 * knows the line again.
 */
enum { BAD = UINT32_MAX, ELSEWHERE = BAD - 1, PASSED = BAD - 2, COMPARED = BAD - 3 };

struct seat {
	uint32_t entry;
	uint32_t check : 31, canonical : 1;
};

static struct {
	struct seat *items;
	size_t count, cap;
} seats;

/*
 * What is found of a line. Behind it stand the id, where it is one of another program (with its
 * NUL), then the shingles of --near.
 */
struct found {
	struct seat seat;		/* entry: COMPARED where copies say which */
	size_t foreign_len;		/* 0: raw_id is it */
	unsigned char raw_id[HASH_BYTES];
	struct fingerprint f;
};

static bool takes_part(struct rec *r)
{
	const char *verdict = rec_text(r, "verdict");

	return !verdict || !strcmp(verdict, "keep");
}

static bool is_mine(const unsigned char key[HASH_BYTES])
{
	char hex[HASH_HEX];

	if (!opt.part.of)
		return true;
	hash_to_hex(key, hex);
	return hash_part(hex, opt.part.of) == opt.part.slice;
}

/* Cheap to make twice. */
static uint32_t check_of(const struct line *line)
{
	return line->fault ? 0 : hash_low_of(line->text, line->len) & INT32_MAX;
}

/* The rest of what is found, of a question that is compared. */
static void add_details(const struct found *found, const struct rec_question *q,
			const char *folded, struct buf *out)
{
	struct shingles set = { 0 };

	buf_add(out, found, sizeof(*found));
	buf_add(out, q->id, found->foreign_len);
	if (opt.near > 0) {
		minhash_shingles(&set, folded);
		buf_add(out, set.items, set.count * sizeof(*set.items));
		shingles_release(&set);
	}
}

static void look_at(struct rec *r, const struct rec_question *q, struct found *found,
		    struct buf *out)
{
	struct buf text;

	buf_init(&text, BUF_NO_MAX);
	fingerprint_of(q, opt.scope, &found->f, opt.near > 0 ? &text : NULL);
	found->seat.entry = !is_mine(found->f.key) ? ELSEWHERE : takes_part(r) ? COMPARED : PASSED;
	if (hash_from_hex(q->id, found->raw_id)) {
		hash_raw_of(q->id, strlen(q->id), found->raw_id);
		found->foreign_len = strlen(q->id) + 1;
	}
	if (found->seat.entry == COMPARED)
		add_details(found, q, text.data, out);
	else
		buf_add(out, &found->seat, sizeof(found->seat));
	buf_release(&text);
}

static void look(const void *ctx, const struct line *line, struct buf *out)
{
	struct found found = { .seat = { BAD, check_of(line), false } };
	struct rec *r = line->fault ? NULL :
			rec_parse(REC_QUESTION, line->text, line->len, NULL);
	struct rec_question q;

	(void)ctx;
	if (!r || rec_question(r, &q, NULL)) {
		buf_add(out, &found.seat, sizeof(found.seat));
	} else {
		found.seat.canonical = rec_is_canonical(r);
		look_at(r, &q, &found, out);
		free(q.options);
	}
	rec_free(r);
}

/*
 * Ids of other programs go by the hash of their text; the texts are kept apart, so that
 * duplicate_of names what stands in the records. Opened when the first such id comes.
 */
static struct seen *foreign_ids;

static int keep_foreign_id(const struct found *found, const char *id, struct err *err)
{
	const char *first;
	char hex[HASH_HEX];

	hash_to_hex(found->raw_id, hex);
	if (!foreign_ids)
		foreign_ids = seen_open(err);
	return foreign_ids && seen_add(foreign_ids, hex, id, &first, err) >= 0 ? 0 : -1;
}

static void set_duplicate_of(struct rec *r, const unsigned char *kept)
{
	const char *text = NULL;
	struct err err;
	char hex[HASH_HEX];

	hash_to_hex(kept, hex);
	if (foreign_ids && seen_add(foreign_ids, hex, hex, &text, &err) < 0)
		die_err(&err);
	rec_set_text(r, "duplicate_of", text ? text : hex);
}

/* The first of its key may have near copies: what is left of `found` are its shingles. */
static int add_to_near(const struct found *found, const char *bytes, size_t len, struct err *err)
{
	struct shingles set = { .count = len / sizeof(*set.items) };
	int code;

	set.items = xmalloc(len);
	memcpy(set.items, bytes, len);
	code = near_add(near, &set, found->f.group, err);
	shingles_release(&set);
	return code;
}

/* One line of the first pass: its seat, and its fingerprint into the table. */
static int take(void *ctx, const char *bytes, size_t len, struct err *err)
{
	struct copies *copies = ctx;
	size_t before = copies_count(copies);
	struct found found;
	int code = 0;

	memcpy(&found, bytes, len < sizeof(found) ? sizeof(found.seat) : sizeof(found));
	if (found.seat.entry == COMPARED) {
		bytes += sizeof(found);
		found.seat.entry = copies_add(copies, found.f.key, found.raw_id, found.f.gold,
					      (uint32_t)seats.count);
		if (found.foreign_len)
			code = keep_foreign_id(&found, bytes, err);
		if (!code && near && copies_count(copies) > before)
			code = add_to_near(&found, bytes + found.foreign_len,
					   len - sizeof(found) - found.foreign_len, err);
	}
	seats.items = xgrow(seats.items, &seats.cap, seats.count, sizeof(*seats.items));
	seats.items[seats.count++] = found.seat;
	return code;
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

static void learn_or_die(char **inputs, struct copies *copies)
{
	static const struct sweep_job job = { look, take };
	struct err err;
	struct source *in = source_open(inputs, &err);

	if (!in)
		die_err(&err);
	source_records(in, REC_QUESTION);
	if (sweep(in, &job, copies, opt.run.limit, &err))
		die_err(&err);
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
static void reject_bad(struct run *run, const struct line *line, struct item *item)
{
	struct rec_question q;
	struct err err = { 0 };

	if (!run_parse(run, line, item))
		return;
	if (!rec_question(item->rec, &q, &err))
		free(q.options);
	run_reject(run, item, "bad_question", err.text);
}

/* A question with the mark that it needs, or none. */
static void write_marked(struct run *run, const struct line *line, bool canonical,
			 struct item *item, enum run_fate fate, enum copies_found found,
			 const unsigned char *kept)
{
	if (canonical)
		run_parse_canonical(run, line, item);
	else if (!run_parse(run, line, item))
		return;
	mark(item->rec, found, kept);
	run_write(run, item, fate);
}

/* Second pass: one line, with its place among the lines. */
static void put(struct run *run, const struct copies *copies, const struct line *line,
		struct item *item, uint32_t number)
{
	const struct seat *seat = number < seats.count ? &seats.items[number] : NULL;
	enum copies_found found = COPIES_STAYS;
	const unsigned char *kept = NULL;
	enum run_fate fate = RUN_DONE;

	if (!seat || seat->check != check_of(line)) {
		fail_changed(run, item);
		run_write_line(run, item, line, RUN_DONE);
		return;
	}
	if (seat->entry == PASSED)
		fate = RUN_PASSED;
	else if (seat->entry < COMPARED)
		found = copies_find(copies, seat->entry, number, &kept);
	if (seat->entry == BAD)
		reject_bad(run, line, item);
	else if (seat->entry == ELSEWHERE)
		run_elsewhere(run, item);
	else if (found == COPIES_STAYS && seat->canonical)
		run_write_line(run, item, line, fate);
	else
		write_marked(run, line, seat->canonical, item, fate, found, kept);
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
	struct line line;
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
	learn_or_die(inputs, copies);
	if (near)
		look_near_or_die(copies);
	lseek(STDIN_FILENO, start, SEEK_SET);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	while (run_next_line(run, &line, &item))
		put(run, copies, &line, &item, number++);
	copies_free(copies);
	free(seats.items);
	seen_close(foreign_ids);
	return close_run(run);
}
