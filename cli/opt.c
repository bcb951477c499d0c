/* SPDX-License-Identifier: Apache-2.0
 *
 * See opt.h. getopt_long does the scanning; this file builds its tables from ours. What the
 * table says to people is opt_help.c.
 */
#include "cli/opt.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/version.h"

#define MOST_OPTIONS 100
#define FIRST_LONG 1000		/* getopt's value of option number 0 */

enum { ASK_HELP = 500, ASK_VERSION, ASK_MAN, ASK_OPTIONS };

static int read_count(const char *text, int64_t *to)
{
	static const char suffixes[] = "kMG";
	char *end;
	const char *s;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || n < 0)
		return -1;
	s = *end ? strchr(suffixes, *end) : NULL;
	if (*end && (!s || end[1]))
		return -1;
	for (; s && s >= suffixes; s--) {
		if (n > INT64_MAX / 1000)
			return -1;
		n *= 1000;
	}
	*to = n;
	return 0;
}

static int read_number(const char *text, double *to, char *suffix)
{
	char *end;
	double d;

	errno = 0;
	d = strtod(text, &end);
	if (errno || end == text || !isfinite(d))
		return -1;
	if (*end && (!suffix || end[1]))
		return -1;
	if (suffix)
		*suffix = *end;
	*to = d;
	return 0;
}

static int read_seconds(const char *text, double *to)
{
	char unit;

	if (read_number(text, to, &unit) || *to < 0)
		return -1;
	switch (unit) {
	case '\0':
	case 's':
		break;
	case 'm':
		*to *= 60;
		break;
	case 'h':
		*to *= 3600;
		break;
	case 'd':
		*to *= 86400;
		break;
	default:
		return -1;
	}
	return *to <= OPT_SECONDS_MAX ? 0 : -1;
}

static void add_item(struct opt_list *list, const char *text)
{
	list->items = xgrow(list->items, &list->cap, list->count, sizeof(*list->items));
	list->items[list->count++] = text;
}

static int store(const struct opt *o, const char *text, struct err *err)
{
	struct err why = { 0 };
	int bad = 0;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		break;
	case OPT_TEXT:
		*(const char **)o->to = text;
		break;
	case OPT_LIST:
		add_item(o->to, text);
		break;
	case OPT_COUNT:
		bad = read_count(text, o->to);
		break;
	case OPT_SECONDS:
		bad = read_seconds(text, o->to);
		break;
	case OPT_NUMBER:
		bad = read_number(text, o->to, NULL);
		break;
	case OPT_PARSE:
		if (o->parse(text, o->to, &why))
			return err_set(err, EXIT_USAGE, "--%s: %s", o->name, why.text);
		break;
	}
	if (bad)
		return err_set(err, EXIT_USAGE, "--%s takes %s, not '%s'", o->name,
			       o->type == OPT_COUNT ? "a whole number" :
			       o->type == OPT_SECONDS ? "a time such as 90, 15m or 2h" :
			       "a number", text);
	return 0;
}

/* Everything getopt_long wants, and the way back from its answer to our table. */
struct scan {
	struct option longs[MOST_OPTIONS + 5];
	const struct opt *by_number[MOST_OPTIONS];
	char shorts[3 * MOST_OPTIONS];
	int count;
};

static void scan_add(struct scan *s, const struct opt *o)
{
	size_t n = strlen(s->shorts);

	assert(s->count < MOST_OPTIONS);
	s->longs[s->count] = (struct option){ o->name, o->type == OPT_FLAG ? no_argument :
					      required_argument, NULL, FIRST_LONG + s->count };
	s->by_number[s->count++] = o;
	if (o->letter)
		snprintf(s->shorts + n, sizeof(s->shorts) - n, "%c%s", o->letter,
			 o->type == OPT_FLAG ? "" : ":");
}

static void scan_init(struct scan *s, const struct about *about)
{
	const struct opt_block *block;
	const struct opt *o;

	memset(s, 0, sizeof(*s));
	strcpy(s->shorts, ":hV");
	for (block = about->blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			scan_add(s, o);
	s->longs[s->count] = (struct option){ "help", no_argument, NULL, ASK_HELP };
	s->longs[s->count + 1] = (struct option){ "version", no_argument, NULL, ASK_VERSION };
	s->longs[s->count + 2] = (struct option){ "man", no_argument, NULL, ASK_MAN };
	s->longs[s->count + 3] = (struct option){ "options", no_argument, NULL, ASK_OPTIONS };
}

static const struct opt *scan_find(const struct scan *s, int value)
{
	int i;

	if (value >= FIRST_LONG)
		return s->by_number[value - FIRST_LONG];
	for (i = 0; i < s->count; i++)
		if (s->by_number[i]->letter == value)
			return s->by_number[i];
	return NULL;
}

/* The names that `word` shortens, if it is more than one: ", --max-rejects, --max-requests". */
static void list_shortened(const struct scan *s, const char *word, size_t len, struct buf *names)
{
	const struct option *o;
	int count = 0;

	for (o = s->longs; o->name; o++) {
		if (strncmp(o->name, word, len))
			continue;
		buf_printf(names, "%s--%s", count++ ? ", " : "", o->name);
	}
	if (count < 2)
		buf_clear(names);
}

static int unknown_name(const struct about *about, const struct scan *s, const char *word,
			struct err *err)
{
	size_t len = strcspn(word + 2, "=");
	const char *known[MOST_OPTIONS + 5], *meant = NULL;
	struct buf names;
	int i;

	for (i = 0; s->longs[i].name; i++)
		known[i] = s->longs[i].name;
	known[i] = NULL;
	buf_init(&names, BUF_NO_MAX);
	list_shortened(s, word + 2, len, &names);
	if (!names.len)
		meant = opt_nearest(word + 2, len, known);
	if (names.len)
		err_set(err, EXIT_USAGE, "option '%s' may be %s; see '%s --help'", word,
			names.data, about->name);
	else if (meant)
		err_set(err, EXIT_USAGE, "unknown option '%.*s'; did you mean '--%s'?",
			(int)len + 2, word, meant);
	else
		err_set(err, EXIT_USAGE, "unknown option '%s'; see '%s --help'", word,
			about->name);
	buf_release(&names);
	return -1;
}

static int wrong_option(const struct about *about, const struct scan *s, char **argv, int c,
			struct err *err)
{
	const struct opt *o = optopt ? scan_find(s, optopt) : NULL;
	const char *word = argv[optind - 1];

	if (c != ':' && !strncmp(word, "--", 2) && (o || optopt >= ASK_HELP))
		return err_set(err, EXIT_USAGE, "option '%.*s' takes no value; see '%s --help'",
			       (int)strcspn(word, "="), word, about->name);
	if (c == ':')
		return err_set(err, EXIT_USAGE, "option '--%s' needs a value (%s); see '%s --help'",
			       o ? o->name : "?", o && o->arg ? o->arg : "VALUE", about->name);
	if (optopt && !o)
		return err_set(err, EXIT_USAGE, "unknown option '-%c'; see '%s --help'", optopt,
			       about->name);
	return unknown_name(about, s, word, err);
}

static int argc_of(char **argv)
{
	int n = 0;

	while (argv[n])
		n++;
	return n;
}

enum opt_asked opt_parse(char **argv, const struct about *about, char ***operands,
			 struct err *err)
{
	struct scan scan;
	int c, argc = argc_of(argv);

	scan_init(&scan, about);
	opterr = 0;
	optind = 0;	/* getopt begins anew */
	while ((c = getopt_long(argc, argv, scan.shorts, scan.longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			return OPT_ASKED_BRIEF;
		case ASK_HELP:
			return OPT_ASKED_HELP;
		case 'V':
		case ASK_VERSION:
			return OPT_ASKED_VERSION;
		case ASK_MAN:
			return OPT_ASKED_MAN;
		case ASK_OPTIONS:
			return OPT_ASKED_TABLE;
		case '?':
		case ':':
			wrong_option(about, &scan, argv, c, err);
			return OPT_ASKED_WRONG;
		default:
			if (store(scan_find(&scan, c), optarg, err))
				return OPT_ASKED_WRONG;
		}
	}
	*operands = argv + optind;
	return OPT_ASKED_RUN;
}

static void answer_and_exit(enum opt_asked asked, const struct about *about)
{
	switch (asked) {
	case OPT_ASKED_BRIEF:
		opt_brief(about);
		break;
	case OPT_ASKED_HELP:
		opt_help(about);
		break;
	case OPT_ASKED_MAN:
		opt_man(about);
		break;
	case OPT_ASKED_TABLE:
		opt_list_all(about);
		break;
	default:
		printf("%s %s\n", about->name, CAPQA_VERSION);
	}
	exit(EXIT_SETTLED);
}

char **opt_parse_or_die(char **argv, const struct about *about, bool terminal_help)
{
	char **operands = NULL;
	struct err err;
	enum opt_asked asked = opt_parse(argv, about, &operands, &err);

	if (asked == OPT_ASKED_WRONG)
		die_err(&err);
	if (asked != OPT_ASKED_RUN)
		answer_and_exit(asked, about);
	if (terminal_help && !*operands && isatty(STDIN_FILENO)) {
		fflush(stdout);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		opt_brief(about);
		exit(EXIT_USAGE);
	}
	return operands;
}
