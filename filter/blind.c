/* SPDX-License-Identifier: Apache-2.0
 *
 * blind: asks a text-only LLM every question without its image. What it can answer needs no
 * image, and would teach a captioner nothing (CapRL, arXiv 2509.22647, section 3.2).
 *
 *	capqa blind -m Qwen2.5-3B-Instruct questions.jsonl -o blind.jsonl
 *
 * Options are shown in another order at each trial; asking stops when no further trial can
 * change the verdict. An outage is never counted as a wrong answer.
 */
#include <stdio.h>

#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/lvlm.h"
#include "filter/asking.h"
#include "filter/judging.h"
#include "filter/trials.h"
#include "filter/verdict.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct lvlm_options model;
	struct rule_options rule;
	struct trial_options trials;
} opt = { RUN_DEFAULTS, LVLM_DEFAULTS, RULE_DEFAULTS, TRIAL_DEFAULTS };

static const struct opt trial_table[] = { TRIAL_OPTIONS(opt.trials), { 0 } };
static const struct opt rule_table[] = { RULE_OPTIONS(opt.rule), { 0 } };
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Trials", trial_table }, { "Rule", rule_table }, { "Model", model_table },
	{ "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa blind", "[QUESTIONS.jsonl...]", "ask a text-only LLM without the image",
	"Adds a blind tally to each question. What is dropped already passes unasked.\n\n"
	"  capqa blind -u http://localhost:8001/v1 -m Qwen2.5-3B-Instruct \\\n"
	"      questions.jsonl -o blind.jsonl\n", blocks
};

static const struct run_words words = {
	"blind", "questions", { "asked", "passed unasked", "skipped", "rejected", "failed" }
};

static const char default_prompt[] =
#include "filter/prompts/blind.txt.h"
;

/* Is there anything left for this model to decide? -1: a tally is malformed. */
static int wants(struct rec *r, const struct rule *rule, struct err *err)
{
	const char *id = rec_text(r, "question_id");
	struct verdict_tallies tallies;
	int ask;

	if (verdict_is_dropped(r))
		return 0;
	if (verdict_read(r, &tallies, err))
		return -1;
	verdict_forget_model(&tallies.blind, opt.model.model);
	ask = rule_judge_blind(rule, &tallies.blind).verdict != VERDICT_DROP ||
	      (id && trials_full(id, opt.trials.full_share));
	verdict_release(&tallies);
	return ask;
}

int main(int argc, char **argv)
{
	struct rule rule;
	struct trials_plan plan = {
		.condition = "blind", .member = "blind", .threshold = &rule.text, .rule = &rule,
		.o = &opt.trials,
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
	msg_init("capqa-blind", false);
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
	if (opt.model.dry_run)
		run_options_dry(&opt.run);
	opt.model.verbose = opt.run.verbose;
	model = lvlm_new_or_die(&opt.model);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	run_before_write(run, lvlm_commit, model);
	lvlm_expect_when(model, "when the model guesses");
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
	lvlm_say(model, more, sizeof(more));
	lvlm_stats(model, plan.prompt.id, run_stats(run));
	if (lvlm_commit(model, &err))
		run_fail(run, &err);
	code = run_close(run, more);	/* its last bytes ask the model to commit */
	lvlm_free(model, NULL);
	prompt_release(&plan.prompt);
	return code;
}
