/* SPDX-License-Identifier: Apache-2.0
 *
 * audit: scores captions by what a text-only LLM can answer from them alone. What a caption
 * leaves out (omitted) is told apart from what it gets wrong (contradicted).
 *
 *	capqa audit captions.jsonl -Q capqa.db -m Qwen2.5-3B-Instruct -o scores.jsonl
 *
 * Every question of the caption's image is asked in several orders, with a last option "It
 * cannot be answered from the caption". The caption stands in the prompt before the question,
 * and its trials go out together, so that a server's prefix cache reads it once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/hygiene.h"
#include "curate/lvlm.h"
#include "filter/audit_bank.h"
#include "filter/audit_caption.h"
#include "filter/audit_case.h"
#include "filter/audit_files.h"
#include "filter/audit_page.h"
#include "filter/audit_sample.h"
#include "filter/audit_versus.h"
#include "filter/judging.h"
#include "schemas/chance.h"
#include "schemas/layout.h"
#include "schemas/record.h"
#include "schemas/tally.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct lvlm_options model;
	struct trial_options trials;
	struct audit_bank_options bank;
	int64_t rotations, sample;
	bool caprl, sample_only, summary, compare;
	const char *text_field;
} opt = {
	.run = RUN_DEFAULTS, .model = LVLM_DEFAULTS, .rotations = 4,
	.trials = { .temperature = -1, .max_tokens = -1 },
};

static int parse_reward(const char *text, void *to, struct err *err)
{
	*(bool *)to = !strcmp(text, "caprl");
	if (strcmp(text, "caprl") && strcmp(text, "capqa"))
		return err_set(err, EXIT_USAGE, "takes capqa or caprl, not '%s'", text);
	return 0;
}

static const struct opt join_table[] = {
	{ 'Q', "questions", OPT_LIST, &opt.bank.questions, "FILE",
	  "questions that are kept or have no verdict: JSONL (repeatable) or a store", NULL },
	{ 0, "join", OPT_PARSE, &opt.bank.join, "HOW",
	  "captions find their questions by id (image_id), path or name (the path's end); "
	  "default: by id, then by path", audit_parse_join },
	{ 0, "strip-prefix", OPT_LIST, &opt.bank.prefixes, "TEXT",
	  "what to take off the paths of captions and questions (repeatable)", NULL },
	{ 0, "image-field", OPT_TEXT, &opt.bank.image_field, "NAME", "the member with the path", NULL },
	{ 0, "text-field", OPT_TEXT, &opt.text_field, "NAME", "the member with the caption", NULL },
	{ 0 }
};
static const struct opt look_table[] = {
	{ 0, "sample", OPT_COUNT, &opt.sample, "N",
	  "only N captions, by hash, each 'source' with its share", NULL },
	{ 0, "sample-only", OPT_FLAG, &opt.sample_only, NULL,
	  "write the captions of the sample and ask nothing", NULL },
	{ 0, "summary", OPT_FLAG, &opt.summary, NULL,
	  "the inputs are scores: print what they say together and ask nothing", NULL },
	{ 0, "compare", OPT_FLAG, &opt.compare, NULL,
	  "the inputs are two files of scores, A and B: print what B is better and worse at; -o "
	  "lists every question", NULL },
	{ 0 }
};
static const struct opt trial_table[] = {
	{ 0, "rotations", OPT_COUNT, &opt.rotations, "N",
	  "trials of each question, each with the options in another order (4)", NULL },
	{ 0, "reward", OPT_PARSE, &opt.caprl, "capqa|caprl",
	  "caprl: the published one, over --rotations draws of one question each, nothing earned "
	  "by abstaining, temperature 0.6, 10 tokens", parse_reward },
	{ 0, "temperature", OPT_NUMBER, &opt.trials.temperature, "T",
	  "sampling temperature (0: trials use distinct orders)", NULL },
	{ 's', "seed", OPT_COUNT, &opt.trials.seed, "N", "for orders, draws and sampling (0)", NULL },
	{ 0, "orders", OPT_PARSE, &opt.trials.orders, "MODE",
	  "balanced: the right option visits every letter alike; or random", judging_parse_orders },
	{ 0, "retry", OPT_PARSE, &opt.trials.retry, "unparsed,refused",
	  "ask trials anew whose stored answer came to this", judging_parse_retry },
	{ 0, "letters", OPT_PARSE, &opt.trials.caprl_letters, "capqa|caprl",
	  "how answers are read; caprl: the published scorer, the first of A to I in the text",
	  judging_parse_letters },
	{ 0, "max-tokens", OPT_COUNT, &opt.trials.max_tokens, "N", "longest answer (32)", NULL },
	LVLM_DECODE_OPTION(opt.trials.decode),
	{ 0, "prompt", OPT_TEXT, &opt.trials.prompt, "FILE",
	  "use this prompt; {caption}, {question} and {options} are filled in", NULL },
	{ 0, "show-prompt", OPT_FLAG, &opt.trials.show_prompt, NULL, "print the prompt and end", NULL },
	{ 0 }
};
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Questions", join_table }, { "Samples and figures", look_table },
	{ "Trials", trial_table }, { "Model", model_table }, { "Every stage", run_table },
	{ NULL, NULL }
};

static const struct about about = {
	"capqa audit", "[CAPTIONS.jsonl...]", "score captions by what can be answered from them",
	"Writes one score per caption: what a text-only LLM answers right from the caption alone, "
	"what the caption leaves out, what it contradicts. Inputs may be folders of shards.\n\n"
	"  capqa audit -u http://localhost:8001/v1 -m Qwen2.5-3B-Instruct -Q capqa.db \\\n"
	"      captions.jsonl.zst -o scores.jsonl\n"
	"  capqa audit --summary scores.jsonl\n", blocks
};

static struct run_words words = {
	"audit", "captions",
	{ "scored", "flagged and not asked", "without questions", "rejected", "with failed trials" }
};

static const char default_prompt[] =
#include "filter/prompts/audit.txt.h"
;

struct audit {
	struct run *run;
	struct lvlm *model;
	struct audit_bank *bank;
	struct audit_plan plan;
	struct audit_page *page;
	struct audit_sample *sample;	/* NULL: all captions */
	struct audit_case *current;	/* not all of its trials are asked */
	int64_t joined, unjoined;
	const char *named;		/* the input whose layout was said */
	char *example;			/* the first caption that found no question */
};

/* ---- captions in ---- */

/* Says once per input how its rows are read. */
static void say_layout(struct audit *a, const struct item *item)
{
	struct buf name;

	if (item->file == a->named)
		return;
	a->named = item->file;
	buf_init(&name, BUF_NO_MAX);
	layout_name(item->rec, REC_CAPTION, opt.bank.image_field, opt.text_field, &name);
	if (name.len)
		note("%s: %s", item->file, name.data);
	buf_release(&name);
}

/* Not a reject: captions of images that nobody asked about are no fault. */
static void pass_unjoined(struct audit *a, struct item *item)
{
	const char *path = rec_text(item->rec, "image"), *id = rec_text(item->rec, "image_id");
	struct buf reject, text;

	buf_init(&reject, BUF_NO_MAX);
	buf_init(&text, BUF_NO_MAX);
	buf_printf(&text, "'%s' (image_id %s)", path ? path : "", id ? id : "unknown");
	if (!a->unjoined++)
		a->example = xstrdup(text.data);
	buf_adds(&text, " has no question");
	run_reject_line(a->run, item, "no_question", text.data, -1, -1, &reject);
	run_end(a->run, item, RUN_SKIPPED, NULL, &reject);
	buf_release(&reject);
	buf_release(&text);
}

/* A score on its way out counts for the page. */
static void count_score(struct audit *a, struct rec *score)
{
	struct err err;

	if (!opt.model.dry_run && audit_page_add(a->page, score, &err))
		run_fail(a->run, &err);
}

static void write_unasked(struct audit *a, struct item *item)
{
	struct rec *score = audit_case_unasked(&a->plan, item->rec);

	rec_free(item->rec);
	item->rec = score;
	count_score(a, score);
	run_write(a->run, item, RUN_PASSED);
}

/* Opens the caption's case, or ends the item when there is nothing to ask. */
static void start(struct audit *a, struct item *item)
{
	struct audit_list list;
	unsigned flags;
	struct err err;
	int found;

	say_layout(a, item);
	if (audit_caption_read(item->rec, opt.bank.image_field, opt.text_field, &err)) {
		run_reject(a->run, item, "no_caption", err.text);
		return;
	}
	if (a->sample && !audit_sample_has(a->sample, item->rec)) {
		run_elsewhere(a->run, item);
		return;
	}
	found = audit_bank_find(a->bank, rec_text(item->rec, "image_id"),
				rec_text(item->rec, "image"), &list, &err);
	if (found < 0) {
		run_fail(a->run, &err);
		run_reject(a->run, item, "failed", err.text);
		return;
	}
	if (!found) {
		pass_unjoined(a, item);
		return;
	}
	a->joined++;
	flags = audit_caption_flag(item->rec);
	if (flags & HYGIENE_UNUSABLE) {
		audit_list_release(&list);
		write_unasked(a, item);
	} else {
		a->current = audit_case_open(&a->plan, item, &list);
	}
}

/* ---- trials out and back ---- */

static void ask(struct audit *a, struct audit_trial *t, bool fresh)
{
	struct chat_request q;

	audit_case_request(t, &q);
	lvlm_ask(a->model, &q, NULL, fresh, t);
}

/* The next trial of the caption under way, before any new caption; false: nothing to ask now. */
static bool ask_next(struct audit *a)
{
	struct audit_trial *t;
	struct item item;

	while (!a->current) {
		if (!run_room(a->run) || !run_poll(a->run, &item))
			return false;
		start(a, &item);
	}
	t = audit_case_next(a->current);
	if (t)
		ask(a, t, false);
	else
		a->current = NULL;
	return true;
}

/* A caption is under way although the input has ended, and the run has not. */
static bool goes_on(const struct audit *a)
{
	return a->current && !sig_stop() && !run_failed(a->run);
}

static void close_case(struct audit *a, struct audit_case *c)
{
	struct item *item = audit_case_item(c);
	enum run_fate fate = RUN_DONE;

	if (!opt.model.dry_run)
		item = audit_case_score(c, &fate);
	count_score(a, item->rec);
	run_write(a->run, item, fate);
	if (c == a->current)
		a->current = NULL;
	audit_case_free(c);
}

static void put(struct audit *a, const struct lvlm_reply *reply)
{
	struct audit_trial *t = reply->about;
	struct audit_case *c = audit_case_of(t);

	if (reply->outcome == LVLM_MISSING) {
		lvlm_expect(a->model, reply, &(struct chance_left){ 1, 1, 1 });
		audit_case_missing(t);
	} else if (!audit_case_take(t, reply)) {
		ask(a, t, true);
		return;
	}
	if (audit_case_over(c))
		close_case(a, c);
}

/* What is still open when the run ends early. */
static void abandon(struct audit *a)
{
	struct audit_trial *t;
	struct audit_case *c;

	while ((t = lvlm_abandon(a->model))) {
		c = audit_case_of(t);
		audit_case_lost(t);
		if (audit_case_quiet(c) && c != a->current)
			audit_case_free(c);
	}
	audit_case_free(a->current);
	a->current = NULL;
}

/* ---- before and after ---- */

static void check_options_or_die(void)
{
	struct trial_options *o = &opt.trials;
	struct err err;

	if (o->temperature == -1)
		o->temperature = opt.caprl ? 0.6 : 0;
	if (o->max_tokens == -1)
		o->max_tokens = opt.caprl ? 10 : 32;
	if (opt.sample_only && !opt.sample)
		die(EXIT_USAGE, "--sample-only needs --sample N");
	if (opt.summary + opt.compare + opt.sample_only > 1)
		die(EXIT_USAGE, "--summary, --compare and --sample-only do different things");
	if (opt.rotations < 1 || opt.rotations > TALLY_TRIALS_MAX)
		die(EXIT_USAGE, "--rotations takes 1 to %d", TALLY_TRIALS_MAX);
	if (judging_trials(o, &err))
		die_err(&err);
}

static void make_plan_or_die(struct audit_plan *plan)
{
	struct err err;

	audit_plan_init(plan);
	plan->model = opt.model.model;
	plan->o = &opt.trials;
	plan->rotations = (int)opt.rotations;
	plan->caprl = opt.caprl;
	if (!opt.trials.prompt)
		prompt_init(&plan->prompt, default_prompt);
	else if (prompt_load(&plan->prompt, opt.trials.prompt, &err))
		die_err(&err);
	if (prompt_needs(&plan->prompt, "caption", &err) ||
	    prompt_needs(&plan->prompt, "question", &err) ||
	    prompt_needs(&plan->prompt, "options", &err))
		die_err(&err);
}

static struct audit_bank *open_bank_or_die(void)
{
	const struct audit_bank_counts *n;
	struct audit_bank *bank;
	struct err err;

	bank = audit_bank_open(&opt.bank, &err);
	if (!bank)
		die_err(&err);
	n = audit_bank_counts(bank);
	if (*n->layout)
		note("%s: %s", opt.bank.questions.items[0], n->layout);
	note("%lld questions to ask; %lld dropped or undecided, %lld twice, %lld not usable%s%s",
	     (long long)n->held, (long long)n->dropped, (long long)n->again,
	     (long long)n->unusable, *n->first ? ", the first at " : "", n->first);
	return bank;
}

/* Nothing joined: the two sides name their images differently, and a look shows how. */
static void check_joined(struct audit *a)
{
	struct err err;
	char *other;

	if (a->joined || !a->unjoined || run_failed(a->run) || sig_stop())
		return;
	other = audit_bank_example(a->bank);
	err_set(&err, EXIT_DATA, "no caption joins a question: the first caption is of %s, the first "
		"question of %s; see --join and --strip-prefix", a->example, other);
	run_fail(a->run, &err);
	free(other);
}

/* ---- a sample ---- */

/* The first pass. What cannot be read is rejected by the second one. */
static struct audit_sample *read_sample_or_die(char **files)
{
	struct audit_sample *sample = audit_sample_new(opt.sample, opt.trials.seed);
	struct err err;

	if (audit_sample_read(sample, files, opt.run.limit, opt.bank.image_field, opt.text_field,
			      &err))
		die_err(&err);
	note("a sample of %lld of %lld captions, over %d sources",
	     (long long)audit_sample_wanted(sample), (long long)audit_sample_seen(sample),
	     audit_sample_sources(sample));
	return sample;
}

/* --sample-only: as captions, to be looked at or to make questions about their images. */
static int write_sample(char **files)
{
	static const struct run_words taken = { "audit", "captions", { "taken" } };
	struct audit_sample *sample = read_sample_or_die(files);
	struct run *run = run_open_or_die(&opt.run, &taken, REC_CAPTION, files);
	struct item item;
	struct err err;

	run_elsewhere_is(run, "not in the sample");
	while (run_next(run, &item)) {
		if (audit_caption_read(item.rec, opt.bank.image_field, opt.text_field, &err))
			run_reject(run, &item, "no_caption", err.text);
		else if (audit_sample_has(sample, item.rec))
			run_write(run, &item, RUN_DONE);
		else
			run_elsewhere(run, &item);
	}
	audit_sample_free(sample);
	return run_close(run, NULL);
}

/* ---- figures of scores that are there ---- */

static int print(const struct buf *text)
{
	if (fputs(text->data, stdout) >= 0 && !fflush(stdout))
		return EXIT_SETTLED;
	complain("cannot write 'standard output':");
	return EXIT_OUTPUT;
}

static int summarise(char **files)
{
	static const struct run_words scores = { "audit", "scores", { "read" } };
	struct audit_page *page = audit_page_new();
	struct item item;
	struct run *run;
	struct buf text;
	struct err err;
	int code;

	if (opt.run.output)
		die(EXIT_USAGE, "--summary writes no records, so it takes no -o");
	opt.run.output = "/dev/null";
	run = run_open_or_die(&opt.run, &scores, REC_SCORE, files);
	while (run_next(run, &item)) {
		if (audit_page_add(page, item.rec, &err))
			run_reject(run, &item, "bad_score", err.text);
		else
			run_end(run, &item, RUN_DONE, NULL, NULL);
	}
	code = run_close(run, NULL);
	buf_init(&text, BUF_NO_MAX);
	audit_page_text(page, &text);
	if (code == EXIT_SETTLED)
		code = print(&text);
	buf_release(&text);
	audit_page_free(page);
	return code;
}

static void add_side(struct audit_versus *versus, struct run *run, struct item *item, int side)
{
	struct err err;
	int got = audit_versus_add(versus, side, item->rec, &err);

	if (got < 0)
		run_fail(run, &err);
	if (got)
		run_reject(run, item, "bad_score", err.text);
	else
		run_end(run, item, RUN_DONE, NULL, NULL);
}

static int compare(char **files)
{
	static const struct run_words scores = { "audit", "scores", { "compared" } };
	const char *list = opt.run.output;
	struct audit_versus *versus;
	struct item item;
	struct run *run;
	struct buf text;
	struct err err;
	int code;

	if (!files[0] || !files[1] || files[2] || !strcmp(files[0], files[1]))
		die(EXIT_USAGE, "--compare takes two files of scores, A and B");
	versus = audit_versus_open(&err);
	if (!versus)
		die_err(&err);
	opt.run.output = "/dev/null";
	run = run_open_or_die(&opt.run, &scores, REC_SCORE, files);
	while (run_next(run, &item))
		add_side(versus, run, &item, !strcmp(item.file, files[1]));
	buf_init(&text, BUF_NO_MAX);
	code = run_close(run, NULL);
	if (code == EXIT_SETTLED && (audit_versus_text(versus, &text, &err) ||
				     (list && audit_versus_write(versus, list, &err))))
		die_err(&err);
	if (code == EXIT_SETTLED)
		code = print(&text);
	buf_release(&text);
	audit_versus_close(versus);
	return code;
}

/* What the scores of this run say, on stderr. */
static void say_page(const struct audit_page *page)
{
	char *line, *rest;
	struct buf text;

	buf_init(&text, BUF_NO_MAX);
	audit_page_text(page, &text);
	rest = text.data;
	while (!opt.run.quiet && (line = strsep(&rest, "\n")) && rest)
		msg_line(line);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	struct audit a = { .run = NULL };
	struct meter_now now = { 0 };
	struct lvlm_reply reply;
	struct err err;
	char **inputs, **files, more[256];
	int code;

	(void)argc;
	msg_init("capqa-audit", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	check_options_or_die();
	msg_quiet(opt.run.quiet);
	files = audit_files_list(inputs, &err);
	if (!files)
		die_err(&err);
	if (opt.summary || opt.compare || opt.sample_only) {
		code = (opt.summary ? summarise : opt.compare ? compare : write_sample)(files);
		audit_files_free(files);
		return code;
	}
	make_plan_or_die(&a.plan);
	if (opt.trials.show_prompt) {
		code = puts(a.plan.prompt.text) < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
		audit_plan_release(&a.plan);
		return code;
	}
	if (opt.model.dry_run) {
		run_options_dry(&opt.run);
		words.fates[RUN_DONE] = "to be asked about";
	}
	opt.model.verbose = opt.run.verbose;
	a.model = lvlm_new_or_die(&opt.model);
	a.bank = open_bank_or_die();
	a.sample = opt.sample ? read_sample_or_die(files) : NULL;
	a.page = audit_page_new();
	a.run = run_open_or_die(&opt.run, &words, REC_CAPTION, files);
	run_before_write(a.run, lvlm_commit, a.model);
	if (a.sample)
		run_elsewhere_is(a.run, "not in the sample");

	while (!run_ended(a.run) || !lvlm_idle(a.model) || goes_on(&a)) {
		while (lvlm_room(a.model) && ask_next(&a))
			;
		if (lvlm_wait(a.model, run_fd(a.run), &err))
			run_fail(a.run, &err);
		while (lvlm_reply(a.model, &reply))
			put(&a, &reply);
		lvlm_meter(a.model, &now);
		run_tick(a.run, &now);
	}

	abandon(&a);
	check_joined(&a);
	lvlm_say(a.model, more, sizeof(more));
	lvlm_stats(a.model, a.plan.prompt.id, run_stats(a.run));
	if (lvlm_commit(a.model, &err))
		run_fail(a.run, &err);
	code = run_close(a.run, more);	/* its last bytes ask the model to commit */
	if ((code == EXIT_SETTLED || code == EXIT_LEFT) && !opt.model.dry_run)
		say_page(a.page);
	lvlm_free(a.model, NULL);
	audit_bank_close(a.bank);
	audit_page_free(a.page);
	audit_sample_free(a.sample);
	audit_plan_release(&a.plan);
	audit_files_free(files);
	free(a.example);
	return code;
}
