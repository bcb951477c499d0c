/* SPDX-License-Identifier: Apache-2.0
 *
 * See meter.h. The rate is of the last minute or so (a moving average), the ETA comes from
 * completions, never from requests sent. The bar is one line whatever the terminal's width:
 * what matters least is left out first.
 */
#include "cli/meter.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"

#define DRAW_EVERY_S 0.1
#define PLAIN_EVERY_S 30.0
#define AVERAGE_OVER_S 20.0

struct meter {
	enum meter_style style;
	const char *unit;
	double started_s, drawn_s;
	int64_t drawn_done;
	double rate;	/* records a second */
	bool rated;
};

/* What msg_before has to take away; the terminal is global too. */
static int bar_columns;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int terminal_columns(void)
{
	struct winsize size;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0 ? size.ws_col : 80;
}

/*
 * Puts the cursor where the bar begins and clears from there. A terminal that was made narrower
 * has wrapped the bar over several lines.
 */
static void erase_bar(struct buf *b)
{
	int lines = bar_columns ? (bar_columns - 1) / terminal_columns() : 0;

	buf_adds(b, "\r");
	if (lines)
		buf_printf(b, "\033[%dA", lines);
	buf_adds(b, "\033[J");
	bar_columns = 0;
}

/* In one write: lines of two programs on a terminal do not tear. */
static void put(const struct buf *b)
{
	ssize_t ignored = write(STDERR_FILENO, b->data, b->len);

	(void)ignored;
}

static void take_bar_away(void)
{
	struct buf b;

	if (!bar_columns)
		return;
	buf_init(&b, BUF_NO_MAX);
	erase_bar(&b);
	put(&b);
	buf_release(&b);
}

static bool is_pipe(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

static enum meter_style choose(void)
{
	const char *term = getenv("TERM");

	if (isatty(STDERR_FILENO) && !is_pipe(STDIN_FILENO) && !is_pipe(STDOUT_FILENO) &&
	    !(term && !strcmp(term, "dumb")))
		return METER_BAR;
	return METER_PLAIN;
}

int meter_style_parse(const char *text, enum meter_style *style)
{
	static const char *const names[] = { "auto", "bar", "plain", "none" };
	int i;

	for (i = 0; i < 4; i++) {
		if (!strcmp(text, names[i])) {
			*style = (enum meter_style)i;
			return 0;
		}
	}
	return -1;
}

struct meter *meter_new(enum meter_style style, const char *unit)
{
	struct meter *m = xcalloc(1, sizeof(*m));

	m->style = style == METER_AUTO ? choose() : style;
	m->unit = unit;
	m->started_s = m->drawn_s = now_s();
	if (m->style == METER_BAR)
		msg_before(take_bar_away);
	return m;
}

/* 95 -> "1m35s", 7300 -> "2h01m" */
static void add_time(struct buf *b, double s)
{
	long t = (long)(s + 0.5);

	if (t >= 86400)
		buf_printf(b, "%ldd%02ldh", t / 86400, t / 3600 % 24);
	else if (t >= 3600)
		buf_printf(b, "%ldh%02ldm", t / 3600, t / 60 % 60);
	else if (t >= 60)
		buf_printf(b, "%ldm%02lds", t / 60, t % 60);
	else
		buf_printf(b, "%lds", t);
}

/* 1234 -> "1234", 51200 -> "51.2k", 5120000 -> "5.1M": numbers nobody reads to the last digit. */
static void add_short(struct buf *b, int64_t n)
{
	if (n < 10000)
		buf_printf(b, "%lld", (long long)n);
	else if (n < 1000000)
		buf_printf(b, "%.1fk", (double)n / 1e3);
	else if (n < 1000000000)
		buf_printf(b, "%.1fM", (double)n / 1e6);
	else
		buf_printf(b, "%.1fG", (double)n / 1e9);
}

static void add_count(struct buf *b, int64_t n, const char *what)
{
	if (!n)
		return;
	add_short(b, n);
	buf_printf(b, " %s", what);
}

/* The parts of a line, what matters most first; an empty one is left out. */
enum part { DONE, RATE, ETA, FAILED, IN_FLIGHT, FROM_LEDGER, RETRIES, TOKENS, PARTS };

static void part_text(const struct meter *m, const struct meter_now *now, enum part part,
		      struct buf *b)
{
	int width = 1;

	switch (part) {
	case DONE:
		if (now->total > 0)	/* as wide at the start as at the end */
			width = snprintf(NULL, 0, "%lld", (long long)now->total);
		buf_printf(b, "%*lld", width, (long long)now->done);
		if (now->total > 0)
			buf_printf(b, "/%lld", (long long)now->total);
		buf_printf(b, " %s", m->unit);
		break;
	case RATE:
		buf_printf(b, "%.*f/s", m->rate < 10 ? 1 : 0, m->rate);
		break;
	case ETA:
		if (now->total > now->done && m->rate > 0) {
			buf_adds(b, "ETA ");
			add_time(b, (double)(now->total - now->done) / m->rate);
		}
		break;
	case FAILED:
		add_count(b, now->left, "failed");
		break;
	case IN_FLIGHT:
		add_count(b, now->in_flight, "in flight");
		break;
	case FROM_LEDGER:
		add_count(b, now->from_ledger, "from ledger");
		break;
	case RETRIES:
		add_count(b, now->retries, "retries");
		break;
	default:
		add_count(b, now->tokens, "tokens");
	}
}

/* As many parts as fit into so many columns (all texts are ASCII). */
static void add_parts(struct buf *b, const struct meter *m, const struct meter_now *now,
		      size_t columns)
{
	size_t start = b->len;
	struct buf text;
	int part;

	buf_init(&text, BUF_NO_MAX);
	for (part = 0; part < PARTS; part++) {
		buf_clear(&text);
		part_text(m, now, (enum part)part, &text);
		if (text.len && b->len - start + 2 + text.len <= columns)
			buf_printf(b, "%s%s", b->len > start ? "  " : "", text.data);
	}
	buf_release(&text);
}

static void add_bar(struct buf *b, const struct meter_now *now, int cells)
{
	int i, filled = (int)((double)cells * (double)now->done / (double)now->total);

	/* the total is an estimate while the input is being read; done may pass it */
	buf_addc(b, '[');
	for (i = 0; i < cells; i++)
		buf_addc(b, i < filled ? '=' : ' ');
	buf_adds(b, "] ");
}

/* The last column stays free: some terminals wrap there. */
static void draw(const struct meter *m, const struct meter_now *now)
{
	int columns = terminal_columns() - 1, cells = columns < 79 ? 10 : 20;
	struct buf b, line;

	buf_init(&b, BUF_NO_MAX);
	buf_init(&line, BUF_NO_MAX);
	if (now->total > 0 && columns > 40)
		add_bar(&line, now, cells);
	add_parts(&line, m, now, columns > (int)line.len ? (size_t)columns - line.len : 0);
	erase_bar(&b);
	buf_add(&b, line.data, line.len);
	put(&b);
	bar_columns = (int)line.len;
	buf_release(&line);
	buf_release(&b);
}

void meter_show(struct meter *m, const struct meter_now *now)
{
	double t, weight, recent;
	struct buf b;

	if (m->style == METER_NONE)
		return;
	t = now_s();
	if (t - m->drawn_s < (m->style == METER_BAR ? DRAW_EVERY_S : PLAIN_EVERY_S))
		return;
	recent = (double)(now->done - m->drawn_done) / (t - m->drawn_s);
	weight = m->rated ? (t - m->drawn_s) / (AVERAGE_OVER_S + (t - m->drawn_s)) : 1;
	m->rate += weight * (recent - m->rate);
	m->rated = m->rated || now->done > 0;
	m->drawn_s = t;
	m->drawn_done = now->done;
	if (m->style == METER_BAR) {
		draw(m, now);
		return;
	}
	buf_init(&b, BUF_NO_MAX);
	add_parts(&b, m, now, SIZE_MAX / 2);
	note("%s", b.data);
	buf_release(&b);
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	take_bar_away();
	free(m);
}
