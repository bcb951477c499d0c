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
#include "filter/audit_case.h"
#include "filter/audit_files.h"
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
	int64_t rotations;
	bool caprl;
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
	{ "Questions", join_table }, { "Trials", trial_table }, { "Model", model_table },
	{ "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa audit", "[CAPTIONS.jsonl...]", "score captions by what can be answered from them",
	"Writes one score per caption: what a text-only LLM answers right from the caption alone, "
	"what the caption leaves out, what it contradicts. Inputs may be folders of shards.\n\n"
	"  capqa audit -u http://localhost:8001/v1 -m Qwen2.5-3B-Instruct -Q capqa.db \\\n"
	"      captions.jsonl.zst -o scores.jsonl\n", blocks
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

/* A row of somebody else becomes a caption record with an id. null is an empty caption. */
static int read_caption(struct audit *a, struct item *item, struct err *err)
{
	const char *raw;
	size_t len;

	say_layout(a, item);
	if (rec_raw(item->rec, "caption", &raw, &len) && raw[0] == 'n')
		rec_set_text(item->rec, "caption", "");
	return layout_caption(item->rec, opt.bank.image_field, opt.text_field, err);
}

/* What the record says of itself and what its text shows. A retried flag is no contradiction. */
static unsigned flags_of(struct rec *r)
{
	const char *finish = rec_text(r, "finish_reason"), *text = rec_text(r, "caption");
	unsigned flags = hygiene_read(rec_json(r, "flags"));
	struct hygiene_context how = { HYGIENE_UNKNOWN, NULL };

	if (finish)
		how.cut = strcmp(finish, "length") ? HYGIENE_WHOLE : HYGIENE_CUT;
	return flags | hygiene_check(text ? text : "", &how);
}

/* Adds ours to the flags the record has; flags of others stay. */
static void set_flags(struct rec *r, unsigned flags)
{
	const cJSON *had = rec_json(r, "flags"), *item;
	cJSON *list, *more = cJSON_CreateArray();
	struct buf names;

	cJSON_ArrayForEach(item, had) {
		cJSON *one = cJSON_CreateArray();

		cJSON_AddItemToArray(one, cJSON_Duplicate(item, 1));
		if (!hygiene_read(one))
			cJSON_AddItemToArray(more, cJSON_Duplicate(item, 1));
		cJSON_Delete(one);
	}
	buf_init(&names, BUF_NO_MAX);
	hygiene_json(flags, &names);
	list = cJSON_Parse(names.data);
	while ((item = more->child))
		cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(more, 0));
	rec_set_json(r, "flags", list);
	cJSON_Delete(list);
	cJSON_Delete(more);
	buf_release(&names);
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

static void write_unasked(struct audit *a, struct item *item)
{
	struct rec *score = audit_case_unasked(&a->plan, item->rec);

	rec_free(item->rec);
	item->rec = score;
	run_write(a->run, item, RUN_PASSED);
}

/* Opens the caption's case, or ends the item when there is nothing to ask. */
static void start(struct audit *a, struct item *item)
{
	struct audit_list list;
	unsigned flags;
	struct err err;
	int found;

	if (read_caption(a, item, &err)) {
		run_reject(a->run, item, "no_caption", err.text);
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
	flags = flags_of(item->rec);
	if (flags)
		set_flags(item->rec, flags);
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

int main(int argc, char **argv)
{
	struct audit a = { NULL };
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
	make_plan_or_die(&a.plan);
	if (opt.trials.show_prompt) {
		code = puts(a.plan.prompt.text) < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
		audit_plan_release(&a.plan);
		return code;
	}
	files = audit_files_list(inputs, &err);
	if (!files)
		die_err(&err);
	if (opt.model.dry_run) {
		run_options_dry(&opt.run);
		words.fates[RUN_DONE] = "to be asked about";
	}
	opt.model.verbose = opt.run.verbose;
	a.model = lvlm_new_or_die(&opt.model);
	a.bank = open_bank_or_die();
	a.run = run_open_or_die(&opt.run, &words, REC_CAPTION, files);
	run_before_write(a.run, lvlm_commit, a.model);

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
	lvlm_free(a.model, NULL);
	audit_bank_close(a.bank);
	audit_plan_release(&a.plan);
	audit_files_free(files);
	free(a.example);
	return code;
}
