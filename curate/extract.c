/* SPDX-License-Identifier: Apache-2.0
 *
 * extract: reads the questions that a model wrote. No model is asked, so a better reader
 * costs nothing: run it again over stored replies at any time.
 *
 *	capqa extract replies.jsonl -o questions.jsonl -r losses.jsonl
 *
 * Everything that looks like a question ends up in exactly one of output and rejects; each
 * carries the rule that read it and its place in the reply (curate/mcq). Reads CapRL's
 * gen_qa.py files ({qa_response, image_path}) as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/mcq.h"
#include "curate/prompt.h"
#include "schemas/layout.h"
#include "schemas/record.h"
#include "schemas/span.h"
#include "store/run.h"

#define LOSS_KINDS_MAX 256

static struct {
	struct run_options run;
	int64_t max_questions;
	const char *image_field, *text_field, *prompt;
	bool losses;
} opt = { .run = RUN_DEFAULTS };

static const struct opt extract_table[] = {
	{ 0, "max-questions", OPT_COUNT, &opt.max_questions, "N", "keep the first N of a reply", NULL },
	{ 0, "losses", OPT_FLAG, &opt.losses, NULL, "print what was lost, by reason and rule", NULL },
	{ 0, "prompt", OPT_TEXT, &opt.prompt, "FILE",
	  "the prompt that was sent, to know its own examples again (generate's)", NULL },
	{ 0, "image-field", OPT_TEXT, &opt.image_field, "NAME", "the member with the path", NULL },
	{ 0, "text-field", OPT_TEXT, &opt.text_field, "NAME", "the member with the reply", NULL },
	{ 0 }
};
static const struct opt run_table[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt_block blocks[] = {
	{ "Reading", extract_table }, { "Every stage", run_table }, { NULL, NULL }
};

static const struct about about = {
	"capqa extract", "[REPLIES.jsonl...]", "read the questions out of the replies",
	"Writes one question record per question; what cannot be used goes to -r with a reason.\n\n"
	"  capqa extract replies.jsonl.zst -o questions.jsonl -r losses.jsonl --losses\n", blocks
};

static const struct run_words words = {
	"extract", "replies", { "read", "passed on", "skipped", "gave nothing", "left" }
};

static const char default_prompt[] =
#include "curate/prompts/generate.txt.h"
;

static struct {
	int64_t questions, lost;
	struct { const char *reason, *rule; int64_t count; } kinds[LOSS_KINDS_MAX];
	size_t kind_count;
} found;

static void count_loss(const struct mcq_loss *loss)
{
	size_t i;

	found.lost++;
	for (i = 0; i < found.kind_count; i++) {
		if (found.kinds[i].reason == loss->reason && found.kinds[i].rule == loss->rule) {
			found.kinds[i].count++;
			return;
		}
	}
	if (i == LOSS_KINDS_MAX)
		return;
	found.kinds[i].reason = loss->reason;
	found.kinds[i].rule = loss->rule;
	found.kinds[i].count = 1;
	found.kind_count++;
}

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addc(b, '"');
	buf_adds(b, name);
	buf_add(b, "\":", 2);
	if (text)
		span_quote(b, text, strlen(text));
	else
		buf_adds(b, "null");
}

static void set_from(struct rec *question, struct rec *reply, const struct mcq_question *q)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	buf_addc(&b, '{');
	add_text(&b, "model", rec_text(reply, "model"));
	buf_addc(&b, ',');
	add_text(&b, "prompt_id", rec_text(reply, "prompt_id"));
	buf_addc(&b, ',');
	add_text(&b, "call", rec_text(reply, "call"));
	buf_addc(&b, ',');
	add_text(&b, "rule", q->rule);
	buf_printf(&b, ",\"index\":%d,\"start\":%zu,\"end\":%zu}", q->index, q->start, q->end);
	rec_set_raw(question, "from", b.data, b.len);
	buf_release(&b);
}

static void set_options(struct rec *question, const struct mcq_question *q)
{
	struct buf b;
	size_t i;

	buf_init(&b, BUF_NO_MAX);
	for (i = 0; i < q->option_count; i++) {
		buf_addc(&b, i ? ',' : '[');
		span_quote(&b, q->options[i], strlen(q->options[i]));
	}
	buf_addc(&b, ']');
	rec_set_raw(question, "options", b.data, b.len);
	buf_release(&b);
}

static void write_question(struct rec *reply, const struct mcq_question *q, struct buf *out)
{
	const char answer[] = { (char)('A' + q->answer), '\0' };
	struct rec *question = rec_child(reply, REC_QUESTION);
	char id[33];

	rec_question_id(rec_image_key(reply), q->question, (const char *const *)q->options,
			q->option_count, answer, id);
	rec_set_text(question, "question_id", id);
	rec_set_text(question, "question", q->question);
	set_options(question, q);
	rec_set_text(question, "answer", answer);
	if (q->none_or_all)
		rec_set_raw(question, "flags", "[\"none_or_all\"]", 15);
	set_from(question, reply, q);
	rec_write(question, out);
	rec_free(question);
	found.questions++;
}

static void write_loss(struct run *run, struct item *item, const struct mcq_loss *loss,
		       struct buf *out)
{
	struct buf message;

	buf_init(&message, BUF_NO_MAX);
	buf_printf(&message, "question %d (%s): %s", loss->index + 1, loss->rule, loss->detail);
	run_reject_line(run, item, loss->reason, message.data, (int64_t)loss->start,
			(int64_t)loss->end, out);
	buf_release(&message);
	count_loss(loss);
}

/* One reply: its questions to the output, its losses to the rejects, in reply order. */
static void extract(struct run *run, struct item *item, const char *prompt)
{
	const char *text = rec_text(item->rec, "reply");
	const char *finish = rec_text(item->rec, "finish_reason");
	struct mcq_context context = { .cut = finish && !strcmp(finish, "length"),
				       .prompt = prompt, .max_questions = (int)opt.max_questions };
	struct buf out, lost;
	struct mcq mcq;
	size_t i;

	buf_init(&out, BUF_NO_MAX);
	buf_init(&lost, BUF_NO_MAX);
	mcq_read(text, strlen(text), &context, &mcq);
	for (i = 0; i < mcq.question_count; i++)
		write_question(item->rec, &mcq.questions[i], &out);
	for (i = 0; i < mcq.loss_count; i++)
		write_loss(run, item, &mcq.losses[i], &lost);
	if (!mcq.question_count && !mcq.loss_count)
		run_reject_line(run, item, "no_question", "nothing in the reply looks like a question",
				-1, -1, &lost);
	run_end(run, item, mcq.question_count ? RUN_DONE : RUN_REJECTED, &out, &lost);
	mcq_release(&mcq);
	buf_release(&out);
	buf_release(&lost);
}

static void say_losses(void)
{
	char line[200];
	size_t i;

	for (i = 0; i < found.kind_count; i++) {
		snprintf(line, sizeof(line), "%10lld  %-24s %s", (long long)found.kinds[i].count,
			 found.kinds[i].reason, found.kinds[i].rule);
		msg_line(line);
	}
}

int main(int argc, char **argv)
{
	struct prompt prompt;
	struct run *run;
	struct item item;
	struct err err;
	char more[100], **inputs;

	(void)argc;
	msg_init("capqa-extract", false);
	sig_init();
	inputs = opt_parse_or_die(argv, &about, true);
	if (!opt.prompt)
		prompt_init(&prompt, default_prompt);
	else if (prompt_load(&prompt, opt.prompt, &err))
		die_err(&err);
	run = run_open_or_die(&opt.run, &words, REC_REPLY, inputs);

	while (run_next(run, &item)) {
		if (layout_reply(item.rec, opt.image_field, opt.text_field, &err))
			run_reject(run, &item, "no_reply", err.text);
		else
			extract(run, &item, prompt.text);
	}

	prompt_release(&prompt);
	if (opt.losses)
		say_losses();
	snprintf(more, sizeof(more), "%lld questions, %lld rejected", (long long)found.questions,
		 (long long)found.lost);
	return run_close(run, more);
}
