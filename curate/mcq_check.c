/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_check.h. The order of the checks is the order in which a person would object: is it
 * whole, is it a question, are these options, is that an answer.
 */
#include "curate/mcq_check.h"

#include <stdlib.h>
#include <string.h>

#include "curate/mcq_answer.h"
#include "curate/mcq_word.h"

struct check {
	const struct mcq_option *options;
	const struct mcq_draft *draft;
	struct mcq_choices choices;
	struct mcq_text text[MCQ_OPTIONS_MAX + 1];	/* options, without doubled labels */
	struct buf folds;
	struct mcq_checked *out;
	bool cut;
};

void mcq_checked_init(struct mcq_checked *checked)
{
	memset(checked, 0, sizeof(*checked));
	buf_init(&checked->detail, BUF_NO_MAX);
	buf_init(&checked->key, BUF_NO_MAX);
}

static void drop_texts(struct mcq_checked *checked)
{
	size_t i;

	free(checked->question);
	checked->question = NULL;
	for (i = 0; i < checked->option_count; i++) {
		free(checked->options[i]);
		checked->options[i] = NULL;
	}
	checked->option_count = 0;
}

void mcq_checked_release(struct mcq_checked *checked)
{
	drop_texts(checked);
	buf_release(&checked->detail);
	buf_release(&checked->key);
}

/* Appends a quotation of at most 60 bytes, cut between characters. */
static void quote(struct buf *out, struct mcq_text text)
{
	char *clean = mcq_text_clean(text);
	size_t len = strlen(clean), keep = len > 60 ? 60 : len;

	while (keep < len && keep && ((unsigned char)clean[keep] & 0xc0) == 0x80)
		keep--;
	buf_addc(out, '\'');
	buf_add(out, clean, keep);
	buf_adds(out, keep < len ? "...'" : "'");
	free(clean);
}

static bool lose(struct check *c, const char *reason, const char *detail)
{
	c->out->reason = reason;
	buf_adds(&c->out->detail, detail);
	return false;
}

/* ---- options -------------------------------------------------------------------------- */

/*
 * "A) Blue" under label A: one label too many. With a full stop it may be somebody's name
 * ("A. Lincoln"), so there every option must have one.
 */
static size_t doubled(const struct check *c, size_t i)
{
	const struct mcq_text *text = &c->options[i].text;
	struct mcq_label label;
	size_t used;

	if (c->options[i].label.family == LABEL_NONE)
		return 0;
	used = mcq_label_read(text->at, text->at + text->len, &label);

	if (!used || used >= text->len || label.ordinal != (int)i + 1 ||
	    (label.family != LABEL_UPPER && label.family != c->options[i].label.family))
		return 0;
	return label.family == LABEL_DIGIT ? 0 : used;
}

static void strip_labels(struct check *c)
{
	size_t i, used, count = c->draft->option_count, all = 0;
	struct mcq_label label;
	bool paren;

	for (i = 0; i < count; i++)
		all += doubled(c, i) > 0;
	for (i = 0; i < count; i++) {
		c->text[i] = c->options[i].text;
		used = all ? doubled(c, i) : 0;
		if (!used)
			continue;
		mcq_label_read(c->options[i].text.at,
			       c->options[i].text.at + c->options[i].text.len, &label);
		paren = label.close == ')' || label.close == ']';
		if (paren || all == count)
			c->text[i] = mcq_text_of(c->options[i].text.at + used,
						      c->options[i].text.at +
						      c->options[i].text.len);
	}
}

/* "Red (correct)", "Red ✓": the mark goes, and says which option is right. */
static bool take_mark(struct mcq_text *text)
{
	static const char *const marks[] = {
		"(correct)", "(correct answer)", "[correct]", "✓", "✔", "✅", "☑", "← correct",
		"(answer)", "(right answer)", "(正确)", "（正确）", "（正确答案）", "(正确答案)", "(richtig)",
		"(correcto)", "(correcta)", "(correto)", "(bonne réponse)", "**(correct)**",
		"*(correct)*", "<- correct", "(верно)", "(正解)", "（正解）", "(정답)",
	};
	struct mcq_text tail;
	size_t i, len;
	unsigned char last;

	*text = mcq_text_untag(*text);
	last = text->len ? (unsigned char)text->at[text->len - 1] : 0;
	if (last < 0x80 && last != ')' && last != ']' && last != '*' && last != 't')
		return false;
	if (text->len > 3 && !memcmp(text->at + text->len - 3, "\xef\xb8\x8f", 3))
		text->len -= 3;		/* ✔️ */
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		len = strlen(marks[i]);
		if (text->len <= len)
			continue;
		tail = (struct mcq_text){ text->at + text->len - len, len };
		if (!mcq_text_starts(tail, marks[i]))
			continue;
		*text = mcq_text_trim(mcq_text_of(text->at, tail.at));
		return text->len > 0;
	}
	return false;
}

static bool fold_options(struct check *c, int *marked)
{
	size_t i, at[MCQ_OPTIONS_MAX + 2];
	size_t count = c->draft->option_count;

	for (i = 0; i < count; i++) {
		if (take_mark(&c->text[i]) || c->options[i].checked)
			*marked = *marked == -1 ? (int)i : -2;
		at[i] = c->folds.len;
		c->out->options[c->out->option_count++] = mcq_text_clean(c->text[i]);
		mcq_text_fold_clean(c->out->options[i], &c->folds);
		if (c->folds.len == at[i])
			return lose(c, "empty_option", "an option has no text");
	}
	at[count] = c->folds.len;
	for (i = 0; i < count; i++)
		c->choices.text[i] =
			(struct mcq_text){ c->folds.data + at[i], at[i + 1] - at[i] };
	c->choices.count = count;
	c->choices.family = count ? c->options[0].label.family : LABEL_NONE;
	return true;
}

static bool check_labels(struct check *c)
{
	size_t i;

	for (i = 0; i < c->draft->option_count; i++) {
		if (c->options[i].label.family == LABEL_NONE ||
		    c->options[i].label.ordinal == (int)i + 1)
			continue;
		buf_printf(&c->out->detail,
			   "label %zu of the options is number %d of its alphabet", i + 1,
			   c->options[i].label.ordinal);
		return lose(c, "label_gap", "");
	}
	return true;
}

static bool check_equal(struct check *c)
{
	const struct mcq_text *text = c->choices.text;
	size_t i, k;

	for (i = 0; i < c->choices.count; i++) {
		for (k = 0; k < i; k++) {
			if (text[i].len != text[k].len ||
			    memcmp(text[i].at, text[k].at, text[i].len))
				continue;
			buf_printf(&c->out->detail, "options %zu and %zu are both ", k + 1,
				   i + 1);
			quote(&c->out->detail, c->text[i]);
			return lose(c, "duplicate_options", "");
		}
	}
	return true;
}

/* One letter that is an option's label stands at p ("A", "option B", "(C)"). */
static const char *skip_reference(const char *p, const char *end, const struct check *c)
{
	struct mcq_label label;
	bool alone;
	size_t used;

	p += mcq_text_space(p, end);
	if (end - p > 6 && (mcq_text_starts(mcq_text_of(p, end), "opt") ||
			    mcq_text_starts(mcq_text_of(p, end), "选项")) &&
	    mcq_word_find(p, end, &used) != WORD_NONE)
		p += used + mcq_text_space(p + used, end);
	if (p < end && *p == '(')
		p++;
	used = mcq_label_mark(p, end, &label, &alone);
	if (!used || label.family != LABEL_UPPER || label.ordinal > (int)c->choices.count)
		return NULL;
	p += used;
	if (p < end && *p == ')')
		p++;
	return (unsigned char)(p < end ? *p : ' ') < 0x80 && mcq_text_wordy(p, end) ? NULL : p;
}

static const char *skip_words(const char *p, const char *end, const char *const *words,
			      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (mcq_text_starts(mcq_text_of(p, end), words[i]))
			return p + strlen(words[i]);
	return p;
}

/* A quick look: two capitals that stand alone, or a first letter of the phrases below. */
static bool may_point(struct mcq_text text)
{
	const char *p, *end = text.at + text.len;
	int alone = 0;

	if (!text.len || strchr("bBaAnN\xe4", *text.at))
		return true;
	for (p = text.at; p < end; p++)
		alone += *p >= 'A' && *p <= 'Y' &&
			 (p == text.at || !mcq_text_alpha((unsigned char)p[-1])) &&
			 (p + 1 == end || !mcq_text_alpha((unsigned char)p[1]));
	return alone >= 2;
}

/* "Both A and B", "A and C only", "Neither B nor C", "A和B": they point at letters. */
static bool points_at_letters(const struct check *c, struct mcq_text text)
{
	static const char *const before[] = {
		"both ", "either ", "neither ", "only ", "tanto ", "sowohl ", "ni ", "以上",
		"los dos ", "options ", "all of ", "les deux ",
	};
	static const char *const between[] = { "nor ", "ni ", "als auch ", "como ", "noch " };
	const char *p, *end, *next;
	int references = 0;

	text = mcq_text_trim(text);
	if (!may_point(text))
		return false;
	if (mcq_text_starts(text, "both of the above") ||
	    mcq_text_starts(text, "both of these") || mcq_text_starts(text, "both the above") ||
	    mcq_text_starts(text, "两者都是") || mcq_text_starts(text, "all except ") ||
	    mcq_text_starts(text, "none except "))
		return true;
	end = text.at + text.len;
	p = skip_words(text.at, end, before, sizeof(before) / sizeof(*before));
	while ((next = skip_reference(p, end, c))) {
		references++;
		p = next + mcq_text_space(next, end);
		p = skip_words(p, end, between, sizeof(between) / sizeof(*between));
		p += mcq_word_and(p, end);
		p += mcq_text_space(p, end);
		p += mcq_word_and(p, end);
	}
	if (references < 2)
		return false;
	/* "A and B Street" is a place; "A and B only", "A和B都是" and "A and B." point */
	return end - p < 14 &&
	       (!(unsigned char)mcq_text_alpha((unsigned char)(p < end ? *p : ' ')) ||
		mcq_text_starts(mcq_text_of(p, end), "only") ||
		mcq_text_starts(mcq_text_of(p, end), "are") ||
		mcq_text_starts(mcq_text_of(p, end), "both"));
}

static bool is_none_or_all(struct mcq_text folded)
{
	static const char *const exact[] = {
		"none of the above", "none of these", "all of the above", "all of these",
		"none", "neither of the above", "none of the options",
		"none of the other options", "all the above", "none of the above options",
		"none of the choices", "none of the given options",
		"none of the above is correct", "all of the options",
		"none of the above are correct", "none of them", "all of them",
		"any of the above", "以上都是", "以上都不是", "以上皆是", "以上皆非", "都不是", "以上都对", "以上都不对",
		"以上全部", "以上所有", "以上全是", "以上均是", "以上均不是", "以上选项都不是", "上記のいずれでもない", "上記すべて",
		"どれでもない", "いずれでもない", "すべて上記", "위의 모두", "모두 해당", "위의 어느 것도 아님", "해당 없음", "모두 아님",
		"keine der genannten", "keine der oben genannten", "alle der oben genannten",
		"keines der genannten", "alle genannten", "alle oben genannten",
		"aucune des réponses ci-dessus", "aucune de ces réponses",
		"toutes ces réponses", "toutes les réponses ci-dessus", "aucun des précédents",
		"ninguna de las anteriores", "todas las anteriores",
		"ninguno de los anteriores", "nenhuma das anteriores", "todas as anteriores",
		"nenhuma das alternativas", "nessuna delle precedenti", "tutte le precedenti",
		"nessuna di queste", "ничего из перечисленного", "ни один из вышеперечисленных",
		"все вышеперечисленное", "всё вышеперечисленное", "все перечисленное",
	};
	size_t i;

	/* hardly any option begins like one of these and ends as early */
	if (!strchr("nakt", *folded.at) && (unsigned char)*folded.at < 0x80)
		return false;
	for (i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		if (*exact[i] == *folded.at && strlen(exact[i]) == folded.len &&
		    !memcmp(exact[i], folded.at, folded.len))
			return true;
	return false;
}

static bool check_references(struct check *c)
{
	size_t i;

	for (i = 0; i < c->choices.count; i++) {
		if (points_at_letters(c, c->text[i])) {
			quote(&c->out->detail, c->text[i]);
			return lose(c, "both_options", " means other options by their letters");
		}
		c->out->none_or_all |= is_none_or_all(c->choices.text[i]);
	}
	return true;
}

/* ---- the answer ----------------------------------------------------------------------- */

static bool lose_answer(struct check *c, enum mcq_found found, struct mcq_text said)
{
	static const struct { const char *reason, *detail; } why[] = {
		[ANSWER_FOUND] = { "", "" },
		[ANSWER_MISSING] = { "no_answer", "no answer is given" },
		[ANSWER_OUTSIDE] = { "answer_not_in_options", "is the answer, and no option" },
		[ANSWER_CONFLICT] = { "letter_text_conflict",
				      "is the answer; that letter's option reads otherwise" },
		[ANSWER_SEVERAL] = { "several_answers", "names more than one option" },
		[ANSWER_AMBIGUOUS] = { "ambiguous_answer",
				       "is the label of one option and the text of another" },
	};

	if (c->draft->tail && c->cut)
		return lose(c, "cut_off", "the reply ends inside the answer");
	if (found != ANSWER_MISSING) {
		quote(&c->out->detail, said);
		buf_addc(&c->out->detail, ' ');
	}
	return lose(c, why[found].reason, why[found].detail);
}

/* An index from JSON. Which number the first option has was settled by the JSON reader. */
static bool check_number(struct check *c, int *answer)
{
	long index = c->draft->answer_number;

	if (index < 0 || index >= (long)c->choices.count) {
		buf_printf(&c->out->detail, "the answer is option %ld counted from 0, of %zu",
			   index, c->choices.count);
		return lose(c, "answer_not_in_options", "");
	}
	*answer = (int)index;
	return true;
}

static bool same_answer(struct check *c, int *answer, int also)
{
	if (*answer < 0)
		*answer = also;
	if (*answer == also)
		return true;
	buf_printf(&c->out->detail, "option %d and option %d are both given as the answer",
		   *answer + 1, also + 1);
	return lose(c, "several_answers", "");
}

/* "B) Blue" letter by letter as option B was written, as nearly all answers are. */
static int answer_verbatim(const struct check *c, struct mcq_text said)
{
	struct mcq_label label;
	size_t used, i;

	while (said.len > 3 && !memcmp(said.at + said.len - 2, "**", 2))
		said.len -= 2;
	used = mcq_label_read(said.at, said.at + said.len, &label);
	i = (size_t)label.ordinal - 1;
	if (!used || label.family != LABEL_UPPER || i >= c->choices.count ||
	    c->options[i].label.family != LABEL_UPPER || c->text[i].len != said.len - used ||
	    memcmp(c->text[i].at, said.at + used, said.len - used))
		return -1;
	return (int)i;
}

static enum mcq_found find_answer(const struct check *c, struct mcq_text said, int *index)
{
	*index = answer_verbatim(c, said);
	return *index >= 0 ? ANSWER_FOUND : mcq_answer_find(said, &c->choices, index);
}

static bool check_answer(struct check *c, int marked)
{
	const struct mcq_draft *d = c->draft;
	enum mcq_found found;
	int i, index, answer = -1;

	if (d->has_number && !check_number(c, &answer))
		return false;
	for (i = 0; i < d->answer_count; i++) {
		found = find_answer(c, d->answer[i], &index);
		if (found != ANSWER_FOUND && !i && d->answer_wrapped.len > d->answer[0].len)
			found = mcq_answer_find(d->answer_wrapped, &c->choices, &index);
		if (found != ANSWER_FOUND)
			return lose_answer(c, found, d->answer[i]);
		if (!same_answer(c, &answer, index))
			return false;
	}
	if (marked >= 0 && !same_answer(c, &answer, marked))
		return false;
	if (marked == -2)
		return lose(c, "several_answers", "more than one option is marked as right");
	if (answer < 0)
		return lose(c, "no_answer", "no answer is given");
	c->out->answer = answer;
	return true;
}

/* ---- the whole ------------------------------------------------------------------------ */

static int by_bytes(const void *a, const void *b)
{
	const struct mcq_text *x = a, *y = b;
	int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void make_key(struct check *c)
{
	struct mcq_text sorted[MCQ_OPTIONS_MAX + 1];
	size_t i;

	memcpy(sorted, c->choices.text, sizeof(*sorted) * c->choices.count);
	qsort(sorted, c->choices.count, sizeof(*sorted), by_bytes);
	c->out->question = mcq_text_clean(c->draft->question);
	mcq_text_fold_clean(c->out->question, &c->out->key);
	for (i = 0; i < c->choices.count; i++) {
		buf_addc(&c->out->key, '\n');
		buf_add(&c->out->key, sorted[i].at, sorted[i].len);
	}
}

/* "[question]", "{question}", "...": the place for a question, not one. */
static bool is_placeholder(struct mcq_text text)
{
	static const char *const names[] = {
		"question", "question text", "your question", "question here",
		"your question here", "insert question", "...", "…", "问题", "题目", "question 1",
		"the question",
	};
	struct buf folded;
	bool found = false;
	size_t i;
	char *p;

	if (text.len > 40)
		return false;
	buf_init(&folded, BUF_NO_MAX);
	mcq_text_fold(text, &folded);
	p = folded.data;
	if (folded.len > 2 && strchr("[{<", *p) && strchr("]}>", p[folded.len - 1])) {
		p[folded.len - 1] = '\0';
		p++;
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		found |= !strcmp(p, names[i]);
	buf_release(&folded);
	return found;
}

static bool check_whole(struct check *c)
{
	const struct mcq_draft *d = c->draft;
	struct mcq_text question = mcq_text_trim(d->question);

	if (d->reason)
		return lose(c, d->reason, "the JSON of this question cannot be read");
	if (d->torn)
		return lose(c, "cut_off", "the reply ends inside this question");
	while (question.len && strchr("*_`", question.at[question.len - 1]) &&
	       question.at[question.len - 1])
		question.len--;
	if (!question.len)
		return lose(c, "no_question", "options without a question");
	if (is_placeholder(question))
		return lose(c, "prompt_echo", "the place for a question, not a question");
	if (d->option_count > MCQ_OPTIONS_MAX) {
		buf_printf(&c->out->detail, "%zu options", d->option_count);
		return lose(c, "too_many_options", "");
	}
	return true;
}

static bool check_all(struct check *c)
{
	int marked = -1;

	if (!check_whole(c))
		return false;
	strip_labels(c);
	if (c->draft->option_count < MCQ_OPTIONS_MIN) {
		buf_printf(&c->out->detail, "%zu options", c->draft->option_count);
		return lose(c, c->draft->tail && c->cut ? "cut_off" : "too_few_options", "");
	}
	if (!check_labels(c) || !fold_options(c, &marked))
		return false;
	make_key(c);
	if (!*c->out->question)		/* nothing but marks and tags */
		return lose(c, "no_question", "options without a question");
	return check_equal(c) && check_references(c) && check_answer(c, marked);
}

void mcq_check(const struct mcq_drafts *drafts, const struct mcq_draft *draft, bool cut,
	       struct mcq_checked *checked)
{
	struct check c = {
		.draft = draft, .out = checked,
		.cut = cut,
	};

	if (draft->option_count)
		c.options = drafts->options + draft->option_first;
	drop_texts(checked);
	checked->reason = NULL;
	checked->answer = -1;
	checked->none_or_all = false;
	buf_clear(&checked->detail);
	buf_clear(&checked->key);
	buf_init(&c.folds, BUF_NO_MAX);
	check_all(&c);
	buf_release(&c.folds);
}

const char *mcq_check_rule(const struct mcq_drafts *drafts, const struct mcq_draft *draft)
{
	static const char *const forms[] = {
		[FORM_CAPRL] = "caprl/1", [FORM_MARKDOWN] = "markdown/1",
		[FORM_NUMBERED] = "numbered/1", [FORM_LABELLED] = "labelled/1",
		[FORM_PLAIN] = "plain/1", [FORM_JSON] = "json/1",
	};

	if (draft->form == FORM_JSON)
		return forms[FORM_JSON];
	if (draft->keyed)
		return "key/1";
	if (draft->split)
		return "inline/1";
	if (draft->option_count &&
	    drafts->options[draft->option_first].label.family == LABEL_NONE)
		return "unlabelled/1";
	return forms[draft->form];
}
