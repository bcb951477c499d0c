/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_block.h. One function per kind of line; `phase` says where in a question we are.
 */
#include "curate/mcq_block.h"

#include <string.h>

#include "curate/mcq_key.h"
#include "curate/mcq_split.h"
#include "curate/mcq_word.h"

void mcq_block_init(struct mcq_block *block, struct mcq_drafts *drafts)
{
	memset(block, 0, sizeof(*block));
	block->drafts = drafts;
}

/* ---- opening and closing -------------------------------------------------------------- */

static struct mcq_draft *current(struct mcq_block *b)
{
	return b->open ? &b->drafts->items[b->drafts->count - 1] : NULL;
}

static struct mcq_option *last_option(struct mcq_block *b)
{
	return &b->drafts->options[b->drafts->option_count - 1];
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

static void settle_line(struct mcq_block *b, const struct mcq_line *next);

static void close_draft(struct mcq_block *b)
{
	struct mcq_draft *d = current(b);

	if (!d)
		return;
	settle_line(b, NULL);
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

static struct mcq_draft *open_draft(struct mcq_block *b, const struct mcq_line *line,
				    struct mcq_text question, enum mcq_form form, int number)
{
	struct mcq_draft *d;

	close_draft(b);
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

static void extend(struct mcq_text *text, const struct mcq_line *line)
{
	if (!text->len)
		*text = line->whole;
	else
		text->len = (size_t)(line->whole.at + line->whole.len - text->at);
}

static void add_para(struct mcq_block *b, const struct mcq_line *line)
{
	static const char *const intros[] = { "question", "题", "问题", "pregunta", "frage", "quiz" };
	const char *last = line->whole.at + line->whole.len;
	bool intro = false;
	size_t i;

	if (b->gap || b->para_ended || line->heading)
		b->para.len = 0;
	extend(&b->para, line);
	/* "Here are five questions:" directly above the first one is not part of it */
	if (last[-1] == ':' || (line->whole.len > 2 && !memcmp(last - 3, "：", 3)))
		for (i = 0; i < sizeof(intros) / sizeof(*intros) && !intro; i++)
			intro = memmem(line->whole.at, line->whole.len, intros[i], strlen(intros[i]));
	b->para_ended = line->heading || intro;
}

/* The paragraph just read can be a question: it has options under it. */
static bool para_fits(const struct mcq_block *b)
{
	const char *last = b->para.at + b->para.len;

	if (!b->para.len)
		return false;
	if (mcq_text_asks(b->para))
		return true;
	return !b->explain && last[-1] != ':' && (b->para.len < 3 || memcmp(last - 3, "：", 3));
}

static void open_para(struct mcq_block *b)
{
	open_draft(b, NULL, b->para, FORM_PLAIN, -1);
}

/* ---- options -------------------------------------------------------------------------- */

static void add_option(struct mcq_block *b, struct mcq_text text, const struct mcq_label *label,
		       const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

	mcq_draft_option(b->drafts, d, text, label, line->checked);
	if (text.at + text.len > d->end)
		d->end = text.at + text.len;
	if (b->phase == PHASE_QUESTION || b->phase == PHASE_LATE)
		b->phase = PHASE_OPTIONS;
	b->wrap = NULL;
}

static void take_answer(struct mcq_block *b, struct mcq_text text, const char *end)
{
	struct mcq_draft *d = current(b);

	mcq_draft_answer(d, text);
	d->answer_wrapped = d->answer[0];
	d->answer_last = d->option_count > 0;
	if (end > d->end)
		d->end = end;
	b->phase = PHASE_ANSWERED;
	b->answer_end = d->answer_count == 1 ? end : NULL;
	b->explain = false;
}

/* The last option's line (or the question's) holds the whole list, and maybe the answer. */
static void split_line(struct mcq_block *b, struct mcq_piece *pieces, size_t count)
{
	struct mcq_draft *d = current(b);
	struct mcq_line none = { .number = -1 };
	struct mcq_text answer;
	size_t i;

	d->split = true;
	if (mcq_split_answer(&pieces[count - 1].text, &answer)) {
		for (i = 0; i < count; i++)
			add_option(b, pieces[i].text, &pieces[i].label, &none);
		take_answer(b, answer, answer.at + answer.len);
		b->answer_end = NULL;
		return;
	}
	for (i = 0; i < count; i++)
		add_option(b, pieces[i].text, &pieces[i].label, &none);
}

/* A paragraph outside questions is one on a line of its own: "Which? A) x B) y Answer: A". */
static void settle_para(struct mcq_block *b, const struct mcq_line *next)
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
		open_para(b);
}

/*
 * Decides what the line before holds, now that the next one is known: if that continues the
 * list, labels inside the line before are its text; else they are options of their own.
 */
static void settle_line(struct mcq_block *b, const struct mcq_line *next)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	struct mcq_draft *d = current(b);
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
	last = last_option(b);
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
	struct mcq_draft *d = current(b);

	label.ordinal = ordinal_of(b, &line->label);
	if (b->roman)
		label.family = LABEL_ROMAN;
	/* a line starting with the first label, or continuing such a line, may hold more */
	b->at_list = label.ordinal == 1 || d->split;
	add_option(b, line->rest, &label, line);
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

static void start_options(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

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
	const struct mcq_draft *d = current(b);
	const char *end = line->rest.at + line->rest.len;

	return d->named && d->option_count >= 2 && line->label.ordinal == 1 &&
	       line->label.close == ':' && last_option(b)->label.close != ':' &&
	       mcq_label_said(line->rest.at, end, &said);
}

/* A second list begins: the wrapped lines, or a paragraph, were the next question. */
static bool restart_list(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_option *last = last_option(b);
	struct mcq_text question;

	if (b->phase == PHASE_LATE && para_fits(b)) {
		open_para(b);
	} else if (b->wrap) {
		question = mcq_text_trim(mcq_text_of(b->wrap, line->start));
		last->text = mcq_text_trim(mcq_text_of(last->text.at, b->wrap));
		current(b)->end = last->text.at + last->text.len;
		open_draft(b, NULL, question, FORM_PLAIN, -1);
	} else {
		return false;
	}
	start_options(b, line);
	return true;
}

static void wrap_option(struct mcq_block *b, const struct mcq_line *line)
{
	if (!b->wrap)
		b->wrap = line->start;
	extend(&last_option(b)->text, line);
	current(b)->end = line->end;
}

static void more_options(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_option *last = last_option(b);
	int ordinal = ordinal_of(b, &line->label);
	bool next = ordinal == last->label.ordinal + 1;
	bool same = line->label.family == last->label.family || b->roman || next;

	if (is_interview_answer(b, line)) {
		take_answer(b, line->rest, line->end);
		return;
	}
	if (last->label.family == LABEL_NONE) {
		if (starts_list(line) && !b->listing)
			start_options(b, line);
		return;
	}
	if (ordinal == 1 && current(b)->option_count >= 2 && restart_list(b, line))
		return;
	if (same)
		put_option(b, line);
	else if (b->phase == PHASE_OPTIONS && !b->gap)
		wrap_option(b, line);
}

static void on_option(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

	if (d && (b->phase == PHASE_OPTIONS || b->phase == PHASE_LATE)) {
		more_options(b, line);
		return;
	}
	if (d && b->phase == PHASE_QUESTION && b->para.len && mcq_text_asks(b->para) &&
	    starts_list(line))
		open_para(b);
	else if (d && b->phase == PHASE_QUESTION && !starts_list(line) && !starts_late(line))
		extend(&d->question, line);
	if (current(b) && (b->phase == PHASE_QUESTION ||
			   (b->phase == PHASE_ANSWERED && !d->option_count))) {
		if (starts_list(line) || starts_late(line)) {
			bool answered = b->phase == PHASE_ANSWERED;

			start_options(b, line);
			if (answered)
				b->phase = PHASE_OPTIONS;
		}
		return;
	}
	if (line->label.ordinal != 1 || b->explain)
		if (!(starts_list(line) && para_fits(b)))
			return;
	if (para_fits(b)) {
		open_para(b);
		start_options(b, line);
	} else if (b->phase == PHASE_NONE && !b->para.len) {
		open_draft(b, line, mcq_text_of(line->start, line->start), FORM_PLAIN, -1);
		start_options(b, line);
	}
}

/* ---- keys ----------------------------------------------------------------------------- */

/* The draft that number n of a key means, if it waits for an answer. */
static struct mcq_draft *by_number(struct mcq_block *b, int number)
{
	struct mcq_draft *d = NULL;

	if (number > 0 && number < MCQ_NUMBERS && b->by_number[number])
		d = &b->drafts->items[b->by_number[number] - 1];
	else if (number > 0 && (size_t)number <= b->drafts->count &&
		 b->drafts->items[number - 1].number < 0)
		d = &b->drafts->items[number - 1];
	return d && d->option_count >= 2 && d->form != FORM_JSON ? d : NULL;
}

static bool assign(struct mcq_block *b, int number, struct mcq_text text)
{
	struct mcq_draft *d = by_number(b, number);

	if (!d)
		return false;
	if (!d->answer_count) {
		d->keyed = d->answer_last = true;
		d->answer_wrapped = text;
	}
	mcq_draft_answer(d, text);
	return true;
}

static bool assign_letters(struct mcq_block *b, struct mcq_text text)
{
	struct mcq_text letters[64];
	size_t i, k = 0, waiting = 0, count = mcq_key_letters(text, letters, 64);

	for (i = 0; i < b->drafts->count && waiting <= count; i++)
		waiting += b->drafts->items[i].option_count >= 2 &&
			   !b->drafts->items[i].answer_count;
	if (count < 2 || waiting != count)
		return false;
	for (i = 0; i < b->drafts->count; i++) {
		struct mcq_draft *d = &b->drafts->items[i];

		if (d->option_count < 2 || d->answer_count)
			continue;
		mcq_draft_answer(d, letters[k++]);
		d->answer_wrapped = d->answer[0];
		d->keyed = d->answer_last = true;
	}
	return true;
}

static bool read_key(struct mcq_block *b, struct mcq_text text, size_t least)
{
	const char *p = text.at, *end = text.at + text.len;
	struct mcq_entry entry;

	if (!text.len)
		return false;
	if (mcq_key_only(text, least)) {
		while (mcq_key_next(&p, end, &entry))
			assign(b, entry.number, entry.text);
		return true;
	}
	return assign_letters(b, text);
}

/* "1. B" or "1. B) Red": is a line of a key if question 1 waits for an answer. */
static bool is_key_line(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_label said;
	const struct mcq_draft *d = by_number(b, line->label.ordinal);
	const char *end = line->rest.at + line->rest.len;
	size_t used;

	if (!d || !line->rest.len)
		return false;
	if (b->key)
		return true;
	used = mcq_label_said(line->rest.at, end, &said);
	if (!used || said.family != LABEL_UPPER || d->answer_count)
		return false;
	return used == line->rest.len || said.close == ')' || said.close == '.' || said.open;
}

/* ---- numbered lines ------------------------------------------------------------------- */

static bool same_head(const struct mcq_line *a, const struct mcq_line *b)
{
	return a->label.open == b->label.open && a->label.close == b->label.close &&
	       a->heading == b->heading && a->indent + 1 >= b->indent &&
	       b->indent + 1 >= a->indent && a->bullet == b->bullet;
}

static bool is_numbered_option(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);
	const struct mcq_option *last;

	if (!d || line->heading)
		return false;
	if (d->option_count && b->phase != PHASE_SHUT && b->phase != PHASE_ANSWERED) {
		last = last_option(b);
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

/* A paragraph that asks, with "1. Red" under it. */
static bool is_list_of_para(struct mcq_block *b, const struct mcq_line *line)
{
	return line->label.ordinal == 1 && !line->heading && !line->bold &&
	       !mcq_text_asks(line->rest) && b->para.len && mcq_text_asks(b->para) &&
	       (!current(b) || b->phase == PHASE_ANSWERED) && !b->explain;
}

static void open_numbered(struct mcq_block *b, const struct mcq_line *line)
{
	enum mcq_form form = FORM_NUMBERED;
	struct mcq_draft *d = current(b);
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
	d = open_draft(b, line, line->rest, form, line->label.ordinal);
	d->named = line->heading > 0 && mcq_text_asks(line->rest);
}

static void on_numbered(struct mcq_block *b, const struct mcq_line *line)
{
	if (is_numbered_option(b, line)) {
		if (current(b)->option_count)
			more_options(b, line);
		else
			start_options(b, line);
		return;
	}
	if (is_list_of_para(b, line)) {
		open_para(b);
		start_options(b, line);
		return;
	}
	if (is_key_line(b, line)) {
		close_draft(b);
		b->key = true;
		assign(b, line->label.ordinal, line->rest);
		return;
	}
	if (b->explain && !mcq_text_asks(line->rest) && !line->heading && !line->bold &&
	    b->phase != PHASE_QUESTION && b->head.kind != LINE_NUMBERED)
		return;
	open_numbered(b, line);
}

/* ---- the other kinds ------------------------------------------------------------------ */

static void on_question(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);
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
	d = open_draft(b, line, line->rest, FORM_LABELLED, line->number);
	d->named = true;
}

static void on_list_text(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	struct mcq_line inner;
	size_t i, count;

	mcq_line_read(line->rest.at, line->rest.at + line->rest.len, &inner);
	if (inner.kind == LINE_OPTION || inner.kind == LINE_NUMBERED) {
		start_options(b, &inner);
		return;
	}
	count = mcq_split_list(line->rest, pieces);
	for (i = 0; i < count; i++)
		add_option(b, pieces[i].text, NULL, line);
	current(b)->split = count > 0;
}

static void on_options(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

	if ((!d || (b->phase == PHASE_ANSWERED && d->option_count)) && para_fits(b))
		open_para(b);
	d = current(b);
	if (!d || d->option_count)
		return;
	if (b->para.len && mcq_text_asks(b->para) && !mcq_text_asks(d->question) &&
	    b->phase == PHASE_QUESTION)
		open_para(b);
	d = current(b);
	b->listing = true;
	d->end = line->end;
	if (b->phase == PHASE_ANSWERED || !d->question.len)
		b->phase = PHASE_QUESTION;
	if (line->rest.len)
		on_list_text(b, line);
}

static void on_answers(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

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
			take_answer(b, line->rest, line->end);
			return;
		}
	}
	close_draft(b);
	b->key = true;
	b->para.len = 0;
	read_key(b, line->rest, 1);
}

static void on_answer(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

	if (line->number >= 0 && (!d || d->number != line->number || !d->option_count)) {
		close_draft(b);
		b->key = true;
		assign(b, line->number, line->rest);
		return;
	}
	if (mcq_key_only(line->rest, 2)) {
		close_draft(b);
		b->key = true;
		read_key(b, line->rest, 2);
		return;
	}
	if (!d)
		return;
	if (line->rest.len) {
		take_answer(b, line->rest, line->end);
	} else if (!d->answer_count) {
		b->phase = PHASE_WANT;
		d->end = line->end;
	}
}

static void on_wanted(struct mcq_block *b, const struct mcq_line *line)
{
	if (line->kind == LINE_NUMBERED && is_key_line(b, line) &&
	    last_option(b)->label.family != LABEL_DIGIT) {
		close_draft(b);
		b->key = true;
		assign(b, line->label.ordinal, line->rest);
		return;
	}
	take_answer(b, line->whole, line->end);
}

static void on_bullet(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);
	bool asking = d && b->phase == PHASE_QUESTION && d->question.len &&
		      (b->listing || mcq_text_asks(d->question));

	if (!d && b->para.len && mcq_text_asks(b->para) && !b->explain) {
		open_para(b);
		asking = true;
	}
	if (asking || (d && b->phase == PHASE_OPTIONS && d->option_count &&
		       last_option(b)->label.family == LABEL_NONE))
		add_option(b, line->rest, NULL, line);
	else if (d && b->phase == PHASE_QUESTION && !d->question.len)
		extend(&d->question, line);
	else if (d && b->phase == PHASE_OPTIONS)
		b->phase = PHASE_LATE;
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
	struct mcq_draft *d = current(b);

	if (b->listing) {
		add_option(b, line->whole, NULL, line);
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
		extend(&d->question, line);
	}
	d->end = line->end;
}

static void on_text(struct mcq_block *b, const struct mcq_line *line)
{
	struct mcq_draft *d = current(b);

	if (d && b->phase == PHASE_QUESTION) {
		on_question_text(b, line);
		return;
	}
	if (d && b->phase == PHASE_OPTIONS) {
		if (last_option(b)->label.family == LABEL_NONE && b->listing && !d->split) {
			add_option(b, line->whole, NULL, line);
			return;
		}
		if (!b->gap && !line->heading) {
			wrap_option(b, line);
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
	struct mcq_draft *d = current(b);

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
	struct mcq_draft *d = current(b);

	b->para.len = 0;
	b->explain = false;
	if (!d)
		return;
	if (b->phase == PHASE_ANSWERED && d->option_count)
		close_draft(b);
	else if (d->option_count)
		b->phase = PHASE_SHUT;
	else if (d->question.len && !d->named)
		close_draft(b);
}

/* ---- the driver ----------------------------------------------------------------------- */

static void dispatch(struct mcq_block *b, const struct mcq_line *line)
{
	switch (line->kind) {
	case LINE_RULE: on_rule(b); break;
	case LINE_TEXT: on_text(b, line); break;
	case LINE_BULLET: on_bullet(b, line); break;
	case LINE_NUMBERED: on_numbered(b, line); break;
	case LINE_QUESTION: on_question(b, line); break;
	case LINE_OPTIONS: on_options(b, line); break;
	case LINE_OPTION: on_option(b, line); break;
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
	settle_para(block, line);
	settle_line(block, line);
	if (block->phase == PHASE_WANT && (line->kind == LINE_TEXT || line->kind == LINE_OPTION ||
					   line->kind == LINE_BULLET ||
					   line->kind == LINE_NUMBERED))
		on_wanted(block, line);
	else
		dispatch(block, line);
	if (line->kind != LINE_TEXT)
		block->answer_end = line->kind == LINE_ANSWER ? block->answer_end : NULL;
	block->gap = false;
}

void mcq_block_close(struct mcq_block *block)
{
	settle_para(block, NULL);
	close_draft(block);
	block->para.len = 0;
	block->gap = true;
}

void mcq_block_cut(struct mcq_block *block, const struct mcq_line *torn, const char *end)
{
	struct mcq_draft *d;
	bool starts;

	settle_para(block, NULL);
	d = current(block);
	starts = torn && (torn->kind == LINE_QUESTION ||
			  (torn->kind == LINE_NUMBERED && !is_key_line(block, torn) &&
			   !is_numbered_option(block, torn) && !block->key));

	if (d && block->phase == PHASE_ANSWERED && d->answer_last && d->option_count) {
		d->tail = !block->para.len;
	} else if (d && !starts) {
		d->torn = is_candidate(d);
		d->end = d->torn ? end : d->end;
		block->at_list = false;
		block->phase = PHASE_SHUT;
	}
	block->para.len = 0;
	close_draft(block);
	if (!starts)
		return;
	d = open_draft(block, torn, torn->rest, FORM_NUMBERED,
		       torn->kind == LINE_QUESTION ? torn->number : torn->label.ordinal);
	d->form = torn->kind == LINE_QUESTION ? FORM_LABELLED :
		  torn->heading ? FORM_MARKDOWN : FORM_NUMBERED;
	d->torn = true;
	d->end = end;
	block->phase = PHASE_SHUT;
	close_draft(block);
}
