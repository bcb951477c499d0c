/* SPDX-License-Identifier: Apache-2.0
 *
 * opt: a program's options as one table, which makes the parser, the usage line, --help and
 * the man page, so that they cannot disagree.
 *
 * Tables come in blocks, so that stages share a block (files, model, rule) and each shows
 * under its heading. Long names may be shortened while unambiguous; `--name=value`,
 * `--name value`, `-nvalue`, `-n value` and `--` work; options may follow operands.
 *
 *	static struct { const char *output; bool all; } opt;
 *	static const struct opt options[] = {
 *		{ 'o', "output", OPT_TEXT, &opt.output, "FILE", "write FILE" },
 *		{ 0, "all", OPT_FLAG, &opt.all, NULL, "everything" },
 *		{ 0 }
 *	};
 */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define OPT_SECONDS_MAX 3.2e9	/* a hundred years: as milliseconds it fits everywhere */

enum opt_type {
	OPT_FLAG,	/* bool: becomes true */
	OPT_TEXT,	/* const char *: borrowed from argv */
	OPT_LIST,	/* struct opt_list: one more text */
	OPT_COUNT,	/* int64_t: a whole number >= 0; suffixes k, M, G (10^3n) */
	OPT_SECONDS,	/* double: seconds, 0 to OPT_SECONDS_MAX; suffixes s, m, h, d */
	OPT_NUMBER,	/* double */
	OPT_PARSE	/* int (*)(const char *text, struct err *): the owner reads it */
};

struct opt_list {
	const char **items;
	size_t count, cap;
};

struct opt {
	char letter;		/* 0: none */
	const char *name;	/* NULL ends a table */
	enum opt_type type;
	void *to;		/* where the value goes */
	/* The value's name in the help, or its choices as a|b|c; NULL for a flag. Completions
	 * offer files for a name with FILE in it, folders for DIR and FOLDER. */
	const char *arg;
	const char *help;
	int (*parse)(const char *text, void *to, struct err *err);	/* OPT_PARSE */
};

struct opt_block {
	const char *title;	/* heading in the help */
	const struct opt *table;
};

/* What a program says of itself. `blocks` ends with a NULL table. */
struct about {
	const char *name;	/* "capqa scan" */
	const char *operands;	/* "[INPUT...]" */
	const char *brief;	/* one line: the dispatcher's table says the same */
	/* A paragraph or two and, indented by two spaces, an example command: -h starts with it. */
	const char *story;
	const struct opt_block *blocks;
};

enum opt_asked {
	OPT_ASKED_RUN,
	OPT_ASKED_BRIEF, OPT_ASKED_HELP, OPT_ASKED_VERSION, OPT_ASKED_MAN, OPT_ASKED_TABLE,
	OPT_ASKED_WRONG		/* err says what is wrong, and which option was meant */
};

/*
 * Parses argv up to the first word that asks for something else than to run. *operands, for
 * RUN: argv is reordered so that they follow one another, NULL-terminated.
 */
enum opt_asked opt_parse(char **argv, const struct about *about, char ***operands,
			 struct err *err);

/*
 * The same, returns the operands. Answers -h, --help, --man, --options, -V, --version itself
 * (to stdout, exit 0) and exits 2 with one line on a wrong option. `terminal_help`: no operand
 * and a terminal on stdin prints the brief help to stderr and exits 2.
 */
char **opt_parse_or_die(char **argv, const struct about *about, bool terminal_help);

/* All of these print to stdout. */
void opt_brief(const struct about *about);	/* -h: one screen, the example first */
void opt_help(const struct about *about);	/* --help: every option */
void opt_man(const struct about *about);	/* --man: a manual page, roff */
void opt_list_all(const struct about *about);	/* --options: LETTER tab NAME tab ARG tab HELP */

/* The parts of a manual page that the dispatcher's page shares. */
void opt_man_head(const char *name, const char *brief);
void opt_man_exits(void);

/*
 * The one of `known` (NULL-terminated) that the first len bytes of word are most likely a slip
 * of, or NULL: none is near. Distance counts a letter too many, missing, wrong, or two swapped.
 */
const char *opt_nearest(const char *word, size_t len, const char *const *known);

#endif
