/* SPDX-License-Identifier: Apache-2.0
 *
 * generate: asks an LVLM for multiple-choice questions about each image and keeps its raw
 * reply, so that better readers can read it again without a call.
 *
 *	capqa generate -m Qwen2.5-VL-72B images.jsonl -o replies.jsonl
 *
 * Sampling defaults are those of CapRL's own curation: temperature 0.1, repetition penalty
 * 1.05, at most 2048 tokens (its gen_qa.py).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/lvlm.h"
#include "curate/prompt.h"
#include "schemas/chance.h"
#include "schemas/record.h"
#include "store/run.h"

static struct {
	struct run_options run;
	struct lvlm_options model;
	int64_t questions, max_tokens, seed;
	double temperature, top_p, repetition_penalty;
	const char *language, *prompt;
	bool show_prompt;
} opt = {
	.run = RUN_DEFAULTS, .model = LVLM_DEFAULTS, .questions = 5, .max_tokens = 2048,
	.temperature = 0.1, .top_p = 1, .repetition_penalty = 1.05, .language = "English",
};

static const struct opt generate_table[] = {
	{ 0, "questions", OPT_COUNT, &opt.questions, "N", "questions to ask for, per image (5)", NULL },
	{ 0, "language", OPT_TEXT, &opt.language, "NAME", "to be written in (English)", NULL },
	{ 0, "prompt", OPT_TEXT, &opt.prompt, "FILE", "use this prompt; {number} and {language} "
	  "are filled in", NULL },
	{ 0, "show-prompt", OPT_FLAG, &opt.show_prompt, NULL, "print the prompt and end", NULL },
	{ 0, "temperature", OPT_NUMBER, &opt.temperature, "T", "sampling temperature (0.1)", NULL },
	{ 0, "top-p", OPT_NUMBER, &opt.top_p, "P", "nucleus sampling (1)", NULL },
	{ 0, "repetition-penalty", OPT_NUMBER, &opt.repetition_penalty, "R", "(1.05)", NULL },
	{ 0, "max-tokens", OPT_COUNT, &opt.max_tokens, "N", "longest reply (2048)", NULL },
	{ 's', "seed", OPT_COUNT, &opt.seed, "N", "for sampling (0)", NULL },
	{ 0 }
};
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model),
					  LVLM_IMAGE_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Questions", generate_table }, { "Model", model_table }, { "Every stage", run_table },
	{ NULL, NULL }
};

static const struct about about = {
	"capqa generate", "[IMAGES.jsonl...]", "ask an LVLM for questions about each image",
	"Writes one reply record per image: the model's raw text, to be read by extract.\n\n"
	"  capqa generate -u http://localhost:8000/v1 -m Qwen2.5-VL-72B-Instruct \\\n"
	"      images.jsonl -o replies.jsonl.zst\n", blocks
};

static const struct run_words words = {
	"generate", "images",
	{ "replies", "passed on", "with the same bytes as another", "rejected", "failed" }
};

static const char default_prompt[] =
#include "curate/prompts/generate.txt.h"
;

static void load_prompt_or_die(struct prompt *prompt)
{
	struct err err;

	if (!opt.prompt)
		prompt_init(prompt, default_prompt);
	else if (prompt_load(prompt, opt.prompt, &err))
		die_err(&err);
}

static char *prompt_text(const struct prompt *prompt)
{
	struct buf text;
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)opt.questions);
	buf_init(&text, BUF_NO_MAX);
	prompt_fill(prompt, (struct prompt_value[]){ { "number", number },
						     { "language", opt.language },
						     { NULL, NULL } }, &text);
	return buf_take(&text);
}

/* Asks about the image, or ends the item when there is nothing to ask. */
static void ask(struct run *run, struct lvlm *model, const struct item *item, const char *prompt)
{
	struct chat_request q = {
		.prompt = prompt, .image_id = rec_text(item->rec, "image_id"),
		.temperature = opt.temperature, .top_p = opt.top_p,
		.repetition_penalty = opt.repetition_penalty, .max_tokens = opt.max_tokens,
		.seed = -1,
	};
	const char *image = rec_text(item->rec, "image");
	struct item *kept;

	if (rec_has(item->rec, "same_as") || !image) {
		kept = &(struct item){ item->rec, item->place, item->file, item->line };
		if (image)
			run_end(run, kept, RUN_SKIPPED, NULL, NULL);
		else
			run_reject(run, kept, "no_image_path", "the record has no 'image'");
		return;
	}
	kept = xmalloc(sizeof(*kept));
	*kept = *item;
	if (opt.temperature > 0)
		q.seed = chat_seed(opt.seed, rec_image_key(item->rec), "generate", 0);
	lvlm_ask(model, &q, image, false, kept);
}

static void set_tokens(struct buf *b, const char *name, int64_t n)
{
	buf_printf(b, n < 0 ? "\"%s\":null" : "\"%s\":%lld", name, (long long)n);
}

static void put_reply(struct run *run, const struct prompt *prompt, struct item *item,
		      const struct lvlm_reply *reply)
{
	struct rec *r = rec_child(item->rec, REC_REPLY);
	struct buf usage;

	rec_set_text(r, "reply", reply->content);
	rec_set_text(r, "model", opt.model.model);
	rec_set_text(r, "finish_reason", reply->finish_reason);
	rec_set_text(r, "prompt_id", prompt->id);
	buf_init(&usage, BUF_NO_MAX);
	buf_addc(&usage, '{');
	set_tokens(&usage, "prompt_tokens", reply->prompt_tokens);
	buf_addc(&usage, ',');
	set_tokens(&usage, "completion_tokens", reply->completion_tokens);
	buf_addc(&usage, '}');
	rec_set_raw(r, "usage", usage.data, usage.len);
	buf_release(&usage);
	rec_set_text(r, "call", reply->call);
	rec_free(item->rec);
	item->rec = r;
	run_write(run, item, RUN_DONE);
}

static void put(struct run *run, struct lvlm *model, const struct prompt *prompt,
		const struct lvlm_reply *reply)
{
	struct item *item = reply->about;

	if (reply->outcome == LVLM_MISSING) {
		lvlm_expect(model, reply, &(struct chance_left){ 1, 1, 1 });
		run_write(run, item, RUN_PASSED);
	} else if (reply->outcome == LVLM_FAILED) {
		run_leave(run, item, reply->class, reply->message);
	} else if (reply->outcome == LVLM_REJECTED) {
		run_reject(run, item, reply->class, reply->message);
	} else if (!*reply->content) {
		run_reject(run, item, "empty_reply", "the model answered with nothing");
	} else {
		put_reply(run, prompt, item, reply);
	}
	free(item);
}

int main(int argc, char **argv)
{
	char **inputs, *text, more[256];
	struct prompt prompt;
	struct meter_now now = { 0 };
	struct lvlm_reply reply;
	struct lvlm *model;
	struct item item, *left;
	struct run *run;
	struct err err;
	int code;

	(void)argc;
	msg_init("capqa-generate", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	load_prompt_or_die(&prompt);
	text = prompt_text(&prompt);
	if (opt.show_prompt) {
		code = puts(text) < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
		prompt_release(&prompt);
		free(text);
		return code;
	}
	if (opt.model.dry_run)
		run_options_dry(&opt.run);
	opt.model.verbose = opt.run.verbose;
	model = lvlm_new_or_die(&opt.model);
	run = run_open_or_die(&opt.run, &words, REC_IMAGE, inputs);
	run_before_write(run, lvlm_commit, model);

	while (!run_ended(run) || !lvlm_idle(model)) {
		while (lvlm_room(model) && run_room(run) && run_poll(run, &item))
			ask(run, model, &item, text);
		if (lvlm_wait(model, run_fd(run), &err))
			run_fail(run, &err);
		while (lvlm_reply(model, &reply))
			put(run, model, &prompt, &reply);
		lvlm_meter(model, &now);
		run_tick(run, &now);
	}

	while ((left = lvlm_abandon(model))) {
		rec_free(left->rec);
		free(left);
	}
	lvlm_say(model, more, sizeof(more));
	lvlm_stats(model, prompt.id, run_stats(run));
	if (lvlm_commit(model, &err))
		run_fail(run, &err);
	code = run_close(run, more);	/* its last bytes ask the model to commit */
	lvlm_free(model, NULL);
	prompt_release(&prompt);
	free(text);
	return code;
}
