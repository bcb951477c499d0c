/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_list.h.
 */
#include "curate/mcq_list.h"

#include <string.h>

#include "curate/mcq_split.h"

struct mcq_option *mcq_list_last(struct mcq_block *b)
{
	return &b->drafts->options[b->drafts->option_count - 1];
}

void mcq_list_add(struct mcq_block *b, struct mcq_text text, const struct mcq_label *label,
		       const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	mcq_draft_option(b->drafts, d, text, label, line->checked);
	if (text.at + text.len > d->end)
		d->end = text.at + text.len;
	if (b->phase == PHASE_QUESTION || b->phase == PHASE_LATE)
		b->phase = PHASE_OPTIONS;
	b->wrap = NULL;
}

void mcq_list_answer(struct mcq_block *b, struct mcq_text text, const char *end)
{
	struct mcq_draft *d = mcq_block_current(b);

	mcq_draft_answer(d, text);
	d->answer_wrapped = d->answer[0];
	d->answer_last = d->option_count > 0;
	if (end > d->end)
		d->end = end;
	b->phase = PHASE_ANSWERED;
	b->para.len = 0;	/* what stood before the answer belongs to it */
	b->answer_end = d->answer_count == 1 ? end : NULL;
	b->explain = false;
}

/* The last option's line (or the question's) holds the whole list, and maybe the answer. */
static void split_line(struct mcq_block *b, struct mcq_piece *pieces, size_t count)
{
	struct mcq_draft *d = mcq_block_current(b);
	struct mcq_line none = { .number = -1 };
	struct mcq_text answer;
	size_t i;

	d->split = true;
	if (mcq_split_answer(&pieces[count - 1].text, &answer)) {
		for (i = 0; i < count; i++)
			mcq_list_add(b, pieces[i].text, &pieces[i].label, &none);
		mcq_list_answer(b, answer, answer.at + answer.len);
		b->answer_end = NULL;
		return;
	}
	for (i = 0; i < count; i++)
		mcq_list_add(b, pieces[i].text, &pieces[i].label, &none);
}

/* A paragraph outside questions is one on a line of its own: "Which? A) x B) y Answer: A". */
void mcq_list_settle_para(struct mcq_block *b, const struct mcq_line *next)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	struct mcq_text copy = b->para;

	if (!b->para.len || b->explain || (b->open && b->phase != PHASE_ANSWERED) ||
	    !mcq_text_asks(b->para))
		return;
	if (next && (next->kind == LINE_OPTIONS || next->kind == LINE_BULLET ||
		     (next->kind == LINE_TEXT && !b->gap && !b->para_ended) ||
		     ((next->kind == LINE_OPTION || next->kind == LINE_NUMBERED) &&
		      next->label.ordinal == 1 && next->kind == LINE_OPTION)))
		return;
	if (mcq_split_inside(&copy, pieces))
		mcq_block_open_para(b);
}

/*
 * Decides what the line before holds, now that the next one is known: if that continues the
 * list, labels inside the line before are its text; else they are options of their own.
 */
void mcq_list_settle(struct mcq_block *b, const struct mcq_line *next)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	struct mcq_draft *d = mcq_block_current(b);
	struct mcq_option *last;
	bool is_label = next && (next->kind == LINE_OPTION || next->kind == LINE_NUMBERED);
	size_t count;

	if (!d || (next && next->kind == LINE_TEXT && !b->gap))
		return;
	if (b->phase == PHASE_QUESTION && !d->option_count && d->question.len) {
		if (next && (next->kind == LINE_OPTIONS || next->kind == LINE_BULLET ||
			     (is_label && next->label.ordinal == 1)))
			return;
		count = mcq_split_inside(&d->question, pieces);
		if (count) {
			b->at_list = true;
			split_line(b, pieces, count);
		}
		return;
	}
	if (b->phase != PHASE_OPTIONS || !b->at_list || !d->option_count)
		return;
	last = mcq_list_last(b);
	b->at_list = false;
	if (d->split || (is_label && next->label.ordinal == last->label.ordinal + 1))
		return;
	count = mcq_split_after(&last->label, last->text, pieces);
	if (count < 2 && !mcq_split_answer(&(struct mcq_text){ last->text.at, last->text.len },
					   &(struct mcq_text){ NULL, 0 }))
		return;
	if (count < 2 && d->option_count < 2)
		return;
	d->option_count--;
	b->drafts->option_count--;
	split_line(b, pieces, count);
	b->at_list = b->phase == PHASE_OPTIONS;
}

static int ordinal_of(const struct mcq_block *b, const struct mcq_label *label)
{
	return b->roman && label->roman ? label->roman : label->ordinal;
}

static void put_option(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_label label = line->label;
	struct mcq_draft *d = mcq_block_current(b);

	label.ordinal = ordinal_of(b, &line->label);
	if (b->roman)
		label.family = LABEL_ROMAN;
	/* a line starting with the first label, or continuing such a line, may hold more */
	b->at_list = label.ordinal == 1 || d->split;
	mcq_list_add(b, line->rest, &label, line);
	if (line->end > d->end)
		d->end = line->end;
	if (d->split) {
		struct mcq_piece pieces[MCQ_SPLIT_MAX];
		size_t count = mcq_split_after(&label, line->rest, pieces);

		d->option_count--;
		b->drafts->option_count--;
		split_line(b, pieces, count);
	}
}

void mcq_list_start(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	b->roman = line->label.roman == 1 && line->label.ordinal != 1;
	b->drafts->option_count = d->option_first;	/* bullets before labels were remarks */
	d->option_count = 0;
	put_option(b, line);
	if (d->form == FORM_CAPRL && (!line->bullet || line->label.close != ')'))
		d->form = FORM_MARKDOWN;
}

static bool starts_list(const struct mcq_line *line)
{
	return line->label.ordinal == 1 || line->label.roman == 1;
}

/* A list that begins with B has lost its A: read it, so that the gap is reported. */
static bool starts_late(const struct mcq_line *line)
{
	return line->label.ordinal <= 4 && (line->bullet || line->label.close == ')');
}

/* "A: B" under options means "answer: B" where the question was "Q: ..." */
static bool is_interview_answer(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_label said;
	const struct mcq_draft *d = mcq_block_current(b);
	const char *end = line->rest.at + line->rest.len;

	return d->named && d->option_count >= 2 && line->label.ordinal == 1 &&
	       line->label.close == ':' && mcq_list_last(b)->label.close != ':' &&
	       mcq_label_said(line->rest.at, end, &said);
}

/* A second list begins: the wrapped lines, or a paragraph, were the next question. */
static bool restart_list(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_option *last = mcq_list_last(b);
	struct mcq_text question;

	if (b->phase == PHASE_LATE && mcq_block_para_fits(b)) {
		mcq_block_open_para(b);
	} else if (b->wrap) {
		question = mcq_text_trim(mcq_text_of(b->wrap, line->start));
		last->text = mcq_text_trim(mcq_text_of(last->text.at, b->wrap));
		mcq_block_current(b)->end = last->text.at + last->text.len;
		mcq_block_open(b, NULL, question, FORM_PLAIN, -1);
	} else {
		return false;
	}
	mcq_list_start(b, line);
	return true;
}

void mcq_list_wrap(struct mcq_block *b, const struct mcq_line *line)
{
	if (!b->wrap)
		b->wrap = line->start;
	mcq_block_extend(&mcq_list_last(b)->text, line);
	mcq_block_current(b)->end = line->end;
}

void mcq_list_more(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_option *last = mcq_list_last(b);
	int ordinal = ordinal_of(b, &line->label);
	bool next = ordinal == last->label.ordinal + 1;
	bool same = line->label.family == last->label.family || b->roman || next;

	if (is_interview_answer(b, line)) {
		mcq_list_answer(b, line->rest, line->end);
		return;
	}
	if (last->label.family == LABEL_NONE) {
		if (starts_list(line) && !b->listing)
			mcq_list_start(b, line);
		return;
	}
	if (ordinal == 1 && mcq_block_current(b)->option_count >= 2 && restart_list(b, line))
		return;
	if (same)
		put_option(b, line);
	else if (b->phase == PHASE_OPTIONS && !b->gap)
		mcq_list_wrap(b, line);
}

void mcq_list_option(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);

	if (d && (b->phase == PHASE_OPTIONS || b->phase == PHASE_LATE)) {
		mcq_list_more(b, line);
		return;
	}
	if (d && b->phase == PHASE_QUESTION && b->para.len && mcq_text_asks(b->para) &&
	    starts_list(line))
		mcq_block_open_para(b);
	else if (d && b->phase == PHASE_QUESTION && !starts_list(line) && !starts_late(line))
		mcq_block_extend(&d->question, line);
	if (mcq_block_current(b) && (b->phase == PHASE_QUESTION ||
			   (b->phase == PHASE_ANSWERED && !d->option_count))) {
		if (starts_list(line) || starts_late(line)) {
			bool answered = b->phase == PHASE_ANSWERED;

			mcq_list_start(b, line);
			if (answered)
				b->phase = PHASE_OPTIONS;
		}
		return;
	}
	if (line->label.ordinal != 1 || b->explain)
		if (!(starts_list(line) && mcq_block_para_fits(b)))
			return;
	if (mcq_block_para_fits(b)) {
		mcq_block_open_para(b);
		mcq_list_start(b, line);
	} else if (b->phase == PHASE_NONE && !b->para.len) {
		mcq_block_open(b, line, mcq_text_of(line->start, line->start), FORM_PLAIN, -1);
		mcq_list_start(b, line);
	}
}

static bool same_head(const struct mcq_line *a, const struct mcq_line *b)
{
	return a->label.open == b->label.open && a->label.close == b->label.close &&
	       a->heading == b->heading && a->indent + 1 >= b->indent &&
	       b->indent + 1 >= a->indent && a->bullet == b->bullet;
}

bool mcq_list_takes_number(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);
	const struct mcq_option *last;

	if (!d || line->heading)
		return false;
	if (d->option_count && b->phase != PHASE_SHUT && b->phase != PHASE_ANSWERED) {
		last = mcq_list_last(b);
		if (last->label.family != LABEL_DIGIT ||
		    !mcq_label_alike(&last->label, &line->label))
			return false;
		if (d->number >= 0 && same_head(&b->head, line))
			return false;
		return line->label.ordinal == last->label.ordinal + 1 ||
		       (line->label.ordinal > last->label.ordinal &&
			(d->number < 0 || !same_head(&b->head, line)));
	}
	if (line->label.ordinal != 1 || d->option_count || b->phase == PHASE_SHUT)
		return false;
	if (b->listing)
		return true;
	if (mcq_text_asks(line->rest) || !d->question.len)
		return false;
	if (d->number < 0 || d->named)
		return !same_head(&b->head, line) || b->head.kind != LINE_NUMBERED;
	return !same_head(&b->head, line);
}

void mcq_list_text(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	struct mcq_line inner;
	size_t i, count;

	mcq_line_read(line->rest.at, line->rest.at + line->rest.len, &inner);
	if (inner.kind == LINE_OPTION || inner.kind == LINE_NUMBERED) {
		mcq_list_start(b, &inner);
		return;
	}
	count = mcq_split_list(line->rest, pieces);
	for (i = 0; i < count; i++)
		mcq_list_add(b, pieces[i].text, NULL, line);
	mcq_block_current(b)->split = count > 0;
}

void mcq_list_bullet(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = mcq_block_current(b);
	bool asking = d && b->phase == PHASE_QUESTION && d->question.len &&
		      (b->listing || mcq_text_asks(d->question));

	if (!d && b->para.len && mcq_text_asks(b->para) && !b->explain) {
		mcq_block_open_para(b);
		asking = true;
	}
	if (asking || (d && b->phase == PHASE_OPTIONS && d->option_count &&
		       mcq_list_last(b)->label.family == LABEL_NONE))
		mcq_list_add(b, line->rest, NULL, line);
	else if (d && b->phase == PHASE_QUESTION && !d->question.len)
		mcq_block_extend(&d->question, line);
	else if (d && b->phase == PHASE_OPTIONS)
		b->phase = PHASE_LATE;
}
