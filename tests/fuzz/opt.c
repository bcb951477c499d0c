/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of cli/opt and the parsers of single values: words of a command line, split at
 * NULs, against the tables that asking stages share. What must hold: it is parsed, or refused
 * with one reason; a value that is taken lies where its type says. Seeds: tests/fuzz/seeds/opt.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "curate/lvlm.h"
#include "filter/judging.h"
#include "store/choice.h"
#include "store/run.h"

#define WORDS_MAX 64
#define SECONDS_MAX 4e9		/* over a hundred years; as milliseconds it fits everywhere */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct run_options run;
	struct lvlm_options model;
	struct rule_options rule;
	struct trial_options trials;
	struct choice choice;
	const char *text;
	int64_t count;
	double number, seconds;
	struct opt_list list;
	bool flag;
} opt;

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static int parse_splits(const char *text, void *to, struct err *err)
{
	return choice_parse_splits(to, text, err);
}

static const struct opt own[] = {
	{ 't', "text", OPT_TEXT, &opt.text, "TEXT", "a text", NULL },
	{ 'c', "count", OPT_COUNT, &opt.count, "N", "a count", NULL },
	{ 'x', "number", OPT_NUMBER, &opt.number, "X", "a number", NULL },
	{ 'w', "seconds", OPT_SECONDS, &opt.seconds, "TIME", "a time", NULL },
	{ 'l', "list", OPT_LIST, &opt.list, "WORD", "one more", NULL },
	{ 'f', "flag", OPT_FLAG, &opt.flag, NULL, "a flag", NULL },
	{ 0, "split", OPT_PARSE, &opt.choice, "NAME=SHARE,...", "splits", parse_splits },
	{ 0 }
};
static const struct opt model[] = { LVLM_OPTIONS(opt.model), { 0 } };
static const struct opt run[] = { RUN_OPTIONS(opt.run), { 0 } };
static const struct opt rule[] = { RULE_OPTIONS(opt.rule), { 0 } };
static const struct opt trials[] = { TRIAL_OPTIONS(opt.trials), { 0 } };
static const struct opt_block blocks[] = {
	{ "Own", own }, { "Model", model }, { "Run", run }, { "Rule", rule },
	{ "Trials", trials }, { NULL, NULL }
};
static const struct about about = {
	"capqa fuzz", "[INPUT...]", "is fuzzed", "A story.\n\n  capqa fuzz -t x\n", blocks
};

static void check_value(const struct opt *o)
{
	const struct opt_list *list = o->to;
	size_t i;

	switch (o->type) {
	case OPT_COUNT:
		require(*(int64_t *)o->to >= 0);
		break;
	case OPT_SECONDS:
		require(*(double *)o->to >= 0 && *(double *)o->to <= SECONDS_MAX);
		break;
	case OPT_NUMBER:
		require(isfinite(*(double *)o->to));
		break;
	case OPT_LIST:
		for (i = 0; i < list->count; i++)
			require(list->items[i] != NULL);
		break;
	default:
		break;
	}
}

static void check_values(void)
{
	const struct opt_block *block;
	const struct opt *o;
	double sum = 0;
	int i;

	for (block = blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			check_value(o);
	require(opt.rule.visual.den >= 0 && opt.rule.text.num <= opt.rule.text.den);
	require(opt.trials.full_share >= 0 && opt.trials.full_share <= 1);
	require(opt.choice.split_count >= 0 && opt.choice.split_count <= CHOICE_SPLITS_MAX);
	for (i = 0; i < opt.choice.split_count; i++) {
		require(choice_name_ok(opt.choice.splits[i].name));
		sum += opt.choice.splits[i].share;
	}
	require(!opt.choice.split_count || fabs(sum - 1) < 1e-6);
}

static void release(void)
{
	const struct opt_block *block;
	const struct opt *o;

	for (block = blocks; block->table; block++)
		for (o = block->table; o->name; o++)
			if (o->type == OPT_LIST)
				free(((struct opt_list *)o->to)->items);
	buf_release(&opt.model.extra);
	memset(&opt, 0, sizeof(opt));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words = malloc(size + 1), *argv[WORDS_MAX + 2] = { (char *)"capqa-fuzz" };
	char **operands = NULL;
	struct err err = { .text = "" };
	enum opt_asked asked;
	size_t at, count = 1;

	require(words != NULL);
	memcpy(words, data, size);
	words[size] = '\0';
	for (at = 0; at < size && count <= WORDS_MAX; at += strlen(words + at) + 1)
		argv[count++] = words + at;
	asked = opt_parse(argv, &about, &operands, &err);
	if (asked == OPT_ASKED_WRONG)
		require(*err.text && err.kind == EXIT_USAGE);
	if (asked == OPT_ASKED_RUN) {
		require(operands >= argv && operands <= argv + count);
		check_values();
	}
	release();
	free(words);
	return 0;
}
