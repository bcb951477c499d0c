/* SPDX-License-Identifier: Apache-2.0
 *
 * page: writes HTML. Markup is ours and goes out as it stands; text of others (models, file
 * names, reasons) goes through page_text or page_attr only, which leave nothing in it that a
 * browser would obey: markup is escaped, control and direction marks come out visible, as
 * <span class="ctl">\u202e</span>, and longer text is cut and says so.
 *
 * Bytes stream into the sink; a failed write is sticky and is asked for once, at the end.
 *
 *	page_init(&page, sink);
 *	page_html(&page, "<p>");
 *	page_text(&page, said, 2000);
 *	page_count(&page, "kept", 12345);	<data ... data-of="kept">12,345</data>
 *	if (page_close(&page, &err)) ...
 */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include <stdint.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "store/sink.h"

#define PAGE_WORD 120	/* most bytes shown of a name: a model, a reason, a rule */
#define PAGE_LINE 400	/* of an option, a path, a message */
#define PAGE_TEXT 2000	/* of a question or a caption */

struct page {
	struct sink *out;
	struct buf text;	/* not yet in the sink */
	int64_t bytes;		/* written so far, with text */
	int result;
	struct err err;
};

void page_init(struct page *p, struct sink *out);
int page_close(struct page *p, struct err *err);	/* flushes; the sink stays open */

void page_html(struct page *p, const char *html);
/* For numbers and words of our own; %s must never be text of others. */
void page_printf(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text of others between tags, isolated from the direction of what is around it. NULL: nothing. */
void page_text(struct page *p, const char *text, size_t most);
/* ... and inside a double-quoted attribute, or a title. */
void page_escape(struct buf *out, const char *text, size_t most);
void page_attr(struct page *p, const char *text, size_t most);

/* A number to be read by people (12,345) and programs (value, data-of). */
void page_count(struct page *p, const char *of, int64_t n);
void page_number(struct page *p, int64_t n);		/* 12,345, no element */
void page_percent(struct page *p, int64_t part, int64_t whole);	/* 12.3 %, or a dash */

/*
 * A template with @NAME@ where the value goes, as it stands: names and values in pairs, ended
 * by NULL.
 */
void page_fill(struct page *p, const char *html, const char *const *pairs);

/* "'sha256-...'": what a Content-Security-Policy calls an inline script or style. Appends. */
void page_hash(struct buf *out, const char *text);

#endif
