/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_import.h.
 */
#include "store/ledger_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/sig.h"
#include "schemas/record.h"
#include "store/answers.h"
#include "store/ledger_line.h"
#include "store/ledger_wanted.h"
#include "store/sink.h"
#include "store/source.h"

#define CLASSES_MAX 20	/* a server's words, or a hostile file's: what is more is "other" */

static void count_class(struct ledger_import *im, const char *class)
{
	size_t i;

	for (i = 0; i < im->class_count && strcmp(im->classes[i].class, class); i++)
		;
	if (i >= CLASSES_MAX)
		class = "other";
	for (i = 0; i < im->class_count && strcmp(im->classes[i].class, class); i++)
		;
	if (i == im->class_count) {
		im->classes = xgrow(im->classes, &im->class_cap, i, sizeof(*im->classes));
		im->classes[im->class_count++] = (struct ledger_class){ .count = 0 };
		snprintf(im->classes[i].class, sizeof(im->classes[i].class), "%s", class);
	}
	im->classes[i].count++;
}

static int reject(struct ledger_import *im, const struct line *line, const char *class,
		  const char *why, struct err *err)
{
	struct rec *r;
	int bad;

	count_class(im, class);
	if (!im->rejects)
		return 0;
	r = rec_new(REC_REJECT);
	rec_set_text(r, "stage", "ledger");
	rec_set_text(r, "class", class);
	rec_set_text(r, "message", why);
	rec_set_text(r, "file", line->file);
	rec_set_int(r, "line", line->number);
	buf_clear(&im->text);
	rec_write(r, &im->text);
	rec_free(r);
	bad = sink_write(im->rejects, im->text.data, im->text.len, err);
	return bad;
}

/* When a line does not say when it was asked: the same for each import of this file. */
static int64_t time_of(const char *file)
{
	struct stat st;

	return strcmp(file, "-") && !stat(file, &st) ? (int64_t)st.st_mtime : (int64_t)time(NULL);
}

static int import_line(struct ledger_import *im, const struct line *line, struct err *err)
{
	unsigned char key[16];
	struct answer answer = { 0 };
	char class[41] = "bad_line";
	struct err why;
	bool has_key = false;
	enum ledger_line got = line->fault ? LEDGER_LINE_BAD :
			       ledger_line_read(line->text, line->len, time_of(line->file), key,
						&has_key, &answer, class, &why);

	im->lines++;
	if (line->fault)
		err_set(&why, EXIT_DATA, "%s", line->fault);
	if (got == LEDGER_LINE_EMPTY)
		got = im->accept_empty ? LEDGER_LINE_ANSWER : LEDGER_LINE_ERROR;
	if (im->wanted && has_key && got != LEDGER_LINE_BAD &&
	    !ledger_wanted_mark(im->wanted, key, got == LEDGER_LINE_ANSWER)) {
		got = LEDGER_LINE_BAD;
		snprintf(class, sizeof(class), "unknown_id");
		err_set(&why, EXIT_DATA, "the batch that was sent did not ask this");
	}
	if (got != LEDGER_LINE_ANSWER) {
		answer_release(&answer);
		im->errors += got == LEDGER_LINE_ERROR;
		im->bad += got == LEDGER_LINE_BAD;
		return reject(im, line, class, why.text, err);
	}
	im->answers++;
	answers_put(im->scratch, key, &answer);
	answer_release(&answer);
	return answers_due_ms(im->scratch) == 0 ? answers_commit(im->scratch, err) : 0;
}

int ledger_import_lines(struct ledger_import *im, char **files, struct err *err)
{
	struct source *in = source_open(files, err);
	enum source_got got;
	struct line line;
	int bad = in ? 0 : -1;

	while (!bad && !sig_stop() && (got = source_poll(in, &line, err)) != SOURCE_END) {
		if (got == SOURCE_LATER)
			source_wait(in);
		else
			bad = got == SOURCE_FAILED || import_line(im, &line, err) ? -1 : 0;
	}
	if (in)
		source_close(in);
	return bad || answers_commit(im->scratch, err) ? -1 : 0;
}

void ledger_import_release(struct ledger_import *im)
{
	answers_close(im->scratch, NULL);
	ledger_wanted_close(im->wanted);
	free(im->classes);
	buf_release(&im->text);
}
