/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_flat.h. A line end written as two bytes becomes a space and a line end. Between
 * questions one replaces the space in front of the next number, and only there: behind an
 * answer, and only the number that is next.
 */
#include "curate/mcq_flat.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_line.h"
#include "curate/mcq_word.h"

#define LONGEST 20000	/* bytes: a line of questions; each head costs a look to its end */

/* "\nu" and "\neq" are LaTeX. */
static bool is_latex(const char *p, const char *end)
{
	static const char *const names[] = {
		"nu", "neq", "ne", "neg", "not", "nabla", "ni", "nmid", "nexists", "newline"
	};
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = strlen(names[i]);
		if ((size_t)(end - p) >= len && !memcmp(p, names[i], len) &&
		    (p + len == end || !mcq_text_alpha((unsigned char)p[len])))
			return true;
	}
	return false;
}

/* Two that no small letter follows show that line ends were written out: one is "C:\New". */
static bool is_escaped(const char *p, const char *end)
{
	int count = 0;

	while (count < 2 && (p = memmem(p, (size_t)(end - p), "\\n", 2))) {
		p += 2;
		count += p == end || *p < 'a' || *p > 'z';
	}
	return count == 2;
}

static bool unescape(char *p, const char *end)
{
	if (!is_escaped(p, end))
		return false;
	while ((p = memmem(p, (size_t)(end - p), "\\n", 2))) {
		if (!is_latex(p + 1, end))
			memcpy(p, " \n", 2);
		p += 2;
	}
	return true;
}

static bool is_head(const char *p, const char *end, int number)
{
	struct mcq_line line;

	mcq_line_read(p, end, &line);
	if (line.kind == LINE_QUESTION)
		return line.number == number;
	return line.kind == LINE_NUMBERED && line.label.ordinal == number && line.rest.len &&
	       (line.label.close == '.' || line.label.close == ')');
}

static bool part_questions(char *text, const char *end)
{
	bool answered = false, found = false;
	struct mcq_line line;
	int number = 2;
	size_t used;
	char *p;

	for (p = text + 1; p < end; p++) {
		if (p[-1] != ' ' && p[-1] != '*')
			continue;
		if (mcq_word_find(p, end, &used) == WORD_ANSWER &&
		    mcq_line_answer(p, end, &line)) {
			answered = true;
		} else if (answered && p[-1] == ' ' && is_head(p, end, number)) {
			p[-1] = '\n';
			number++;
			answered = false;
			found = true;
		}
	}
	return found;
}

char *mcq_flat_lines(struct mcq_text reply)
{
	struct mcq_text body = mcq_text_trim(reply);
	char *copy, *start;
	bool found;

	if (!body.len || *body.at == '{' || *body.at == '[' ||
	    memchr(body.at, '\n', body.len) || memchr(body.at, '\r', body.len))
		return NULL;
	copy = xstrndup(reply.at, reply.len);
	start = copy + (body.at - reply.at);
	found = unescape(start, start + body.len);
	if (!found && body.len <= LONGEST)
		found = part_questions(start, start + body.len);
	if (found)
		return copy;
	free(copy);
	return NULL;
}
