/* SPDX-License-Identifier: Apache-2.0
 *
 * capqa: runs a stage. `capqa scan ...` executes the program capqa-scan that lies beside it,
 * so this ground floor knows names, not code.
 *
 * To add a stage: 1. write FLOOR/NAME.c with main, an option table and a story; 2. add NAME
 * to its floor's word list in the Makefile; 3. add a row here, in pipeline order; 4. add a
 * golden test in tests/golden/NAME-*. A test checks that table, programs and README agree.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/version.h"

/* A row without a help text is a heading. */
static const struct {
	const char *name, *help;
} stages[] = {
	{ "Make questions", NULL },
	{ "scan", "find images, hash them, say what they are" },
	{ "generate", "ask an LVLM for questions about each image" },
	{ "extract", "read the questions out of the replies" },
	{ "Judge them", NULL },
	{ "blind", "ask a text-only LLM without the image" },
	{ "sight", "ask a small LVLM with the image" },
	{ "select", "apply the rule: keep, drop or undecided" },
	{ "dedupe", "mark copies and conflicting answers" },
	{ "Caption and audit", NULL },
	{ "caption", "ask a captioner to describe each image" },
	{ "audit", "score captions by what can be answered from them" },
	{ "Keep and publish", NULL },
	{ "ingest", "put records into the SQLite store" },
	{ "export", "write the store's records as a dataset folder" },
	{ "report", "write what the store holds as one HTML page" },
	{ "Look after answers and servers", NULL },
	{ "ledger", "look after the ledger of answers" },
	{ "ping", "ask one server what it can do" },
};
#define STAGES (sizeof(stages) / sizeof(*stages))

static void help(FILE *to)
{
	size_t i;

	fputs("capqa - curate visual question-answer data, audit captions\n\n"
	      "Usage: capqa STAGE [options] [INPUT...]\n\n"
	      "  images - scan - generate - extract - blind - sight - select - dedupe - ingest "
	      "- export\n",
	      to);
	for (i = 0; i < STAGES; i++) {
		if (stages[i].help)
			fprintf(to, "  %-10s %s\n", stages[i].name, stages[i].help);
		else
			fprintf(to, "\n%s\n", stages[i].name);
	}
	fputs("\n'capqa STAGE -h' says how to use one, 'capqa help STAGE' says all of it. Every stage\n"
	      "reads JSONL and writes JSONL; model servers are named by -u URL or OPENAI_BASE_URL.\n",
	      to);
}

/* For the scripts that make completions and check the documents: NAME tab HELP. */
static void list(void)
{
	size_t i;

	for (i = 0; i < STAGES; i++)
		if (stages[i].help)
			printf("%s\t%s\n", stages[i].name, stages[i].help);
}

static void man(void)
{
	size_t i;

	opt_man_head("capqa", "curate visual question-answer data, audit image captions");
	printf(".SH SYNOPSIS\n\\fBcapqa\\fR \\fISTAGE\\fR [\\fIoptions\\fR] [\\fIINPUT\\fR...]\n"
	       ".SH DESCRIPTION\n"
	       "A caption is good if a model that cannot see the image can answer questions about\n"
	       "it from the caption. capqa makes such questions, proves one by one that they need\n"
	       "the image, and audits captions with them. Each stage is a program that reads JSONL\n"
	       "and writes JSONL; \\fBcapqa\\fR \\fISTAGE\\fR runs \\fBcapqa-\\fISTAGE\\fR.\n");
	for (i = 0; i < STAGES; i++) {
		if (stages[i].help)
			printf(".TP\n\\fBcapqa\\-%s\\fR(1)\n%s\n", stages[i].name, stages[i].help);
		else
			printf(".SS \"%s\"\n", stages[i].name);
	}
	printf(".SH ENVIRONMENT\n"
	       ".TP\n\\fBOPENAI_BASE_URL\\fR\nthe model server, up to and with /v1; \\-u goes before\n"
	       ".TP\n\\fBOPENAI_API_KEY\\fR\nits key; a key is never an argument, never logged, never "
	       "stored\n"
	       ".TP\n\\fBCAPQA_LEDGER\\fR\nwhere answers are kept; default: ./capqa-ledger.db\n");
	opt_man_exits();
}

static int is_stage(const char *name)
{
	size_t i;

	for (i = 0; i < STAGES; i++)
		if (stages[i].help && !strcmp(name, stages[i].name))
			return 1;
	return 0;
}

static void no_stage_or_die(const char *name)
{
	const char *known[STAGES + 1], *meant;
	size_t i, n = 0;

	for (i = 0; i < STAGES; i++)
		if (stages[i].help)
			known[n++] = stages[i].name;
	known[n] = NULL;
	meant = opt_nearest(name, strlen(name), known);
	if (meant)
		die(EXIT_USAGE, "no stage is called '%s'; did you mean '%s'?", name, meant);
	die(EXIT_USAGE, "no stage is called '%s'; 'capqa' lists them", name);
}

/* Where this program lies; the stages lie beside it. */
static void find_folder(struct buf *path)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		die(EXIT_SYSTEM, "cannot tell where capqa lies:");
	self[n] = '\0';
	slash = strrchr(self, '/');
	buf_add(path, self, (size_t)(slash - self) + 1);
}

static void run_stage(const char *name, char **argv)
{
	struct buf path;

	if (!is_stage(name))
		no_stage_or_die(name);
	buf_init(&path, BUF_NO_MAX);
	find_folder(&path);
	buf_printf(&path, "capqa-%s", name);
	execv(path.data, argv);
	die(EXIT_SYSTEM, "cannot run '%s':", path.data);
}

/* 0: no such option. */
static int own_option(const char *word)
{
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		printf("capqa %s\n", CAPQA_VERSION);
	else if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		help(stdout);
	else if (!strcmp(word, "--man"))
		man();
	else if (!strcmp(word, "--stages"))
		list();
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	char help_option[] = "--help", *for_help[3] = { NULL, help_option, NULL };

	msg_init("capqa", false);
	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") && argc > 2) {
		for_help[0] = argv[2];
		run_stage(argv[2], for_help);
	}
	if (own_option(strcmp(argv[1], "help") ? argv[1] : help_option))
		return fflush(stdout) || ferror(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
	if (argv[1][0] == '-')
		die(EXIT_USAGE, "unknown option '%s'; options follow the stage: capqa STAGE %s",
		    argv[1], argv[1]);
	run_stage(argv[1], argv + 1);
}
