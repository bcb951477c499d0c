/* SPDX-License-Identifier: Apache-2.0
 *
 * opt: one table makes parser, help and man page. Each parse runs in a child, because getopt
 * keeps state and wrong options end the program.
 */
#include "cli/opt.h"

#include "cli/msg.h"
#include "tests/unit/scratch.h"

static struct {
	const char *output;
	bool all;
	int64_t limit;
	double wait_s, temperature;
	struct opt_list urls;
	char scope;
} opt;

static int parse_scope(const char *text, void *to, struct err *err)
{
	if (strcmp(text, "image"))
		return err_set(err, EXIT_USAGE, "takes image, not '%s'", text);
	*(char *)to = *text;
	return 0;
}

static const struct opt first[] = {
	{ 'o', "output", OPT_TEXT, &opt.output, "FILE", "write FILE", NULL },
	{ 'a', "all", OPT_FLAG, &opt.all, NULL, "everything", NULL },
	{ 'n', "limit", OPT_COUNT, &opt.limit, "N", "at most N", NULL },
	{ 0 }
};
static const struct opt second[] = {
	{ 0, "wait-server", OPT_SECONDS, &opt.wait_s, "TIME", "how long to wait", NULL },
	{ 0, "temperature", OPT_NUMBER, &opt.temperature, "T", "a number", NULL },
	{ 'u', "url", OPT_LIST, &opt.urls, "URL", "one more server", NULL },
	{ 0, "scope", OPT_PARSE, &opt.scope, "image|all", "where", parse_scope },
	{ 0 }
};
static const struct opt_block blocks[] = {
	{ "First", first }, { "Second", second }, { NULL, NULL }
};
static const struct about about = {
	"capqa try", "[INPUT...]", "tries options", "A story.\n\n  capqa try -o x\n", blocks
};

/* argv behind the program's name; ends with NULL. */
static void parse(void *ctx)
{
	const char *const *words = ctx;
	char *argv[20] = { (char *)"capqa-try" }, **rest;
	size_t i;

	for (i = 0; words[i]; i++)
		argv[i + 1] = (char *)words[i];
	msg_init("capqa-try", false);
	rest = opt_parse_or_die(argv, &about, false);
	printf("o=%s a=%d n=%lld w=%g t=%g s=%c", opt.output ? opt.output : "-", opt.all,
	       (long long)opt.limit, opt.wait_s, opt.temperature, opt.scope ? opt.scope : '-');
	for (i = 0; i < opt.urls.count; i++)
		printf(" u=%s", opt.urls.items[i]);
	for (; *rest; rest++)
		printf(" [%s]", *rest);
	free(opt.urls.items);
}

static void expect(const char *const *words, int code, const char *out_text,
		   const char *err_text)
{
	struct buf out, err;

	assert_int_equal(scratch_child(parse, (void *)words, &out, &err), code);
	if (out_text)
		assert_string_equal(out.data, out_text);
	if (err_text)
		assert_string_equal(err.data, err_text);
	buf_release(&out);
	buf_release(&err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FINE(text, ...) expect(WORDS(__VA_ARGS__), 0, text, "")
#define WRONG(text, ...) expect(WORDS(__VA_ARGS__), 2, "", "capqa-try: " text "\n")

static void test_all_ways_to_write(void **state)
{
	(void)state;
	FINE("o=x a=0 n=0 w=0 t=0 s=-", "-o", "x");
	FINE("o=x a=0 n=0 w=0 t=0 s=-", "-ox");
	FINE("o=x a=1 n=0 w=0 t=0 s=-", "-aox");
	FINE("o=x a=0 n=0 w=0 t=0 s=-", "--output=x");
	FINE("o=x a=0 n=0 w=0 t=0 s=-", "--out", "x");
	FINE("o=- a=1 n=0 w=0 t=0 s=- [a] [b]", "a", "--all", "b");
	FINE("o=- a=0 n=0 w=0 t=0 s=- [--all] [-]", "--", "--all", "-");
	FINE("o=- a=0 n=0 w=0 t=0 s=- u=1 u=2", "-u", "1", "--url=2");
	FINE("o=- a=0 n=0 w=0 t=0 s=i", "--scope", "image");
}

static void test_counts(void **state)
{
	(void)state;
	FINE("o=- a=0 n=12000 w=0 t=0 s=-", "-n", "12k");
	FINE("o=- a=0 n=3000000 w=0 t=0 s=-", "-n", "3M");
	FINE("o=- a=0 n=2000000000 w=0 t=0 s=-", "-n2G");
	WRONG("--limit takes a whole number, not '-1'", "-n", "-1");
	WRONG("--limit takes a whole number, not '1.5'", "-n", "1.5");
	WRONG("--limit takes a whole number, not '1K'", "-n", "1K");
	WRONG("--limit takes a whole number, not '1kk'", "-n", "1kk");
	WRONG("--limit takes a whole number, not ''", "-n", "");
	WRONG("--limit takes a whole number, not '99999999999999999999'", "-n",
	      "99999999999999999999");
	WRONG("--limit takes a whole number, not '9223372036854775807k'", "-n",
	      "9223372036854775807k");
}

static void test_times_and_numbers(void **state)
{
	(void)state;
	FINE("o=- a=0 n=0 w=900 t=0 s=-", "--wait-server", "15m");
	FINE("o=- a=0 n=0 w=5400 t=0 s=-", "--wait-server=1.5h");
	FINE("o=- a=0 n=0 w=90 t=0 s=-", "--wait-server=90");
	FINE("o=- a=0 n=0 w=172800 t=0 s=-", "--wait-server=2d");
	FINE("o=- a=0 n=0 w=0 t=0.6 s=-", "--temperature", "0.6");
	WRONG("--wait-server takes a time such as 90, 15m or 2h, not '15min'", "--wait-server",
	      "15min");
	WRONG("--wait-server takes a time such as 90, 15m or 2h, not '-1'", "--wait-server=-1");
	WRONG("--wait-server takes a time such as 90, 15m or 2h, not '1e305d'",
	      "--wait-server=1e305d");
	WRONG("--wait-server takes a time such as 90, 15m or 2h, not '40000d'",
	      "--wait-server=40000d");
	WRONG("--temperature takes a number, not 'nan'", "--temperature", "nan");
	WRONG("--temperature takes a number, not '1s'", "--temperature", "1s");
	WRONG("--scope: takes image, not 'all'", "--scope", "all");
}

/* Neither prints nor exits, and begins anew each time. */
static void test_parses_again(void **state)
{
	char *good[] = { (char *)"t", (char *)"a", (char *)"-n", (char *)"3", NULL };
	char *bad[] = { (char *)"t", (char *)"-an", (char *)"x", (char *)"-o", NULL };
	char *help[] = { (char *)"t", (char *)"--help", (char *)"--wrong", NULL };
	char **rest = NULL;
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		opt.limit = 0;
		assert_int_equal(opt_parse(good, &about, &rest, &err), OPT_ASKED_RUN);
		assert_int_equal(opt.limit, 3);
		assert_string_equal(rest[0], "a");
		assert_null(rest[1]);
		assert_int_equal(opt_parse(bad, &about, &rest, &err), OPT_ASKED_WRONG);
		assert_int_equal(err.kind, EXIT_USAGE);
		assert_string_equal(err.text, "--limit takes a whole number, not 'x'");
		assert_int_equal(opt_parse(help, &about, &rest, &err), OPT_ASKED_HELP);
	}
}

static void test_wrong_options(void **state)
{
	(void)state;
	WRONG("unknown option '-x'; see 'capqa try --help'", "-x");
	WRONG("unknown option '--nope'; see 'capqa try --help'", "--nope");
	WRONG("option '--output' needs a value (FILE); see 'capqa try --help'", "--output");
	WRONG("option '--output' needs a value (FILE); see 'capqa try --help'", "-o");
	WRONG("option '--all' takes no value; see 'capqa try --help'", "--all=3");
	WRONG("option '--help' takes no value; see 'capqa try --help'", "--help=3");
}

static void test_help_names_every_option(void **state)
{
	static const char *const said[] = {
		"capqa try - tries options",
		"Usage: capqa try [options] [INPUT...]",
		"A story.",
		"  -o, --output FILE",
		"  -a, --all",
		"      --wait-server TIME",
		"First",
		"Second",
		"--version",
	};
	struct buf out, err;
	size_t i;

	(void)state;
	assert_int_equal(scratch_child(parse, (void *)WORDS("--help"), &out, &err), 0);
	for (i = 0; i < COUNT(said); i++)
		if (!strstr(out.data, said[i]))
			fail_msg("the help does not say '%s':\n%s", said[i], out.data);
	buf_release(&out);
	buf_release(&err);
}

/* One screen: the example, the options with letters, the others by name. */
static void test_brief_help(void **state)
{
	struct buf out, err;

	(void)state;
	assert_int_equal(scratch_child(parse, (void *)WORDS("-h"), &out, &err), 0);
	assert_non_null(strstr(out.data, "  -o, --output FILE       write FILE\n"));
	assert_non_null(strstr(out.data, "More, explained by --help:\n  --wait-server"));
	assert_null(strstr(out.data, "how long to wait"));
	buf_release(&out);
	buf_release(&err);
}

static void test_man_page(void **state)
{
	struct buf out, err;

	(void)state;
	if (scratch_child(parse, (void *)WORDS("--man"), &out, &err))
		fail_msg("%s", err.data);
	assert_non_null(strstr(out.data, ".TH \"capqa-try\" 1"));
	assert_non_null(strstr(out.data, ".TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\nwrite FILE\n"));
	buf_release(&out);
	buf_release(&err);
}

static void test_nearest_word(void **state)
{
	static const char *const known[] = { "scan", "select", "sight", "rotations", "no-ledger",
					     NULL };
	static const struct { const char *word, *meant; } cases[] = {
		{ "scna", "scan" }, { "selct", "select" }, { "sights", "sight" },
		{ "rotatoins", "rotations" }, { "noledger", "no-ledger" }, { "scan", "scan" },
		{ "quux", NULL }, { "", NULL }, { "zebra", NULL },
		{ "a-word-that-is-longer-than-any-option-of-ours-could-be", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = opt_nearest(cases[i].word, strlen(cases[i].word), known);

		if (cases[i].meant)
			assert_string_equal(got, cases[i].meant);
		else
			assert_null(got);
	}
	assert_string_equal(opt_nearest("scnaXYZ", 4, known), "scan");	/* len counts */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_ways_to_write),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_times_and_numbers),
		cmocka_unit_test(test_parses_again),
		cmocka_unit_test(test_wrong_options),
		cmocka_unit_test(test_help_names_every_option),
		cmocka_unit_test(test_brief_help),
		cmocka_unit_test(test_man_page),
		cmocka_unit_test(test_nearest_word),
	};

	return cmocka_run_group_tests_name("opt", tests, scratch_make, scratch_remove);
}
