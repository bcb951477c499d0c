/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays tests/mcq and checks what must hold for every reply: nothing is lost unsaid, spans
 * lie inside the reply and do not overlap, the locale does not matter, and a reply cut at any
 * byte yields no question that the whole one does not hold.
 *
 * A case is NAME.txt, the reply byte for byte, and NAME.expect, a line for each question or
 * loss in order:
 *
 *	question | option | *right option | option | rule	(+ none_or_all behind the rule)
 *	! reason | rule
 *	@ cut		the reply was cut off
 *	@ max 3		at most three questions
 *	@ prompt FILE	what was sent, from the same folder
 *	@ loose		this reply contradicts itself later, so cutting it is not tested
 *
 * CAPQA_BLESS=1 writes the .expect files that do not exist yet; read them before you keep them.
 */
#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/buf.h"
#include "curate/mcq.h"

struct sample {
	char name[256];
	struct buf reply, settings, expect, prompt;
	struct mcq_context context;
	bool loose;
};

static const char *tests_folder(void)
{
	const char *folder = getenv("CAPQA_TESTS");

	return folder && *folder ? folder : "tests";
}

static bool read_file(const char *name, const char *suffix, struct buf *out)
{
	char path[4096];
	char *room;
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), "%s/mcq/%s%s", tests_folder(), name, suffix);
	file = fopen(path, "rb");
	if (!file)
		return false;
	do {
		room = buf_room(out, 65536);
		got = fread(room, 1, 65536, file);
		out->len += got;
		out->data[out->len] = '\0';
	} while (got);
	fclose(file);
	return true;
}

static void read_setting(struct sample *s, char *line)
{
	char file[256];

	if (!strcmp(line, "@ cut"))
		s->context.cut = true;
	else if (!strcmp(line, "@ loose"))
		s->loose = true;
	else if (sscanf(line, "@ max %d", &s->context.max_questions) == 1)
		return;
	else if (sscanf(line, "@ prompt %255s", file) == 1 && read_file(file, "", &s->prompt))
		s->context.prompt = s->prompt.data;
	else
		fail_msg("%s.expect: unknown setting '%s'", s->name, line);
}

/* Takes the settings out of the expected lines. */
static void read_expect(struct sample *s)
{
	struct buf raw;
	char *line, *rest;

	buf_init(&raw, BUF_NO_MAX);
	read_file(s->name, ".expect", &raw);
	rest = raw.data;
	while ((line = strsep(&rest, "\n"))) {
		if (*line == '@') {
			buf_printf(&s->settings, "%s\n", line);
			read_setting(s, line);
		} else if (*line && *line != '#') {
			buf_printf(&s->expect, "%s\n", line);
		}
	}
	buf_release(&raw);
}

static void sample_open(struct sample *s, const char *file)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%.*s", (int)(strlen(file) - 4), file);
	buf_init(&s->reply, BUF_NO_MAX);
	buf_init(&s->settings, BUF_NO_MAX);
	buf_init(&s->expect, BUF_NO_MAX);
	buf_init(&s->prompt, BUF_NO_MAX);
	if (!read_file(s->name, ".txt", &s->reply))
		fail_msg("cannot read %s", file);
	read_expect(s);
}

static void sample_close(struct sample *s)
{
	buf_release(&s->reply);
	buf_release(&s->settings);
	buf_release(&s->expect);
	buf_release(&s->prompt);
}

static void for_each_sample(void (*check)(struct sample *s))
{
	struct dirent **list;
	struct sample s;
	char path[4096];
	int i, count, seen = 0;

	snprintf(path, sizeof(path), "%s/mcq", tests_folder());
	count = scandir(path, &list, NULL, alphasort);
	if (count < 0)
		fail_msg("no folder '%s': set CAPQA_TESTS", path);
	for (i = 0; i < count; i++) {
		size_t len = strlen(list[i]->d_name);

		if (len > 4 && !strcmp(list[i]->d_name + len - 4, ".txt")) {
			sample_open(&s, list[i]->d_name);
			check(&s);
			sample_close(&s);
			seen++;
		}
		free(list[i]);
	}
	free(list);
	assert_true(seen >= 40);
}

/* The reply in memory of exactly its size, so that a read too far is seen. */
static void read_exact(const char *reply, size_t len, const struct mcq_context *context,
		       struct mcq *found)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, reply, len);
	mcq_read(copy, len, context, found);
	assert_memory_equal(copy, reply, len);
	free(copy);
}

static void print_question(const struct mcq_question *q, bool rule, struct buf *out)
{
	size_t i;

	buf_adds(out, q->question);
	for (i = 0; i < q->option_count; i++)
		buf_printf(out, " | %s%s", (int)i == q->answer ? "*" : "", q->options[i]);
	if (rule)
		buf_printf(out, " | %s%s", q->rule, q->none_or_all ? " + none_or_all" : "");
	buf_addc(out, '\n');
}

static void print_all(const struct mcq *found, struct buf *out)
{
	size_t q = 0, l = 0;

	while (q < found->question_count || l < found->loss_count) {
		if (q < found->question_count &&
		    (l == found->loss_count ||
		     found->questions[q].index < found->losses[l].index)) {
			print_question(&found->questions[q++], true, out);
		} else {
			buf_printf(out, "! %s | %s\n", found->losses[l].reason,
				   found->losses[l].rule);
			l++;
		}
	}
}

static bool is_reason(const char *reason)
{
	size_t i;

	for (i = 0; mcq_reasons[i]; i++)
		if (!strcmp(mcq_reasons[i], reason))
			return true;
	return false;
}

/* Indices run from 0 in the order of the spans, which lie in the reply and do not overlap. */
static void check_accounts(const char *name, const struct mcq *found, size_t len)
{
	size_t q = 0, l = 0, total = found->question_count + found->loss_count, i, start, end;
	size_t last = 0;
	int index;

	assert_true(total > 0);
	for (i = 0; i < total; i++) {
		if (q < found->question_count && found->questions[q].index == (int)i) {
			start = found->questions[q].start;
			end = found->questions[q].end;
			index = found->questions[q].index;
			assert_true(found->questions[q].answer >= 0);
			assert_true(found->questions[q].answer <
				    (int)found->questions[q].option_count);
			assert_true(found->questions[q].option_count >= MCQ_OPTIONS_MIN);
			assert_true(found->questions[q].option_count <= MCQ_OPTIONS_MAX);
			q++;
		} else {
			assert_true(l < found->loss_count);
			start = found->losses[l].start;
			end = found->losses[l].end;
			index = found->losses[l].index;
			assert_true(is_reason(found->losses[l].reason));
			assert_true(*found->losses[l].detail);
			l++;
		}
		assert_int_equal(index, (int)i);
		if (start > end || end > len || start < last)
			fail_msg("%s: span %zu is [%zu, %zu) of %zu, after %zu", name, i, start,
				 end, len, last);
		last = end;
	}
}

static void write_expect(const struct sample *s, const struct buf *got)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/mcq/%s.expect", tests_folder(), s->name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s%s", s->settings.data, got->data);
	fclose(file);
}

static int wrong;

static void check_reading(struct sample *s)
{
	struct mcq found;
	struct buf got;

	buf_init(&got, BUF_NO_MAX);
	read_exact(s->reply.data, s->reply.len, &s->context, &found);
	check_accounts(s->name, &found, s->reply.len);
	print_all(&found, &got);
	if (!s->expect.len && getenv("CAPQA_BLESS")) {
		write_expect(s, &got);
	} else if (strcmp(got.data, s->expect.data)) {
		wrong++;
		print_error("%s: expected\n%sgot\n%s\n", s->name, s->expect.data, got.data);
	}
	mcq_release(&found);
	buf_release(&got);
}

static void samples_read_as_they_say(void **state)
{
	(void)state;
	wrong = 0;
	for_each_sample(check_reading);
	assert_int_equal(wrong, 0);
}

static void the_locale_does_not_matter(void **state)
{
	static const char *const locales[] = { "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8",
					       "en_US.UTF-8" };
	size_t i;

	(void)state;
	wrong = 0;
	for (i = 0; i < sizeof(locales) / sizeof(*locales); i++)
		if (setlocale(LC_ALL, locales[i]))
			for_each_sample(check_reading);
	setlocale(LC_ALL, "C");
	assert_int_equal(wrong, 0);
}

/* ---- cutting -------------------------------------------------------------------------- */

static void check_cuts(struct sample *s)
{
	struct mcq_context cut = s->context;
	struct mcq whole, part;
	struct buf all, one;
	size_t len, i;

	if (s->loose)
		return;
	cut.cut = true;
	buf_init(&all, BUF_NO_MAX);
	buf_init(&one, BUF_NO_MAX);
	read_exact(s->reply.data, s->reply.len, &s->context, &whole);
	buf_addc(&all, '\n');
	for (i = 0; i < whole.question_count; i++)
		print_question(&whole.questions[i], false, &all);
	for (len = 0; len < s->reply.len; len++) {
		read_exact(s->reply.data, len, &cut, &part);
		check_accounts(s->name, &part, len);
		for (i = 0; i < part.question_count; i++) {
			buf_clear(&one);
			buf_addc(&one, '\n');
			print_question(&part.questions[i], false, &one);
			if (!strstr(all.data, one.data))
				fail_msg("%s cut at %zu holds%swhich the whole does not",
					 s->name, len, one.data);
		}
		mcq_release(&part);
	}
	mcq_release(&whole);
	buf_release(&all);
	buf_release(&one);
}

static void a_cut_reply_holds_nothing_new(void **state)
{
	(void)state;
	for_each_sample(check_cuts);
}

/* What was complete before the cut is read: the loss is at most the question cut into. */
static void a_cut_costs_one_question(void **state)
{
	struct mcq_context cut = { .cut = true };
	struct mcq found;
	struct buf text;
	size_t ends[6], len;
	int i, k;

	(void)state;
	buf_init(&text, BUF_NO_MAX);
	for (i = 0; i < 5; i++) {
		ends[i] = text.len;
		buf_printf(&text,
			   "#### %d. **How many birds sit on wire %d?**\n   - A) None\n"
			   "   - B) Two\n   - C) %d\n   - D) Twenty\n\n**Answer:** C) "
			   "%d\n\n------\n\n",
			   i + 1, i + 1, i + 30, i + 30);
	}
	ends[5] = text.len;
	for (len = 1; len <= text.len; len++) {
		read_exact(text.data, len, &cut, &found);
		for (k = 0; ends[k + 1] < len; k++)
			;
		assert_true((int)found.question_count >= k);
		if (found.question_count == (size_t)k && found.loss_count)
			assert_string_equal(found.losses[found.loss_count - 1].reason,
					    k || len > 8 ? "cut_off" : found.losses[0].reason);
		mcq_release(&found);
	}
	buf_release(&text);
}

/* ---- the strict form ------------------------------------------------------------------ */

/* Every combination of right letters, of texts that look like labels and answers. */
static void the_strict_form_is_read_completely(void **state)
{
	static const char *const texts[] = {
		"Red",		 "12",	       "A) Tree",  "- B) in a list",
		"Answer: maybe", "**bold**",   "C. Milan", "a \"quoted\" word",
		"日本語",	 "50% (half)", "x - y",	   "1. FC Nürnberg",
		"Yes",		 "D",
	};
	const size_t count = sizeof(texts) / sizeof(*texts);
	struct mcq found;
	struct buf text;
	size_t i, k;
	int gold;

	(void)state;
	for (i = 0; i < count; i++) {
		for (gold = 0; gold < 4; gold++) {
			buf_init(&text, BUF_NO_MAX);
			buf_printf(&text, "#### 1. **What is it?**\n");
			for (k = 0; k < 4; k++)
				buf_printf(&text, "   - %c) %s\n", (int)('A' + k),
					   texts[(i + k) % count]);
			buf_printf(&text, "\n**Answer:** %c) %s\n\n------\n", 'A' + gold,
				   texts[(i + (size_t)gold) % count]);
			read_exact(text.data, text.len, NULL, &found);
			if (found.question_count != 1)
				fail_msg("not read:\n%s%s", text.data, found.losses[0].detail);
			assert_int_equal(found.questions[0].answer, gold);
			assert_int_equal(found.questions[0].option_count, 4);
			assert_string_equal(found.questions[0].rule, "caprl/1");
			mcq_release(&found);
			buf_release(&text);
		}
	}
}

/* ---- limits --------------------------------------------------------------------------- */

static void a_megabyte_of_anything_is_read(void **state)
{
	static const char *const pieces[] = {
		"a",
		"\r",
		"\n",
		"1. What?\n",
		"A) x ",
		"A) x\n",
		"1. B\n",
		"{",
		"[{",
		"{\"question\":",
		"[{\"question\":\"",
		"\"",
		"{\"a\":1}\n",
		"**",
		"*`",
		"Answer: B\n",
		"Answer: ",
		"1-B ",
		"问题",
		"A、",
		"Options:\n",
		"#### 1. **q?**\nA) x\nB) y\nAnswer: A\n",
		"</think>",
		"<think>\n",
		"<br>",
		"</b>",
		"> ",
		"| ",
		"- ",
		"\xff",
		"\\",
		"? A) x B) y ",
		"```\n",
		"Q: what? A) x B) y Answer: B ",
		"[x] ",
		"i) ",
		"A",
		"**bold** ",
		"{'question': '",
	};
	struct mcq found;
	struct buf text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_init(&text, BUF_NO_MAX);
		while (text.len < 1 << 20)
			buf_adds(&text, pieces[i]);
		read_exact(text.data, text.len, NULL, &found);
		check_accounts(pieces[i], &found, text.len);
		mcq_release(&found);
		buf_release(&text);
	}
}

static void a_null_reply_is_empty(void **state)
{
	struct mcq found;

	(void)state;
	mcq_read(NULL, 0, NULL, &found);
	assert_int_equal(found.question_count, 0);
	assert_int_equal(found.loss_count, 1);
	assert_string_equal(found.losses[0].reason, "empty");
	mcq_release(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_read_as_they_say),
		cmocka_unit_test(the_locale_does_not_matter),
		cmocka_unit_test(a_cut_reply_holds_nothing_new),
		cmocka_unit_test(a_cut_costs_one_question),
		cmocka_unit_test(the_strict_form_is_read_completely),
		cmocka_unit_test(a_megabyte_of_anything_is_read),
		cmocka_unit_test(a_null_reply_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
