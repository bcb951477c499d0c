/* SPDX-License-Identifier: Apache-2.0
 *
 * What an option table says to people: -h, one screen with an example on top; --help, all of
 * it; --man, a manual page; --options, lines for completion scripts. See opt.h.
 */
#include "cli/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/version.h"

#define WIDTH 80
#define HELP_COLUMN 26

/* Prints text from column `at` on, breaking lines at WIDTH and indenting the following ones. */
static void wrap(const char *text, size_t len, int at, int indent)
{
	const char *end = text + len;
	int word, start = at;

	for (; text < end; text += word) {
		text += strspn(text, " ");
		word = (int)strcspn(text, " \n");
		if (text + word > end)
			word = (int)(end - text);
		if (at > start && at + 1 + word > WIDTH) {
			printf("\n%*s", indent, "");
			at = start = indent;
		}
		at += printf("%s%.*s", at > start ? " " : "", word, text);
		if (text[word] == '\n')
			word++;
	}
	printf("\n");
}

/* A story is paragraphs between empty lines; one that starts with two spaces is an example. */
static const char *next_paragraph(const char **story, size_t *len)
{
	const char *text = *story + strspn(*story, "\n"), *end;

	if (!*text)
		return NULL;
	end = strstr(text, "\n\n");
	*len = end ? (size_t)(end - text) : strlen(text);
	while (*len && text[*len - 1] == '\n')
		(*len)--;
	*story = end ? end : text + strlen(text);
	return text;
}

static bool is_example(const char *paragraph)
{
	return !strncmp(paragraph, "  ", 2);
}

/* ---- help ---- */

static void help_option(const struct opt *o, size_t len)
{
	int at;

	while (len && o->help[len - 1] == ' ')
		len--;
	at = o->letter ? printf("  -%c, --%s", o->letter, o->name) : printf("      --%s", o->name);
	if (o->arg)
		at += printf(" %s", o->arg);
	if (at > HELP_COLUMN - 2) {
		printf("\n");
		at = 0;
	}
	printf("%*s", HELP_COLUMN - at, "");
	wrap(o->help, len, HELP_COLUMN, HELP_COLUMN);
}

static void print_usage(const struct about *about)
{
	printf("Usage: %s [options]%s%s\n", about->name, *about->operands ? " " : "",
	       about->operands);
}

static void print_examples(const struct about *about)
{
	const char *story = about->story, *p;
	size_t len;

	while ((p = next_paragraph(&story, &len)))
		if (is_example(p))
			printf("%.*s\n\n", (int)len, p);
}

/* Options without a letter, by name only; each is explained one step away. */
static void print_other_names(const struct about *about)
{
	const struct opt_block *block;
	const struct opt *o;
	struct buf names;

	buf_init(&names, BUF_NO_MAX);
	for (block = about->blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			if (!o->letter)
				buf_printf(&names, "%s--%s", names.len ? " " : "", o->name);
	if (names.len) {
		printf("\nMore, explained by --help:\n  ");
		wrap(names.data, names.len, 2, 2);
	}
	buf_release(&names);
}

void opt_brief(const struct about *about)
{
	const struct opt_block *block;
	const struct opt *o;

	printf("%s - %s\n\n", about->name, about->brief);
	print_examples(about);
	print_usage(about);
	printf("\n");
	for (block = about->blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			if (o->letter)
				help_option(o, strcspn(o->help, ";("));
	print_other_names(about);
}

void opt_help(const struct about *about)
{
	const struct opt_block *block;
	const char *story = about->story, *p;
	const struct opt *o;
	size_t len;

	printf("%s - %s\n\n", about->name, about->brief);
	print_examples(about);
	print_usage(about);
	while ((p = next_paragraph(&story, &len))) {
		if (is_example(p))
			continue;
		printf("\n");
		wrap(p, len, 0, 0);
	}
	for (block = about->blocks; block->table; block++) {
		printf("\n%s\n", block->title);
		for (o = block->table; o->name; o++)
			help_option(o, strlen(o->help));
	}
	printf("\n  -h, --help            -h: one screen; --help: this page; --man: a manual page\n"
	       "  -V, --version         the version\n");
}

/* ---- the manual page ---- */

/* roff: a backslash, and a dot or quote at the start of a line, mean something. */
static void roff(const char *text, size_t len)
{
	bool first = true;
	size_t i;

	for (i = 0; i < len; i++) {
		if (first && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", stdout);
		if (text[i] == '\\')
			fputs("\\e", stdout);
		else if (text[i] == '-')
			fputs("\\-", stdout);
		else
			putchar(text[i]);
		first = text[i] == '\n';
	}
}

static void roff_text(const char *text)
{
	roff(text, strlen(text));
}

static void man_story(const char *story, bool examples)
{
	const char *p, *between = "";
	size_t len;

	while ((p = next_paragraph(&story, &len))) {
		if (is_example(p) != examples)
			continue;
		printf("%s%s", between, examples ? ".nf\n" : "");
		between = ".PP\n";
		roff(p, len);
		printf(examples ? "\n.fi\n" : "\n");
	}
}

static void man_option(const struct opt *o)
{
	printf(".TP\n");
	if (o->letter)
		printf("\\fB\\-%c\\fR, ", o->letter);
	printf("\\fB\\-\\-");
	roff_text(o->name);
	printf("\\fR");
	if (o->arg) {
		printf(" \\fI");
		roff_text(o->arg);
		printf("\\fR");
	}
	printf("\n");
	roff_text(o->help);
	printf("\n");
}

void opt_man_head(const char *name, const char *brief)
{
	char *dashed = xstrdup(name), *space = strchr(dashed, ' ');

	if (space)
		*space = '-';
	printf(".TH \"%s\" 1 \"" CAPQA_DATE "\" \"capqa " CAPQA_VERSION "\" \"capqa\"\n"
	       ".SH NAME\n", dashed);
	roff_text(dashed);
	printf(" \\- ");
	roff_text(brief);
	printf("\n");
	free(dashed);
}

void opt_man_exits(void)
{
	static const struct { int code; const char *means; } exits[] = {
		{ EXIT_SETTLED, "settled: every record has its answer or its permanent rejection" },
		{ EXIT_LEFT, "some records are left that a rerun can settle" },
		{ EXIT_USAGE, "the command line is wrong" },
		{ EXIT_DATA, "the input is not what it should be, or too much came to nothing" },
		{ EXIT_NOINPUT, "an input cannot be opened" },
		{ EXIT_REFUSED, "the server says no, or is away too long" },
		{ EXIT_SYSTEM, "out of memory, or a system error" },
		{ EXIT_OUTPUT, "output, ledger or store cannot be written" },
		{ EXIT_AGAIN, "stopped early by a signal, a budget or a deadline; run it again" },
		{ EXIT_INTERRUPTED, "interrupted; run it again" },
	};
	size_t i;

	printf(".SH \"EXIT STATUS\"\n");
	for (i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		printf(".TP\n%d\n%s\n", exits[i].code, exits[i].means);
}

void opt_man(const struct about *about)
{
	const struct opt_block *block;
	const struct opt *o;

	opt_man_head(about->name, about->brief);
	printf(".SH SYNOPSIS\n\\fB%s\\fR [\\fIoptions\\fR] ", about->name);
	roff_text(about->operands);
	printf("\n.SH DESCRIPTION\n");
	man_story(about->story, false);
	printf(".SH OPTIONS\n");
	for (block = about->blocks; block->table; block++) {
		printf(".SS \"%s\"\n", block->title);
		for (o = block->table; o->name; o++)
			man_option(o);
	}
	printf(".SH EXAMPLES\n");
	man_story(about->story, true);
	opt_man_exits();
	printf(".SH \"SEE ALSO\"\n\\fBcapqa\\fR(1)\n");
}

/* ---- for completion scripts ---- */

void opt_list_all(const struct about *about)
{
	const struct opt_block *block;
	const struct opt *o;

	for (block = about->blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			printf("%c\t%s\t%s\t%s\n", o->letter ? o->letter : '-', o->name,
			       o->arg ? o->arg : "", o->help);
}
