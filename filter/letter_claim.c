/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_claim.h. One pass from left to right; each statement is compared with the one
 * before it.
 */
#include "filter/letter_claim.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "curate/mcq_label.h"
#include "curate/mcq_split.h"
#include "curate/mcq_word.h"
#include "filter/letter.h"
#include "filter/letter_phrase.h"

struct claims {
	const struct letter_plain *plain;
	const struct letter_options *options;
	const char *text, *lower, *end;	/* of plain->text, plain->lower; end of text */
	bool cut;
	int pick;		/* the last one stated, or CLAIM_NONE */
	size_t pick_end;	/* where it ended */
	bool unclear;
};

static const char *low(const struct claims *c, const char *p)
{
	return c->lower + (p - c->text);
}

static const char *low_end(const struct claims *c)
{
	return c->lower + (c->end - c->text);
}

/* ---- option texts --------------------------------------------------------------------- */

static int find_exact(struct mcq_text folded, const struct letter_options *options, bool bare)
{
	const struct mcq_text *text = bare ? options->bare : options->text;
	int found = CLAIM_NONE;
	size_t i;

	for (i = 0; i < options->count; i++) {
		if (!text[i].len || text[i].len != folded.len ||
		    memcmp(text[i].at, folded.at, folded.len))
			continue;
		if (found >= 0)
			return CLAIM_UNCLEAR;
		found = (int)i;
	}
	return found;
}

/* The option that a text is, whole, articles aside. */
static int option_of(struct mcq_text text, const struct letter_options *options)
{
	struct buf folded;
	struct mcq_text whole;
	int found;

	buf_init(&folded, BUF_NO_MAX);
	mcq_text_fold(text, &folded);
	whole = (struct mcq_text){ folded.data, folded.len };
	found = find_exact(whole, options, false);
	if (found == CLAIM_NONE)
		found = find_exact(letter_plain_bare(whole), options, true);
	buf_release(&folded);
	return found;
}

/* Another option begins with this one's text: a cut reply could have meant it. */
static bool may_grow(const struct letter_options *options, int index)
{
	size_t i;

	for (i = 0; i < options->count; i++)
		if ((int)i != index && options->text[i].len > options->text[index].len &&
		    !memcmp(options->text[i].at, options->text[index].at,
			    options->text[index].len))
			return true;
	return false;
}

int letter_claim_whole(const struct letter_plain *plain, const struct letter_options *options,
		       bool cut)
{
	struct mcq_text text = mcq_text_trim((struct mcq_text){ plain->text.data, plain->text.len });
	int found;

	if (text.len < 2 || text.len > 4096)	/* "B" is a letter first */
		return CLAIM_NONE;
	found = option_of(text, options);
	return found >= 0 && cut && may_grow(options, found) ? CLAIM_UNCLEAR : found;
}

/* ---- keeping the statements ----------------------------------------------------------- */

static void state(struct claims *c, int index, const char *at, const char *end)
{
	bool corrected;

	if (index < 0 || index >= (int)c->options->count) {
		c->unclear = true;
		return;
	}
	if (c->pick >= 0 && c->pick != index) {
		corrected = letter_phrase_corrects(c->lower + c->pick_end, low(c, at));
		if (!corrected)
			c->unclear = true;
	}
	c->pick = index;
	if ((size_t)(end - c->text) > c->pick_end)
		c->pick_end = (size_t)(end - c->text);
}

/* The clause before p says "not", "if" and the like. */
static bool is_denied(const struct claims *c, const char *p)
{
	const char *start = p, *but;

	while (start > c->text && p - start < 80 && !strchr(".,;:!?\n", start[-1]))
		start--;
	while (start < p && ((unsigned char)*start & 0xc0) == 0x80)
		start++;
	but = memmem(start, (size_t)(p - start), " but ", 5);
	if (but)
		start = but + 5;
	return letter_phrase_denies(low(c, start), low(c, p));
}

/* ---- a letter at a place -------------------------------------------------------------- */

static const char *skip_marks(const char *p, const char *end)
{
	while (p < end && (mcq_text_space(p, end) || (*p && strchr("\"'([{<:=>-_$~,", *p))))
		p += mcq_text_space(p, end) ? mcq_text_space(p, end) : 1;
	return p;
}

static const char *skip_closers(const char *p, const char *end)
{
	while (p < end && *p && strchr(")]}\"'_$", *p))
		p++;
	return p;
}

struct found {
	int index;		/* may lie outside the options */
	const char *at, *end;	/* with brackets behind */
	bool several;		/* "B or C" */
	bool upper;
};

static bool letter_here(const struct claims *c, const char *p, struct found *found)
{
	struct mcq_label label;
	bool alone;
	size_t used = mcq_label_mark(p, c->end, &label, &alone);

	if (!used || (label.family != LABEL_UPPER && label.family != LABEL_LOWER))
		return false;
	found->at = p;
	found->index = label.ordinal - 1;
	found->upper = label.family == LABEL_UPPER;
	p += used;
	if (p < c->end && (unsigned char)*p < 0x80 && mcq_text_wordy(p, c->end))
		return false;
	if (p < c->end && *p && strchr("&/+-%@#", *p) &&
	    !(p + 1 < c->end && *p == '-' && mcq_text_space(p + 1, c->end)))
		return *p == '/' && p + 1 < c->end && (found->several = true, found->end = p, true);
	if (p + 1 < c->end && *p == '\'' && mcq_text_alpha((unsigned char)p[1]))
		return false;
	found->end = skip_closers(p, c->end);
	return true;
}

/* "and C", ", C", "or (C)" behind a letter. */
static bool goes_on_with_letter(const struct claims *c, const char *p)
{
	struct mcq_label label;
	size_t used;

	p += mcq_text_space(p, c->end);
	used = mcq_word_and(low(c, p), low_end(c));
	if (!used)
		return false;
	p += used;
	p += mcq_text_space(p, c->end);
	used = mcq_word_and(low(c, p), low_end(c));
	p += used;
	p += mcq_text_space(p, c->end);
	if (mcq_text_starts(mcq_text_of(p, c->end), "option "))
		p += 7;
	used = mcq_label_said(p, c->end, &label);
	if (!used || label.family != LABEL_UPPER || label.ordinal > (int)c->options->count)
		return false;
	return p + used == c->end || label.close || !mcq_text_wordy(p + used, c->end);
}

/* The text behind a letter begins with that option's own text. */
static bool own_text_follows(const struct claims *c, int index, const char *p)
{
	struct mcq_text own;
	const char *q = low(c, p);
	const char *end = low_end(c);

	if (index >= (int)c->options->count)
		return false;
	own = c->options->text[index];
	q += mcq_text_space(q, end);
	return own.len && (size_t)(end - q) >= own.len && !memcmp(q, own.at, own.len) &&
	       !mcq_text_wordy(q + own.len, end);
}

/* What stands behind a stated letter lets it be one: "A dog" does not, "A." does. */
static bool stands_alone(const struct claims *c, const struct found *f)
{
	const char *p = f->end;

	if (p >= c->end || p > f->at + 1 || (unsigned char)*p >= 0x80)
		return f->upper || p >= c->end || !mcq_text_space(p, c->end) ||
		       p > f->at + 1;
	if (*p && strchr(".,;:!?\n", *p))
		return true;
	p += mcq_text_space(p, c->end);
	if (p >= c->end || memchr(f->end, '\n', (size_t)(p - f->end)))
		return true;
	if (!f->upper)
		return *p == '(' || *p == '-';
	return *p == '(' || *p == '-' || *p == '<' || (unsigned char)*p >= 0xe0 ||
	       mcq_word_because(low(c, p), low_end(c)) || own_text_follows(c, f->index, p) ||
	       letter_phrase_after(low(c, p), low_end(c));
}

/* The text behind the letter, up to the end of its line, is another option's. */
static bool other_text_follows(const struct claims *c, int index, const char *p)
{
	const char *stop = memchr(p, '\n', (size_t)(c->end - p));
	const char *limit = stop ? stop : c->end;
	struct mcq_text rest;
	int other;

	while (p < limit && ((*p && strchr(".,:;)]}>-([ \"'", *p)) || mcq_text_space(p, limit)))
		p += mcq_text_space(p, limit) ? mcq_text_space(p, limit) : 1;
	rest = mcq_text_trim(mcq_text_of(p, limit));
	while (rest.len && strchr(")]}", rest.at[rest.len - 1]) && rest.at[rest.len - 1])
		rest.len--;
	if (!rest.len || rest.len > 1000)
		return false;
	other = option_of(rest, c->options);
	return other == CLAIM_UNCLEAR || (other >= 0 && other != index);
}

static void state_letter(struct claims *c, const char *from, const struct found *f)
{
	const char *after = f->end + mcq_text_space(f->end, c->end);

	if (f->several || goes_on_with_letter(c, f->end)) {
		c->unclear = true;
		return;
	}
	if (after < c->end && *after == '?')
		return;		/* it asks */
	if (f->index < (int)c->options->count && other_text_follows(c, f->index, f->end)) {
		c->unclear = true;
		return;
	}
	/* a cut reply may have gone on: "the answer is A" + " dog" */
	if (c->cut && f->end >= c->end && (from != c->text || f->index == 0 || f->index == 8) &&
	    f->at != c->text) {
		c->unclear = true;
		return;
	}
	state(c, f->index, from, f->end);
}

/* ---- statements ----------------------------------------------------------------------- */

#define FILLERS_MAX 120	/* bytes; also what keeps a reply of nothing but fillers linear */

static const char *skip_fillers(const struct claims *c, const char *p)
{
	const char *before, *limit = c->end - p > FILLERS_MAX ? p + FILLERS_MAX : c->end;
	struct found f = { 0 };
	size_t used;

	do {
		before = p;
		p = skip_marks(p, limit);
		/* "a" may be Portuguese's article or the letter: the letter if it stands alone */
		if (letter_here(c, p, &f) && stands_alone(c, &f))
			return p;
		used = letter_phrase_filler(low(c, p), low_end(c));
		p += used;
	} while (p > before && p < limit);
	return p;
}

/* The clause at p names an option by its text: "the answer is blue, because". */
static int text_here(const struct claims *c, const char *p, const char **end)
{
	const char *q, *best_end = NULL;
	struct mcq_text own;
	int found = CLAIM_NONE, pass;
	size_t i, best = 0;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < c->options->count; i++) {
			own = pass ? c->options->bare[i] : c->options->text[i];
			q = low(c, p);
			if (own.len <= best || (size_t)(low_end(c) - q) < own.len ||
			    memcmp(q, own.at, own.len))
				continue;
			q += own.len;
			if (mcq_text_wordy(q, low_end(c)) && (unsigned char)own.at[own.len - 1] < 0x80)
				continue;
			best = own.len;
			best_end = q;
			found = (int)i;
		}
		if (pass || found >= 0)
			break;
		if (mcq_text_starts(mcq_text_of(p, c->end), "the "))
			p += 4;
		else if (mcq_text_starts(mcq_text_of(p, c->end), "an "))
			p += 3;
		else if (mcq_text_starts(mcq_text_of(p, c->end), "a "))
			p += 2;
	}
	if (found < 0)
		return CLAIM_NONE;
	*end = c->text + (best_end - c->lower);
	return found;
}

static bool text_ends(const struct claims *c, const char *p)
{
	const char *q;

	p = skip_closers(p, c->end);
	if (p >= c->end || (*p && strchr(".,;:!\n)", *p)) || (unsigned char)*p >= 0xe0)
		return true;
	q = p + mcq_text_space(p, c->end);
	return q >= c->end || *q == '(' || memchr(p, '\n', (size_t)(q - p)) ||
	       mcq_word_because(low(c, q), low_end(c));
}

static void state_text(struct claims *c, const char *from, const char *p)
{
	const char *end, *q;
	int index = text_here(c, p, &end);

	if (index < 0 || !text_ends(c, end))
		return;
	if (c->cut && end >= c->end && may_grow(c->options, index)) {
		c->unclear = true;
		return;
	}
	/* "blue, red" and "blue or red" name two */
	q = end + mcq_text_space(end, c->end);
	q += mcq_word_and(low(c, q), low_end(c));
	q += mcq_text_space(q, c->end);
	if (q > end && text_here(c, q, &end) >= 0) {
		c->unclear = true;
		return;
	}
	state(c, index, from, q);
}

/* "the answer ... is B": the link may stand some words away in the same sentence. */
static void read_answer_word(struct claims *c, const char *from, const char *p)
{
	const char *limit = p + 160 < c->end ? p + 160 : c->end;
	struct found f = { 0 };
	const char *q, *first = NULL;
	size_t used;

	for (q = p; q < limit && !strchr(".;!?\n", *q); q++) {
		if (((unsigned char)*q & 0xc0) == 0x80)
			continue;
		if ((unsigned char)*q < 0x80 && q > p && mcq_text_alpha((unsigned char)*q) &&
		    mcq_text_alpha((unsigned char)q[-1]))
			continue;
		used = letter_phrase_link(low(c, q), low_end(c));
		if (!used)
			continue;
		f = (struct found){ 0 };
		q = skip_fillers(c, q + used);
		if (!first)
			first = q;
		if (letter_here(c, q, &f) && stands_alone(c, &f)) {
			state_letter(c, from, &f);
			return;
		}
		if (letter_phrase_denies(low(c, q), low(c, q) + (c->end - q > 5 ? 5 : c->end - q)))
			return;
		q--;
	}
	q = skip_fillers(c, p);		/* "Answer B" */
	f = (struct found){ 0 };
	if (letter_here(c, q, &f) && f.upper && stands_alone(c, &f)) {
		state_letter(c, from, &f);
		return;
	}
	if (first)
		state_text(c, from, first);
}

static void read_phrase(struct claims *c, const char *from, const char *p)
{
	struct found f = { 0 };

	p = skip_fillers(c, p);
	if (!letter_here(c, p, &f) || !stands_alone(c, &f))
		return;
	if (!f.upper && f.end < c->end && !strchr(".)\n", *f.end) && f.end == f.at + 1)
		return;
	state_letter(c, from, &f);
}

/* "B is correct", "(B) is the answer", "Option B fits best" */
static bool read_letter_first(struct claims *c, const char *p)
{
	struct found f = { 0 };
	const char *before = p;

	if (!letter_here(c, p, &f) || !f.upper || !letter_phrase_after(low(c, f.end), low_end(c)))
		return false;
	if (is_denied(c, p))
		return true;
	while (before > c->text && strchr("( ", before[-1]))
		before--;
	if (before - c->text >= 3 && (!memcmp(low(c, before) - 3, "and", 3) ||
				      !memcmp(low(c, before) - 2, "or", 2) ||
				      !memcmp(low(c, before) - 1, ",", 1)) &&
	    mcq_text_wordy(p, c->end) && before[-1] != ',')
		f.several = memcmp(low(c, before) - 3, "nor", 3) != 0;
	state_letter(c, p, &f);
	return true;
}

/* "\boxed{B}" and "<answer>B</answer>": the content is a statement by itself. */
static bool read_wrapped(struct claims *c, const char *p, const char **after)
{
	static const struct { const char *open, *close; } wraps[] = {
		{ "\\boxed{", "}" }, { "<answer>", "</answer>" }, { "<ans>", "</ans>" },
		{ "<|begin_of_box|>", "<|end_of_box|>" }, { "<choice>", "</choice>" },
		{ "<option>", "</option>" }, { "<final_answer>", "</final_answer>" },
	};
	struct found f = { 0 };
	const char *q, *stop, *end;
	size_t i;
	int index;

	for (i = 0; i < sizeof(wraps) / sizeof(*wraps); i++) {
		if (!mcq_text_starts(mcq_text_of(p, c->end), wraps[i].open))
			continue;
		q = skip_fillers(c, p + strlen(wraps[i].open));
		stop = memmem(q, (size_t)(c->end - q), wraps[i].close, strlen(wraps[i].close));
		*after = stop ? stop + strlen(wraps[i].close) : c->end;
		if (letter_here(c, q, &f) && stands_alone(c, &f)) {
			state_letter(c, p, &f);
			return true;
		}
		index = text_here(c, q, &end);
		if (index >= 0 && text_ends(c, end))
			state(c, index, p, end);
		return true;
	}
	return false;
}

static bool word_starts(const struct claims *c, const char *p)
{
	unsigned char before = p > c->text ? (unsigned char)p[-1] : ' ';

	if (((unsigned char)*p & 0xc0) == 0x80)
		return false;
	return !(mcq_text_alpha(before) || mcq_text_digit(before)) || (unsigned char)*p >= 0xe0;
}

static void scan(struct claims *c)
{
	const char *p = c->text, *after;
	enum mcq_word word;
	size_t used;

	while (p < c->end) {
		if (!word_starts(c, p) || mcq_text_space(p, c->end)) {
			p++;
			continue;
		}
		if ((*p == '\\' || *p == '<') && read_wrapped(c, p, &after)) {
			p = after;
			continue;
		}
		if (*p >= 'A' && *p <= 'Z' && read_letter_first(c, p)) {
			p++;
			continue;
		}
		word = mcq_word_find(low(c, p), low_end(c), &used);
		if (word == WORD_ANSWER || word == WORD_ANSWERS) {
			if (!is_denied(c, p))
				read_answer_word(c, p, p + used);
			p += used;
			continue;
		}
		used = letter_phrase_before(low(c, p), low_end(c));
		if (used && !is_denied(c, p))
			read_phrase(c, p, p + used);
		p += used ? used : 1;
	}
}

/* ---- lines that begin with a label ---------------------------------------------------- */

/* A line that is an answer by its form: "B", "(B)", "B) Red", "B. Because ..." */
static bool line_label(const struct claims *c, const char *p, const char *stop, struct found *f)
{
	struct mcq_label label;
	const char *q;
	size_t used;

	*f = (struct found){ 0 };
	p += mcq_text_space(p, stop);
	while (p < stop && strchr("->\"'[$", *p) && *p)
		p++;
	p += mcq_text_space(p, stop);
	used = letter_phrase_filler(low(c, p), low(c, stop));
	if (used > 1 && p + used < stop)
		p += used;
	p += mcq_text_space(p, stop);
	used = mcq_label_said(p, stop, &label);
	if (!used || (label.family != LABEL_UPPER && label.family != LABEL_LOWER))
		return false;
	f->at = p;
	f->end = p + used;
	f->index = label.ordinal - 1;
	f->upper = label.family == LABEL_UPPER;
	q = f->end;
	if (q >= stop)
		return true;
	if (label.close)
		return f->upper || label.close == ')' || label.open;
	if (!f->upper)
		return false;
	if (*q == '"' || *q == '\'' || *q == '}' || *q == ']' || *q == '(' || *q == '<')
		return true;
	if (*q == ',')
		q++;
	q += mcq_text_space(q, stop);
	if (q >= stop)
		return true;
	return mcq_word_because(low(c, q), low(c, stop)) > 0 || own_text_follows(c, f->index, q) ||
	       (goes_on_with_letter(c, f->end) && (f->several = true));
}

/* "is wrong", "and C are": the line talks about the letter instead of choosing it. */
static bool talks_about(const struct claims *c, const char *p, const char *stop)
{
	static const char *const starts[] = {
		"is ", "isn't", "was ", "can't", "cannot", "does", "would", "could", "might", "may ",
		"seems", "looks", "not ", "and ", "or ", "vs", "错", "不", "是错", "ist ", "est ", "es ",
		"无", "排除", "ではない", "は",
	};
	size_t i;

	p += mcq_text_space(p, stop);
	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (mcq_text_starts(mcq_text_of(low(c, p), low(c, stop)), starts[i]))
			return true;
	return false;
}

/* In a cut reply, "A) The sky ..." may be the first of a review of all options. */
static bool may_be_review(const struct claims *c, const struct found *f, const char *stop)
{
	struct mcq_text own;
	const char *p = low(c, f->end), *end = low(c, stop);
	size_t len = (size_t)(end - p);

	if (!c->cut || stop < c->end || p >= end || f->index >= (int)c->options->count)
		return false;
	own = c->options->text[f->index];
	return memcmp(p, own.at, len < own.len ? len : own.len) != 0;
}

struct lines {
	int first, last, distinct;	/* indices of labels; count of different ones */
	size_t count;
	struct found first_at, last_at;
	bool last_bare;
};

static void read_lines(const struct claims *c, struct lines *lines)
{
	const char *p, *stop, *next;
	struct found f;
	bool labelled, first = true;

	*lines = (struct lines){ .first = -1, .last = -1 };
	for (p = c->text; p < c->end; p = next) {
		stop = memchr(p, '\n', (size_t)(c->end - p));
		next = stop ? stop + 1 : c->end;
		if (!stop)
			stop = c->end;
		if (p + mcq_text_space(p, stop) >= stop)
			continue;
		labelled = line_label(c, p, stop, &f) && !talks_about(c, f.end, stop) &&
			   !may_be_review(c, &f, stop);
		if (labelled && lines->count && f.index != lines->last)
			lines->distinct++;
		if (labelled) {
			lines->count++;
			lines->distinct += lines->count == 1;
			lines->last = f.index;
		}
		if (first && labelled) {
			lines->first = f.index;
			lines->first_at = f;
		}
		first = false;
		lines->last_at = labelled ? f : (struct found){ .index = -1 };
		lines->last_bare = labelled && f.end >= stop;
	}
}

/* "A) Red B) Blue C) Green": the options once more. */
static bool is_list(const struct claims *c, const struct found *f)
{
	struct mcq_piece pieces[MCQ_SPLIT_MAX];
	const char *stop = memchr(f->at, '\n', (size_t)(c->end - f->at));
	struct mcq_label label;
	size_t used = mcq_label_said(f->at, stop ? stop : c->end, &label);

	return used && label.close &&
	       mcq_split_after(&label, mcq_text_of(f->at + used, stop ? stop : c->end), pieces) > 1;
}

static void state_line(struct claims *c, const struct found *f)
{
	if (is_list(c, f) || f->several || goes_on_with_letter(c, f->end)) {
		c->unclear = true;
		return;
	}
	if (f->index < (int)c->options->count && other_text_follows(c, f->index, f->end)) {
		c->unclear = true;
		return;
	}
	state(c, f->index, f->at, f->end);
}

/* ---- the whole ------------------------------------------------------------------------ */

/* {"answer": "B"}: the value as plain text, or NULL. Yours to free. */
static char *json_answer(const struct letter_plain *plain)
{
	const char *names[] = { "answer", "choice", "option", "letter", "答案", "final_answer",
				"correct_answer", "selected_option", "prediction", "response" };
	const cJSON *member = NULL;
	char *found = NULL;
	const char *start = memchr(plain->text.data, '{', plain->text.len);
	cJSON *tree;
	size_t i;

	if (!start || plain->text.len > 65536 || start - plain->text.data > 16)
		return NULL;
	tree = cJSON_ParseWithLength(start, plain->text.len - (size_t)(start - plain->text.data));
	for (i = 0; tree && !member && i < sizeof(names) / sizeof(*names); i++)
		member = cJSON_GetObjectItemCaseSensitive(tree, names[i]);
	if (member && cJSON_IsString(member))
		found = xstrdup(member->valuestring);
	cJSON_Delete(tree);
	return found;
}

static int resolve(struct claims *c)
{
	struct lines lines;

	scan(c);
	read_lines(c, &lines);
	if (lines.distinct <= 1 && lines.first >= 0) {
		/* the label comes first, so compare it with the first statement */
		if (c->pick >= 0 && c->pick != lines.first &&
		    !letter_phrase_corrects(low(c, lines.first_at.end), c->lower + c->pick_end))
			return CLAIM_UNCLEAR;
		if (c->pick < 0)
			state_line(c, &lines.first_at);
	} else if (lines.last_at.index >= 0 && (lines.last_bare || lines.distinct == 1)) {
		state_line(c, &lines.last_at);
	}
	if (c->unclear)
		return CLAIM_UNCLEAR;
	return c->pick;
}

int letter_claim_find(const struct letter_plain *plain, const struct letter_options *options,
		      bool cut)
{
	struct claims c = { .plain = plain, .options = options, .cut = cut, .pick = CLAIM_NONE };
	struct letter_plain inner;
	char *json = json_answer(plain);
	int found;

	if (json) {
		letter_plain_init(&inner, (struct mcq_text){ json, strlen(json) });
		found = letter_claim_whole(&inner, options, false);
		if (found == CLAIM_NONE)
			found = letter_claim_find(&inner, options, false);
		letter_plain_release(&inner);
		free(json);
		return found;
	}
	c.text = plain->text.data;
	c.lower = plain->lower.data;
	c.end = c.text + plain->text.len;
	return resolve(&c);
}

int letter_claim_excuse_option(const struct letter_plain *plain,
			       const struct letter_options *options,
			       const struct letter_shown *shown)
{
	const char *end = plain->lower.data + plain->lower.len;
	size_t i, regular = options->count - (shown->abstain ? 1 : 0);

	if (letter_phrase_excuse(plain->lower.data, end) == PHRASE_NONE)
		return CLAIM_NONE;
	for (i = 0; i < options->count; i++) {
		if (letter_phrase_excuse(options->text[i].at, options->text[i].at +
					 options->text[i].len) == PHRASE_NONE)
			continue;
		if (memmem(plain->lower.data, plain->lower.len, options->text[i].at,
			   options->text[i].len))
			return (int)i;
		/* an option of the question that says so was not quite repeated: unclear */
		if (i < regular)
			return CLAIM_UNCLEAR;
	}
	return CLAIM_NONE;
}

/* An occurrence of own in text that is a word of its own, from `from` on. */
static const char *find_word(struct mcq_text text, struct mcq_text own, const char *from)
{
	const char *end = text.at + text.len, *p = from;

	while (p < end && (p = memmem(p, (size_t)(end - p), own.at, own.len))) {
		bool before = p > text.at && (mcq_text_alpha((unsigned char)p[-1]) ||
					      mcq_text_digit((unsigned char)p[-1]) || p[-1] == '-');
		bool after = p + own.len < end && p[own.len] == '-' ? true : p + own.len < end && (unsigned char)p[own.len] < 0x80 &&
			     mcq_text_wordy(p + own.len, end);

		if (!before && !after)
			return p;
		p++;
	}
	return NULL;
}

/* Every occurrence of option i lies inside one of a longer option. */
static bool is_covered(struct mcq_text text, const struct letter_options *options, size_t i)
{
	const char *p = text.at, *q;
	bool covered;
	size_t k;

	while ((p = find_word(text, options->bare[i], p))) {
		covered = false;
		for (k = 0; k < options->count && !covered; k++) {
			if (options->bare[k].len <= options->bare[i].len)
				continue;
			for (q = text.at; (q = find_word(text, options->bare[k], q)) && q <= p; q++)
				covered |= q + options->bare[k].len >= p + options->bare[i].len;
		}
		if (!covered)
			return false;
		p++;
	}
	return true;
}

int letter_claim_mention(const struct letter_plain *plain, const struct letter_options *options)
{
	struct mcq_text text = { plain->lower.data, plain->lower.len };
	int found = CLAIM_NONE;
	const char *at;
	size_t i;

	for (i = 0; i < options->count; i++) {
		if (options->bare[i].len < 2 && !(options->bare[i].len &&
				mcq_text_digit((unsigned char)*options->bare[i].at)))
			continue;
		if (is_covered(text, options, i))
			continue;
		if (found >= 0)
			return CLAIM_UNCLEAR;
		found = (int)i;
	}
	if (found < 0)
		return CLAIM_NONE;
	at = find_word(text, options->bare[found], text.at);
	if (letter_phrase_negates(text.at, at) ||
	    letter_phrase_negates(at + options->bare[found].len, text.at + text.len))
		return CLAIM_UNCLEAR;
	return found;
}
