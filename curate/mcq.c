/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq.h. The front of the reader: it takes off what is not the reply (reasoning), hands
 * lines and JSON to their readers, has every draft checked, and keeps the accounts: a draft
 * becomes one question or one loss.
 */
#include "curate/mcq.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_block.h"
#include "curate/mcq_check.h"
#include "curate/mcq_draft.h"
#include "curate/mcq_flat.h"
#include "curate/mcq_json.h"
#include "curate/mcq_line.h"
#include "curate/mcq_think.h"

const char *const mcq_reasons[] = {
	"cut_off",		/* the reply ended inside */
	"empty",		/* the reply is blank */
	"no_question",		/* options without a question, or a reply without any */
	"too_few_options",
	"too_many_options",
	"empty_option",
	"label_gap",		/* A, B, D */
	"duplicate_options",
	"both_options",		/* "Both A and B" */
	"no_answer",
	"answer_not_in_options",
	"letter_text_conflict",
	"several_answers",
	"ambiguous_answer",	/* a number that could be an index, a label or a text */
	"bad_json",
	"prompt_echo",		/* the prompt's own example */
	"duplicate_in_reply",
	"over_max",
	NULL
};

/* ---- drafts --------------------------------------------------------------------------- */

/* JSON that starts in this line, or NULL. Pretty-printed, it shows only in the next one. */
static const char *find_json(const char *at, const char *line_end, const char *end)
{
	const char *p = at + mcq_text_space(at, line_end);

	if (mcq_json_likely(p, end))
		return p;
	for (; (p = memchr(p, '{', (size_t)(line_end - p))); p++)
		if (mcq_json_likely(p, end))
			return p > at && p[-1] == '[' ? p - 1 : p;
	return NULL;
}

static void read_drafts(struct mcq_text body, bool cut, struct mcq_drafts *drafts)
{
	const char *p = body.at, *end = body.at + body.len, *json, *after;
	struct mcq_line line = { .ended = true };
	size_t seen, wasted = 0;
	struct mcq_block block;
	bool torn = false;

	mcq_block_init(&block, drafts);
	while (p < end) {
		mcq_line_read(p, end, &line);
		json = find_json(p, line.end, end);
		/* what looked like JSON and was not must not be searched again and again */
		if (json && wasted <= 4 * body.len) {
			mcq_block_close(&block);
			after = mcq_json_read(json, end, cut, drafts, &seen);
			if (after) {
				p = after;
				continue;
			}
			wasted += seen;
		}
		torn = cut && !line.ended;
		if (torn)
			break;
		mcq_block_line(&block, &line);
		p = line.next;
	}
	if (cut)
		mcq_block_cut(&block, torn && line.kind != LINE_BLANK ? &line : NULL, end);
	mcq_block_close(&block);
	mcq_json_settle(drafts, cut);
}

/* ---- sets of keys --------------------------------------------------------------------- */

/* Open addressing over hashes; texts are compared, so a collision costs only time. */
struct seen {
	struct { uint64_t hash; char *key; } *slots;
	size_t size, count;
};

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;	/* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

static size_t seen_slot(const struct seen *seen, uint64_t hash, const char *key)
{
	size_t i = hash & (seen->size - 1);

	while (seen->slots[i].key &&
	       (seen->slots[i].hash != hash || strcmp(seen->slots[i].key, key)))
		i = (i + 1) & (seen->size - 1);
	return i;
}

static void seen_grow(struct seen *seen)
{
	struct seen larger = { .size = seen->size ? seen->size * 2 : 32 };
	size_t i;

	larger.slots = xcalloc(larger.size, sizeof(*larger.slots));
	for (i = 0; i < seen->size; i++)
		if (seen->slots[i].key)
			larger.slots[seen_slot(&larger, seen->slots[i].hash,
					       seen->slots[i].key)] = seen->slots[i];
	larger.count = seen->count;
	free(seen->slots);
	*seen = larger;
}

static bool seen_has(const struct seen *seen, const char *key)
{
	return seen->size && seen->slots[seen_slot(seen, hash_of(key), key)].key;
}

static void seen_add(struct seen *seen, const char *key)
{
	uint64_t hash = hash_of(key);
	size_t i;

	if (seen->count * 2 >= seen->size)
		seen_grow(seen);
	i = seen_slot(seen, hash, key);
	if (seen->slots[i].key)
		return;
	seen->slots[i].hash = hash;
	seen->slots[i].key = xstrdup(key);
	seen->count++;
}

static void seen_release(struct seen *seen)
{
	size_t i;

	for (i = 0; i < seen->size; i++)
		free(seen->slots[i].key);
	free(seen->slots);
	*seen = (struct seen){ 0 };
}

/* ---- results -------------------------------------------------------------------------- */

struct reader {
	const struct mcq_context *context;
	const char *reply;
	struct mcq *out;
	struct mcq_drafts drafts;
	struct mcq_checked checked;
	struct seen kept;	/* questions of this reply */
	struct seen examples;	/* questions of the prompt */
	bool examples_read;
};

/* The prompt is read only when a question of the reply begins like something in it. */
static bool is_example(struct reader *r, const struct mcq_draft *d)
{
	const char *prompt = r->context->prompt;
	struct mcq_drafts drafts = { 0 };
	struct mcq_checked checked;
	size_t i, head = d->question.len < 16 ? d->question.len : 16;

	if (!prompt || !memmem(prompt, strlen(prompt), d->question.at, head))
		return false;
	if (!r->examples_read) {
		r->examples_read = true;
		mcq_checked_init(&checked);
		read_drafts((struct mcq_text){ prompt, strlen(prompt) }, false, &drafts);
		for (i = 0; i < drafts.count; i++) {
			mcq_check(&drafts, &drafts.items[i], false, &checked);
			if (checked.key.len)
				seen_add(&r->examples, checked.key.data);
		}
		mcq_checked_release(&checked);
		mcq_drafts_release(&drafts);
	}
	return seen_has(&r->examples, r->checked.key.data);
}

static void lose(struct reader *r, const struct mcq_draft *d, const char *reason,
		 const char *detail)
{
	struct mcq *out = r->out;
	struct mcq_loss *loss;

	out->losses = xgrow(out->losses, &out->loss_cap, out->loss_count, sizeof(*loss));
	loss = &out->losses[out->loss_count];
	*loss = (struct mcq_loss){
		.reason = reason, .rule = mcq_check_rule(&r->drafts, d),
		.index = (int)(out->loss_count + out->question_count),
		.start = (size_t)(d->start - r->reply), .end = (size_t)(d->end - r->reply),
		.detail = xstrdup(detail),
	};
	out->loss_count++;
}

static void keep(struct reader *r, const struct mcq_draft *d)
{
	struct mcq *out = r->out;
	struct mcq_question *q;
	size_t i;

	out->questions =
		xgrow(out->questions, &out->question_cap, out->question_count, sizeof(*q));
	q = &out->questions[out->question_count];
	*q = (struct mcq_question){
		.question = r->checked.question,
		.options = xmalloc(d->option_count * sizeof(*q->options)),
		.option_count = d->option_count,
		.answer = r->checked.answer,
		.rule = mcq_check_rule(&r->drafts, d),
		.index = (int)(out->loss_count + out->question_count),
		.start = (size_t)(d->start - r->reply), .end = (size_t)(d->end - r->reply),
		.none_or_all = r->checked.none_or_all,
	};
	r->checked.question = NULL;
	for (i = 0; i < d->option_count; i++) {
		q->options[i] = r->checked.options[i];
		r->checked.options[i] = NULL;
	}
	out->question_count++;
}

/*
 * Copies are left to dedupe, which marks them and finds the ones whose answers conflict; only
 * a limit on the number of questions must not be used up by them. So the key of a twin holds
 * the right answer too.
 */
static const char *twin_key(struct reader *r)
{
	buf_addc(&r->checked.key, '\n');
	mcq_text_fold_clean(r->checked.options[r->checked.answer], &r->checked.key);
	return r->checked.key.data;
}

static void judge(struct reader *r, const struct mcq_draft *d)
{
	int max = r->context->max_questions;
	bool example;

	mcq_check(&r->drafts, d, r->context->cut, &r->checked);
	example = r->checked.key.len && is_example(r, d);
	if (example)
		lose(r, d, "prompt_echo", "this is an example of the prompt");
	else if (r->checked.reason)
		lose(r, d, r->checked.reason, r->checked.detail.data);
	else if (max > 0 && seen_has(&r->kept, twin_key(r)))
		lose(r, d, "duplicate_in_reply", "this question stands in the reply before");
	else if (max > 0 && r->out->question_count >= (size_t)max)
		lose(r, d, "over_max", "there are enough questions without it");
	else
		keep(r, d);
	if (max > 0 && !example && !r->checked.reason)
		seen_add(&r->kept, r->checked.key.data);
}

/* A reply that holds nothing like a question is one loss, so that it is counted. */
static void lose_reply(struct reader *r, size_t len, bool thinking)
{
	struct mcq_draft whole = { .start = r->reply, .end = r->reply + len };
	struct mcq_text text = mcq_text_trim((struct mcq_text){ r->reply, len });

	whole.form = FORM_PLAIN;
	if (!text.len)
		lose(r, &whole, "empty", "the reply is blank");
	else if (thinking && r->context->cut)
		lose(r, &whole, "cut_off", "the reply ends before the reasoning does");
	else
		lose(r, &whole, "no_question", "nothing in the reply looks like a question");
}

void mcq_read(const char *reply, size_t len, const struct mcq_context *context, struct mcq *out)
{
	static const struct mcq_context nothing;
	struct reader r = { .context = context ? context : &nothing, .out = out };
	struct mcq_text body;
	char *lines = NULL;
	bool thinking;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (reply && !r.context->cut)
		lines = mcq_flat_lines((struct mcq_text){ reply, len });
	r.reply = lines ? lines : reply ? reply : "";
	body = mcq_think_skip((struct mcq_text){ r.reply, reply ? len : 0 }, &thinking);
	mcq_checked_init(&r.checked);
	read_drafts(body, r.context->cut, &r.drafts);
	for (i = 0; i < r.drafts.count; i++)
		judge(&r, &r.drafts.items[i]);
	if (!r.drafts.count)
		lose_reply(&r, reply ? len : 0, thinking);
	seen_release(&r.kept);
	seen_release(&r.examples);
	mcq_checked_release(&r.checked);
	mcq_drafts_release(&r.drafts);
	free(lines);
}

void mcq_release(struct mcq *found)
{
	size_t i, k;

	for (i = 0; i < found->question_count; i++) {
		for (k = 0; k < found->questions[i].option_count; k++)
			free(found->questions[i].options[k]);
		free(found->questions[i].options);
		free(found->questions[i].question);
	}
	for (i = 0; i < found->loss_count; i++)
		free(found->losses[i].detail);
	free(found->questions);
	free(found->losses);
	*found = (struct mcq){ 0 };
}
