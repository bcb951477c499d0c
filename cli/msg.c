/* SPDX-License-Identifier: Apache-2.0
 *
 * See msg.h. The one file that writes sentences to stderr.
 */
#include "cli/msg.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utf8proc.h>

#include "cli/buf.h"

#define LONGEST 8192	/* bytes of one message; the rest is cut, a person reads no more */

static struct {
	const char *program;
	bool quiet;
	void (*before)(void);
} msg = { .program = "capqa" };

void msg_init(const char *program, bool quiet)
{
	msg.program = program;
	msg.quiet = quiet;
}

const char *msg_program(void)
{
	return msg.program;
}

void msg_quiet(bool quiet)
{
	msg.quiet = quiet;
}

void msg_before(void (*hook)(void))
{
	msg.before = hook;
}

/*
 * A terminal obeys C0 and C1 controls; a reader is misled by bidi marks and isolates
 * (U+200E, 200F, 202A..202E, 2066..2069), invisible joiners and tags.
 */
static bool obeyed(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
	       category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

void msg_clean(struct buf *out, const char *text, size_t len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	size_t i;

	for (i = 0; i < len; i += (size_t)n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
				     (utf8proc_ssize_t)(len - i), &c);
		if (n <= 0) {
			n = 1;
			buf_printf(out, "\\x%02x", (unsigned char)text[i]);
		} else if (c == '\n') {
			buf_adds(out, "\\n");
		} else if (c == '\t') {
			buf_adds(out, "\\t");
		} else if (obeyed(c)) {
			buf_printf(out, "\\u%04x", (unsigned)c);
		} else {
			buf_add(out, text + i, (size_t)n);
		}
	}
}

static void put(const char *text, size_t len)
{
	ssize_t n;

	if (msg.before)
		msg.before();
	while (len) {
		n = write(STDERR_FILENO, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void __attribute__((format(printf, 2, 0)))
say(const char *what, const char *format, va_list ap, int code)
{
	struct buf raw, line;
	size_t n = strlen(format);

	buf_init(&raw, BUF_NO_MAX);
	buf_init(&line, BUF_NO_MAX);
	buf_vprintf(&raw, format, ap);
	if (n && format[n - 1] == ':')
		buf_printf(&raw, " %s", strerror(code));
	buf_printf(&line, "%s: %s", msg.program, what);
	msg_clean(&line, raw.data, raw.len < LONGEST ? raw.len : LONGEST);
	buf_addc(&line, '\n');
	put(line.data, line.len);
	buf_release(&raw);
	buf_release(&line);
}

void note(const char *format, ...)
{
	int code = errno;
	va_list ap;

	if (msg.quiet)
		return;
	va_start(ap, format);
	say("", format, ap, code);
	va_end(ap);
}

void complain(const char *format, ...)
{
	int code = errno;
	va_list ap;

	va_start(ap, format);
	say("", format, ap, code);
	va_end(ap);
}

void warn(const char *format, ...)
{
	int code = errno;
	va_list ap;

	va_start(ap, format);
	say("warning: ", format, ap, code);
	va_end(ap);
}

void die(enum exit_code code, const char *format, ...)
{
	int number = errno;
	va_list ap;

	va_start(ap, format);
	say("", format, ap, number);
	va_end(ap);
	exit(code);
}

void die_err(const struct err *err)
{
	die(err->kind, "%s", err->text);
}

void msg_line(const char *text)
{
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	msg_clean(&line, text, strlen(text));
	buf_addc(&line, '\n');
	put(line.data, line.len);
	buf_release(&line);
}

/* A text that was cut must not end inside a UTF-8 character: it becomes part of a record. */
static void drop_half_character(char *text)
{
	size_t len = strlen(text), from = len;
	utf8proc_int32_t c;

	while (from && len - from < 3 && ((unsigned char)text[from - 1] & 0xc0) == 0x80)
		from--;
	if (from && (unsigned char)text[from - 1] >= 0xc0 &&
	    utf8proc_iterate((const utf8proc_uint8_t *)text + from - 1, -1, &c) <= 0)
		text[from - 1] = '\0';
}

int err_set(struct err *err, enum exit_code kind, const char *format, ...)
{
	int code = errno;
	size_t n = strlen(format), used;
	va_list ap;

	if (!err)
		return -1;
	err->kind = kind;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	used = strlen(err->text);
	if (n && format[n - 1] == ':')
		snprintf(err->text + used, sizeof(err->text) - used, " %s", strerror(code));
	drop_half_character(err->text);
	return -1;
}
