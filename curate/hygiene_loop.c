/* SPDX-License-Identifier: Apache-2.0
 *
 * See hygiene_loop.h. Three looks: runs of one character, periods among the tokens (a token is
 * a word, a sign, or one character where a script writes no spaces), equal sentences.
 */
#include "curate/hygiene_loop.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

#define RUN_LONG 24		/* of one character, that no text has */
#define PERIOD_MOST 64		/* tokens in the phrase that comes again */
#define SENTENCE_LEAST 24	/* bytes; shorter ones may well come again */
#define SENTENCE_TIMES 4

/* As mcq_text's, with a short way for what most texts are made of. */
static size_t space(const char *at, const char *end)
{
	return *at > ' ' && *at < 0x7f ? 0 : mcq_text_space(at, end);
}

static size_t rune(const char *at, const char *end, int32_t *c)
{
	unsigned char first = (unsigned char)*at;

	if (!first || first >= 0x80)
		return mcq_text_rune(at, end, c);
	*c = first;
	return 1;
}

static bool wordy(const char *at, const char *end)
{
	return mcq_text_alpha((unsigned char)*at) || mcq_text_wordy(at, end);
}

/* Signs that people draw lines and tables with. */
static bool draws(int32_t c)
{
	return (c < 128 && c > 0 && strchr("-=_.*#~|+", (int)c)) || c == 0x2026 || c == 0xb7 ||
	       (c >= 0x2500 && c <= 0x257f);
}

/* One character over and over, or not one word. */
static bool one_character(struct mcq_text text)
{
	const char *at = text.at, *end = text.at + text.len;
	size_t run = 0, longest = 0, all = 0, n;
	int32_t c, last = -1;
	bool word = false;

	for (; at < end; at += n) {
		word = word || wordy(at, end);
		n = space(at, end);
		if (n)
			continue;
		n = rune(at, end, &c);
		all++;
		run = c == last ? run + 1 : 1;
		last = c;
		if (run >= RUN_LONG && !draws(c))
			return true;
		longest = run > longest ? run : longest;
	}
	return !word || (longest >= 4 && longest * 2 > all);
}

/* ---- tokens ---- */

struct token {
	uint32_t hash;
	bool letters;
};

struct tokens {
	struct token *items;
	size_t count, cap;
};

/* Scripts without spaces between words: each character stands for itself. */
static bool stands_alone(int32_t c)
{
	return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0x0e00 && c <= 0x0e7f);
}

static uint32_t mix(uint32_t hash, int32_t c)
{
	return (hash ^ (uint32_t)c) * 16777619u;	/* FNV-1a, by character */
}

static void read_tokens(struct mcq_text text, struct tokens *t)
{
	const char *at = text.at, *end = text.at + text.len;
	bool inside = false, word;
	size_t n;
	int32_t c;

	for (; at < end; at += n) {
		n = space(at, end);
		if (n) {
			inside = false;
			continue;
		}
		word = wordy(at, end);
		n = rune(at, end, &c);
		if (!inside || !word || stands_alone(c)) {
			t->items = xgrow(t->items, &t->cap, t->count, sizeof(*t->items));
			t->items[t->count++] = (struct token){ .hash = 2166136261u };
		}
		c = c < 128 && c >= 0 ? mcq_text_lower((unsigned char)c) : c;
		t->items[t->count - 1].hash = mix(t->items[t->count - 1].hash, c);
		t->items[t->count - 1].letters |= word && !(c >= '0' && c <= '9');
		inside = word && !stands_alone(c);
	}
}

static bool has_letters(const struct token *items, size_t count)
{
	while (count--)
		if (items[count].letters)
			return true;
	return false;
}

/* Is a stretch of so many tokens, a phrase of `period` of them repeated, too much? */
static bool too_often(const struct tokens *t, size_t end, size_t stretch, size_t period)
{
	size_t times = stretch / period;

	if (times < (period > 4 ? 4 : 6))
		return false;
	if (!has_letters(t->items + end - period, period))
		return stretch >= 200;	/* a column of numbers */
	return stretch >= (period > 4 ? 32 : 40) || (stretch >= 12 && stretch * 2 > t->count);
}

/*
 * The shortest run of tokens equal to those a period before that too_often can mind. Looking at
 * every so many tokens finds each run of that length, which makes all periods together cost
 * little more than one pass.
 */
static size_t least_run(size_t period)
{
	size_t repeats = period > 4 ? 3 * period : 5 * period, short_text = 12 - period;

	return period < 12 && short_text > repeats ? short_text : repeats;
}

static bool equal_at(const struct tokens *t, size_t i, size_t period)
{
	return t->items[i].hash == t->items[i - period].hash;
}

static bool has_period(const struct tokens *t, size_t period)
{
	size_t step = least_run(period), i, from, to;

	for (i = period + step - 1; i < t->count; i = (to > i ? to : i) + step) {
		to = i;
		if (!equal_at(t, i, period))
			continue;
		for (from = i; from > period && equal_at(t, from - 1, period); from--)
			;
		for (to = i + 1; to < t->count && equal_at(t, to, period); to++)
			;
		if (too_often(t, to, to - from + period, period))
			return true;
	}
	return false;
}

static bool one_phrase(struct mcq_text text)
{
	struct tokens t = { 0 };
	bool found = false;
	size_t period;

	read_tokens(text, &t);
	for (period = 1; period <= PERIOD_MOST && period < t.count && !found; period++)
		found = has_period(&t, period);
	free(t.items);
	return found;
}

/* ---- sentences ---- */

struct sentence {
	uint32_t hash;
	uint32_t len;
};

static int compare_sentences(const void *a, const void *b)
{
	uint32_t one = ((const struct sentence *)a)->hash, two = ((const struct sentence *)b)->hash;

	return one < two ? -1 : one > two;
}

static bool ends_sentence(int32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == '\n' || c == 0x3002 || c == 0xff01 ||
	       c == 0xff1f;
}

static size_t read_sentences(struct mcq_text text, struct sentence **list)
{
	const char *at = text.at, *end = text.at + text.len;
	size_t count = 0, cap = 0, n;
	struct sentence now = { 2166136261u, 0 };
	int32_t c;

	for (; at < end; at += n) {
		n = rune(at, end, &c);
		if (!ends_sentence(c)) {
			if (!space(at, end) || now.len) {
				now.hash = mix(now.hash, c);
				now.len += (uint32_t)n;
			}
			if (at + n < end)
				continue;
		}
		if (now.len >= SENTENCE_LEAST) {
			*list = xgrow(*list, &cap, count, sizeof(**list));
			(*list)[count++] = now;
		}
		now = (struct sentence){ 2166136261u, 0 };
	}
	return count;
}

static bool one_sentence(struct mcq_text text)
{
	struct sentence *list = NULL;
	size_t i, same = 0, count = read_sentences(text, &list);
	bool found = false;

	if (count)
		qsort(list, count, sizeof(*list), compare_sentences);
	for (i = 0; i < count && !found; i++) {
		same = i && list[i].hash == list[i - 1].hash ? same + 1 : 1;
		found = same >= SENTENCE_TIMES &&
			(same >= 2 * SENTENCE_TIMES || same * list[i].len * 2 > text.len);
	}
	free(list);
	return found;
}

bool hygiene_loops(struct mcq_text text)
{
	return one_character(text) || one_phrase(text) || one_sentence(text);
}
