/* SPDX-License-Identifier: Apache-2.0
 *
 * select: applies the rule to stored tallies: keep, drop or undecided, and why. No model is
 * asked, so any threshold can be tried at any time.
 *
 *	capqa select --text-acc '<=0.25' sight.jsonl -o judged.jsonl
 *
 * The only stage that writes verdicts, but for `duplicate` and `conflicting_gold` (dedupe).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "filter/judging.h"
#include "filter/verdict.h"
#include "schemas/record.h"
#include "schemas/rule.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct rule_options rule;
} opt = { RUN_DEFAULTS, RULE_DEFAULTS };

static const struct opt rule_table[] = { RULE_OPTIONS(opt.rule), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Rule", rule_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa select", "[QUESTIONS.jsonl...]", "apply the rule: keep, drop or undecided",
	"Writes a verdict, a reason and the rule into each question. Nothing is asked.\n\n"
	"  capqa select --visual-acc '>=0.75' sight.jsonl -o judged.jsonl\n", blocks
};

static const struct run_words words = {
	"select", "questions", { "judged", "imported", "skipped", "rejected", "left" }
};

/* Questions by verdict and reason, for the last line. */
static const char *const reasons[] = {
	"blind_answerable", "not_visible", "image_irrelevant", "blind_undecided",
	"sight_undecided", "not_asked",
};
#define REASONS (sizeof(reasons) / sizeof(*reasons))

static struct {
	int64_t kept, by_reason[REASONS];
} count;

static void count_judgement(const struct judgement *j)
{
	size_t i;

	if (j->verdict == VERDICT_KEEP)
		count.kept++;
	for (i = 0; j->reason && i < REASONS; i++)
		if (!strcmp(j->reason, reasons[i]))
			count.by_reason[i]++;
}

static void judge(struct rec *r, const struct rule *rule, const struct verdict_tallies *tallies)
{
	struct judgement j = rule_judge(rule, &tallies->blind, &tallies->sight, &tallies->control);
	char text[128];

	rule_text(rule, text);
	rec_set_text(r, "verdict", verdict_name(j.verdict));
	rec_set_text(r, "reason", j.reason);
	rec_set_text(r, "rule", text);
	rec_drop(r, "duplicate_of");	/* another rule keeps other copies: dedupe comes after */
	count_judgement(&j);
}

/* Rows of published sets come in as kept and have no tallies to judge. */
static bool is_imported(struct rec *r)
{
	const char *reason = rec_text(r, "reason");

	return reason && !strcmp(reason, "imported") && !rec_has(r, "blind") && !rec_has(r, "sight");
}

static void put(struct run *run, const struct rule *rule, struct item *item)
{
	struct verdict_tallies tallies;
	struct rec_question q;
	struct err err;

	if (rec_question(item->rec, &q, &err)) {
		run_reject(run, item, "bad_question", err.text);
		return;
	}
	if (is_imported(item->rec)) {
		count.kept++;
		run_write(run, item, RUN_PASSED);
	} else if (verdict_read(item->rec, &tallies, &err)) {
		run_reject(run, item, "bad_tally", err.text);
	} else {
		judge(item->rec, rule, &tallies);
		verdict_release(&tallies);
		run_write(run, item, RUN_DONE);
	}
	free(q.options);
}

static void say_counts(char *to, size_t size)
{
	size_t i, n;

	n = (size_t)snprintf(to, size, "%lld kept", (long long)count.kept);
	for (i = 0; i < REASONS; i++)
		if (count.by_reason[i])
			n += (size_t)snprintf(to + n, size - n, ", %lld %s",
					      (long long)count.by_reason[i], reasons[i]);
}

int main(int argc, char **argv)
{
	char **inputs, more[512];
	struct rule rule;
	struct item item;
	struct run *run;
	struct err err;

	(void)argc;
	msg_init("capqa-select", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (judging_rule(&opt.rule, &rule, &err))
		die_err(&err);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	while (run_next(run, &item))
		put(run, &rule, &item);
	say_counts(more, sizeof(more));
	return run_close(run, more);
}
