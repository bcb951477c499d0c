/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_line.h. First the decoration comes off (quote marks, bullets, headings, bold,
 * tags), then a word that names a part is looked for, then a label.
 */
#include "curate/mcq_line.h"

#include <string.h>

#include "curate/mcq_word.h"

/* ---- the line's extent ---------------------------------------------------------------- */

/* LF, CR LF or a lone CR. One pass: two searches would make a reply of CRs quadratic. */
static void find_end(const char *at, const char *end, struct mcq_line *line)
{
	const char *p = at;

	while (p < end && *p != '\n' && *p != '\r')
		p++;
	line->start = at;
	line->end = p;
	line->ended = p < end;
	line->next = p;
	if (p < end)
		line->next += p + 1 < end && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
}

/* Three or more of one of -_*=~— and nothing else. */
static bool is_rule(struct mcq_text text)
{
	const char *p = text.at, *end = text.at + text.len;
	size_t count = 0;
	int32_t first, rune;

	mcq_text_rune(p, end, &first);
	if (first >= 0x80 ? first != 0x2014 && first != 0x2500 && first != 0x2501 :
			    first <= 0 || !strchr("-_*=~", (char)first))
		return false;
	while (p < end) {
		if (*p == ' ') {
			p++;
			continue;
		}
		p += mcq_text_rune(p, end, &rune);
		if (rune != first)
			return false;
		count++;
	}
	return count >= 3;
}

/* ---- decoration ----------------------------------------------------------------------- */

static bool take(const char **p, const char *end, const char *token)
{
	size_t len;

	if (*p >= end || **p != *token)		/* nearly always */
		return false;
	len = strlen(token);
	if ((size_t)(end - *p) < len || memcmp(*p, token, len))
		return false;
	*p += len;
	return true;
}

static bool take_bullet(const char **p, const char *end)
{
	static const char *const marks[] = {
		"•", "–", "·", "‣", "▪", "●", "○", "◦", "■", "□", "–", "➢", "►",
		"▶", "👉", "🔹", "🔸", "✦", "◆", "◇",
	};
	const char *q;
	size_t i;

	if (*p == end || !**p || !strchr("-*+\xc2\xe2\xf0", **p))	/* their first bytes */
		return false;
	if ((unsigned char)**p < 0x80) {
		if (*p + 1 < end && !mcq_text_space(*p + 1, end))
			return false;
		*p += 1;
		return true;
	}
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		q = *p;
		if (!take(&q, end, marks[i]))
			continue;
		if (q < end && !mcq_text_space(q, end))
			continue;
		*p = q;
		return true;
	}
	return false;
}

/* "[ ]" and "[x]" in front of an option. */
static bool take_checkbox(const char **p, const char *end, bool *checked)
{
	const char *q = *p;
	bool on;

	if (end - q < 4 || q[0] != '[' || q[2] != ']' || q[3] != ' ')
		return false;
	on = q[1] == 'x' || q[1] == 'X';
	if (!on && q[1] != ' ')
		return false;
	*checked = on;
	*p = q + 4;
	return true;
}

/* "<b>", "<li>", "<p>", "<br/>": marks that only decorate. */
static bool take_tag(const char **p, const char *end)
{
	static const char *const tags[] = {
		"<b>", "<strong>", "<p>", "<li>", "<br>", "<br/>", "<br />", "<em>", "<i>",
		"<u>", "<h1>", "<h2>", "<h3>", "<h4>", "<ol>", "<ul>", "<div>", "</p>", "</b>",
		"</strong>", "</li>", "</ol>", "</ul>", "</div>", "</question>", "</option>",
		"</options>", "</answer>", "</choices>", "</q>", "<item>", "</item>", "<mcq>",
		"</mcq>", "</questions>", "<questions>",
	};
	size_t i;

	for (i = 0; *p < end && **p == '<' && i < sizeof(tags) / sizeof(*tags); i++)
		if (take(p, end, tags[i]))
			return true;
	return false;
}

static const char *take_heading(const char *p, const char *end, int *level)
{
	const char *q = p;

	while (q < end && *q == '#' && q - p < 7)
		q++;
	if (q == p || q - p > 6)
		return p;
	*level = (int)(q - p);
	return q;
}

/* Stars and double underscores that open bold or italics; not the gap "____". */
static const char *take_bold(const char *p, const char *end, bool *bold)
{
	const char *q = p;

	while (q < end && *q == '*')
		q++;
	if (end - q > 2 && q == p && q[0] == '_' && q[1] == '_' && q[2] != '_')
		q += 2;
	if (q == p || q == end)
		return p;
	*bold = true;
	return q;
}

static const char *undecorate(const char *p, const char *end, struct mcq_line *line)
{
	const char *before;

	do {
		before = p;
		p += mcq_text_space(p, end);
		while (p < end && *p == '>' && !line->bullet)
			p += 1 + mcq_text_space(p + 1, end);
		if (p < end && *p == '|')
			p += 1 + mcq_text_space(p + 1, end);
		if (!line->heading)
			p = take_heading(p, end, &line->heading);
		p += mcq_text_space(p, end);
		if (!line->bullet)
			line->bullet = take_bullet(&p, end);
		p += mcq_text_space(p, end);
		take_checkbox(&p, end, &line->checked);
		while (take_tag(&p, end))
			p += mcq_text_space(p, end);
	} while (p > before && p < end && (*p == '>' || *p == '#' || *p == '<' || *p == '|'));
	return p;
}

/* ---- words ---------------------------------------------------------------------------- */

struct cursor {
	const char *p, *end;
	char bracket;		/* that stood before the word, or 0 */
	bool bracket_closed;
	bool bold_closed;
};

static void skip_space(struct cursor *c)
{
	c->p += mcq_text_space(c->p, c->end);
}

static void skip_stars(struct cursor *c)
{
	while (c->p < c->end && *c->p == '*') {
		c->bold_closed = true;
		c->p++;
	}
}

static bool is_opening(struct cursor *c)
{
	static const struct { const char *token; char means; } known[] = {
		{ "[", '[' }, { "【", '[' }, { "(", '(' }, { "（", '(' }, { "<", '<' },
		{ "《", '<' }, { "「", '[' }, { "［", '[' }, { "〔", '[' }, { "{", '{' },
	};
	size_t i;

	if (c->p == c->end || mcq_text_alpha((unsigned char)*c->p))
		return false;
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (take(&c->p, c->end, known[i].token)) {
			c->bracket = known[i].means;
			return true;
		}
	return false;
}

static bool is_closing(struct cursor *c)
{
	static const char *const known[] = {
		"]", "】", ")", "）", ">", "》", "」", "］", "〕", "}"
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (take(&c->p, c->end, known[i])) {
			c->bracket_closed = true;
			return true;
		}
	return false;
}

/* "1", "#1", "No. 1", "(1)", "1 of 5", "1/5", "一" behind a word. */
static int take_number(struct cursor *c)
{
	struct cursor saved = *c;
	struct mcq_label label;
	bool alone, paren = false;
	size_t used;

	skip_space(c);
	if (!take(&c->p, c->end, "#") && !take(&c->p, c->end, "№") &&
	    mcq_text_starts(mcq_text_of(c->p, c->end), "no."))
		c->p += 3;
	skip_space(c);
	paren = take(&c->p, c->end, "(") || take(&c->p, c->end, "（");
	used = mcq_label_mark(c->p, c->end, &label, &alone);
	if (!used || label.family != LABEL_DIGIT) {
		*c = saved;
		return -1;
	}
	c->p += used;
	if (paren && !take(&c->p, c->end, ")") && !take(&c->p, c->end, "）")) {
		*c = saved;
		return -1;
	}
	saved = *c;
	skip_space(c);
	if (take(&c->p, c->end, "/") || take(&c->p, c->end, "of ")) {
		skip_space(c);
		for (used = 0; c->p < c->end && mcq_text_digit((unsigned char)*c->p); used++)
			c->p++;
		if (used)
			return label.ordinal;
	}
	*c = saved;
	return label.ordinal;
}

/* "(Counting)" or "[easy]" between number and colon. */
static void skip_aside(struct cursor *c)
{
	struct cursor saved = *c;
	const char *limit = c->end - c->p > 60 ? c->p + 60 : c->end;
	const char *close;

	skip_space(c);
	if (take(&c->p, c->end, "(") && (close = memchr(c->p, ')', (size_t)(limit - c->p))))
		c->p = close + 1;
	else if (take(&c->p, c->end, "（") &&
		 (close = memmem(c->p, (size_t)(limit - c->p), "）", 3)))
		c->p = close + 3;
	else
		*c = saved;
}

/* ':' and its relatives; a dash or arrow needs a space before it. */
static bool take_delimiter(struct cursor *c, bool numbered)
{
	const char *before = c->p;

	skip_space(c);
	if (take(&c->p, c->end, ":") || take(&c->p, c->end, "：") || take(&c->p, c->end, "︰") ||
	    take(&c->p, c->end, "=") || take(&c->p, c->end, "→") || take(&c->p, c->end, "->") ||
	    take(&c->p, c->end, "⇒"))
		return true;
	if (numbered && (take(&c->p, c->end, ".") || take(&c->p, c->end, ")") ||
			 take(&c->p, c->end, "、") || take(&c->p, c->end, "．")))
		return true;
	if (c->p > before && c->p + 1 < c->end &&
	    (take(&c->p, c->end, "- ") || take(&c->p, c->end, "– ") ||
	     take(&c->p, c->end, "— ") || take(&c->p, c->end, "| ")))
		return true;
	c->p = before;
	return false;
}

/* "第3题" names a question by number. */
static bool read_ordinal(struct cursor *c, int *number)
{
	static const char *const units[] = {
		"题", "題", "问", "問", "个问题", "個問題", "道题", "道題"
	};
	size_t i;

	if (!take(&c->p, c->end, "第"))
		return false;
	*number = take_number(c);
	if (*number < 0)
		return false;
	skip_space(c);
	for (i = sizeof(units) / sizeof(*units); i-- > 0; )
		if (take(&c->p, c->end, units[i]))
			return true;
	return false;
}

/* A single label or nothing stands behind "Answer" without any delimiter. */
static bool is_bare_label(struct cursor *c)
{
	struct mcq_label label;
	const char *p = c->p + mcq_text_space(c->p, c->end);
	size_t used;

	if (p == c->p)
		return false;
	used = mcq_label_said(p, c->end, &label);
	return used && label.family == LABEL_UPPER && p + used == c->end;
}

static bool ends_word(struct cursor *c, enum mcq_word word, int number)
{
	bool is_answer = word == WORD_ANSWER || word == WORD_ANSWERS;
	size_t used;

	if (number >= 0)
		skip_aside(c);
	skip_stars(c);
	if (c->bracket && !c->bracket_closed && is_closing(c))
		skip_stars(c);
	if (take_delimiter(c, number >= 0)) {
		skip_stars(c);
		return true;
	}
	if (c->bracket_closed && c->bracket != '(')
		return true;
	skip_space(c);
	if (c->p == c->end)
		return number >= 0 || word != WORD_QUESTION || c->bold_closed;
	if (is_answer && (used = mcq_word_is(c->p, c->end))) {
		c->p += used;
		take_delimiter(c, false);
		skip_stars(c);
		return true;
	}
	return false;
}

static enum mcq_kind kind_of(enum mcq_word word)
{
	switch (word) {
	case WORD_QUESTION: return LINE_QUESTION;
	case WORD_OPTIONS: return LINE_OPTIONS;
	case WORD_ANSWER: return LINE_ANSWER;
	case WORD_ANSWERS: return LINE_ANSWERS;
	case WORD_EXPLAIN: return LINE_EXPLAIN;
	case WORD_META: return LINE_META;
	default: return LINE_TEXT;
	}
}

/* "Option A: Red", "选项A：红", "<option>Red</option>" */
static bool read_option_word(struct cursor c, struct mcq_line *line)
{
	const char *p;
	size_t used;

	if (c.bracket && is_closing(&c)) {
		line->rest = mcq_text_untag(mcq_text_of(c.p, c.end));
		used = mcq_label_read(line->rest.at, line->rest.at + line->rest.len,
				      &line->label);
		line->rest = mcq_text_of(line->rest.at + used, line->rest.at + line->rest.len);
		line->kind = LINE_OPTION;
		return line->rest.len > 0;
	}
	p = c.p + mcq_text_space(c.p, c.end);
	used = mcq_label_read(p, c.end, &line->label);
	if (!used || (line->label.family != LABEL_UPPER && line->label.family != LABEL_DIGIT &&
		      line->label.family != LABEL_LOWER))
		return false;
	line->kind = LINE_OPTION;
	line->rest = mcq_text_untag(mcq_text_of(p + used, c.end));
	return true;
}

static bool read_word(const char *at, struct mcq_line *line)
{
	struct cursor c = { .p = at, .end = line->whole.at + line->whole.len };
	const char *word_at;
	enum mcq_word word;
	size_t used;
	int number = -1;

	is_opening(&c);
	if (c.bracket)
		skip_stars(&c);
	word_at = c.p;
	if (read_ordinal(&c, &number)) {
		word = WORD_QUESTION;
		if (!c.bracket && mcq_text_space(c.p, c.end)) {	/* "第3题 图中…" */
			ends_word(&c, word, number);
			line->kind = LINE_QUESTION;
			line->number = number;
			line->rest = mcq_text_untag(mcq_text_of(c.p, c.end));
			return true;
		}
	} else {
		c.p = word_at;
		word = mcq_word_find(c.p, c.end, &used);
		/* "选项A：" names one option with the word for the list */
		if (word == WORD_NONE)
			return false;
		c.p += used;
		if ((word == WORD_OPTION || word == WORD_OPTIONS) && read_option_word(c, line))
			return true;
		if (word == WORD_OPTION)
			return false;
		number = take_number(&c);
	}
	if ((word == WORD_ANSWER && is_bare_label(&c)) || ends_word(&c, word, number)) {
		while (take_tag(&c.p, c.end))	/* "<b>Answer:</b> B" */
			skip_space(&c);
		line->kind = kind_of(word);
		line->number = number;
		line->rest = mcq_text_untag(mcq_text_of(c.p, c.end));
		return true;
	}
	return false;
}

/* "Q1 What" and "A1: B": one letter and a number, as interviews are written. */
static bool read_letter_word(const char *at, struct mcq_line *line)
{
	const char *end = line->whole.at + line->whole.len;
	struct cursor c = { .p = at + 1, .end = end };
	bool is_question;

	if (end - at < 3 || !mcq_text_digit((unsigned char)at[1]))
		return false;
	is_question = *at == 'Q';
	if (!is_question && *at != 'A')
		return false;
	line->number = take_number(&c);
	if (line->number < 0)
		return false;
	skip_stars(&c);
	if (!take_delimiter(&c, true) && (!is_question || !mcq_text_space(c.p, c.end)))
		return false;
	skip_stars(&c);
	line->kind = is_question ? LINE_QUESTION : LINE_ANSWER;
	line->rest = mcq_text_untag(mcq_text_of(c.p, end));
	return true;
}

/* ---- the whole line ------------------------------------------------------------------- */

static void read_label(const char *at, struct mcq_line *line)
{
	const char *end = line->whole.at + line->whole.len;
	size_t used = mcq_label_read(line->whole.at, end, &line->label);

	if (!used && at > line->whole.at)
		used = mcq_label_read(at, end, &line->label);
	else if (used)
		at = line->whole.at;
	if (!used)
		return;
	line->rest = mcq_text_untag(mcq_text_of(at + used, end));
	line->kind = line->label.family == LABEL_DIGIT ? LINE_NUMBERED : LINE_OPTION;
}

static void measure_indent(struct mcq_line *line)
{
	const char *p;

	for (p = line->start; p < line->end && (*p == ' ' || *p == '\t'); p++)
		line->indent += *p == '\t' ? 4 : 1;
}

void mcq_line_read(const char *at, const char *end, struct mcq_line *line)
{
	const char *p;

	*line = (struct mcq_line){ .number = -1 };
	find_end(at, end, line);
	measure_indent(line);
	line->whole = mcq_text_trim(mcq_text_of(line->start, line->end));
	if (!line->whole.len)
		return;
	if (line->whole.len >= 3 && (!memcmp(line->whole.at, "```", 3) ||
				     !memcmp(line->whole.at, "~~~", 3))) {
		line->kind = LINE_FENCE;
		return;
	}
	if (is_rule(line->whole)) {
		line->kind = LINE_RULE;
		return;
	}
	p = undecorate(line->whole.at, line->whole.at + line->whole.len, line);
	line->whole = mcq_text_untag(mcq_text_of(p, line->whole.at + line->whole.len));
	if (line->whole.len && line->whole.at[line->whole.len - 1] == '|' && line->start < p)
		line->whole = mcq_text_trim(mcq_text_of(p, p + line->whole.len - 1));
	if (!line->whole.len)
		return;
	p = take_bold(line->whole.at, line->whole.at + line->whole.len, &line->bold);
	p += mcq_text_space(p, line->whole.at + line->whole.len);
	line->kind = line->bullet ? LINE_BULLET : LINE_TEXT;
	line->rest = line->whole;
	if (!read_word(p, line) && !read_letter_word(p, line))
		read_label(p, line);
}

bool mcq_line_answer(const char *at, const char *end, struct mcq_line *line)
{
	const char *p;

	*line = (struct mcq_line){ .number = -1, .start = at, .end = end, .next = end };
	line->whole = mcq_text_trim(mcq_text_of(at, end));
	if (!line->whole.len)
		return false;
	p = take_bold(line->whole.at, line->whole.at + line->whole.len, &line->bold);
	return read_word(p, line) && line->kind == LINE_ANSWER;
}
