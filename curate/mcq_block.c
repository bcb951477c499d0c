/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_block.h. One function per kind of line; `phase` says where in a question we are.
 */
#include "curate/mcq_block.h"

#include <string.h>

#include "curate/mcq_key.h"
#include "curate/mcq_list.h"

void mcq_block_init(struct mcq_block *block, struct mcq_drafts *drafts)
{
	memset(block, 0, sizeof(*block));
	block->drafts = drafts;
}

struct mcq_draft *mcq_block_current(struct mcq_block *b)
{
	return b->open ? &b->drafts->items[b->drafts->count - 1] : NULL;
}

/* A numbered line of chatter is no question; something with options or an answer is one. */
static bool is_candidate(const struct mcq_draft *d)
{
	if (d->option_count >= 2 || d->torn)
		return true;
	if (d->named)
		return d->question.len || d->option_count || d->answer_count;
	if (d->option_count || d->answer_count)
		return d->question.len > 0;
	return d->number >= 0 && mcq_text_asks(d->question);
}

void mcq_block_close_draft(struct mcq_block *b)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (!d)
		return;
	mcq_list_settle(b, NULL);
	if (!is_candidate(d)) {
		if (d->number > 0 && d->number < MCQ_NUMBERS &&
		    b->by_number[d->number] == (int)b->drafts->count)
			b->by_number[d->number] = 0;
		b->drafts->option_count = d->option_first;
		b->drafts->count--;
	}
	b->open = false;
	b->phase = PHASE_NONE;
}

struct mcq_draft *mcq_block_open(struct mcq_block *b, const struct mcq_line *line,
				    struct mcq_text question, enum mcq_form form, int number)
{
	struct mcq_draft *d;

	mcq_block_close_draft(b);
	d = mcq_draft_add(b->drafts, line ? line->start : question.at);
	d->question = question;
	d->end = line ? line->end : question.at + question.len;
	d->form = form;
	d->number = number;
	if (number > 0 && number < MCQ_NUMBERS)
		b->by_number[number] = (int)b->drafts->count;
	b->open = true;
	b->phase = PHASE_QUESTION;
	b->head = line ? *line : (struct mcq_line){ .number = -1 };
	b->para = (struct mcq_text){ NULL, 0 };
	b->key = b->explain = b->listing = b->roman = b->at_list = false;
	b->wrap = b->answer_end = NULL;
	return d;
}

void mcq_block_extend(struct mcq_text *text, const struct mcq_line *line)
{
	if (!text->len)
		*text = line->whole;
	else
		text->len = (size_t)(line->whole.at + line->whole.len - text->at);
}

static void add_para(struct mcq_block *b, const struct mcq_line *line)
{
	static const char *const intros[] = { "question", "题",	   "问题",
					      "pregunta", "frage", "quiz" };
	const char *last = line->whole.at + line->whole.len;
	bool intro = false;
	size_t i;

	if (b->gap || b->para_ended || line->heading)
		b->para.len = 0;
	mcq_block_extend(&b->para, line);
	/* "Here are five questions:" directly above the first one is not part of it */
	if (last[-1] == ':' || (line->whole.len > 2 && !memcmp(last - 3, "：", 3)))
		for (i = 0; i < sizeof(intros) / sizeof(*intros) && !intro; i++)
			intro = memmem(line->whole.at, line->whole.len, intros[i],
				       strlen(intros[i]));
	b->para_ended = line->heading || intro;
}

/* The paragraph just read can be a question: it has options under it. */
bool mcq_block_para_fits(const struct mcq_block *b)
{
	const char *last;

	if (!b->para.len)
		return false;
	if (mcq_text_asks(b->para))
		return true;
	last = b->para.at + b->para.len;
	return !b->explain && last[-1] != ':' && (b->para.len < 3 || memcmp(last - 3, "：", 3));
}

void mcq_block_open_para(struct mcq_block *b)
{
	mcq_block_open(b, NULL, b->para, FORM_PLAIN, -1);
}

/* A paragraph that asks, with "1. Red" under it. */
static bool is_list_of_para(struct mcq_block *b, const struct mcq_line *line)
{
	return line->label.ordinal == 1 && !line->heading && !line->bold &&
	       !mcq_text_asks(line->rest) && b->para.len && mcq_text_asks(b->para) &&
	       (!mcq_block_current(b) || b->phase == PHASE_ANSWERED) && !b->explain;
}

static void open_numbered(struct mcq_block *b, const struct mcq_line *line)
{
	enum mcq_form form = FORM_NUMBERED;
	struct mcq_draft *d = mcq_block_current(b);
	bool inner_bold = line->rest.len > 4 && !memcmp(line->rest.at, "**", 2);

	if (line->heading || line->bold || inner_bold)
		form = FORM_MARKDOWN;
	if (line->heading == 4 && line->label.close == '.' && inner_bold && !line->bold)
		form = FORM_CAPRL;
	/* "Question 1" on a line of its own, then "1. Which?" */
	if (d && b->phase == PHASE_QUESTION && !d->question.len && !d->option_count) {
		d->question = line->rest;
		d->end = line->end;
		return;
	}
	d = mcq_block_open(b, line, line->rest, form, line->label.ordinal);
	d->named = line->heading > 0 && mcq_text_asks(line->rest);
}

static void on_numbered(struct mcq_block *b, const struct mcq_line *line)
{
	if (mcq_list_takes_number(b, line)) {
		if (mcq_block_current(b)->option_count)
			mcq_list_more(b, line);
		else
			mcq_list_start(b, line);
		return;
	}
	if (is_list_of_para(b, line)) {
		mcq_block_open_para(b);
		mcq_list_start(b, line);
		return;
	}
	if (mcq_key_line(b, line)) {
		mcq_block_close_draft(b);
		b->key = true;
		mcq_key_assign(b, line->label.ordinal, line->rest);
		return;
	}
	if (b->explain && !mcq_text_asks(line->rest) && !line->heading && !line->bold &&
	    b->phase != PHASE_QUESTION && b->head.kind != LINE_NUMBERED)
		return;
	open_numbered(b, line);
}

static void on_question(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);
	bool same_number;

	if (d && b->phase == PHASE_QUESTION && !d->option_count) {
		same_number = line->number < 0 || d->number < 0 || line->number == d->number;
		/* "#### 1. Colours" was a title, and this is the question */
		if (!d->question.len || (same_number && !mcq_text_asks(d->question) &&
					 !(d->named && line->number >= 0))) {
			d->question = line->rest;
			d->end = line->end;
			d->named = true;
			return;
		}
	}
	d = mcq_block_open(b, line, line->rest, FORM_LABELLED, line->number);
	d->named = true;
}

static void on_options(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if ((!d || (b->phase == PHASE_ANSWERED && d->option_count)) && mcq_block_para_fits(b))
		mcq_block_open_para(b);
	d = mcq_block_current(b);
	if (!d || d->option_count)
		return;
	if (b->para.len && mcq_text_asks(b->para) && !mcq_text_asks(d->question) &&
	    b->phase == PHASE_QUESTION)
		mcq_block_open_para(b);
	d = mcq_block_current(b);
	b->listing = true;
	d->end = line->end;
	if (b->phase == PHASE_ANSWERED || !d->question.len)
		b->phase = PHASE_QUESTION;
	if (line->rest.len)
		mcq_list_text(b, line);
}

static void on_answers(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	/* some say "Answers:" for the list of options */
	if (d && b->phase == PHASE_QUESTION && !d->option_count && d->question.len &&
	    !line->rest.len) {
		b->listing = true;
		return;
	}
	if (d && !d->answer_count && d->option_count && line->rest.len &&
	    !mcq_key_only(line->rest, 2) && !mcq_key_only(line->rest, 1)) {
		struct mcq_text letters[4];

		if (mcq_key_letters(line->rest, letters, 4) < 2 || b->drafts->count < 2) {
			mcq_list_answer(b, line->rest, line->end);
			return;
		}
	}
	mcq_block_close_draft(b);
	b->key = true;
	b->para.len = 0;
	mcq_key_read(b, line->rest, 1);
}

static void on_answer(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (line->number >= 0 && (!d || d->number != line->number || !d->option_count)) {
		mcq_block_close_draft(b);
		b->key = true;
		mcq_key_assign(b, line->number, line->rest);
		return;
	}
	if (mcq_key_only(line->rest, 2)) {
		mcq_block_close_draft(b);
		b->key = true;
		mcq_key_read(b, line->rest, 2);
		return;
	}
	if (!d)
		return;
	if (line->rest.len) {
		mcq_list_answer(b, line->rest, line->end);
	} else if (!d->answer_count) {
		b->phase = PHASE_WANT;
		d->end = line->end;
	}
}

static void on_wanted(struct mcq_block *b, const struct mcq_line *line)
{
	if (line->kind == LINE_NUMBERED && mcq_key_line(b, line) &&
	    mcq_list_last(b)->label.family != LABEL_DIGIT) {
		mcq_block_close_draft(b);
		b->key = true;
		mcq_key_assign(b, line->label.ordinal, line->rest);
		return;
	}
	mcq_list_answer(b, line->whole, line->end);
}

/* "#### 1. Colours" followed by "Which colour ...?": the first was a title. */
static bool was_title(const struct mcq_block *b, const struct mcq_draft *d,
		      const struct mcq_line *line)
{
	const char *last = d->question.at + d->question.len - 1;

	return (b->head.heading || b->head.bold) && d->question.len <= 48 &&
	       (*last == '*' || !memchr(d->question.at, '*', d->question.len)) &&
	       !mcq_text_asks(d->question) && mcq_text_asks(line->whole) &&
	       !(*line->whole.at >= 'a' && *line->whole.at <= 'z');
}

static void on_question_text(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (b->listing) {
		mcq_list_add(b, line->whole, NULL, line);
		return;
	}
	if (!d->question.len || was_title(b, d, line)) {
		d->question = line->whole;
	} else if (b->gap && !d->named && d->form != FORM_CAPRL &&
		   (mcq_text_asks(d->question) || b->head.kind == LINE_NUMBERED)) {
		add_para(b, line);
		return;
	} else if (b->para.len) {
		add_para(b, line);
		return;
	} else if (!(b->gap && mcq_text_asks(d->question))) {
		mcq_block_extend(&d->question, line);
	}
	d->end = line->end;
}

static void on_text(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (d && b->phase == PHASE_QUESTION) {
		on_question_text(b, line);
		return;
	}
	if (d && b->phase == PHASE_OPTIONS) {
		if (mcq_list_last(b)->label.family == LABEL_NONE && b->listing && !d->split) {
			mcq_list_add(b, line->whole, NULL, line);
			return;
		}
		if (!b->gap && !line->heading) {
			mcq_list_wrap(b, line);
			return;
		}
		b->phase = PHASE_LATE;
	}
	if (d && b->answer_end && !b->gap && !line->heading && !b->explain) {
		d->answer_wrapped = mcq_text_of(d->answer[0].at, line->end);
		b->answer_end = NULL;	/* one line is enough for an answer */
	}
	if (b->gap && b->explain && !b->para.len)
		b->para_ended = true;
	if (!b->explain || b->gap || b->para.len)
		add_para(b, line);
}

static void on_explain(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (d && b->phase == PHASE_QUESTION && line->kind == LINE_EXPLAIN && !d->option_count &&
	    !d->question.len)
		return;
	if (d && b->phase == PHASE_OPTIONS)
		b->phase = PHASE_LATE;
	b->explain = line->kind == LINE_EXPLAIN && (!d || b->phase != PHASE_QUESTION);
	b->answer_end = NULL;
	b->para.len = 0;
}

static void on_rule(struct mcq_block *b)
{
	struct mcq_draft *d = mcq_block_current(b);

	b->para.len = 0;
	b->explain = false;
	if (!d)
		return;
	if (b->phase == PHASE_ANSWERED && d->option_count)
		mcq_block_close_draft(b);
	else if (d->option_count)
		b->phase = PHASE_SHUT;
	else if (d->question.len && !d->named)
		mcq_block_close_draft(b);
}

static void dispatch(struct mcq_block *b, const struct mcq_line *line)
{
	switch (line->kind) {
	case LINE_RULE: on_rule(b); break;
	case LINE_TEXT: on_text(b, line); break;
	case LINE_BULLET: mcq_list_bullet(b, line); break;
	case LINE_NUMBERED: on_numbered(b, line); break;
	case LINE_QUESTION: on_question(b, line); break;
	case LINE_OPTIONS: on_options(b, line); break;
	case LINE_OPTION: mcq_list_option(b, line); break;
	case LINE_ANSWER: on_answer(b, line); break;
	case LINE_ANSWERS: on_answers(b, line); break;
	case LINE_EXPLAIN: case LINE_META: on_explain(b, line); break;
	case LINE_BLANK: case LINE_FENCE: break;
	}
}

void mcq_block_line(struct mcq_block *block, const struct mcq_line *line)
{
	if (line->kind == LINE_BLANK || line->kind == LINE_FENCE) {
		block->gap = true;
		block->answer_end = NULL;
		return;
	}
	mcq_list_settle_para(block, line);
	mcq_list_settle(block, line);
	if (block->phase == PHASE_WANT &&
	    (line->kind == LINE_TEXT || line->kind == LINE_OPTION ||
	     line->kind == LINE_BULLET || line->kind == LINE_NUMBERED))
		on_wanted(block, line);
	else
		dispatch(block, line);
	if (line->kind != LINE_TEXT) {
		block->para_ended = true;
		block->answer_end = line->kind == LINE_ANSWER ? block->answer_end : NULL;
	}
	block->gap = false;
}

void mcq_block_close(struct mcq_block *block)
{
	mcq_list_settle_para(block, NULL);
	mcq_block_close_draft(block);
	block->para.len = 0;
	block->gap = true;
}

void mcq_block_cut(struct mcq_block *block, const struct mcq_line *torn, const char *end)
{
	struct mcq_draft *d;
	bool starts;

	mcq_list_settle_para(block, NULL);
	d = mcq_block_current(block);
	starts = torn && (torn->kind == LINE_QUESTION ||
			  (torn->kind == LINE_NUMBERED && !mcq_key_line(block, torn) &&
			   !mcq_list_takes_number(block, torn) && !block->key));

	if (d && block->phase == PHASE_ANSWERED && d->answer_last && d->option_count) {
		d->tail = !block->para.len;
	} else if (d && !starts) {
		d->torn = is_candidate(d);
		d->end = d->torn ? end : d->end;
		block->at_list = false;
		block->phase = PHASE_SHUT;
	}
	block->para.len = 0;
	mcq_block_close_draft(block);
	if (!starts)
		return;
	d = mcq_block_open(block, torn, torn->rest, FORM_NUMBERED,
		       torn->kind == LINE_QUESTION ? torn->number : torn->label.ordinal);
	d->form = torn->kind == LINE_QUESTION ? FORM_LABELLED :
		  torn->heading ? FORM_MARKDOWN : FORM_NUMBERED;
	d->torn = true;
	d->end = end;
	block->phase = PHASE_SHUT;
	mcq_block_close_draft(block);
}
