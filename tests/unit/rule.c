/* SPDX-License-Identifier: Apache-2.0
 *
 * rule: thresholds as integers, and every sequence of outcomes up to eight trials: stopping
 * early never changes a verdict.
 */
#include "schemas/rule.h"

#include "tests/unit/scratch.h"

static struct threshold parse(const char *text)
{
	struct threshold t;
	struct err err = { 0 };

	if (threshold_parse(text, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static void test_thresholds_parse(void **state)
{
	static const struct {
		const char *text, *kept;
		int64_t num, den;
		enum rule_cmp cmp;
	} fine[] = {
		{ "<0.25", "<0.25", 25, 100, RULE_LESS },
		{ " >= 0.75", ">=0.75", 75, 100, RULE_GREATER_EQUAL },
		{ ">.5", ">.5", 5, 10, RULE_GREATER },
		{ "<=1", "<=1", 1, 1, RULE_LESS_EQUAL },
		{ "<=0", "<=0", 0, 1, RULE_LESS_EQUAL },
		{ ">=1.0", ">=1.0", 10, 10, RULE_GREATER_EQUAL },
		{ "<0.333333333", "<0.333333333", 333333333, 1000000000, RULE_LESS },
	};
	static const char *const wrong[] = {
		"",
		"0.25",
		"=0.25",
		"==0.25",
		"<",
		"<=",
		"<1.5",
		"<-0.1",
		"<0.25x",
		"<0,25",
		"<.",
		"<0.2.5",
		"< 0.25 ",
		"<>0.5",
		"<0.1234567890",
		"<1e-1",
		"<99999999999999999999",
		"<000000000000000000000000.5",
		"<nan",
		"<\xc2\xbd",
	};
	struct threshold t;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fine); i++) {
		t = parse(fine[i].text);
		assert_true(t.num == fine[i].num && t.den == fine[i].den);
		assert_int_equal(t.cmp, fine[i].cmp);
		assert_string_equal(t.text, fine[i].kept);
	}
	for (i = 0; i < COUNT(wrong); i++) {
		if (!threshold_parse(wrong[i], &t, &err))
			fail_msg("'%s' was accepted", wrong[i]);
		assert_int_equal(err.kind, EXIT_USAGE);
	}
}

/* Floating point would miss some of these: 0.1 * 3 is not 0.3. */
static void test_compared_as_integers(void **state)
{
	struct threshold t;
	char text[16];
	int n, c, tenths;

	(void)state;
	for (tenths = 0; tenths <= 10; tenths++) {
		for (n = 1; n <= 100; n++) {
			for (c = 0; c <= n; c++) {
				snprintf(text, sizeof(text), "<=%d.%d", tenths / 10,
					 tenths % 10);
				t = parse(text);
				assert_int_equal(threshold_met(&t, c, n), 10 * c <= tenths * n);
				t.cmp = RULE_LESS;
				assert_int_equal(threshold_met(&t, c, n), 10 * c < tenths * n);
				t.cmp = RULE_GREATER;
				assert_int_equal(threshold_met(&t, c, n), 10 * c > tenths * n);
				t.cmp = RULE_GREATER_EQUAL;
				assert_int_equal(threshold_met(&t, c, n), 10 * c >= tenths * n);
			}
		}
	}
}

/* A tally from letters: c correct, w wrong, a abstained, u unparsed, r refused, f failed. */
static void add(struct tally_list *list, const char *model, const char *condition,
		const char *outcomes)
{
	static const char letters[] = "cwaurf";
	struct tally t = { .model = xstrdup(model),
			   .options = 4,
			   .rotations = 4,
			   .temperature = 1,
			   .condition = condition ? xstrdup(condition) : NULL };

	for (; *outcomes; outcomes++)
		tally_add(&t, (enum outcome)(strchr(letters, *outcomes) - letters), NULL, -1,
			  "x", "x");
	tally_list_put(list, &t);
}

static struct rule rule_of(const char *visual, const char *text, int rotations, int panel)
{
	return (struct rule){ parse(visual), parse(text), rotations, panel };
}

/* "cccc" or, for a panel, "cccc/wwww"; NULL: nothing asked. */
static void add_all(struct tally_list *list, const char *outcomes, const char *condition)
{
	char part[16], name[16];
	size_t n;
	int i;

	for (i = 0; outcomes && *outcomes; i++) {
		n = strcspn(outcomes, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, outcomes);
		snprintf(name, sizeof(name), "m%d", i);
		add(list, name, condition, part);
		outcomes += n + (outcomes[n] == '/');
	}
}

static void judges(const struct rule *rule, const char *blind, const char *sight,
		   const char *control, const char *verdict, const char *reason)
{
	struct tally_list b = { 0 }, s = { 0 }, c = { 0 };
	struct judgement j;

	add_all(&b, blind, NULL);
	add_all(&s, sight, NULL);
	add_all(&c, control, "grey");
	j = rule_judge(rule, &b, &s, &c);
	if (strcmp(verdict_name(j.verdict), verdict) ||
	    strcmp(j.reason ? j.reason : "", reason))
		fail_msg("blind %s sight %s control %s: %s %s, not %s %s", blind ? blind : "-",
			 sight ? sight : "-", control ? control : "-", verdict_name(j.verdict),
			 j.reason ? j.reason : "", verdict, reason);
	tally_list_release(&b);
	tally_list_release(&s);
	tally_list_release(&c);
}

/* TRAPS 19. */
static void test_the_default_rule(void **state)
{
	struct rule loose = rule_of(">=0.75", "<=0.25", 4, 1);

	(void)state;
	judges(&rule_caprl, "wwww", "cccc", NULL, "keep", "");
	judges(&rule_caprl, "wwww", "cccw", NULL, "drop", "not_visible");
	judges(&loose, "wwww", "cccw", NULL, "keep", "");
	judges(&rule_caprl, "cwww", "cccc", NULL, "drop", "blind_answerable");
	judges(&loose, "cwww", "cccc", NULL, "keep", "");
	judges(&loose, "ccww", "cccc", NULL, "drop", "blind_answerable");
	judges(&rule_caprl, "aaaa", "cccc", NULL, "keep", "");
	judges(&rule_caprl, "wwww", "ccca", NULL, "drop", "not_visible");
}

/* TRAPS 20: an outage must not help a question. */
static void test_nothing_valid_decides_nothing(void **state)
{
	(void)state;
	judges(&rule_caprl, "ffff", "cccc", NULL, "undecided", "blind_undecided");
	judges(&rule_caprl, "rrww", "cccc", NULL, "undecided", "blind_undecided");
	judges(&rule_caprl, "uwww", "cccc", NULL, "undecided", "blind_undecided");
	judges(&rule_caprl, "wwww", "fccc", NULL, "undecided", "sight_undecided");
	judges(&rule_caprl, "www", "cccc", NULL, "undecided", "blind_undecided");
	judges(&rule_caprl, NULL, "cccc", NULL, "undecided", "not_asked");
	judges(&rule_caprl, "wwww", NULL, NULL, "undecided", "not_asked");
	/* ... but what surely fails drops whatever else is open */
	judges(&rule_caprl, "fffc", "ffff", NULL, "drop", "blind_answerable");
	judges(&rule_caprl, "ffff", "fffw", NULL, "drop", "not_visible");
	judges(&rule_caprl, NULL, "w", NULL, "drop", "not_visible");
	judges(&rule_caprl, "c", NULL, NULL, "drop", "blind_answerable");
}

static void test_panel(void **state)
{
	struct rule two = rule_of(">0.75", "<0.25", 4, 2);

	(void)state;
	judges(&rule_caprl, "wwww/c", "cccc", NULL, "drop", "blind_answerable");
	judges(&two, "wwww/c", "cccc", NULL, "keep", "");
	judges(&two, "c/c", "cccc", NULL, "drop", "blind_answerable");
	judges(&two, "c/ffff", "cccc", NULL, "undecided", "blind_undecided");
	judges(&two, "wwww/ffff", "cccc", NULL, "keep", "");
	judges(&two, "c/wwww/c", "cccc", NULL, "drop", "blind_answerable");
}

static void test_controls(void **state)
{
	(void)state;
	judges(&rule_caprl, "wwww", "cccc", "wwww", "keep", "");
	judges(&rule_caprl, "wwww", "cccc", "c", "drop", "image_irrelevant");
	judges(&rule_caprl, "wwww", "cccc", "ffff", "undecided", "sight_undecided");
	judges(&rule_caprl, "ffff", "cccc", "c", "drop", "image_irrelevant");
	judges(&rule_caprl, "c", "cccc", "c", "drop", "blind_answerable");
	judges(&rule_caprl, "wwww", "w", "c", "drop", "not_visible");
}

/* Two options at temperature 0: two distinct orders are all there are (TRAPS 22). */
static void test_few_orders_count_once(void **state)
{
	struct tally_list blind = { 0 }, sight = { 0 }, control = { 0 };
	struct judgement j;

	(void)state;
	add(&blind, "m", NULL, "ww");
	add(&sight, "m", NULL, "cc");
	blind.items[0].options = sight.items[0].options = 2;
	j = rule_judge(&rule_caprl, &blind, &sight, &control);
	assert_int_equal(j.verdict, VERDICT_UNDECIDED); /* at temperature 1: four trials */
	blind.items[0].temperature = sight.items[0].temperature = 0;
	assert_int_equal(rule_trials(&rule_caprl, &blind.items[0]), 2);
	j = rule_judge(&rule_caprl, &blind, &sight, &control);
	assert_int_equal(j.verdict, VERDICT_KEEP);
	tally_list_release(&blind);
	tally_list_release(&sight);
}

/* Trials behind the rule's number do not count: select --rotations 2 of 4 stored. */
static void test_only_the_first_trials_count(void **state)
{
	struct rule two = rule_of(">0.75", "<0.25", 2, 1),
		    eight = rule_of(">0.75", "<0.25", 8, 1);

	(void)state;
	judges(&two, "wwcc", "ccww", NULL, "keep", "");
	judges(&eight, "wwww", "cccc", NULL, "undecided", "blind_undecided");
}

/* ---- every sequence: early and exhaustive agree ---- */

/* What a trial can bring: correct, wrong and abstained alike wrong, three kinds of void. */
struct walk {
	const struct threshold *t;
	int trials;
	enum condition_state stopped;	/* the state when asking stopped, if it did */
	bool has_stopped;
	int correct_then, void_then, asked_then;
	long leaves, early;
};

/*
 * Goes through all sequences. Where rule_can_change first says no, the state is kept; at the
 * end of each sequence it must be what all trials give, and asking more must not have been
 * called for again in between.
 */
static void all_sequences(struct walk *w, int correct, int void_, int asked, int classes)
{
	struct walk saved = *w;
	enum condition_state end;
	int c;

	if (!w->has_stopped && !rule_can_change(w->t, correct, void_, asked, w->trials)) {
		w->has_stopped = true;
		w->early += asked < w->trials;
		w->stopped =
			threshold_state(w->t, correct, w->trials - asked + void_, w->trials);
	} else if (w->has_stopped && rule_can_change(w->t, correct, void_, asked, w->trials)) {
		fail_msg("%s: asking stopped and would go on at trial %d", w->t->text, asked);
	}
	if (asked == w->trials) {
		end = threshold_state(w->t, correct, void_, w->trials);
		if (!w->has_stopped || w->stopped != end)
			fail_msg("%s of %d: %d correct, %d void: stopped at %d, all trials "
				 "give %d",
				 w->t->text, w->trials, correct, void_, (int)w->stopped,
				 (int)end);
		w->leaves++;
	}
	for (c = 0; c < classes && asked < w->trials; c++)
		all_sequences(w, correct + (c == 0), void_ + (c >= classes / 2 + classes % 2),
			      asked + 1, classes);
	saved.leaves = w->leaves;
	saved.early = w->early;
	*w = saved;
}

static const char *const thresholds[] = {
	"<0.25", "<=0.25", "<0.5", ">0.75", ">=0.75", ">0.5", ">=1", "<=0",
};

static void test_early_stop_by_counts(void **state)
{
	struct threshold t;
	struct walk w;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(thresholds); i++) {
		t = parse(thresholds[i]);
		for (n = 1; n <= 8; n++) {
			w = (struct walk){ .t = &t, .trials = n };
			all_sequences(&w, 0, 0, 0, n <= 6 ? 5 : 3);
			assert_true(w.leaves > 0);
			if (n >= 4)
				assert_true(w.early > 0);
		}
	}
}

/* The same through real tallies and the whole judgement, blind and sight alike. */
static enum verdict judge_prefix(const struct rule *rule, const char *outcomes, bool sighted)
{
	struct tally_list list = { 0 }, good = { 0 }, none = { 0 };
	struct judgement j;

	add(&list, "m", NULL, outcomes);
	add(&good, "m", NULL, sighted ? "wwwwwwww" : "cccccccc");
	j = sighted ? rule_judge(rule, &good, &list, &none)
		    : rule_judge(rule, &list, &good, &none);
	tally_list_release(&list);
	tally_list_release(&good);
	return j.verdict;
}

static int deciding_prefix(const struct threshold *t, const char *outcomes, int n)
{
	int asked, correct = 0, void_ = 0;

	for (asked = 0; asked < n && rule_can_change(t, correct, void_, asked, n); asked++) {
		correct += outcomes[asked] == 'c';
		void_ += outcomes[asked] == 'u' || outcomes[asked] == 'r';
	}
	return asked;
}

static void check_judgements(const struct rule *rule, bool sighted)
{
	static const char letters[] = "cwaur";
	int n = rule->rotations, i, digits, code, all = 1;
	char outcomes[9], prefix[9];

	for (i = 0; i < n; i++)
		all *= 5;
	for (code = 0; code < all; code++) {
		for (i = 0, digits = code; i < n; i++, digits /= 5)
			outcomes[i] = letters[digits % 5];
		outcomes[n] = '\0';
		snprintf(prefix, sizeof(prefix), "%.*s",
			 deciding_prefix(sighted ? &rule->visual : &rule->text, outcomes, n),
			 outcomes);
		if (judge_prefix(rule, prefix, sighted) !=
		    judge_prefix(rule, outcomes, sighted))
			fail_msg("%s %s: '%s' and '%s' differ", rule->visual.text,
				 rule->text.text, prefix, outcomes);
	}
}

static void test_early_stop_by_judgement(void **state)
{
	struct rule rule;
	size_t i;
	int n;

	(void)state;
	for (n = 1; n <= 5; n++) {
		for (i = 0; i < COUNT(thresholds); i++) {
			/* the other condition always holds, so that only this one speaks */
			rule = (struct rule){ parse(thresholds[i]), parse("<=0"), n, 1 };
			check_judgements(&rule, true);
			rule = (struct rule){ parse(">=1"), parse(thresholds[i]), n, 1 };
			check_judgements(&rule, false);
		}
	}
}

/* "2.73 instead of 4 blind calls when the blind model guesses" (1 in 4). */
static void test_calls_saved(void **state)
{
	struct threshold t = parse("<0.25");
	double expected = 0, go_on = 1;
	int asked;

	(void)state;
	for (asked = 0; asked < 4; asked++) {
		assert_true(rule_can_change(&t, 0, 0, asked, 4));
		assert_false(rule_can_change(&t, 1, 0, asked + 1, 4));
		expected += go_on;
		go_on *= 0.75;
	}
	assert_true(expected > 2.729 && expected < 2.735);
}

static void test_words(void **state)
{
	enum verdict v;
	char text[128];

	(void)state;
	rule_text(&rule_caprl, text);
	assert_string_equal(text, "visual>0.75 text<0.25 n=4 panel=1");
	assert_int_equal(verdict_parse("undecided", &v), 0);
	assert_int_equal(v, VERDICT_UNDECIDED);
	assert_int_equal(verdict_parse("kept", &v), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thresholds_parse),
		cmocka_unit_test(test_compared_as_integers),
		cmocka_unit_test(test_the_default_rule),
		cmocka_unit_test(test_nothing_valid_decides_nothing),
		cmocka_unit_test(test_panel),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_few_orders_count_once),
		cmocka_unit_test(test_only_the_first_trials_count),
		cmocka_unit_test(test_early_stop_by_counts),
		cmocka_unit_test(test_early_stop_by_judgement),
		cmocka_unit_test(test_calls_saved),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
