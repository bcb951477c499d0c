/* SPDX-License-Identifier: Apache-2.0
 *
 * sight: asks a small LVLM every surviving question with its image. What it cannot answer
 * even then is not visible, or wrong (CapRL, arXiv 2509.22647, section 3.2).
 *
 *	capqa sight -m Qwen2.5-VL-3B-Instruct blind.jsonl -o sight.jsonl
 *
 * Survivors only: what the blind tallies drop or leave undecided passes unasked.
 */
#include <stdio.h>
#include <string.h>

#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/lvlm.h"
#include "filter/asking.h"
#include "filter/controls.h"
#include "filter/judging.h"
#include "filter/trials.h"
#include "filter/verdict.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct lvlm_options model;
	struct rule_options rule;
	struct trial_options trials;
	const char *control, *control_images;
} opt = { RUN_DEFAULTS, LVLM_DEFAULTS, RULE_DEFAULTS, TRIAL_DEFAULTS, NULL, NULL };

static const struct opt control_table[] = {
	{ 0, "control", OPT_TEXT, &opt.control, "grey|swap",
	  "send a grey picture, or another image, to what is kept so far", NULL },
	{ 0, "control-images", OPT_TEXT, &opt.control_images, "FILE",
	  "image records to swap from: the one with the next larger hash", NULL },
	{ 0 }
};
static const struct opt trial_table[] = { TRIAL_OPTIONS(opt.trials), { 0 } };
static const struct opt rule_table[] = { RULE_OPTIONS(opt.rule), { 0 } };
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model),
					  LVLM_IMAGE_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Trials", trial_table }, { "Controls", control_table }, { "Rule", rule_table },
	{ "Model", model_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa sight", "[QUESTIONS.jsonl...]", "ask a small LVLM with the image",
	"Adds a sight tally to each question that the blind tallies leave standing.\n\n"
	"  capqa sight -u http://localhost:8002/v1 -m Qwen2.5-VL-3B-Instruct \\\n"
	"      blind.jsonl -o sight.jsonl\n", blocks
};

static const struct run_words words = {
	"sight", "questions", { "asked", "passed unasked", "skipped", "rejected", "failed" }
};

static const char default_prompt[] =
#include "filter/prompts/sight.txt.h"
;

/* --control: what is sent in place of the image, and under which name it is tallied. */
static struct controls *open_controls_or_die(struct trials_plan *plan)
{
	struct controls *c;
	struct err err;

	if (!opt.control)
		return NULL;
	if (strcmp(opt.control, "grey") && strcmp(opt.control, "swap"))
		die(EXIT_USAGE, "--control takes grey or swap, not '%s'", opt.control);
	if (*opt.control == 's' && !opt.control_images)
		die(EXIT_USAGE, "--control swap needs --control-images FILE");
	plan->condition = opt.control;
	plan->member = "control";
	plan->control = true;
	plan->threshold = &plan->rule->text;	/* answering without the image is what fails */
	c = *opt.control == 'g' ? controls_grey(&err) : controls_swap(opt.control_images, &err);
	if (!c)
		die_err(&err);
	return c;
}

/*
 * Only survivors of the blind pass; a control is for what is kept so far. A question without
 * any blind tally is asked: then the blind pass comes later. -1: a tally is malformed.
 */
static int wants(struct rec *r, const struct rule *rule, struct err *err)
{
	const char *id = rec_text(r, "question_id");
	struct verdict_tallies tallies;
	int ask;

	if (verdict_is_dropped(r))
		return 0;
	if (verdict_read(r, &tallies, err))
		return -1;
	ask = !tallies.blind.count ||
	      rule_judge_blind(rule, &tallies.blind).verdict == VERDICT_KEEP;
	if (opt.control)
		ask = rule_judge(rule, &tallies.blind, &tallies.sight,
				 &(struct tally_list){ 0 }).verdict == VERDICT_KEEP;
	ask = ask || (id && trials_full(id, opt.trials.full_share));
	verdict_release(&tallies);
	return ask;
}

int main(int argc, char **argv)
{
	struct rule rule;
	struct trials_plan plan = {
		.condition = "sight", .member = "sight", .image = true, .threshold = &rule.visual,
		.rule = &rule, .o = &opt.trials,
	};
	struct asking asking = { .plan = &plan };
	struct meter_now now = { 0 };
	struct lvlm_reply reply;
	struct lvlm *model;
	struct item item;
	struct run *run;
	struct err err;
	int code;
	char **inputs, more[256];

	(void)argc;
	msg_init("capqa-sight", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (judging_rule(&opt.rule, &rule, &err) || judging_trials(&opt.trials, &err) ||
	    trials_plan_prompt(&plan, default_prompt, &err))
		die_err(&err);
	if (opt.trials.show_prompt) {
		code = puts(plan.prompt.text) < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
		prompt_release(&plan.prompt);
		return code;
	}
	plan.model = opt.model.model;
	asking.controls = open_controls_or_die(&plan);
	if (opt.model.dry_run)
		run_options_dry(&opt.run);
	opt.model.verbose = opt.run.verbose;
	model = lvlm_new_or_die(&opt.model);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	run_before_write(run, lvlm_commit, model);
	lvlm_expect_when(model, opt.control ? "when the model guesses" :
					      "when nine of ten answers are right");
	asking.model = model;
	asking.run = run;

	while (!run_ended(run) || !lvlm_idle(model)) {
		while (lvlm_room(model) && run_room(run) && run_poll(run, &item))
			asking_offer(&asking, &item, wants(item.rec, &rule, &err), &err);
		if (lvlm_wait(model, run_fd(run), &err))
			run_fail(run, &err);
		while (lvlm_reply(model, &reply))
			asking_put(&asking, &reply);
		asking_ahead(&asking);
		lvlm_meter(model, &now);
		run_tick(run, &now);
	}

	asking_warn(&asking);
	asking_end(&asking);
	controls_free(asking.controls);
	lvlm_say(model, more, sizeof(more));
	lvlm_stats(model, plan.prompt.id, run_stats(run));
	if (lvlm_commit(model, &err))
		run_fail(run, &err);
	code = run_close(run, more);	/* its last bytes ask the model to commit */
	lvlm_free(model, NULL);
	prompt_release(&plan.prompt);
	return code;
}
