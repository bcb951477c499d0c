/* SPDX-License-Identifier: Apache-2.0
 *
 * caption: asks a captioner to describe each image.
 *
 *	capqa caption -m CapRL-3B images.jsonl -o captions.jsonl
 *
 * Prompt and sampling are CapRL's: "Please describe this image in detail." at temperature 1,
 * top_p 1, repetition penalty 1. A caption that is cut off, refuses, loops or leaks reasoning
 * is written with `flags` (curate/hygiene): a result, not a reject.
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
#include "curate/mcq_think.h"
#include "curate/prompt.h"
#include "schemas/chance.h"
#include "schemas/record.h"
#include "store/run.h"

#define CANDIDATES_MAX 64

static struct {
	struct run_options run;
	struct lvlm_options model;
	int64_t candidates, max_tokens, seed;
	double temperature, top_p, repetition_penalty;
	const char *language, *prompt;
	bool retry_flagged, show_prompt;
} opt = {
	.run = RUN_DEFAULTS, .model = LVLM_DEFAULTS, .candidates = 1, .max_tokens = 2048,
	.temperature = 1, .top_p = 1, .repetition_penalty = 1,
};

static const struct opt caption_table[] = {
	{ 0, "candidates", OPT_COUNT, &opt.candidates, "N", "captions of each image, each with its "
	  "own seed (1)", NULL },
	{ 0, "retry-flagged", OPT_FLAG, &opt.retry_flagged, NULL,
	  "ask once more, with another seed, where a caption is flagged", NULL },
	{ 0, "language", OPT_TEXT, &opt.language, "NAME",
	  "flag captions written in another script than this language's", NULL },
	{ 0, "prompt", OPT_TEXT, &opt.prompt, "FILE", "use this prompt; {language} is filled in", NULL },
	{ 0, "show-prompt", OPT_FLAG, &opt.show_prompt, NULL, "print the prompt and end", NULL },
	{ 0, "temperature", OPT_NUMBER, &opt.temperature, "T", "sampling temperature (1)", NULL },
	{ 0, "top-p", OPT_NUMBER, &opt.top_p, "P", "nucleus sampling (1)", NULL },
	{ 0, "repetition-penalty", OPT_NUMBER, &opt.repetition_penalty, "R", "(1)", NULL },
	{ 0, "max-tokens", OPT_COUNT, &opt.max_tokens, "N", "longest caption (2048)", NULL },
	{ 's', "seed", OPT_COUNT, &opt.seed, "N", "for sampling (0)", NULL },
	{ 0 }
};
static const struct opt model_table[] = { LVLM_OPTIONS(opt.model),
					  LVLM_IMAGE_OPTIONS(opt.model), { 0 } };
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Captions", caption_table }, { "Model", model_table }, { "Every stage", run_table },
	{ NULL, NULL }
};

static const struct about about = {
	"capqa caption", "[IMAGES.jsonl...]", "ask a captioner to describe each image",
	"Writes one caption record per image and candidate. What is wrong with a caption as a text "
	"stands in its 'flags': empty, truncated, refusal, degenerate, reasoning, language.\n\n"
	"  capqa caption -u http://localhost:8000/v1 -m CapRL-3B \\\n"
	"      images.jsonl -o captions.jsonl\n",
	blocks
};

static const struct run_words words = {
	"caption", "images",
	{ "captioned", "passed on", "with the same bytes as another", "rejected", "failed" }
};

static const char default_prompt[] =
#include "curate/prompts/caption.txt.h"
;

/* One candidate; its address is the cookie of its request. */
struct shot {
	struct sitting *of;
	int number;
	bool again;		/* asked a second time */
	char *text;		/* the best so far, without reasoning; NULL: none yet */
	unsigned flags;
	enum lvlm_outcome outcome;
	const char *class;	/* FAILED and REJECTED: static */
	char *message;
};

/* One image with its candidates. */
struct sitting {
	struct item item;
	int open;		/* requests under way */
	struct shot shots[];
};

static struct {
	const struct hygiene_language *language;
	char *prompt;
	char prompt_id[33];
	int64_t captions, flagged, again;
} here;

static void free_sitting(struct sitting *s)
{
	int i;

	for (i = 0; i < opt.candidates; i++) {
		free(s->shots[i].text);
		free(s->shots[i].message);
	}
	rec_free(s->item.rec);
	free(s);
}

/* Every candidate has its own seed, and so has each one that is asked again. */
static void ask(struct lvlm *model, struct shot *shot)
{
	struct rec *r = shot->of->item.rec;
	struct chat_request q = {
		.prompt = here.prompt, .image_id = rec_text(r, "image_id"),
		.temperature = opt.temperature, .top_p = opt.top_p,
		.repetition_penalty = opt.repetition_penalty, .max_tokens = opt.max_tokens,
		.seed = -1,
	};

	if (opt.temperature > 0)
		q.seed = chat_seed(opt.seed, rec_image_key(r),
				   shot->again ? "caption again" : "caption", shot->number);
	shot->of->open++;
	lvlm_ask(model, &q, rec_text(r, "image"), false, shot);
}

/* Asks for all captions of an image, or ends the item when there is nothing to ask. */
static void start(struct run *run, struct lvlm *model, struct item *item)
{
	struct sitting *s;
	int i;

	if (!rec_has(item->rec, "image") || !rec_text(item->rec, "image")) {
		run_reject(run, item, "no_image_path", "the record has no 'image'");
		return;
	}
	if (rec_has(item->rec, "same_as")) {
		run_end(run, item, RUN_SKIPPED, NULL, NULL);
		return;
	}
	s = xcalloc(1, sizeof(*s) + (size_t)opt.candidates * sizeof(*s->shots));
	s->item = *item;
	for (i = 0; i < opt.candidates; i++) {
		s->shots[i].of = s;
		s->shots[i].number = i;
		ask(model, &s->shots[i]);
	}
}

/* Reasoning in front of the caption is no part of it. Text that only opens it stays, flagged. */
static char *caption_of(const char *content)
{
	struct mcq_text text = { content, strlen(content) }, rest;
	bool thinking;

	rest = mcq_think_skip(text, &thinking);
	if (rest.at != text.at)
		rest = mcq_text_trim(rest);
	return thinking ? xstrdup(content) : xstrndup(rest.at, rest.len);
}

static void take_text(struct shot *shot, const struct lvlm_reply *reply)
{
	bool cut = !strcmp(reply->finish_reason, "length");
	struct hygiene_context how = { cut ? HYGIENE_CUT : HYGIENE_WHOLE, here.language };
	char *text = caption_of(reply->content);
	unsigned flags = hygiene_check(text, &how);

	if (!strcmp(reply->finish_reason, "refusal") ||
	    !strcmp(reply->finish_reason, "content_filter"))
		flags |= HYGIENE_REFUSAL;
	if (shot->text && flags) {	/* no better than the first */
		free(text);
		return;
	}
	free(shot->text);
	shot->text = text;
	shot->flags = flags;
}

static void write_caption(const struct shot *shot, struct buf *out)
{
	struct rec *r = rec_child(shot->of->item.rec, REC_CAPTION);
	struct buf flags;

	rec_set_text(r, "caption", shot->text);
	rec_set_text(r, "model", opt.model.model);
	rec_identify(r);
	rec_set_text(r, "prompt_id", here.prompt_id);
	buf_init(&flags, BUF_NO_MAX);
	hygiene_json(shot->flags, &flags);
	if (shot->flags)
		rec_set_raw(r, "flags", flags.data, flags.len);
	buf_release(&flags);
	rec_write(r, out);
	rec_free(r);
	here.captions++;
	here.flagged += shot->flags != 0;
}

/* Captions in the order of the candidates; an image of which one is missing is left. */
static void finish(struct run *run, struct sitting *s)
{
	enum run_fate fate = RUN_PASSED;
	struct buf out, lost;
	struct shot *shot;
	int i, written = 0, left = 0;

	buf_init(&out, BUF_NO_MAX);
	buf_init(&lost, BUF_NO_MAX);
	for (i = 0; i < opt.candidates; i++) {
		shot = &s->shots[i];
		if (shot->text) {
			write_caption(shot, &out);
			written++;
		} else if (shot->class) {
			run_reject_line(run, &s->item, shot->class, shot->message, -1, -1, &lost);
		}
		left += shot->outcome == LVLM_FAILED;
	}
	if (!opt.model.dry_run)
		fate = left ? RUN_LEFT : written ? RUN_DONE : RUN_REJECTED;
	run_end(run, &s->item, fate, &out, &lost);
	buf_release(&out);
	buf_release(&lost);
	free_sitting(s);
}

static void put(struct run *run, struct lvlm *model, const struct lvlm_reply *reply)
{
	struct shot *shot = reply->about;
	struct sitting *s = shot->of;

	s->open--;
	shot->outcome = reply->outcome;
	if (reply->outcome == LVLM_MISSING) {
		lvlm_expect(model, reply, &(struct chance_left){ 1, 1 + opt.retry_flagged, 1 });
	} else if (reply->outcome == LVLM_ANSWERED) {
		take_text(shot, reply);
	} else {
		free(shot->message);
		shot->class = reply->class;
		shot->message = xstrdup(reply->message);
	}
	if (reply->outcome == LVLM_ANSWERED && shot->flags && opt.retry_flagged && !shot->again) {
		shot->again = true;
		here.again++;
		ask(model, shot);
	}
	if (!s->open)
		finish(run, s);
}

static void check_options_or_die(void)
{
	if (opt.candidates < 1 || opt.candidates > CANDIDATES_MAX)
		die(EXIT_USAGE, "--candidates takes 1 to %d", CANDIDATES_MAX);
	if (opt.temperature <= 0 && (opt.candidates > 1 || opt.retry_flagged))
		die(EXIT_USAGE, "at temperature 0 every answer is the same: --candidates and "
		    "--retry-flagged need a higher one");
	if (opt.max_tokens < 1)
		die(EXIT_USAGE, "--max-tokens takes at least 1");
	if (opt.language && !(here.language = hygiene_language(opt.language)))
		die(EXIT_USAGE, "--language takes the English name or the two letters of a language "
		    "whose script is known here, not '%s'", opt.language);
}

static void load_prompt_or_die(void)
{
	struct prompt prompt;
	struct err err;
	struct buf text;

	if (!opt.prompt)
		prompt_init(&prompt, default_prompt);
	else if (prompt_load(&prompt, opt.prompt, &err))
		die_err(&err);
	buf_init(&text, BUF_NO_MAX);
	prompt_fill(&prompt, (struct prompt_value[]){ { "language", opt.language }, { NULL, NULL } },
		    &text);
	here.prompt = buf_take(&text);
	memcpy(here.prompt_id, prompt.id, sizeof(here.prompt_id));
	prompt_release(&prompt);
}

/* What is still open when a signal ends the run. */
static void abandon(struct lvlm *model)
{
	struct shot *shot;

	while ((shot = lvlm_abandon(model)))
		if (!--shot->of->open)
			free_sitting(shot->of);
}

static void say(const struct lvlm *model, char *to, size_t size)
{
	int n = snprintf(to, size, "%lld captions, %lld flagged", (long long)here.captions,
			 (long long)here.flagged);

	if (here.again)
		n += snprintf(to + n, size - (size_t)n, ", %lld asked again", (long long)here.again);
	n += snprintf(to + n, size - (size_t)n, "; ");
	lvlm_say(model, to + n, size - (size_t)n);
}

int main(int argc, char **argv)
{
	char **inputs, more[400];
	struct meter_now now = { 0 };
	struct lvlm_reply reply;
	struct lvlm *model;
	struct item item;
	struct run *run;
	struct err err;
	int code;

	(void)argc;
	msg_init("capqa-caption", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	check_options_or_die();
	load_prompt_or_die();
	if (opt.show_prompt)
		return puts(here.prompt) < 0 || fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
	if (opt.model.dry_run)
		run_options_dry(&opt.run);
	opt.model.verbose = opt.run.verbose;
	model = lvlm_new_or_die(&opt.model);
	run = run_open_or_die(&opt.run, &words, REC_IMAGE, inputs);
	run_before_write(run, lvlm_commit, model);

	while (!run_ended(run) || !lvlm_idle(model)) {
		while (lvlm_room(model) && run_room(run) && run_poll(run, &item))
			start(run, model, &item);
		if (lvlm_wait(model, run_fd(run), &err))
			run_fail(run, &err);
		while (lvlm_reply(model, &reply))
			put(run, model, &reply);
		lvlm_meter(model, &now);
		run_tick(run, &now);
	}

	abandon(model);
	say(model, more, sizeof(more));
	lvlm_stats(model, here.prompt_id, run_stats(run));
	if (lvlm_commit(model, &err))
		run_fail(run, &err);
	code = run_close(run, more);	/* its last bytes ask the model to commit */
	lvlm_free(model, NULL);
	free(here.prompt);
	return code;
}
