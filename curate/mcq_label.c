/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_label.h. A label is [open bracket] mark [close bracket or delimiter], with bold
 * marks and spaces allowed between. What counts as a mark is the two tables below.
 */
#include "curate/mcq_label.h"

#include <string.h>

/* Ranges of code points that follow each other as letters or numbers do. */
static const struct range {
	int32_t first, last;
	int family, base;
	bool alone;	/* drawn in a circle or with its bracket: needs no delimiter */
} ranges[] = {
	{ 0xff21, 0xff39, LABEL_UPPER, 1, false },	/* Ａ */
	{ 0xff41, 0xff59, LABEL_LOWER, 1, false },	/* ａ */
	{ 0xff11, 0xff19, LABEL_DIGIT, 1, false },	/* １ */
	{ 0x2460, 0x2473, LABEL_DIGIT, 1, true },	/* ① */
	{ 0x2474, 0x2487, LABEL_DIGIT, 1, true },	/* ⑴ */
	{ 0x2488, 0x249b, LABEL_DIGIT, 1, true },	/* ⒈ */
	{ 0x249c, 0x24b4, LABEL_LOWER, 1, true },	/* ⒜ */
	{ 0x24b6, 0x24ce, LABEL_UPPER, 1, true },	/* Ⓐ */
	{ 0x24d0, 0x24e8, LABEL_LOWER, 1, true },	/* ⓐ */
	{ 0x2776, 0x277f, LABEL_DIGIT, 1, true },	/* ❶ */
	{ 0x2780, 0x2789, LABEL_DIGIT, 1, true },	/* ➀ */
	{ 0x278a, 0x2793, LABEL_DIGIT, 1, true },	/* ➊ */
	{ 0x1f110, 0x1f128, LABEL_UPPER, 1, true },	/* 🄐 */
	{ 0x1f130, 0x1f148, LABEL_UPPER, 1, true },	/* 🄰 */
	{ 0x1f150, 0x1f168, LABEL_UPPER, 1, true },	/* 🅐 */
	{ 0x1f170, 0x1f188, LABEL_UPPER, 1, true },	/* 🅰 */
	{ 0x1f1e6, 0x1f1fe, LABEL_UPPER, 1, true },	/* 🇦 */
	{ 0x660 + 1, 0x669, LABEL_DIGIT, 1, false },	/* Arabic-Indic */
	{ 0x6f0 + 1, 0x6f9, LABEL_DIGIT, 1, false },	/* Persian */
	{ 0x966 + 1, 0x96f, LABEL_DIGIT, 1, false },	/* Devanagari */
};

/* Alphabets whose order is not that of their code points. */
static const struct alphabet {
	int32_t first, last;	/* no letter lies outside */
	const char *letters;	/* all of the same number of bytes */
	int family;
} alphabets[] = {
	{ 0x4e00, 0x56db, "一二三四五六七八九十", LABEL_DIGIT },
	{ 0x4e01, 0x8f9b, "甲乙丙丁戊己庚辛壬癸", LABEL_SCRIPT },
	{ 0x410, 0x41a, "АБВГДЕЖЗИК", LABEL_SCRIPT + 1 },
	{ 0x430, 0x43a, "абвгдежзик", LABEL_SCRIPT + 2 },
	{ 0x30a2, 0x30af, "アイウエオカキク", LABEL_SCRIPT + 3 },
	{ 0xac00, 0xc544, "가나다라마바사아", LABEL_SCRIPT + 4 },
	{ 0x3131, 0x3147, "ㄱㄴㄷㄹㅁㅂㅅㅇ", LABEL_SCRIPT + 5 },
	{ 0x623, 0x648, "أبجدهوزح", LABEL_SCRIPT + 6 },
	{ 0x5d0, 0x5d7, "אבגדהוזח", LABEL_SCRIPT + 7 },
	{ 0xe01, 0xe0b, "กขคงจฉชซ", LABEL_SCRIPT + 8 },
	{ 0x915, 0x91c, "कखगघङचछज", LABEL_SCRIPT + 9 },
	{ 0x391, 0x398, "ΑΒΓΔΕΖΗΘ", LABEL_SCRIPT + 10 },
	{ 0x3b1, 0x3b8, "αβγδεζηθ", LABEL_SCRIPT + 11 },
};

/* "ii" and "IV": the value, or 0. Only what a list of options needs. */
static int roman_value(const char *at, size_t len)
{
	static const char *const numbers[] = {
		"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"
	};
	size_t i, k;

	if (!strchr("iIvVxX", *at))
		return 0;
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strlen(numbers[i]) != len)
			continue;
		for (k = 0; k < len; k++)
			if (mcq_text_lower((unsigned char)at[k]) !=
			    (unsigned char)numbers[i][k])
				break;
		if (k == len)
			return (int)i + 1;
	}
	return 0;
}

static size_t ascii_mark(const char *at, const char *end, struct mcq_label *label, bool *alone)
{
	const char *p = at;
	size_t len;
	int value = 0;

	if (mcq_text_digit((unsigned char)*p)) {
		for (; p < end && mcq_text_digit((unsigned char)*p) && p - at < 4; p++)
			value = value * 10 + (*p - '0');
		if (p - at > 3 || !value || *at == '0')
			return 0;
		label->family = LABEL_DIGIT;
		label->ordinal = value;
		len = (size_t)(p - at);
		if (end - p >= 6 && !memcmp(p, "\xef\xb8\x8f\xe2\x83\xa3", 6)) { /* 1️⃣ */
			*alone = true;
			len += 6;
		}
		return len;
	}
	while (p < end && p - at < 5 && mcq_text_alpha((unsigned char)*p))
		p++;
	len = (size_t)(p - at);
	if (!len || len == 5)
		return 0;
	label->roman = roman_value(at, len);
	if (len > 1) {
		label->family = LABEL_ROMAN;
		label->ordinal = label->roman;
		return label->roman ? len : 0;
	}
	label->family = *at >= 'a' ? LABEL_LOWER : LABEL_UPPER;
	label->ordinal = mcq_text_lower((unsigned char)*at) - 'a' + 1;
	return label->ordinal <= 26 ? len : 0;
}

static size_t script_mark(int32_t rune, const char *at, size_t used, struct mcq_label *label)
{
	const char *letter;
	size_t i;

	for (i = 0; i < sizeof(alphabets) / sizeof(*alphabets); i++) {
		if (rune < alphabets[i].first || rune > alphabets[i].last)
			continue;
		for (letter = alphabets[i].letters; *letter; letter += used) {
			label->ordinal++;
			if (memcmp(letter, at, used))
				continue;
			label->family = alphabets[i].family;
			return used;
		}
		label->ordinal = 0;
	}
	return 0;
}

size_t mcq_label_mark(const char *at, const char *end, struct mcq_label *label, bool *alone)
{
	int32_t rune;
	size_t i, used;

	*label = (struct mcq_label){ 0 };
	*alone = false;
	if (at >= end)
		return 0;
	if ((unsigned char)*at < 0x80)
		return ascii_mark(at, end, label, alone);
	used = mcq_text_rune(at, end, &rune);
	if (rune < 0)
		return 0;
	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		if (rune < ranges[i].first || rune > ranges[i].last)
			continue;
		label->family = ranges[i].family;
		label->ordinal = (int)(rune - ranges[i].first) + ranges[i].base;
		*alone = ranges[i].alone;
		return used;
	}
	return script_mark(rune, at, used, label);
}

static const char *skip_stars(const char *p, const char *end)
{
	while (p < end && (*p == '*' || (*p == '_' && p + 1 < end && p[1] == '_')))
		p += *p == '_' ? 2 : 1;
	return p;
}

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

static char open_bracket(const char **p, const char *end)
{
	if (*p == end || ((unsigned char)**p < 0x80 && **p != '(' && **p != '['))
		return 0;
	if (take(p, end, "(") || take(p, end, "（"))
		return '(';
	if (take(p, end, "[") || take(p, end, "【") || take(p, end, "［") || take(p, end, "〔"))
		return '[';
	return 0;
}

/* The delimiter behind a mark, as one of a few characters; 0: none. */
static char delimiter(const char **p, const char *end)
{
	static const struct { const char *token; char means; } known[] = {
		{ ")", ')' }, { "）", ')' }, { ".", '.' }, { "．", '.' }, { "、", '.' },
		{ "。", '.' }, { ":", ':' }, { "：", ':' }, { "]", ']' }, { "】", ']' },
		{ "］", ']' }, { "〕", ']' }, { "\\)", ')' }, { "\\.", '.' }, { "﹒", '.' },
		{ "）", ')' },
	};
	size_t i;

	if (*p == end || ((unsigned char)**p < 0x80 && !strchr(").:]\\", **p)))
		return 0;
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (take(p, end, known[i].token))
			return known[i].means;
	return 0;
}

/* " - " and " – " and, in tables, " | ": only with a space on both sides. */
static char spaced_dash(const char **p, const char *end)
{
	const char *q = *p + mcq_text_space(*p, end);
	char means = '-';

	if (q == *p)
		return 0;
	if (take(&q, end, "|"))
		means = '|';
	else if (!take(&q, end, "-") && !take(&q, end, "–") && !take(&q, end, "—"))
		return 0;
	if (q < end && !mcq_text_space(q, end))
		return 0;
	*p = q;
	return means;
}

/* "1.5", "10:30" and "A.M." are no labels; "A.Red" and "A.红" are. */
static bool sits_apart(const struct mcq_label *label, const char *p, const char *end)
{
	bool digit = p < end && mcq_text_digit((unsigned char)*p);

	if (label->close != '.' && label->close != ':')
		return true;
	if (p >= end || mcq_text_space(p, end))
		return true;
	if (label->family == LABEL_DIGIT)
		return !digit;
	if (label->close == ':')
		return *p != '/' && *p != '\\';	/* C:\ and a: // */
	return !(mcq_text_alpha((unsigned char)*p) && (p + 1 >= end || p[1] == '.'));
}

size_t mcq_label_read(const char *at, const char *end, struct mcq_label *label)
{
	const char *p = at;
	const char *mark_end;
	char open;
	size_t used;
	bool alone;
	bool stars;

	p = skip_stars(p, end);
	stars = p > at;
	open = open_bracket(&p, end);
	p = skip_stars(p, end);
	used = mcq_label_mark(p, end, label, &alone);
	if (!used)
		return 0;
	p += used;
	label->open = open;
	mark_end = p;
	p = skip_stars(p, end);
	label->bold = p > mark_end && stars;
	label->close = delimiter(&p, end);
	if (!label->close && !open)
		label->close = spaced_dash(&p, end);
	if (open && label->close != (open == '(' ? ')' : ']'))
		return 0;
	if (open && p < end && (*p == ':' || *p == '.'))	/* "(A): text" */
		p++;
	if (!label->close && !alone &&
	    !(label->bold && (p == end || mcq_text_space(p, end)) &&
	      label->family != LABEL_DIGIT))
		return 0;
	if (!sits_apart(label, p, end))
		return 0;
	if (p < end && *p == '*' && stars &&
	    !label->bold) { /* "**A)** text", not "**A) text**" */
		mark_end = skip_stars(p, end);
		if (mark_end == end || mcq_text_space(mark_end, end) ||
		    (unsigned char)*mark_end >= 0x80)
			p = mark_end;
	}
	p += mcq_text_space(p, end);
	label->len = (size_t)(p - at);
	return label->len;
}

size_t mcq_label_said(const char *at, const char *end, struct mcq_label *label)
{
	const char *p = skip_stars(at, end);
	size_t used = mcq_label_read(at, end, label);
	bool alone;

	if (used)
		return used;
	used = mcq_label_mark(p, end, label, &alone);
	if (!used)
		return 0;
	p = skip_stars(p + used, end);
	if (mcq_text_wordy(p, end) && (unsigned char)*p < 0x80)
		return 0;	/* the first letter of a word */
	if (p < end && *p && strchr("+/%$&_#@", *p))
		return 0;	/* "C++", "3%" */
	if (p < end && (*p == '\'' || *p == '-') && mcq_text_wordy(p + 1, end))
		return 0;	/* "A's", "X-ray" */
	if (label->family >= LABEL_SCRIPT && mcq_text_wordy(p, end))
		return 0;
	p += mcq_text_space(p, end);
	label->len = (size_t)(p - at);
	return label->len;
}

bool mcq_label_alike(const struct mcq_label *a, const struct mcq_label *b)
{
	return a->family == b->family && a->open == b->open && a->close == b->close;
}
