/* SPDX-License-Identifier: Apache-2.0
 *
 * See block.h. One pass over the lines; a line labelled A opens a new run, the next letter
 * extends it, blank lines are skipped, any other line closes it. The last run of two or more
 * wins.
 */
#include "examples/sim/block.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"

struct run {
	const char *start;		/* where the line of option A begins */
	const char *text[BLOCK_MOST];
	size_t len[BLOCK_MOST];
	size_t count;
	bool open;
};

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Length of the mark that ends a label, 0 if there is none: ) . : and their wide forms. */
static size_t mark_len(const char *p, const char *end)
{
	static const char *const wide[] = { "\xef\xbc\x89", "\xef\xbc\x8e", "\xef\xbc\x9a",
					    "\xe3\x80\x81" };

	if (p < end && (*p == ')' || *p == '.' || *p == ':'))
		return 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (end - p >= 3 && !memcmp(p, wide[i], 3))
			return 3;
	return 0;
}

/* The letter's number and where its text starts; -1 if the line has no label. */
static int read_label(const char *p, const char *end, const char **text)
{
	size_t mark;
	int letter;

	p = skip_blanks(p, end);
	if (p < end && (*p == '-' || *p == '*'))
		p = skip_blanks(p + 1, end);
	while (p < end && (*p == '*' || *p == '('))
		p++;
	if (p >= end || *p < 'A' || *p > 'Z')
		return -1;
	letter = *p++ - 'A';
	mark = mark_len(p, end);
	if (!mark)
		return -1;
	*text = skip_blanks(p + mark, end);
	return *text < end ? letter : -1;
}

static void take_line(struct run *run, const char *line, const char *end)
{
	const char *text;
	int letter = read_label(line, end, &text);

	if (letter == 0) {
		run->start = line;
		run->count = 0;
		run->open = true;
	} else if (letter < 0 || !run->open || (size_t)letter != run->count) {
		if (skip_blanks(line, end) < end)
			run->open = false;
		return;
	}
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	run->text[run->count] = text;
	run->len[run->count++] = (size_t)(end - text);
}

int block_read(struct block *b, const char *text)
{
	struct run run = { 0 }, best = { 0 };
	const char *line = text;
	const char *end;

	memset(b, 0, sizeof(*b));
	while (*line) {
		end = strchr(line, '\n');
		if (!end)
			end = line + strlen(line);
		take_line(&run, line, end);
		if (run.count >= 2)
			best = run;
		line = *end ? end + 1 : end;
	}
	if (!best.count)
		return -1;
	b->before = xstrndup(text, (size_t)(best.start - text));
	b->count = best.count;
	for (size_t i = 0; i < best.count; i++)
		b->options[i] = xstrndup(best.text[i], best.len[i]);
	return 0;
}

void block_release(struct block *b)
{
	free(b->before);
	for (size_t i = 0; i < b->count; i++)
		free(b->options[i]);
	memset(b, 0, sizeof(*b));
}
