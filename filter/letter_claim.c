/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_claim.h. One pass from left to right; each statement is compared with the one
 * before it.
 */
#include "filter/letter_claim.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "curate/mcq_word.h"
#include "filter/letter_at.h"
#include "filter/letter_lines.h"
#include "filter/letter_option.h"
#include "filter/letter_phrase.h"

#define FILLERS_MAX 120	/* bytes; also what keeps a reply of nothing but fillers linear */

static const char *skip_fillers(const struct letter_claims *c, const char *p)
{
	const char *before, *limit = c->end - p > FILLERS_MAX ? p + FILLERS_MAX : c->end;
	struct letter_found f = { 0 };
	size_t used;

	do {
		before = p;
		p = letter_at_skip_marks(p, limit);
		/* "a" may be Portuguese's article or the letter: the letter if it stands alone
		 */
		if (letter_at(c, p, &f) && letter_at_alone(c, &f))
			return p;
		used = letter_phrase_filler(letter_at_low(c, p), letter_at_low_end(c));
		p += used;
	} while (p > before && p < limit);
	return p;
}

/* The clause at p names an option by its text: "the answer is blue, because". */
static int text_here(const struct letter_claims *c, const char *p, const char **end)
{
	const char *q, *best_end = NULL;
	struct mcq_text own;
	int found = CLAIM_NONE, pass;
	size_t i, best = 0;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < c->options->count; i++) {
			own = pass ? c->options->bare[i] : c->options->text[i];
			q = letter_at_low(c, p);
			if (own.len <= best || (size_t)(letter_at_low_end(c) - q) < own.len ||
			    memcmp(q, own.at, own.len))
				continue;
			q += own.len;
			if (mcq_text_wordy(q, letter_at_low_end(c)) &&
			    (unsigned char)own.at[own.len - 1] < 0x80)
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

static bool text_ends(const struct letter_claims *c, const char *p)
{
	const char *q;

	p = letter_at_skip_closers(p, c->end);
	if (p >= c->end || (*p && strchr(".,;:!\n)", *p)) || (unsigned char)*p >= 0xe0)
		return true;
	q = p + mcq_text_space(p, c->end);
	return q >= c->end || *q == '(' || memchr(p, '\n', (size_t)(q - p)) ||
	       mcq_word_because(letter_at_low(c, q), letter_at_low_end(c));
}

static void state_text(struct letter_claims *c, const char *from, const char *p)
{
	const char *end, *q;
	int index = text_here(c, p, &end);

	if (index < 0 || !text_ends(c, end))
		return;
	if (c->cut && end >= c->end && letter_option_may_grow(c->options, index)) {
		c->unclear = true;
		return;
	}
	/* "blue, red" and "blue or red" name two */
	q = end + mcq_text_space(end, c->end);
	q += mcq_word_and(letter_at_low(c, q), letter_at_low_end(c));
	q += mcq_text_space(q, c->end);
	if (q > end && text_here(c, q, &end) >= 0) {
		c->unclear = true;
		return;
	}
	letter_at_state(c, index, from, q);
}

/* "the answer ... is B": the link may stand some words away in the same sentence. */
static void read_answer_word(struct letter_claims *c, const char *from, const char *p)
{
	const char *limit = p + 160 < c->end ? p + 160 : c->end;
	struct letter_found f = { 0 };
	const char *q, *first = NULL;
	size_t used;

	for (q = p; q < limit && !strchr(".;!?\n", *q); q++) {
		if (((unsigned char)*q & 0xc0) == 0x80)
			continue;
		if ((unsigned char)*q < 0x80 && q > p && mcq_text_alpha((unsigned char)*q) &&
		    mcq_text_alpha((unsigned char)q[-1]))
			continue;
		used = letter_phrase_link(letter_at_low(c, q), letter_at_low_end(c));
		if (!used)
			continue;
		f = (struct letter_found){ 0 };
		q = skip_fillers(c, q + used);
		if (!first)
			first = q;
		if (letter_at(c, q, &f) && letter_at_alone(c, &f)) {
			letter_at_state_letter(c, from, &f);
			return;
		}
		if (letter_phrase_denies(letter_at_low(c, q),
					 letter_at_low(c, q) +
						 (c->end - q > 5 ? 5 : c->end - q)))
			return;
		q--;
	}
	q = skip_fillers(c, p);		/* "Answer B" */
	f = (struct letter_found){ 0 };
	if (letter_at(c, q, &f) && f.upper && letter_at_alone(c, &f)) {
		letter_at_state_letter(c, from, &f);
		return;
	}
	if (first)
		state_text(c, from, first);
}

static void read_phrase(struct letter_claims *c, const char *from, const char *p)
{
	struct letter_found f = { 0 };

	p = skip_fillers(c, p);
	if (!letter_at(c, p, &f) || !letter_at_alone(c, &f))
		return;
	if (!f.upper && f.end < c->end && !strchr(".)\n", *f.end) && f.end == f.at + 1)
		return;
	letter_at_state_letter(c, from, &f);
}

/* "B is correct", "(B) is the answer", "Option B fits best" */
static bool read_letter_first(struct letter_claims *c, const char *p)
{
	struct letter_found f = { 0 };
	const char *before = p;

	if (!letter_at(c, p, &f) || !f.upper ||
	    !letter_phrase_after(letter_at_low(c, f.end), letter_at_low_end(c)))
		return false;
	if (letter_at_denied(c, p))
		return true;
	while (before > c->text && strchr("( ", before[-1]))
		before--;
	if (before - c->text >= 3 && (!memcmp(letter_at_low(c, before) - 3, "and", 3) ||
				      !memcmp(letter_at_low(c, before) - 2, "or", 2) ||
				      !memcmp(letter_at_low(c, before) - 1, ",", 1)) &&
	    mcq_text_wordy(p, c->end) && before[-1] != ',')
		f.several = memcmp(letter_at_low(c, before) - 3, "nor", 3) != 0;
	letter_at_state_letter(c, p, &f);
	return true;
}

/* "\boxed{B}" and "<answer>B</answer>": the content is a statement by itself. */
static bool read_wrapped(struct letter_claims *c, const char *p, const char **after)
{
	static const struct { const char *open, *close; } wraps[] = {
		{ "\\boxed{", "}" }, { "<answer>", "</answer>" }, { "<ans>", "</ans>" },
		{ "<|begin_of_box|>", "<|end_of_box|>" }, { "<choice>", "</choice>" },
		{ "<option>", "</option>" }, { "<final_answer>", "</final_answer>" },
	};
	struct letter_found f = { 0 };
	const char *q, *stop, *end;
	size_t i;
	int index;

	for (i = 0; i < sizeof(wraps) / sizeof(*wraps); i++) {
		if (!mcq_text_starts(mcq_text_of(p, c->end), wraps[i].open))
			continue;
		q = skip_fillers(c, p + strlen(wraps[i].open));
		stop = memmem(q, (size_t)(c->end - q), wraps[i].close, strlen(wraps[i].close));
		*after = stop ? stop + strlen(wraps[i].close) : c->end;
		if (letter_at(c, q, &f) && letter_at_alone(c, &f)) {
			letter_at_state_letter(c, p, &f);
			return true;
		}
		index = text_here(c, q, &end);
		if (index >= 0 && text_ends(c, end))
			letter_at_state(c, index, p, end);
		return true;
	}
	return false;
}

static bool word_starts(const struct letter_claims *c, const char *p)
{
	unsigned char before = p > c->text ? (unsigned char)p[-1] : ' ';

	if (((unsigned char)*p & 0xc0) == 0x80)
		return false;
	return !(mcq_text_alpha(before) || mcq_text_digit(before)) || (unsigned char)*p >= 0xe0;
}

static void scan(struct letter_claims *c)
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
		word = mcq_word_find(letter_at_low(c, p), letter_at_low_end(c), &used);
		if (word == WORD_ANSWER || word == WORD_ANSWERS) {
			if (!letter_at_denied(c, p))
				read_answer_word(c, p, p + used);
			p += used;
			continue;
		}
		used = letter_phrase_before(letter_at_low(c, p), letter_at_low_end(c));
		if (used && !letter_at_denied(c, p))
			read_phrase(c, p, p + used);
		p += used ? used : 1;
	}
}

/* Nothing but the end of a sentence follows. */
static bool is_last(const struct letter_claims *c, const char *p)
{
	while (p < c->end && (mcq_text_space(p, c->end) || (*p && strchr(".!", *p))))
		p++;
	return p == c->end || (c->end - p == 3 && !memcmp(p, "。", 3));
}

/* "Since it barks, B.": one sentence, its reason first, and one letter in it, at its end. */
static void read_reasoned(struct letter_claims *c)
{
	const char *p = c->text + mcq_text_space(c->text, c->end), *comma;
	struct letter_found f = { 0 };

	if (c->cut || !letter_phrase_reason(letter_at_low(c, p), letter_at_low_end(c)))
		return;
	comma = memchr(p, ',', (size_t)(c->end - p));
	if (!comma || memchr(comma + 1, ',', (size_t)(c->end - comma - 1)))
		return;
	for (; p < comma; p++)
		if (strchr(".;!?\n", *p) || (word_starts(c, p) && letter_at(c, p, &f) && f.upper))
			return;
	f = (struct letter_found){ 0 };
	p = letter_at_skip_marks(comma, c->end);
	if (letter_at(c, p, &f) && f.upper && is_last(c, f.end))
		letter_at_state_letter(c, p, &f);
}

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
	tree = cJSON_ParseWithLength(start,
				     plain->text.len - (size_t)(start - plain->text.data));
	for (i = 0; tree && !member && i < sizeof(names) / sizeof(*names); i++)
		member = cJSON_GetObjectItemCaseSensitive(tree, names[i]);
	if (member && cJSON_IsString(member))
		found = xstrdup(member->valuestring);
	cJSON_Delete(tree);
	return found;
}

static int resolve(struct letter_claims *c)
{
	struct letter_lines lines;

	scan(c);
	letter_lines_read(c, &lines);
	if (lines.distinct <= 1 && lines.first >= 0) {
		/* the label comes first, so compare it with the first statement */
		if (c->pick >= 0 && c->pick != lines.first &&
		    !letter_phrase_corrects(letter_at_low(c, lines.first_at.end),
					    c->lower + c->pick_end))
			return CLAIM_UNCLEAR;
		if (c->pick < 0)
			letter_lines_state(c, &lines.first_at);
	} else if (lines.last_at.index >= 0 && (lines.last_bare || lines.distinct == 1)) {
		letter_lines_state(c, &lines.last_at);
	} else if (c->pick < 0) {
		read_reasoned(c);
	}
	if (c->unclear)
		return CLAIM_UNCLEAR;
	return c->pick;
}

int letter_claim_find(const struct letter_plain *plain, const struct letter_options *options,
		      bool cut)
{
	struct letter_claims c = {
		.plain = plain, .options = options, .cut = cut, .pick = CLAIM_NONE
	};
	struct letter_plain inner;
	char *json = json_answer(plain);
	int found;

	if (json) {
		letter_plain_init(&inner, (struct mcq_text){ json, strlen(json) });
		found = letter_option_whole(&inner, options, false);
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
