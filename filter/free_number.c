/* SPDX-License-Identifier: Apache-2.0
 *
 * See free_number.h. The text is folded (digits of all widths are plain, letters small) and read
 * word by word; a word is a number, its unit, says that the number is not meant as it stands,
 * or is passed over.
 */
#include "filter/free_number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/buf.h"
#include "curate/mcq_text.h"
#include "schemas/fold.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))
#define DIGITS_MAX 40

struct reader {
	const char *start, *at, *from;	/* the text, here, where this number begins */
	char before[16], word[16];	/* the word before, and this one; "" if longer */
	struct free_number found;
	enum number_said said;
	bool other_words;		/* there is more than the number */
};

static bool is_digit(const char *p)
{
	return mcq_text_digit((unsigned char)*p);
}

/* A letter of any script: words are made of these, digits and apostrophes. */
static bool is_letter(const char *p)
{
	return *p && !is_digit(p) && mcq_text_wordy(p, p + strnlen(p, 4));
}

static bool is_one_of(const char *word, const char *const *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(word, rows[i]))
			return true;
	return false;
}

/* The word at p; its bytes. Not hyphens: "twenty-one" is two. */
static size_t word_at(const char *p, char word[16])
{
	const char *q = p;
	size_t len;

	while (is_letter(q) || is_digit(q)) {
		q++;
		while (((unsigned char)*q & 0xc0) == 0x80)
			q++;
		if (*q == '\'' && is_letter(q + 1))
			q++;
	}
	len = (size_t)(q - p);
	word[0] = '\0';
	if (len < 16) {
		memcpy(word, p, len);
		word[len] = '\0';
	}
	return len;
}

/* ---- units ---- */

static const struct {
	const char *name, *forms;	/* each form between spaces */
} units[] = {
	{ "$", " dollar dollars usd $ " }, { "€", " euro euros eur € " }, { "£", " £ gbp " },
	{ "¥", " ¥ yen yuan " }, { "cent", " cent cents " },
	{ "kg", " kg kilogram kilograms kilo kilos " }, { "g", " g gram grams " },
	{ "mg", " mg " }, { "lb", " lb lbs pound pounds " }, { "oz", " oz ounce ounces " },
	{ "km", " km kilometer kilometers kilometre kilometres " },
	{ "m", " m meter meters metre metres " }, { "cm", " cm centimeter centimeters centimetre "
	  "centimetres " }, { "mm", " mm " }, { "mi", " mile miles " }, { "ft", " ft foot feet " },
	{ "in", " inch inches " }, { "m2", " m2 " }, { "km2", " km2 " }, { "m3", " m3 " },
	{ "l", " l liter liters litre litres " }, { "ml", " ml " },
	{ "s", " s sec second seconds " }, { "min", " min minute minutes " },
	{ "h", " h hour hours hrs " }, { "day", " day days " }, { "week", " week weeks " },
	{ "month", " month months " }, { "year", " year years " },
	{ "km/h", " kmh kph " }, { "mph", " mph " }, { "°", " ° degree degrees " },
	{ "°c", " °c celsius " }, { "°f", " °f fahrenheit " }, { "v", " v volt volts " },
	{ "w", " w watt watts " }, { "kwh", " kwh " }, { "hz", " hz " }, { "mb", " mb " },
	{ "gb", " gb " }, { "tb", " tb " },
};

static const char *unit_of(const char *word)
{
	char form[20];
	size_t i;

	if (!*word || strlen(word) > 16)
		return NULL;
	strcat(strcat(strcpy(form, " "), word), " ");
	for (i = 0; i < COUNT(units); i++)
		if (strstr(units[i].forms, form))
			return units[i].name;
	return NULL;
}

/* 1 for a word that is no scale. */
static double scale_of(const char *word)
{
	static const struct { const char *name; double value; } scales[] = {
		{ "thousand", 1e3 }, { "million", 1e6 }, { "billion", 1e9 }, { "trillion", 1e12 },
	};
	size_t i;

	for (i = 0; i < COUNT(scales); i++)
		if (!strcmp(word, scales[i].name))
			return scales[i].value;
	return 1;
}

/* ---- numbers ---- */

/* What makes another number of the one it stands behind: "12k", "12 or more", "two dozen". */
static bool changes(const char *word)
{
	static const char *const rows[] = {
		"k", "b", "bn", "mn", "or", "dozen", "dozens", "half", "halves", "quarter",
		"quarters", "third", "thirds", "fourths", "fifths", "tenths", "hundreds",
		"thousands", "millions", "billions", "plus", "minus", "times", "out", "to",
		"divided", "point", "x",
	};

	return is_one_of(word, rows, COUNT(rows));
}

/* The number behind such a word is a bound, denied, or one end of something. */
static bool is_taken_back(const char *word)
{
	static const char *const rows[] = {
		"not", "isn't", "aren't", "wasn't", "never", "no", "than", "least", "most", "over",
		"under", "above", "below", "between", "exceeding", "minus", "negative", "to", "beyond",
		"nearer", "except", "without",
	};

	return is_one_of(word, rows, COUNT(rows));
}

static bool is_hedge(const char *word)
{
	static const char *const rows[] = { "about", "approximately", "approx", "around", "roughly",
					    "exactly", "only", "just", "circa", "ca", "nearly" };

	return is_one_of(word, rows, COUNT(rows));
}

static void ambiguous(struct reader *r)
{
	r->said = NUMBER_AMBIGUOUS;
}

/* The bytes of a currency's sign at p. */
static size_t currency_len(const char *p)
{
	static const char *const signs[] = { "$", "€", "£", "¥" };
	size_t i;

	for (i = 0; i < COUNT(signs); i++)
		if (!strncmp(p, signs[i], strlen(signs[i])))
			return strlen(signs[i]);
	return 0;
}

/* "kg", "€", "°C", "°": the unit at p, and its bytes. */
static const char *unit_at(const char *p, size_t *len)
{
	const size_t degree = strncmp(p, "°", 2) ? 0 : 2;
	char form[20] = "", word[16];

	*len = currency_len(p);
	if (*len) {
		memcpy(form, p, *len);
		return unit_of(form);
	}
	*len = degree + word_at(p + degree, word);
	strcat(strcpy(form, degree ? "°" : ""), word);
	if (!unit_of(form) && degree) {
		*len = degree;
		return "°";
	}
	return unit_of(form);
}

static void take_unit(struct reader *r, struct free_number *n, const char *unit)
{
	if (n->unit && strcmp(n->unit, unit))
		ambiguous(r);
	n->unit = unit;
}

/* The unit behind a number, and what forbids to take it as it stands. */
static void take_behind(struct reader *r, struct free_number *n)
{
	const char *p = r->at + (*r->at == ' '), *unit;
	bool attached = p == r->at;
	char word[16];
	size_t len;

	unit = unit_at(p, &len);
	word_at(p, word);
	if (*p == '%') {
		n->percent = true;
		r->at = p + 1;
	} else if (!strcmp(word, "percent") || !strncmp(p, "per cent", 8)) {
		n->percent = true;
		r->at = p + (word[3] ? 7 : 8);
	} else if (scale_of(word) > 1) {
		n->value *= scale_of(word);
		r->at = p + len;
		take_behind(r, n);
	} else if (unit) {
		take_unit(r, n, unit);
		r->at = p + len;
	} else if ((attached && len) || changes(word)) {
		ambiguous(r);
	}
}

/* A second number makes it ambiguous, unless it is the first in brackets: "12 (twelve)". */
static void add(struct reader *r, const struct free_number *n)
{
	bool again = r->from > r->start && r->from[-1] == '(' && n->value == r->found.value;

	if (r->said == NUMBER_ONE && !again)
		ambiguous(r);
	if (r->said != NUMBER_NONE)
		return;
	r->found = *n;
	r->said = NUMBER_ONE;
}

/* What joins a number to something more: "1:30", "3/4", "10-12", "1.2.3", "12+", "10^3". */
static bool goes_on(const char *p)
{
	static const char *const joints[] = { ":", "/", "-", "–", "−", "⁄", ".", ",", "^", "×", "~",
					      "±", NULL };
	int i;

	if (*p == '+')
		return true;
	for (p += *p == ' ', i = 0; joints[i]; i++) {
		if (strncmp(p, joints[i], strlen(joints[i])))
			continue;
		p += strlen(joints[i]);
		/* "12. 13" and "12, 13" are two numbers, as "10 - 12" is one range */
		return is_digit(p + (*p == ' ' && joints[i][0] != '.' && joints[i][0] != ','));
	}
	return false;
}

/* Digits in groups of three, or none grouped; false: "1,23", or too many. */
static bool take_digits(const char **at, char digits[DIGITS_MAX])
{
	const char *p = *at;
	size_t n = 0, run = 0, groups = 0;
	bool point = false;

	for (; n < DIGITS_MAX - 1; p++) {
		if (is_digit(p)) {
			digits[n++] = *p;
			run++;
		} else if (*p == ',' && is_digit(p + 1) && !point) {
			if (groups ? run != 3 : run > 3 || !run || digits[0] == '0')
				return false;
			groups++;
			run = 0;
		} else if (*p == '.' && is_digit(p + 1) && !point) {
			if (groups && run != 3)
				return false;
			point = true;
			digits[n++] = '.';
		} else {
			break;
		}
	}
	digits[n] = '\0';
	*at = p;
	return n < DIGITS_MAX - 1 && (point || !groups || run == 3);
}

/* strtod would ask the locale what a point is. */
static double value_of(const char *digits)
{
	double value = 0, part = 1;
	bool point = false;

	for (; *digits; digits++) {
		if (*digits == '.') {
			point = true;
			continue;
		}
		part *= point ? 10 : 1;
		value = value * 10 + (*digits - '0');
	}
	return value / part;
}

/* Before `p` stands a currency's sign, maybe with a space; its beginning, or p. */
static const char *before_currency(const char *start, const char *p)
{
	const char *from = p - (p > start && p[-1] == ' ');
	int back;

	for (back = 1; back <= 3 && from - back >= start; back++)
		if (currency_len(from - back) == (size_t)back)
			return from - back;
	return p;
}

/* A sign or a currency in front. "t-3" is no number that stands by itself. */
static void take_before(struct reader *r, struct free_number *n)
{
	const char *p = before_currency(r->start, r->at);
	size_t len;

	if (p != r->at)
		n->unit = unit_at(p, &len);
	if (p > r->start && p[-1] == '-')
		p -= 1;
	else if (p - r->start >= 3 && (!strncmp(p - 3, "−", 3) || !strncmp(p - 3, "–", 3)))
		p -= 3;
	else
		return;
	if (p > r->start && !strchr(" (*=:", p[-1]))
		ambiguous(r);
	n->value = -n->value;
}

static void take_number(struct reader *r)
{
	struct free_number n = { 0 };
	char digits[DIGITS_MAX];
	const char *p = r->at;

	if (!take_digits(&p, digits)) {
		while (is_digit(r->at) || *r->at == ',' || *r->at == '.')
			r->at++;
		ambiguous(r);
		return;
	}
	n.value = value_of(digits);
	r->from = r->at;
	take_before(r, &n);
	r->at = p;
	if (goes_on(p) || is_taken_back(r->before))
		ambiguous(r);
	take_behind(r, &n);
	if (goes_on(r->at))
		ambiguous(r);
	add(r, &n);
}

/* ---- numbers in words ---- */

/* 0 to 19, 20 to 90; -1: no such word. */
static int small(const char *word)
{
	static const char *const rows[] = {
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
		"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
		"eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
		"eighty", "ninety",
	};
	int i;

	for (i = 0; i < (int)COUNT(rows); i++)
		if (!strcmp(word, rows[i]))
			return i < 20 ? i : (i - 18) * 10;
	return -1;
}

/* "no one", "the one on the left", "one of them": no numbers. */
static bool is_pronoun(const struct reader *r, const char *behind)
{
	static const char *const before[] = { "no", "some", "any", "every", "each", "this", "that",
					      "the", "another", "which" };
	static const char *const after[] = { "of", "on", "in", "who", "that", "which", "with", "can",
					     "could", "another", "side", "by" };
	char word[16];

	word_at(behind + (*behind == ' '), word);
	return is_one_of(r->before, before, COUNT(before)) || is_one_of(word, after, COUNT(after));
}

static const char *next_word(const char *p, char word[16])
{
	p += *p == ' ' || *p == '-';
	return p + word_at(p, word);
}

/* Takes "two hundred and five": words that go on with a number, each smaller than the last. */
static void take_words(struct reader *r, int first)
{
	struct free_number n = { .value = first };
	const char *p = r->at + strlen(r->word), *q;
	double last = first;
	char word[16];

	r->from = r->at;
	if (first == 1 && is_pronoun(r, p))
		ambiguous(r);
	for (;;) {
		q = next_word(p, word);
		if (!strcmp(word, "hundred") && n.value > 0 && n.value < 100) {
			n.value *= 100;
			last = 100;
			p = q;
			continue;
		}
		if (!strcmp(word, "and") && last == 100)
			q = next_word(q, word);
		if (small(word) <= 0 || last < 20 || small(word) >= (last < 100 ? 10 : 100))
			break;
		last = small(word);
		n.value += last;
		p = q;
	}
	r->at = p;
	if (small(word) >= 0 || !strcmp(word, "hundred") || is_taken_back(r->before))
		ambiguous(r);
	take_behind(r, &n);
	if (goes_on(r->at))
		ambiguous(r);
	add(r, &n);
}

/* ---- the text ---- */

static void take_word(struct reader *r)
{
	size_t len = word_at(r->at, r->word), i;
	int value = small(r->word);

	for (i = 0; i < len; i++)
		if (is_digit(r->at + i))	/* "b12" */
			ambiguous(r);
	if (value >= 0) {
		take_words(r, value);
		strcpy(r->before, "");
		return;
	}
	if (!strcmp(r->word, "dozen") || !strcmp(r->word, "half") || !strcmp(r->word, "hundred") ||
	    scale_of(r->word) > 1)
		ambiguous(r);
	r->other_words = r->other_words || !unit_of(r->word);
	if (!is_hedge(r->word))
		strcpy(r->before, r->word);
	r->at += len;
}

static enum number_said read_text(const char *text, struct free_number *n, bool *other_words)
{
	struct reader r = { .said = NUMBER_NONE };
	struct buf folded;

	buf_init(&folded, BUF_NO_MAX);
	fold_text(&folded, text);
	r.start = r.at = folded.len ? folded.data : "";
	while (*r.at) {
		if (is_digit(r.at) || (*r.at == '.' && is_digit(r.at + 1) &&
				       (r.at == r.start || !is_digit(r.at - 1)))) {
			take_number(&r);
			strcpy(r.before, "");
		} else if (is_letter(r.at)) {
			take_word(&r);
		} else {
			r.at++;
		}
	}
	*n = r.found;
	*other_words = r.other_words;
	buf_release(&folded);
	return r.said;
}

enum number_said free_number_read(const char *text, struct free_number *n)
{
	bool other_words;

	*n = (struct free_number){ 0 };
	if (!strcasecmp(text, "none") || !strcasecmp(text, "none."))
		return NUMBER_ONE;
	return read_text(text, n, &other_words);
}

bool free_number_whole(const char *text, struct free_number *n)
{
	bool other_words;

	return read_text(text, n, &other_words) == NUMBER_ONE && !other_words;
}

/* The last bit of a quotient must not decide whether 105 is within 5 % of 100. */
static bool near(double value, double gold)
{
	return fabs(value - gold) <= 0.05 * fabs(gold) * (1 + 1e-9);
}

int free_number_fits(const struct free_number *n, const struct free_number *gold)
{
	if (n->unit && gold->unit && strcmp(n->unit, gold->unit))
		return -1;
	if (near(n->value, gold->value))
		return 1;
	if (n->percent == gold->percent)
		return 0;
	return n->percent ? near(n->value / 100, gold->value) :
	       near(n->value * 100, gold->value);
}
