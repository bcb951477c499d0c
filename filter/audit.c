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
#include "curate/lvlm.h"
#include "filter/audit_asking.h"
#include "filter/audit_bank.h"
#include "filter/audit_caption.h"
#include "filter/audit_files.h"
#include "filter/audit_page.h"
#include "filter/audit_sample.h"
#include "filter/audit_versus.h"
#include "filter/judging.h"
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
	const char *text_field, *free_prompt;
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

static int parse_layout(const char *text, void *to, struct err *err)
{
	*(bool *)to = true;
	return strcmp(text, "prism") ?
	       err_set(err, EXIT_USAGE, "takes prism, not '%s'", text) : 0;
}

static const struct opt join_table[] = {
	{ 'Q', "questions", OPT_LIST, &opt.bank.questions, "FILE",
	  "questions that are kept or have no verdict: JSONL (repeatable) or a store", NULL },
	{ 0, "layout", OPT_PARSE, &opt.bank.prism, "prism",
	  "the questions are a benchmark's rows {image, question | prompt, answer}: options, a number "
	  "(5 % off is right) or a text (ANLS); best and mean of several captions of an image",
	  parse_layout },
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
	{ 0, "free-prompt", OPT_TEXT, &opt.free_prompt, "FILE",
	  "the same for Prism's questions without options; {caption} and {question}", NULL },
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
	"what the caption leaves out, what it contradicts. Inputs may be folders of shards, and "
	"WebDataset archives with captions as .json or .txt.\n\n"
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
static const char default_free_prompt[] =
#include "filter/prompts/audit_free.txt.h"
;

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
	if (opt.bank.prism && opt.caprl)
		die(EXIT_USAGE, "--reward caprl and --layout prism are two evaluations");
	if (opt.free_prompt && !opt.bank.prism)
		die(EXIT_USAGE, "--free-prompt is for --layout prism");
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
	plan->prism = opt.bank.prism;
	if (!opt.trials.prompt)
		prompt_init(&plan->prompt, default_prompt);
	else if (prompt_load(&plan->prompt, opt.trials.prompt, &err))
		die_err(&err);
	if (!opt.free_prompt)
		prompt_init(&plan->free_prompt, default_free_prompt);
	else if (prompt_load(&plan->free_prompt, opt.free_prompt, &err))
		die_err(&err);
	if (prompt_needs(&plan->prompt, "caption", &err) ||
	    prompt_needs(&plan->prompt, "question", &err) ||
	    prompt_needs(&plan->prompt, "options", &err) ||
	    prompt_needs(&plan->free_prompt, "caption", &err) ||
	    prompt_needs(&plan->free_prompt, "question", &err))
		die_err(&err);
}

/* One, or Prism's two with an empty line between them. */
static int show_prompts(const struct audit_plan *plan)
{
	int put = puts(plan->prompt.text);

	if (put >= 0 && plan->prism)
		put = printf("\n%s\n", plan->free_prompt.text);
	return put < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
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
	if (n->unreadable)
		note("%lld questions excluded: their right answers cannot be read",
		     (long long)n->unreadable);
	note("%lld questions to ask; %lld dropped or undecided, %lld twice, %lld not usable%s%s",
	     (long long)n->held, (long long)n->dropped, (long long)n->again,
	     (long long)n->unusable, *n->first ? ", the first at " : "", n->first);
	return bank;
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
	int code, bad;

	if (opt.run.output)
		die(EXIT_USAGE, "--summary writes no records, so it takes no -o");
	opt.run.output = "/dev/null";
	run = run_open_or_die(&opt.run, &scores, REC_SCORE, files);
	while (run_next(run, &item)) {
		bad = audit_page_add(page, item.rec, &err);
		if (bad && err.kind != EXIT_DATA)
			run_fail(run, &err);
		if (bad)
			run_reject(run, &item, "bad_score", err.text);
		else
			run_end(run, &item, RUN_DONE, NULL, NULL);
	}
	code = run_close(run, NULL);
	buf_init(&text, BUF_NO_MAX);
	if (audit_page_text(page, &text, &err))
		die_err(&err);
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
static void say_page_or_die(const struct audit_page *page)
{
	char *line, *rest;
	struct buf text;
	struct err err;

	buf_init(&text, BUF_NO_MAX);
	if (audit_page_text(page, &text, &err))
		die_err(&err);
	rest = text.data;
	while (!opt.run.quiet && (line = strsep(&rest, "\n")) && rest)
		msg_line(line);
	buf_release(&text);
}

/* What the options say about asking. */
static void begin(struct audit_asking *a, struct audit_plan *plan)
{
	if (opt.model.dry_run) {
		run_options_dry(&opt.run);
		words.fates[RUN_DONE] = "to be asked about";
	}
	opt.model.verbose = opt.run.verbose;
	a->plan = plan;
	a->image_field = opt.bank.image_field;
	a->text_field = opt.text_field;
	a->dry_run = opt.model.dry_run;
}

int main(int argc, char **argv)
{
	struct audit_asking a = { .run = NULL };
	struct audit_plan plan;
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
	make_plan_or_die(&plan);
	if (opt.trials.show_prompt) {
		code = show_prompts(&plan);
		audit_plan_release(&plan);
		return code;
	}
	begin(&a, &plan);
	a.model = lvlm_new_or_die(&opt.model);
	a.bank = open_bank_or_die();
	a.sample = opt.sample ? read_sample_or_die(files) : NULL;
	a.page = audit_page_new();
	a.run = run_open_or_die(&opt.run, &words, REC_CAPTION, files);
	run_before_write(a.run, lvlm_commit, a.model);
	if (a.sample)
		run_elsewhere_is(a.run, "not in the sample");

	while (!run_ended(a.run) || !lvlm_idle(a.model) || audit_asking_open(&a)) {
		while (lvlm_room(a.model) && audit_asking_next(&a))
			;
		if (lvlm_wait(a.model, run_fd(a.run), &err))
			run_fail(a.run, &err);
		while (lvlm_reply(a.model, &reply))
			audit_asking_put(&a, &reply);
		lvlm_meter(a.model, &now);
		run_tick(a.run, &now);
	}

	audit_asking_abandon(&a);
	audit_asking_check(&a);
	lvlm_say(a.model, more, sizeof(more));
	lvlm_stats(a.model, plan.prompt.id, run_stats(a.run));
	if (lvlm_commit(a.model, &err))
		run_fail(a.run, &err);
	code = run_close(a.run, more);	/* its last bytes ask the model to commit */
	if ((code == EXIT_SETTLED || code == EXIT_LEFT) && !opt.model.dry_run)
		say_page_or_die(a.page);
	lvlm_free(a.model, NULL);
	audit_bank_close(a.bank);
	audit_page_free(a.page);
	audit_sample_free(a.sample);
	audit_plan_release(&plan);
	audit_files_free(files);
	audit_asking_release(&a);
	return code;
}
