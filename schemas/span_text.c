/* SPDX-License-Identifier: Apache-2.0
 *
 * span_text: strings and values of a checked text, read and written; see span.h.
 */
#include "schemas/span.h"

#include <string.h>

#include <utf8proc.h>

#include "cli/buf.h"
#include "schemas/span_in.h"

/* How many bytes at text[i] are one sound character; 0: none are. */
static size_t character(const char *text, size_t i, size_t len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if ((unsigned char)text[i] < 0x80)
		return 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);
	return n > 0 ? (size_t)n : 0;
}

bool span_is_plain(const char *text, size_t len)
{
	return span_skip_plain(text, text + len) == text + len;
}

void span_quote(struct buf *out, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef", shorts[] = "btn?fr";
	size_t i, n, from = 0;

	buf_addc(out, '"');
	for (i = 0; i < len; i += n ? n : 1) {
		unsigned char c = (unsigned char)text[i];

		n = (size_t)(span_skip_plain(text + i, text + len) - (text + i));
		if (n)
			continue;
		n = character(text, i, len);
		if (n && c >= 0x80)
			continue;
		buf_add(out, text + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			buf_add(out, (char[]){ '\\', (char)c }, 2);
		else if (c == 0 || !n)
			buf_adds(out, "\xef\xbf\xbd");
		else if (c >= 8 && c <= 13 && c != 11)
			buf_add(out, (char[]){ '\\', shorts[c - 8] }, 2);
		else
			buf_add(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
	}
	buf_add(out, text + from, len - from);
	buf_addc(out, '"');
}

const char span_meaning[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r',
	['t'] = '\t',
};

/* What the escape behind a backslash means, to *to; returns where it ends. */
static const char *unescape(const char *p, const char *end, char **to)
{
	char plain = span_meaning[(unsigned char)*p];
	int c;

	if (*p != 'u') {
		*(*to)++ = plain ? plain : *p;
		return p + 1;
	}
	c = span_hex4(p + 1, end);
	p += 5;
	if (c >= 0xd800 && c <= 0xdbff) {
		c = 0x10000 + ((c - 0xd800) << 10) + (span_hex4(p + 2, end) - 0xdc00);
		p += 6;
	}
	*to += utf8proc_encode_char(c, (utf8proc_uint8_t *)*to);
	return p;
}

size_t span_unquote_to(char *to, const char *value, size_t len)
{
	const char *p = value + 1, *end = value + len - 1, *back;
	char *start = to;

	while (p < end) {
		back = memchr(p, '\\', (size_t)(end - p));
		if (!back)
			back = end;
		memcpy(to, p, (size_t)(back - p));
		to += back - p;
		p = back < end ? unescape(back + 1, end, &to) : end;
	}
	*to = '\0';
	return (size_t)(to - start);
}

void span_unquote(struct buf *out, const char *value, size_t len)
{
	char *to = buf_room(out, len);

	if (to)
		out->len += span_unquote_to(to, value, len);
}

const char *span_string_end(const char *p, const char *end)
{
	for (p = span_skip_plain(p + 1, end); *p != '"'; p = span_skip_plain(p + 1, end))
		if (*p == '\\')
			p++;
	return p;
}

void span_canon(struct buf *out, const char *value, size_t len)
{
	const char *p = value, *end = value + len, *from = value, *close;
	struct buf plain;

	for (; p < end; p++) {
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
			buf_add(out, from, (size_t)(p - from));
			from = p + 1;
		} else if (*p == '"') {
			close = span_string_end(p, end);
			if (memchr(p, '\\', (size_t)(close - p))) {
				buf_add(out, from, (size_t)(p - from));
				buf_init(&plain, BUF_NO_MAX);
				span_unquote(&plain, p, (size_t)(close + 1 - p));
				span_quote(out, plain.data, plain.len);
				buf_release(&plain);
				from = close + 1;
			}
			p = close;
		}
	}
	buf_add(out, from, (size_t)(end - from));
}
