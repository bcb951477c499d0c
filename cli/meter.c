/* SPDX-License-Identifier: Apache-2.0
 *
 * See meter.h. The rate is of the last minute or so (a moving average), the ETA comes from
 * completions, never from requests sent.
 */
#include "cli/meter.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static bool bar_drawn;	/* what msg_before has to take away; the terminal is global too */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void take_bar_away(void)
{
	static const char erase[] = "\r\033[K";
	ssize_t ignored;

	if (!bar_drawn)
		return;
	bar_drawn = false;
	ignored = write(STDERR_FILENO, erase, sizeof(erase) - 1);
	(void)ignored;
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

static void add_numbers(struct buf *b, const struct meter *m, const struct meter_now *now)
{
	buf_printf(b, "%lld", (long long)now->done);
	if (now->total > 0)
		buf_printf(b, "/%lld", (long long)now->total);
	buf_printf(b, " %s  %.*f/s", m->unit, m->rate < 10 ? 1 : 0, m->rate);
	if (now->in_flight)
		buf_printf(b, "  %lld in flight", (long long)now->in_flight);
	if (now->from_ledger)
		buf_printf(b, "  %lld from ledger", (long long)now->from_ledger);
	if (now->retries)
		buf_printf(b, "  %lld retries", (long long)now->retries);
	if (now->left)
		buf_printf(b, "  %lld failed", (long long)now->left);
	if (now->tokens)
		buf_printf(b, "  %lld tokens", (long long)now->tokens);
	if (now->total > now->done && m->rate > 0) {
		buf_adds(b, "  ETA ");
		add_time(b, (double)(now->total - now->done) / m->rate);
	}
}

static void draw_bar(struct buf *b, const struct meter_now *now)
{
	int i, filled;

	if (now->total <= 0)
		return;
	filled = (int)(20 * now->done / now->total);
	buf_addc(b, '[');
	for (i = 0; i < 20; i++)
		buf_addc(b, i < filled ? '=' : ' ');
	buf_adds(b, "] ");
}

void meter_show(struct meter *m, const struct meter_now *now)
{
	double t, weight, recent;
	struct buf b;
	ssize_t ignored;

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
	buf_init(&b, BUF_NO_MAX);
	if (m->style == METER_BAR) {
		buf_adds(&b, "\r\033[K");
		draw_bar(&b, now);
		add_numbers(&b, m, now);
		ignored = write(STDERR_FILENO, b.data, b.len);
		(void)ignored;
		bar_drawn = true;
	} else {
		add_numbers(&b, m, now);
		note("%s", b.data);
	}
	buf_release(&b);
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	take_bar_away();
	free(m);
}
