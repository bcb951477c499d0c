/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of store/ledger_line, ledger_import and ledger_wanted: any bytes as the
 * output of a batch engine, and as the batch that was sent. What must hold: every line is an
 * answer, an error or malformed, with a word and a reason; an answer written and read again is
 * the same, and is found in the ledger. Seeds: tests/golden/ledger-import.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "schemas/fold.h"
#include "store/answers.h"
#include "store/ledger_import.h"
#include "store/ledger_line.h"
#include "store/ledger_wanted.h"
#include "store/sink.h"

#define NOW 1700000000
#define MOST INT64_C(1000000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same(const struct answer *a, const struct answer *b)
{
	require(same_text(a->content, b->content) && same_text(a->model, b->model));
	require(same_text(a->finish_reason, b->finish_reason));
	require(same_text(a->fingerprint, b->fingerprint));
	require(a->prompt_tokens == b->prompt_tokens);
	require(a->completion_tokens == b->completion_tokens);
	require(a->latency_ms == b->latency_ms && a->asked_at == b->asked_at);
}

static void check_answer(const unsigned char key[16], const struct answer *a)
{
	unsigned char key_again[16];
	struct answer again;
	char class[41];
	struct err err;
	struct buf line;
	bool has_key;

	require(a->content && fold_is_utf8(a->content, strlen(a->content)));
	require(a->prompt_tokens >= -1 && a->prompt_tokens <= MOST);
	require(a->completion_tokens >= -1 && a->completion_tokens <= MOST);
	buf_init(&line, BUF_NO_MAX);
	ledger_line_write(&line, key, a);
	require(memchr(line.data, '\n', line.len) == line.data + line.len - 1);
	require(ledger_line_read(line.data, line.len - 1, NOW, key_again, &has_key, &again, class,
				 &err) == LEDGER_LINE_ANSWER);
	require(has_key && !memcmp(key, key_again, 16));
	check_same(a, &again);
	answer_release(&again);
	buf_release(&line);
}

static void check_line(const char *text, size_t len)
{
	struct err err = { .text = "" };
	unsigned char key[16];
	struct answer answer = { 0 };
	char class[41] = "";
	enum ledger_line got;
	bool has_key;
	const char *p;

	ledger_line_request(text, len, key);
	got = ledger_line_read(text, len, NOW, key, &has_key, &answer, class, &err);
	if (got == LEDGER_LINE_ANSWER) {
		require(has_key);
		check_answer(key, &answer);
		answer_release(&answer);
		return;
	}
	require(!answer.content || (got == LEDGER_LINE_EMPTY && !*answer.content));
	answer_release(&answer);
	require(*class && *err.text && strlen(class) <= 40);
	for (p = class; *p; p++)
		require(isalnum((unsigned char)*p) || *p == '_');
}

/* All of it into a ledger; what it says of itself adds up. */
static void check_import(char *path, bool wanted)
{
	struct ledger_import im = { .lines = 0 };
	struct err err = { .text = "" };
	char *files[] = { path, NULL }, hex[33];
	int64_t counted = 0;
	size_t i;
	int bad;

	im.scratch = answers_open("", &err);
	im.rejects = sink_open("/dev/null", &err);
	require(im.scratch && im.rejects);
	buf_init(&im.text, BUF_NO_MAX);
	im.wanted = wanted ? ledger_wanted_open(files, &err) : NULL;
	bad = ledger_import_lines(&im, files, &err);
	require(!bad || *err.text);
	for (i = 0; i < im.class_count; i++)
		counted += im.classes[i].count;
	require(im.lines == im.answers + im.errors + im.bad && counted == im.errors + im.bad);
	require(!im.wanted || ledger_wanted_missing(im.wanted, hex) >= 0);
	require(!sink_leave(im.rejects, &err));
	ledger_import_release(&im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at, *end, *newline;
	char path[64], *line;
	size_t len;
	int fd;

	if (!size)
		return 0;
	end = (const char *)data + size;
	for (at = (const char *)data + 1; at < end; at += len + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		len = (size_t)((newline ? newline : end) - at);
		line = malloc(len ? len : 1);
		require(line != NULL);
		memcpy(line, at, len);
		check_line(line, len);
		free(line);
	}
	fd = memfd_create("batch", MFD_CLOEXEC);
	require(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size < 15 || memcmp(data + 1, "SQLite format 3", 14))
		check_import(path, data[0] & 1);
	close(fd);
	return 0;
}
