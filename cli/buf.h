/* SPDX-License-Identifier: Apache-2.0
 *
 * buf: growing bytes with a maximum, and memory that never fails.
 *
 * Invariants: data is never NULL after buf_init and always ends in a NUL byte that len does
 * not count, so it can be printed as C text at any time. A buffer is born with the greatest
 * length it may reach; an addition that would pass it adds nothing, sets `full` and returns
 * -1. `full` is sticky until buf_clear, so a writer may add many pieces and look once.
 *
 *	struct buf line;
 *	buf_init(&line, 1 << 20);
 *	buf_adds(&line, "id\t");
 *	buf_printf(&line, "%d\n", 7);
 *	if (line.full) ...
 *	buf_release(&line);
 *
 * This header must not know what the bytes mean.
 */
#ifndef CLI_BUF_H
#define CLI_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define BUF_NO_MAX ((size_t)-1 / 4)	/* for text of our own making, never for input */

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	bool full;	/* something did not fit since the last buf_clear */
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);	/* empty and reusable, keeps max */
void buf_clear(struct buf *b);		/* len 0, memory kept */
void buf_shrink(struct buf *b, size_t keep);	/* clear, and give back what is over `keep` */

/* All return 0, or -1 when the addition would pass max (nothing is added then). */
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_adds(struct buf *b, const char *text);
int buf_addc(struct buf *b, char c);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Room for `more` bytes behind len; the caller fills data + len and raises len. NULL if full. */
char *buf_room(struct buf *b, size_t more);

/* Drops the first n bytes. */
void buf_eat(struct buf *b, size_t n);

/* The text is yours to free; the buffer is empty again. */
char *buf_take(struct buf *b);

/* No caller can do better than end the program when memory is out: these exit 71. */
void out_of_memory(void) __attribute__((noreturn));
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
void *xrealloc_array(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

/* Grows *array (of `size` bytes an item, *cap items) so that item number `count` fits. */
void *xgrow(void *array, size_t *cap, size_t count, size_t size);

#endif
