/* SPDX-License-Identifier: Apache-2.0
 *
 * See page.h.
 */
#include "store/page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "schemas/base64.h"
#include "store/sha256.h"

#define CHUNK (64u << 10)

void page_init(struct page *p, struct sink *out)
{
	*p = (struct page){ .out = out };
	buf_init(&p->text, BUF_NO_MAX);
}

static void flush(struct page *p)
{
	if (!p->result && sink_write(p->out, p->text.data, p->text.len, &p->err))
		p->result = -1;
	buf_clear(&p->text);
}

int page_close(struct page *p, struct err *err)
{
	flush(p);
	buf_release(&p->text);
	if (p->result)
		*err = p->err;
	return p->result;
}

/* Counts what was added since `from`, and hands a full chunk on. */
static void added(struct page *p, size_t from)
{
	p->bytes += (int64_t)(p->text.len - from);
	if (p->text.len > CHUNK)
		flush(p);
}

void page_html(struct page *p, const char *html)
{
	size_t from = p->text.len;

	buf_adds(&p->text, html);
	added(p, from);
}

void page_printf(struct page *p, const char *format, ...)
{
	size_t from = p->text.len;
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&p->text, format, ap);
	va_end(ap);
	added(p, from);
}

/*
 * What a browser or an eye would be led astray by: controls, direction marks, line and
 * paragraph separators, invisible characters. Joiners stay: Persian and Hindi are written
 * with them.
 */
static bool misleads(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	if (c == 0x200c || c == 0x200d)
		return false;
	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
	       category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

static const char *entity(utf8proc_int32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* One character, or one byte that is none. Returns the bytes it took. */
static size_t add_char(struct buf *out, const char *text, size_t len, bool attribute)
{
	const char *open = attribute ? "" : "<span class=\"ctl\">";
	const char *close = attribute ? "" : "</span>";
	utf8proc_int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text,
					      (utf8proc_ssize_t)len, &c);

	if (n <= 0) {
		buf_printf(out, "%s\\x%02x%s", open, (unsigned char)*text, close);
		return 1;
	}
	if (entity(c))
		buf_adds(out, entity(c));
	else if (!attribute && (c == '\n' || c == '\t'))
		buf_addc(out, (char)c);
	else if (misleads(c))
		buf_printf(out, "%s\\u%04x%s", open, (unsigned)c, close);
	else
		buf_add(out, text, (size_t)n);
	return (size_t)n;
}

/* The greatest length up to `most` that ends between characters. */
static size_t cut_at(const char *text, size_t len, size_t most)
{
	if (len <= most)
		return len;
	while (most && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return most;
}

static void add_text(struct buf *out, const char *text, size_t most, bool attribute)
{
	size_t len = strlen(text), shown = cut_at(text, len, most), i = 0;

	while (i < shown)
		i += add_char(out, text + i, shown - i, attribute);
	if (shown < len && attribute)
		buf_adds(out, "…");
	else if (shown < len)
		buf_printf(out, "<span class=\"ctl\">… %zu of %zu bytes</span>", shown, len);
}

void page_text(struct page *p, const char *text, size_t most)
{
	size_t from = p->text.len;

	if (!text)
		return;
	buf_adds(&p->text, "<bdi>");
	add_text(&p->text, text, most, false);
	buf_adds(&p->text, "</bdi>");
	added(p, from);
}

void page_escape(struct buf *out, const char *text, size_t most)
{
	add_text(out, text, most, true);
}

void page_attr(struct page *p, const char *text, size_t most)
{
	size_t from = p->text.len;

	if (text)
		page_escape(&p->text, text, most);
	added(p, from);
}

void page_number(struct page *p, int64_t n)
{
	char digits[32], grouped[48];
	size_t len, i, to = 0;

	snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? -n : n);
	len = strlen(digits);
	if (n < 0)
		grouped[to++] = '-';
	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			grouped[to++] = ',';
		grouped[to++] = digits[i];
	}
	grouped[to] = '\0';
	page_html(p, grouped);
}

void page_count(struct page *p, const char *of, int64_t n)
{
	page_printf(p, "<data value=\"%" PRId64 "\" data-of=\"", n);
	page_attr(p, of, PAGE_WORD);
	page_html(p, "\">");
	page_number(p, n);
	page_html(p, "</data>");
}

void page_percent(struct page *p, int64_t part, int64_t whole)
{
	if (whole)
		page_printf(p, "%.1f&nbsp;%%", 100 * (double)part / (double)whole);
	else
		page_html(p, "–");
}

static const char *value_of(const char *const *pairs, const char *name, size_t len)
{
	for (; *pairs; pairs += 2)
		if (strlen(*pairs) == len && !memcmp(*pairs, name, len))
			return pairs[1];
	return NULL;
}

void page_fill(struct page *p, const char *html, const char *const *pairs)
{
	size_t from = p->text.len;
	const char *at, *end, *value;

	while ((at = strchr(html, '@')) && (end = strchr(at + 1, '@'))) {
		value = value_of(pairs, at + 1, (size_t)(end - at - 1));
		buf_add(&p->text, html, (size_t)((value ? at : end) - html));
		if (value)
			buf_adds(&p->text, value);
		html = value ? end + 1 : end;
	}
	buf_adds(&p->text, html);
	added(p, from);
}

void page_hash(struct buf *out, const char *text)
{
	unsigned char sum[SHA256_BYTES];
	char base64[BASE64_LEN(SHA256_BYTES)];
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, text, strlen(text));
	sha256_end(&s, sum);
	sha256_release(&s);
	buf_printf(out, "'sha256-%.*s'", (int)base64_encode(base64, sum, sizeof(sum)), base64);
}
