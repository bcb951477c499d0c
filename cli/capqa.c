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
	{ "export", "write a dataset: shards, manifest, card" },
	{ "Look at servers", NULL },
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
	fputs("\n'capqa help STAGE' says how to use one. Every stage reads JSONL and writes JSONL;\n"
	      "model servers are named by -u URL or OPENAI_BASE_URL.\n", to);
}

static int is_stage(const char *name)
{
	size_t i;

	for (i = 0; i < STAGES; i++)
		if (stages[i].help && !strcmp(name, stages[i].name))
			return 1;
	return 0;
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
		die(EXIT_USAGE, "no stage is called '%s'; 'capqa' lists them", name);
	buf_init(&path, BUF_NO_MAX);
	find_folder(&path);
	buf_printf(&path, "capqa-%s", name);
	execv(path.data, argv);
	die(EXIT_SYSTEM, "cannot run '%s':", path.data);
}

int main(int argc, char **argv)
{
	char help_option[] = "--help", *for_help[3] = { NULL, help_option, NULL };

	msg_init("capqa", false);
	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return printf("capqa %s\n", CAPQA_VERSION) < 0 ? EXIT_OUTPUT : EXIT_SETTLED;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    (!strcmp(argv[1], "help") && argc == 2)) {
		help(stdout);
		return fflush(stdout) ? EXIT_OUTPUT : EXIT_SETTLED;
	}
	if (!strcmp(argv[1], "help")) {
		for_help[0] = argv[2];
		run_stage(argv[2], for_help);
	}
	run_stage(argv[1], argv + 1);
}
