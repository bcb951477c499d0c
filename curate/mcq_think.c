/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_think.h.
 */
#include "curate/mcq_think.h"

#include <string.h>

/* Behind the last occurrence of tag in text, or NULL. */
static const char *behind_last(struct mcq_text text, const char *tag)
{
	const char *p = text.at, *end = text.at + text.len, *found, *last = NULL;
	size_t len = strlen(tag);

	while ((found = memmem(p, (size_t)(end - p), tag, len)))
		p = last = found + len;
	return last;
}

/* An opening tag at the start of a line. */
static const char *find_open(struct mcq_text text, const char *tag)
{
	const char *p = text.at, *end = text.at + text.len, *found, *before;

	for (; (found = memmem(p, (size_t)(end - p), tag, strlen(tag))); p = found + 1) {
		for (before = found;
		     before > text.at && (before[-1] == ' ' || before[-1] == '\t');)
			before--;
		if (before == text.at || before[-1] == '\n')
			return found;
	}
	return NULL;
}

static struct mcq_text drop_end_marks(struct mcq_text text)
{
	static const char *const marks[] = {
		"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>", "</s>", "<|end|>",
		"<|return|>", "<eos>",
	};
	struct mcq_text tail;
	size_t i, len;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		len = strlen(marks[i]);
		tail = mcq_text_trim(
			text); /* the line's end stays: it says the line is whole */
		if (tail.len < len || memcmp(tail.at + tail.len - len, marks[i], len))
			continue;
		text.len = (size_t)(tail.at + tail.len - len - text.at);
		i = (size_t)-1;		/* "</s><|im_end|>": look again */
	}
	return text;
}

struct mcq_text mcq_think_skip(struct mcq_text reply, bool *thinking)
{
	static const char *const closing[] = {
		"</think>", "</thinking>", "</thought>", "</reasoning>", "◁/think▷",
		"<|channel|>final<|message|>", "<|end_of_thought|>",
	};
	static const char *const opening[] = {
		"<think>", "<thinking>", "<thought>", "<reasoning>", "◁think▷",
		"<|channel|>analysis<|message|>", "<|begin_of_thought|>",
	};
	const char *start = reply.at, *end = reply.at + reply.len, *found;
	size_t i;

	*thinking = false;
	if (!memchr(start, '<', reply.len) &&
	    (!memchr(start, 0xe2, reply.len) || !memmem(start, reply.len, "◁", 3)))
		return reply;
	for (i = 0; i < sizeof(closing) / sizeof(*closing); i++) {
		found = behind_last(reply, closing[i]);
		if (found && found > start)
			start = found;
	}
	for (i = 0; i < sizeof(opening) / sizeof(*opening); i++) {
		found = find_open(mcq_text_of(start, end), opening[i]);
		if (found) {
			end = found;
			*thinking = true;
		}
	}
	return drop_end_marks(mcq_text_of(start, end));
}
