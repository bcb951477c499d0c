/* SPDX-License-Identifier: Apache-2.0
 *
 * run_read: records on their way into a stage; see run.h.
 */
#include "store/run_in.h"

#include <assert.h>
#include <poll.h>

#include "cli/sig.h"
#include "schemas/hash.h"
#include "store/queue.h"
#include "store/source.h"

/* A record without an image goes by all of it, a broken line by nothing: to one slice each. */
static const char *part_key(struct run *run, struct rec *rec)
{
	const char *key = rec ? rec_image_key(rec) : "";

	if (!key) {
		buf_clear(&run->line);
		rec_write(rec, &run->line);
		key = run->line.data;
	}
	return key;
}

bool run_item(struct run *run, struct rec *rec, const char *file, int64_t line,
	      struct item *item)
{
	*item = (struct item){ .rec = rec, .file = file, .line = line };
	if (run->o.part.of && hash_part(part_key(run, rec), run->o.part.of) != run->o.part.slice) {
		run->elsewhere++;
		rec_free(rec);
		return false;
	}
	run->read++;
	item->place = queue_place(run->queue);
	return true;
}

static enum rec_kind kind_of(const struct run *run)
{
	return run->kind == REC_KINDS ? REC_IMAGE : run->kind;
}

static struct rec *parse(struct run *run, const struct line *line, struct err *err)
{
	if (!line->fault)
		return rec_parse(kind_of(run), line->text, line->len, err);
	err_set(err, EXIT_DATA, "%s", line->fault);
	return NULL;
}

static void reject_line(struct run *run, struct item *item, const struct line *line,
			const struct err *err)
{
	buf_clear(&run->line);
	buf_printf(&run->line, "%s%s", line->torn ? "torn last line: " : "", err->text);
	run_reject(run, item, "bad_json", run->line.data);
}

/* Makes a record of a line, or rejects it. */
static bool take_line(struct run *run, const struct line *line, struct item *item)
{
	struct err err;
	struct rec *rec = parse(run, line, &err);

	if (!run_item(run, rec, line->file, line->number, item))
		return false;
	if (!rec)
		reject_line(run, item, line, &err);
	return rec;
}

/* An input that ends too early is told at once, and the next one read. */
static bool poll_line(struct run *run, struct line *line)
{
	enum source_got got;
	struct err err;

	if (run_ended(run))
		return false;
	if (run->o.limit >= 0 && run->read + run->elsewhere >= run->o.limit) {
		run->input_ended = true;
		return false;
	}
	while ((got = source_poll(run->in, line, &err)) == SOURCE_FAILED) {
		complain("%s", err.text);
		if (!run->broken_input)
			run->broken_input = (int)err.kind;
	}
	run->input_ended = got == SOURCE_END;
	return got == SOURCE_LINE;
}

bool run_poll(struct run *run, struct item *item)
{
	struct line line;

	while (poll_line(run, &line))
		if (take_line(run, &line, item))
			return true;
	return false;
}

static bool next_line(struct run *run, struct line *line)
{
	while (!poll_line(run, line)) {
		if (run_ended(run))
			return false;
		run_tick(run, NULL);
		run_wait(run, -1);
	}
	run_tick(run, NULL);
	return true;
}

bool run_next(struct run *run, struct item *item)
{
	struct line line;

	while (next_line(run, &line))
		if (take_line(run, &line, item))
			return true;
	return false;
}

bool run_next_line(struct run *run, struct line *line, struct item *item)
{
	assert(!run->o.part.of);
	return next_line(run, line) && run_item(run, NULL, line->file, line->number, item);
}

bool run_parse(struct run *run, const struct line *line, struct item *item)
{
	struct err err;

	item->rec = parse(run, line, &err);
	if (!item->rec)
		reject_line(run, item, line, &err);
	return item->rec;
}

void run_parse_canonical(struct run *run, const struct line *line, struct item *item)
{
	item->rec = rec_parse_canonical(kind_of(run), line->text, line->len);
}

/* Whose turn it is goes to the file from where it stands. */
void run_write_line(struct run *run, struct item *item, const struct line *line,
		    enum run_fate fate)
{
	if (queue_pass(run->queue, item->place)) {
		run->fates[fate]++;
		run_write_out(run, &(struct queue_ready){ .text = line->text, .len = line->len });
		run_write_out(run, &(struct queue_ready){ .text = "\n", .len = 1 });
		run_forward(run);
		return;
	}
	buf_clear(&run->line);
	buf_add(&run->line, line->text, line->len);
	buf_addc(&run->line, '\n');
	run_end(run, item, fate, &run->line, NULL);
}

bool run_wait(const struct run *run, int ms)
{
	struct pollfd p[2] = { { .fd = run_fd(run), .events = POLLIN },
			       { .fd = sig_fd(), .events = POLLIN } };

	return poll(p, 2, ms) != 0;
}

bool run_ended(const struct run *run)
{
	return run->input_ended || run->failed || sig_stop();
}

bool run_room(const struct run *run)
{
	return queue_room(run->queue);
}

int run_fd(const struct run *run)
{
	return run->in && !run_ended(run) ? source_fd(run->in) : -1;
}
