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

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "filter/judging.h"
#include "filter/tables.h"
#include "filter/verdict.h"
#include "schemas/figures.h"
#include "schemas/record.h"
#include "schemas/rule.h"
#include "schemas/whatif.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct rule_options rule;
	bool what_if, figures;
} opt = { RUN_DEFAULTS, RULE_DEFAULTS, false, false };

static const struct opt select_table[] = {
	{ 0, "what-if", OPT_FLAG, &opt.what_if, NULL,
	  "print what other thresholds would keep; writes no records", NULL },
	{ 0, "figures", OPT_FLAG, &opt.figures, NULL,
	  "say letters, accuracies, habits and agreement of the models as well", NULL },
	{ 0 }
};
static const struct opt rule_table[] = { RULE_OPTIONS(opt.rule), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Rule", rule_table }, { "Looking", select_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa select", "[QUESTIONS.jsonl...]", "apply the rule: keep, drop or undecided",
	"Writes a verdict, a reason and the rule into each question. Nothing is asked.\n\n"
	"  capqa select --visual-acc '>=0.75' sight.jsonl -o judged.jsonl\n", blocks
};

static const struct run_words words = {
	"select", "questions", { "judged", "imported", "skipped", "rejected", "left" }
};

#define HABIT_PICKS 20		/* fewer say nothing about a habit */
#define HABIT_PERCENT 60

/* Questions by verdict and reason, for the last line. */
static const char *const reasons[] = {
	"blind_answerable", "not_visible", "image_irrelevant", "blind_undecided",
	"sight_undecided", "not_asked",
};
#define REASONS (sizeof(reasons) / sizeof(*reasons))

static struct {
	int64_t kept, by_reason[REASONS];
	struct figures figures;
	struct whatif whatif;
} seen;

static void count_judgement(const struct judgement *j)
{
	size_t i;

	if (j->verdict == VERDICT_KEEP)
		seen.kept++;
	for (i = 0; j->reason && i < REASONS; i++)
		if (!strcmp(j->reason, reasons[i]))
			seen.by_reason[i]++;
}

static void judge(struct rec *r, const struct rule *rule, const struct rec_question *q,
		  const struct verdict_tallies *tallies)
{
	int options = (int)q->option_count;
	struct judgement j = rule_judge(rule, &tallies->blind, &tallies->sight, &tallies->control);
	char text[128];

	rule_text(rule, text);
	rec_set_text(r, "verdict", verdict_name(j.verdict));
	rec_set_text(r, "reason", j.reason);
	rec_set_text(r, "rule", text);
	rec_drop(r, "duplicate_of");	/* another rule keeps other copies: dedupe comes after */
	count_judgement(&j);
	figures_add(&seen.figures, rule, options, q->answer, &j, &tallies->blind, &tallies->sight,
		    &tallies->control);
	if (opt.what_if)
		whatif_add(&seen.whatif, options, &tallies->blind, &tallies->sight,
			   &tallies->control);
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
		seen.kept++;
		run_write(run, item, RUN_PASSED);
	} else if (verdict_read(item->rec, &tallies, &err)) {
		run_reject(run, item, "bad_tally", err.text);
	} else {
		judge(item->rec, rule, &q, &tallies);
		verdict_release(&tallies);
		run_write(run, item, RUN_DONE);
	}
	free(q.options);
}

static void say_counts(char *to, size_t size)
{
	size_t i, n;

	n = (size_t)snprintf(to, size, "%lld kept", (long long)seen.kept);
	for (i = 0; i < REASONS; i++)
		if (seen.by_reason[i])
			n += (size_t)snprintf(to + n, size - n, ", %lld %s",
					      (long long)seen.by_reason[i], reasons[i]);
}

/* Prints each line of text on stderr. */
static void say_lines(struct buf *text)
{
	char *line, *rest = text->data;

	while ((line = strsep(&rest, "\n")) && rest)
		msg_line(line);
}

/* A blind model that always says the same letter sits at chance by construction. */
static void warn_of_habit(const struct rule *rule)
{
	const int64_t *picks = seen.figures.blind_picks;
	int64_t all = 0, most = 0;
	int i, letter = 0;

	for (i = 0; i < FIGURES_LETTERS; i++) {
		all += picks[i];
		letter = picks[i] > most ? i : letter;
		most = picks[i] > most ? picks[i] : most;
	}
	if (all >= HABIT_PICKS && most * 100 > all * HABIT_PERCENT)
		warn("%.0f %% of the blind picks are the letter %c: the model answers by position, "
		     "and '%s' sits at chance", 100 * (double)most / (double)all, 'A' + letter,
		     rule->text.text);
	if (seen.figures.asked[2] && !threshold_met(&rule->text, 1, 2))
		warn("two options: chance alone gives 0.5, so '%s' is unusable for %lld questions",
		     rule->text.text, (long long)seen.figures.asked[2]);
}

/* What was seen beside the verdicts: the grid on standard output, the rest on stderr. */
static int report(const struct rule *rule)
{
	struct buf text;
	int result = EXIT_SETTLED;

	buf_init(&text, BUF_NO_MAX);
	if (!opt.run.quiet) {
		tables_chance(&text, &seen.figures, rule);
		if (opt.figures)
			tables_figures(&text, &seen.figures);
		say_lines(&text);
	}
	warn_of_habit(rule);
	buf_clear(&text);
	if (opt.what_if) {
		tables_whatif(&text, &seen.whatif);
		if (fputs(text.data, stdout) < 0 || fflush(stdout)) {
			complain("cannot write 'standard output':");
			result = EXIT_OUTPUT;
		}
	}
	buf_release(&text);
	return result;
}

int main(int argc, char **argv)
{
	char **inputs, more[512];
	struct rule rule;
	struct item item;
	struct run *run;
	struct err err;
	int code, shown;

	(void)argc;
	msg_init("capqa-select", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (judging_rule(&opt.rule, &rule, &err))
		die_err(&err);
	if (opt.what_if && opt.run.output)
		die(EXIT_USAGE, "--what-if writes no records, so it takes no -o");
	if (opt.what_if)
		opt.run.output = "/dev/null";
	whatif_init(&seen.whatif, &rule);
	run = run_open_or_die(&opt.run, &words, REC_QUESTION, inputs);
	while (run_next(run, &item))
		put(run, &rule, &item);
	say_counts(more, sizeof(more));
	code = run_close(run, more);
	shown = code == EXIT_SETTLED ? report(&rule) : code;
	figures_release(&seen.figures);
	return shown;
}
