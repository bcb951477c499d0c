/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_text.h. Most text is ASCII or CJK and needs no tables; only the rest is handed to
 * utf8proc, which is exact and an order of magnitude slower.
 */
#include "curate/mcq_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "cli/buf.h"

#define REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of a code point of the blocks that hold most letters and no white space or
 * mark: U+00C0 to U+07FF, U+4000 to U+CFFF. 0: look closer.
 */
static inline int easy_rune(const char *at, const char *end)
{
	unsigned char c = (unsigned char)*at;

	if (c >= 0xc3 && c <= 0xdf)
		return end - at > 1 && (at[1] & 0xc0) == 0x80 ? 2 : 0;
	if (c >= 0xe4 && c <= 0xec)
		return end - at > 2 && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80 ? 3 : 0;
	return 0;
}

/* Three bytes that can only be one code point: no overlong form, no surrogate. */
static inline bool is_three(const char *at, const char *end)
{
	unsigned char c = (unsigned char)*at;

	return c > 0xe0 && c < 0xf0 && c != 0xed && end - at > 2 && (at[1] & 0xc0) == 0x80 &&
	       (at[2] & 0xc0) == 0x80;
}

size_t mcq_text_rune(const char *at, const char *end, int32_t *rune)
{
	utf8proc_ssize_t used;

	*rune = -1;
	if (at >= end)
		return 0;
	if ((unsigned char)*at < 0x80) {
		*rune = (unsigned char)*at;
		return 1;
	}
	if (is_three(at, end)) {
		*rune = (at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 | (at[2] & 0x3f);
		return 3;
	}
	if (easy_rune(at, end) == 2) {
		*rune = (at[0] & 0x1f) << 6 | (at[1] & 0x3f);
		return 2;
	}
	used = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, rune);
	if (used <= 0) {
		*rune = -1;
		return 1;
	}
	return (size_t)used;
}

/* Marks that show nothing: soft hyphen, zero-width space, BOM, direction. (Joiners stay.) */
static bool is_invisible(int32_t rune)
{
	return rune == 0xad || rune == 0x200b || rune == 0x200e || rune == 0x200f ||
	       (rune >= 0x202a && rune <= 0x202e) || (rune >= 0x2060 && rune <= 0x206f) ||
	       rune == 0xfeff;
}

static bool is_blank(int32_t rune)
{
	return (rune >= 0 && rune <= 0x20) || (rune >= 0x7f && rune <= 0xa0) ||
	       rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
	       rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000 ||
	       is_invisible(rune);
}

size_t mcq_text_space(const char *at, const char *end)
{
	const char *p = at;
	int32_t rune;
	size_t used;

	while (p < end) {
		if ((unsigned char)*p <= 0x20) {
			p++;
			continue;
		}
		if ((unsigned char)*p < 0x7f || easy_rune(p, end))
			break;
		used = mcq_text_rune(p, end, &rune);
		if (!is_blank(rune))
			break;
		p += used;
	}
	return (size_t)(p - at);
}

bool mcq_text_wordy(const char *at, const char *end)
{
	int32_t rune;

	if (!mcq_text_rune(at, end, &rune) || rune < 0)
		return false;
	if (rune < 0x80)
		return mcq_text_alpha((unsigned char)rune) ||
		       mcq_text_digit((unsigned char)rune);
	switch (utf8proc_category(rune)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL:
		return true;
	default:
		return false;
	}
}

/* The start of the code point that ends before `end`. */
static const char *rune_before(const char *start, const char *end)
{
	const char *p = end - 1;

	while (p > start && end - p < 4 && ((unsigned char)*p & 0xc0) == 0x80)
		p--;
	return p;
}

struct mcq_text mcq_text_trim(struct mcq_text text)
{
	const char *p = text.at, *end = text.at + text.len, *before;
	int32_t rune;

	p += mcq_text_space(p, end);
	while (end > p) {
		if ((unsigned char)end[-1] <= 0x20) {
			end--;
			continue;
		}
		if ((unsigned char)end[-1] < 0x80)
			break;
		before = rune_before(p, end);
		if (easy_rune(before, end) == end - before)
			break;
		if (mcq_text_rune(before, end, &rune) != (size_t)(end - before) ||
		    !is_blank(rune))
			break;
		end = before;
	}
	return mcq_text_of(p, end);
}

bool mcq_text_starts(struct mcq_text text, const char *ascii)
{
	size_t i;

	for (i = 0; ascii[i]; i++)
		if (i >= text.len || mcq_text_lower((unsigned char)text.at[i]) !=
				     mcq_text_lower((unsigned char)ascii[i]))
			return false;
	return true;
}

bool mcq_text_asks(struct mcq_text text)
{
	if (memchr(text.at, '?', text.len))
		return true;
	if (memchr(text.at, '_', text.len) && memmem(text.at, text.len, "___", 3))
		return true;	/* a gap to fill */
	return (memchr(text.at, 0xef, text.len) &&
		memmem(text.at, text.len, "\xef\xbc\x9f", 3)) ||
	       (memchr(text.at, 0xd8, text.len) &&		/* Arabic */
		memmem(text.at, text.len, "\xd8\x9f", 2));
}

struct mcq_text mcq_text_untag(struct mcq_text text)
{
	static const char *const known[] = {
		"br", "p", "li", "b", "i", "strong", "em", "div", "span", "question", "answer",
		"option", "options", "choice", "choices", "item", "q", "a", "h1", "h2", "h3",
		"h4",
	};
	const char *open;
	struct mcq_text name;
	size_t i;

	for (;;) {
		text = mcq_text_trim(text);
		if (!text.len || text.at[text.len - 1] != '>')
			return text;
		open = memrchr(text.at, '<', text.len);
		if (!open || text.at + text.len - open > 16)
			return text;
		name = mcq_text_of(open + 1, text.at + text.len - 1);
		if (name.len && *name.at == '/')
			name = mcq_text_of(name.at + 1, name.at + name.len);
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (mcq_text_starts(name, known[i]) &&
			    (name.len == strlen(known[i]) || !mcq_text_alpha(
				    (unsigned char)name.at[strlen(known[i])])))
				break;
		if (i == sizeof(known) / sizeof(*known))
			return text;
		text.len = (size_t)(open - text.at);
	}
}

/* Scripts written without spaces between words: lines of these join without one. */
static bool is_unspaced(int32_t rune)
{
	return (rune >= 0x2e80 && rune <= 0x9fff) || (rune >= 0xf900 && rune <= 0xfaff) ||
	       (rune >= 0xff00 && rune <= 0xff60) || (rune >= 0x20000 && rune <= 0x3ffff) ||
	       (rune >= 0x0e00 && rune <= 0x0e7f);
}

static bool ends_with(struct mcq_text text, const char *mark, size_t len)
{
	return text.len >= len && !memcmp(text.at + text.len - len, mark, len);
}

/*
 * Takes off one pair of marks around the whole text, or half a pair whose other half stood
 * before the label ("**1. Which?**" arrives here as "Which?**").
 */
static bool unwrap(struct mcq_text *text)
{
	static const char *const marks[] = { "***", "**", "`", "*" };
	struct mcq_text inner;
	bool before, after;
	size_t i, len;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		len = strlen(marks[i]);
		before = text->len > len && !memcmp(text->at, marks[i], len);
		after = ends_with(*text, marks[i], len);
		if (!before && !after)
			continue;
		inner = mcq_text_of(text->at + (before ? len : 0),
				    text->at + text->len - (after ? len : 0));
		if (before != after && (len == 1 || memmem(inner.at, inner.len, marks[i], len)))
			continue;
		if (before && after && memmem(inner.at, inner.len, marks[i], len))
			continue;
		*text = mcq_text_trim(inner);
		return true;
	}
	return false;
}

/* "**word**" inside a text is emphasis: the distance to the closing pair, or 0. */
static size_t emphasis(const char *at, const char *end)
{
	const char *close;

	if (end - at < 5 || at[0] != '*' || at[1] != '*' || at[2] == '*' || at[2] == ' ')
		return 0;
	/* 200 bytes: longer bold runs are whole sentences, and the search stays linear */
	close = memmem(at + 2, (size_t)(end - at - 2 > 200 ? 200 : end - at - 2), "**", 2);
	return close && close[-1] != ' ' && close[-1] != '*' ? (size_t)(close - at) : 0;
}

/* Only marks that show nothing, so no space stands there. */
static bool all_invisible(const char *p, const char *end)
{
	int32_t rune;

	while (p < end) {
		p += mcq_text_rune(p, end, &rune);
		if (!is_invisible(rune))
			return false;
	}
	return true;
}

/* Appends what stands for a run of white space; skips the ">" of a quoted next line. */
static const char *clean_space(const char *p, const char *end, struct buf *out)
{
	const char *stop = p + mcq_text_space(p, end);
	bool wrapped =
		memchr(p, '\n', (size_t)(stop - p)) || memchr(p, '\r', (size_t)(stop - p));
	int32_t last = 0, next = 0;
	const char *tail;

	if (all_invisible(p, stop))
		return stop;
	if (wrapped && stop < end && *stop == '>')
		stop += 1 + mcq_text_space(stop + 1, end);
	if (stop == end || !out->len)
		return stop;
	tail = rune_before(out->data, out->data + out->len);
	mcq_text_rune(tail, out->data + out->len, &last);
	mcq_text_rune(stop, end, &next);
	if (!wrapped || !is_unspaced(last) || !is_unspaced(next))
		buf_addc(out, ' ');
	return stop;
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '*' && c != '\\';
}

/* One step of the copy; always moves on. */
static const char *clean_step(const char *p, const char *end, const char **bold_end,
			      struct buf *out)
{
	size_t used = mcq_text_space(p, end);
	int32_t rune;

	if (used)
		return clean_space(p, end, out);
	if (p == *bold_end)
		return p + 2;
	if (p > *bold_end && (used = emphasis(p, end))) {
		*bold_end = p + used;
		return p + 2;
	}
	/* Markdown escapes of Gemini and Qwen: "1\.", "snake\_case" */
	if (*p == '\\' && end - p > 1 && p[1] && strchr("_*#.-!`~>", p[1]))
		p++;
	used = mcq_text_rune(p, end, &rune);
	if (rune < 0)
		buf_add(out, REPLACEMENT, 3);
	else
		buf_add(out, p, used);
	return p + used;
}

/* Printable ASCII with single spaces and no marks: most options. */
static bool is_clean(struct mcq_text text)
{
	const char *p = text.at, *end = p + text.len;

	for (; p < end; p++)
		if (!mcq_text_alpha((unsigned char)*p) && !is_plain((unsigned char)*p) &&
		    (*p != ' ' || p + 1 == end || p[1] == ' ' || p == text.at))
			return false;
	return !text.len || (*text.at != '`' && end[-1] != '`' && end[-1] != '>');
}

char *mcq_text_clean(struct mcq_text text)
{
	struct buf out;
	const char *p, *run, *end, *bold_end;
	size_t used;

	text = mcq_text_trim(text);
	if (is_clean(text))
		return xstrndup(text.at, text.len);
	text = mcq_text_untag(text);
	while (unwrap(&text))
		;
	if (is_clean(text))
		return xstrndup(text.at, text.len);
	buf_init(&out, BUF_NO_MAX);
	buf_room(&out, text.len + 1);
	end = text.at + text.len;
	bold_end = text.at - 1;
	for (p = text.at; p < end; ) {
		for (run = p; p < end; p += used) {
			used = is_plain((unsigned char)*p) ? 1 : (size_t)easy_rune(p, end);
			if (!used)
				break;
		}
		if (p > run)
			buf_add(&out, run, (size_t)(p - run));
		if (p < end - 1 && *p == ' ' && is_plain((unsigned char)p[1]) && out.len) {
			buf_addc(&out, ' ');
			p++;
		} else if (p < end) {
			p = clean_step(p, end, &bold_end, &out);
		}
	}
	return buf_take(&out);
}

/* Code points that look alike to a reader become one; others return themselves. */
static int32_t plain_form(int32_t rune)
{
	if (rune >= 0xff01 && rune <= 0xff5e)	/* full-width ASCII */
		return rune - 0xff01 + '!';
	if (rune == 0x2018 || rune == 0x2019 || rune == 0x201b || rune == 0x2032 || rune == '`')
		return '\'';
	if (rune == 0x201c || rune == 0x201d || rune == 0x2033 || rune == 0xab || rune == 0xbb)
		return '"';
	if ((rune >= 0x2010 && rune <= 0x2015) || rune == 0x2212)
		return '-';
	return rune;
}

/* Letters that fold alone, composed already and without neighbours that could change them. */
static int32_t fold_alone(int32_t rune)
{
	if (rune < 0x80)
		return mcq_text_lower((unsigned char)rune);
	if (rune >= 0xc0 && rune <= 0xde && rune != 0xd7)
		return rune + 32;
	if ((rune > 0xdf && rune <= 0xff) || (rune >= 0x4e00 && rune <= 0x9fff) ||
	    (rune >= 0x3041 && rune <= 0x3096) || (rune >= 0x30a1 && rune <= 0x30fc) ||
	    (rune >= 0xac00 && rune <= 0xd7a3) || (rune >= 0x3001 && rune <= 0x3011))
		return rune;
	return -1;
}

/* Full stops and commas that end a text say nothing about it; quotes around it neither. */
static void fold_edges(struct buf *out, size_t start)
{
	char *p = out->data + start;
	size_t len = out->len - start, keep = len;

	while (keep && (strchr(".,;: ", p[keep - 1]) ||
			(keep > 2 && !memcmp(p + keep - 3, "\xe3\x80\x82", 3))))
		keep -= strchr(".,;: ", p[keep - 1]) ? 1 : 3;
	if (keep > 2 && (*p == '"' || *p == '\'') && p[keep - 1] == *p &&
	    !memchr(p + 1, *p, keep - 2)) {
		memmove(p, p + 1, keep - 2);
		keep -= 2;
	}
	if (!keep)
		return;
	out->len = start + keep;
	out->data[out->len] = '\0';
}

static bool fold_fast(const char *text, struct buf *out)
{
	const char *p = text, *end = text + strlen(text);
	utf8proc_uint8_t bytes[4];
	int32_t rune;
	char *to = buf_room(out, (size_t)(end - p));

	for (; p < end && (unsigned char)*p < 0x80; p++)
		*to++ = *p == '`' ? '\'' : (char)mcq_text_lower((unsigned char)*p);
	*to = '\0';
	out->len += (size_t)(p - text);
	while (p < end) {
		p += mcq_text_rune(p, end, &rune);
		rune = fold_alone(plain_form(rune));
		if (rune < 0)
			return false;
		if (rune < 0x80)
			buf_addc(out, (char)rune);
		else
			buf_add(out, bytes, (size_t)utf8proc_encode_char(rune, bytes));
	}
	return true;
}

static void fold_exactly(const char *text, struct buf *out)
{
	const char *p = text, *end = text + strlen(text);
	utf8proc_uint8_t bytes[4], *folded = NULL;
	utf8proc_ssize_t n;
	struct buf plain;
	int32_t rune;

	buf_init(&plain, BUF_NO_MAX);
	while (p < end) {
		p += mcq_text_rune(p, end, &rune);
		buf_add(&plain, bytes, (size_t)utf8proc_encode_char(plain_form(rune), bytes));
	}
	n = utf8proc_map((const utf8proc_uint8_t *)plain.data, (utf8proc_ssize_t)plain.len,
			 &folded, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	if (n == UTF8PROC_ERROR_NOMEM)
		out_of_memory();
	if (n >= 0)
		buf_adds(out, (char *)folded);
	else
		buf_add(out, plain.data, plain.len);
	free(folded);
	buf_release(&plain);
}

void mcq_text_fold_clean(const char *clean, struct buf *out)
{
	size_t start = out->len;

	if (!fold_fast(clean, out)) {
		out->len = start;
		fold_exactly(clean, out);
	}
	fold_edges(out, start);
}

void mcq_text_fold(struct mcq_text text, struct buf *out)
{
	char *clean = mcq_text_clean(text);

	mcq_text_fold_clean(clean, out);
	free(clean);
}
