/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of curate/mcq: any bytes, with and without the cut, in memory of exactly
 * their size. The first byte chooses the context. Seeds: tests/mcq/ *.txt.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "curate/mcq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static void check_question(const struct mcq_question *q)
{
	size_t i;

	require(q->question && *q->question);
	require(q->option_count >= MCQ_OPTIONS_MIN && q->option_count <= MCQ_OPTIONS_MAX);
	require(q->answer >= 0 && (size_t)q->answer < q->option_count);
	for (i = 0; i < q->option_count; i++)
		require(q->options[i] && *q->options[i]);
}

static bool is_reason(const char *reason)
{
	size_t i;

	for (i = 0; mcq_reasons[i]; i++)
		if (!strcmp(mcq_reasons[i], reason))
			return true;
	return false;
}

/* Every index once, spans inside, in order, not overlapping. */
static void check_accounts(const struct mcq *found, size_t len)
{
	size_t i, q = 0, l = 0, last = 0, start, end;

	require(found->question_count + found->loss_count > 0);
	for (i = 0; i < found->question_count + found->loss_count; i++) {
		if (q < found->question_count && found->questions[q].index == (int)i) {
			check_question(&found->questions[q]);
			start = found->questions[q].start;
			end = found->questions[q++].end;
		} else {
			require(l < found->loss_count && found->losses[l].index == (int)i);
			require(is_reason(found->losses[l].reason) && *found->losses[l].detail);
			start = found->losses[l].start;
			end = found->losses[l++].end;
		}
		require(start <= end && end <= len && start >= last);
		last = end;
	}
}

static bool is_same(const struct mcq_question *a, const struct mcq_question *b)
{
	size_t i;

	if (strcmp(a->question, b->question) || a->option_count != b->option_count ||
	    a->answer != b->answer)
		return false;
	for (i = 0; i < a->option_count; i++)
		if (strcmp(a->options[i], b->options[i]))
			return false;
	return true;
}

/*
 * A question of the cut reply is one of the whole reply, or the whole reply contradicts its
 * answer later on and says so, or answers an earlier one so that the limit is reached sooner.
 */
static void check_cut(const struct mcq *whole, const struct mcq *part)
{
	size_t i, k;
	bool held;

	for (i = 0; i < part->question_count; i++) {
		held = false;
		for (k = 0; k < whole->question_count && !held; k++)
			held = is_same(&part->questions[i], &whole->questions[k]);
		for (k = 0; k < whole->loss_count && !held; k++)
			held = whole->losses[k].start == part->questions[i].start &&
			       (!strcmp(whole->losses[k].reason, "several_answers") ||
				!strcmp(whole->losses[k].reason, "over_max") ||
				!strcmp(whole->losses[k].reason, "ambiguous_answer") ||
				!strcmp(whole->losses[k].reason, "answer_not_in_options") ||
				!strcmp(whole->losses[k].reason, "letter_text_conflict"));
		require(held);
	}
}

/* Replies come out of JSON, so they are valid; what broken bytes cut into is nobody's case. */
static bool is_utf8(const uint8_t *data, size_t size)
{
	utf8proc_ssize_t used;
	utf8proc_int32_t rune;

	for (; size; data += used, size -= (size_t)used) {
		used = utf8proc_iterate(data, (utf8proc_ssize_t)size, &rune);
		if (used <= 0)
			return false;
	}
	return true;
}

/*
 * The last question counts only while nothing that could follow would change it. Closing tags
 * of reasoning and numbers as answers speak about what came before them.
 */
static bool can_be_cut(const uint8_t *text, size_t len, size_t cut)
{
	return is_utf8(text, len) && is_utf8(text, cut) && !memmem(text, len, "</", 2) &&
	       !memmem(text, len, "\xe2\x97\x81", 3) && !memmem(text, len, "<|", 2) &&
	       !memchr(text, '{', len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mcq_context context = { .prompt = "#### 1. **What?**\n- A) x\n- B) y\n" };
	struct mcq whole, part;
	size_t cut;
	char *copy;

	if (!size)
		return 0;
	context.max_questions = data[0] & 1 ? 3 : 0;
	context.prompt = data[0] & 2 ? context.prompt : NULL;
	mcq_read((const char *)data + 1, size - 1, &context, &whole);
	check_accounts(&whole, size - 1);
	/* where to cut comes from the input, so that the fuzzer can choose it */
	cut = size > 1 ? ((size_t)data[0] >> 2 | (size_t)data[size - 1] << 6) % size : 0;
	cut = cut ? cut - 1 : 0;
	copy = malloc(cut ? cut : 1);
	require(copy != NULL);
	memcpy(copy, data + 1, cut);
	context.cut = true;
	mcq_read(copy, cut, &context, &part);
	check_accounts(&part, cut);
	if (can_be_cut(data + 1, size - 1, cut))
		check_cut(&whole, &part);
	mcq_release(&whole);
	mcq_release(&part);
	free(copy);
	return 0;
}
