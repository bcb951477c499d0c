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

#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/lvlm.h"
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
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model),
					  LVLM_IMAGE_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Trials", trial_table }, { "Rule", rule_table }, { "Model", model_table },
	{ "Every stage", run_table }, { NULL, NULL }
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

/*
 * Only survivors of the blind pass. A question without any blind tally is asked: then the
 * blind pass comes later. -1: the record is no question.
 */
static int to_ask(const struct trials_plan *plan, struct trials *t, struct err *err)
{
	struct rec *r = trials_record(t);
	struct verdict_tallies tallies;
	int ask;

	if (verdict_is_dropped(r))
		return 0;
	if (verdict_read(r, cJSON_GetArraySize(rec_json(r, "options")), &tallies, err))
		return -1;
	ask = !tallies.blind.count ||
	      rule_judge_blind(plan->rule, &tallies.blind).verdict == VERDICT_KEEP ||
	      trials_full(rec_text(r, "question_id"), plan->o->full_share);
	verdict_release(&tallies);
	return ask;
}

static void ask(struct lvlm *model, struct trials *t)
{
	struct chat_request q;

	trials_request(t, &q);
	lvlm_ask(model, &q, trials_image(t), t);
}

static void start(struct run *run, struct lvlm *model, const struct trials_plan *plan,
		  struct item *item)
{
	struct err err;
	struct trials *t = trials_open(plan, item, &err);
	int want = t ? to_ask(plan, t, &err) : -1;

	if (!t)
		run_reject(run, item, "bad_question", err.text);
	else if (want < 0)
		trials_reject(t, run, "bad_tally", err.text);
	else if (!want)
		trials_pass(t, run);
	else
		ask(model, t);
}

static void put(struct run *run, struct lvlm *model, const struct lvlm_reply *reply)
{
	struct trials *t = reply->about;

	if (!trials_take(t, reply))
		trials_reject(t, run, reply->class, reply->message);
	else if (trials_more(t))
		ask(model, t);
	else
		trials_close(t, run);
}

int main(int argc, char **argv)
{
	struct rule rule;
	struct trials_plan plan = {
		.condition = "sight", .member = "sight", .image = true, .threshold = &rule.visual,
		.rule = &rule, .o = &opt.trials,
	};
	struct meter_now now = { 0 };
	struct lvlm_reply reply;
	struct lvlm *model;
	struct trials *left;
	struct item item;
	struct run *run;
	struct err err;
	char **inputs, more[128];

	(void)argc;
	msg_init("capqa-sight", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (judging_rule(&opt.rule, &rule, &err) || trials_plan_prompt(&plan, default_prompt, &err))
		die_err(&err);
	if (opt.trials.show_prompt)
		return puts(plan.prompt.text) < 0 ? EXIT_OUTPUT : EXIT_SETTLED;
	plan.model = opt.model.model;
	model = lvlm_new_or_die(&opt.model);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	run_before_write(run, lvlm_commit, model);

	while (!run_ended(run) || !lvlm_idle(model)) {
		while (lvlm_room(model) && run_room(run) && run_poll(run, &item))
			start(run, model, &plan, &item);
		if (lvlm_wait(model, run_fd(run), &err))
			run_fail(run, &err);
		while (lvlm_reply(model, &reply))
			put(run, model, &reply);
		lvlm_meter(model, &now);
		run_tick(run, &now);
	}

	while ((left = lvlm_abandon(model)))
		trials_free(left);
	lvlm_say(model, more, sizeof(more));
	if (lvlm_free(model, &err))
		run_fail(run, &err);
	prompt_release(&plan.prompt);
	return run_close(run, more);
}
