/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_asking.h.
 */
#include "filter/audit_asking.h"

#include <stdlib.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/sig.h"
#include "curate/hygiene.h"
#include "filter/audit_caption.h"
#include "schemas/chance.h"
#include "schemas/layout.h"

/* ---- captions in ---- */

/* Says once per input how its rows are read. */
static void say_layout(struct audit_asking *a, const struct item *item)
{
	struct buf name;

	if (item->file == a->named)
		return;
	a->named = item->file;
	buf_init(&name, BUF_NO_MAX);
	layout_name(item->rec, REC_CAPTION, a->image_field, a->text_field, &name);
	if (name.len)
		note("%s: %s", item->file, name.data);
	buf_release(&name);
}

/* Not a reject: captions of images that nobody asked about are no fault. */
static void pass_unjoined(struct audit_asking *a, struct item *item)
{
	const char *path = rec_text(item->rec, "image"), *id = rec_text(item->rec, "image_id");
	struct buf reject, text;

	buf_init(&reject, BUF_NO_MAX);
	buf_init(&text, BUF_NO_MAX);
	buf_printf(&text, "'%s' (image_id %s)", path ? path : "", id ? id : "unknown");
	if (!a->unjoined++)
		a->example = xstrdup(text.data);
	buf_adds(&text, " has no question");
	run_reject_line(a->run, item, "no_question", text.data, -1, -1, &reject);
	run_end(a->run, item, RUN_SKIPPED, NULL, &reject);
	buf_release(&reject);
	buf_release(&text);
}

/* A score on its way out counts for the page. */
static void count_score(struct audit_asking *a, struct rec *score)
{
	struct err err;

	if (!a->dry_run && audit_page_add(a->page, score, &err))
		run_fail(a->run, &err);
}

static void write_unasked(struct audit_asking *a, struct item *item)
{
	struct rec *score = audit_case_unasked(a->plan, item->rec);

	rec_free(item->rec);
	item->rec = score;
	count_score(a, score);
	run_write(a->run, item, RUN_PASSED);
}

/* Opens the caption's case, or ends the item when there is nothing to ask. */
static void start(struct audit_asking *a, struct item *item)
{
	struct audit_list list;
	unsigned flags;
	struct err err;
	int found;

	say_layout(a, item);
	if (audit_caption_read(item->rec, a->image_field, a->text_field, &err)) {
		run_reject(a->run, item, "no_caption", err.text);
		return;
	}
	if (a->sample && !audit_sample_has(a->sample, item->rec)) {
		run_elsewhere(a->run, item);
		return;
	}
	found = audit_bank_find(a->bank, rec_text(item->rec, "image_id"),
				rec_text(item->rec, "image"), &list, &err);
	if (found < 0) {
		run_fail(a->run, &err);
		run_reject(a->run, item, "failed", err.text);
		return;
	}
	if (!found) {
		pass_unjoined(a, item);
		return;
	}
	a->joined++;
	flags = audit_caption_flag(item->rec);
	if (flags & HYGIENE_UNUSABLE) {
		audit_list_release(&list);
		write_unasked(a, item);
	} else {
		a->current = audit_case_open(a->plan, item, &list);
	}
}

/* ---- trials out and back ---- */

static void ask(struct audit_asking *a, struct audit_trial *t, bool fresh)
{
	struct chat_request q;

	audit_case_request(t, &q);
	lvlm_ask(a->model, &q, NULL, fresh, t);
}

bool audit_asking_next(struct audit_asking *a)
{
	struct audit_trial *t;
	struct item item;

	while (!a->current) {
		if (!run_room(a->run) || !run_poll(a->run, &item))
			return false;
		start(a, &item);
	}
	t = audit_case_next(a->current);
	if (t)
		ask(a, t, false);
	else
		a->current = NULL;
	return true;
}

bool audit_asking_open(const struct audit_asking *a)
{
	return a->current && !sig_stop() && !run_failed(a->run);
}

static void close_case(struct audit_asking *a, struct audit_case *c)
{
	struct item *item = audit_case_item(c);
	enum run_fate fate = RUN_DONE;

	if (!a->dry_run)
		item = audit_case_score(c, &fate);
	count_score(a, item->rec);
	run_write(a->run, item, fate);
	if (c == a->current)
		a->current = NULL;
	audit_case_free(c);
}

void audit_asking_put(struct audit_asking *a, const struct lvlm_reply *reply)
{
	struct audit_trial *t = reply->about;
	struct audit_case *c = audit_case_of(t);

	if (reply->outcome == LVLM_MISSING) {
		lvlm_expect(a->model, reply, &(struct chance_left){ 1, 1, 1 });
		audit_case_missing(t);
	} else if (!audit_case_take(t, reply)) {
		ask(a, t, true);
		return;
	}
	if (audit_case_over(c))
		close_case(a, c);
}

void audit_asking_abandon(struct audit_asking *a)
{
	struct audit_trial *t;
	struct audit_case *c;

	while ((t = lvlm_abandon(a->model))) {
		c = audit_case_of(t);
		audit_case_lost(t);
		if (audit_case_quiet(c) && c != a->current)
			audit_case_free(c);
	}
	audit_case_free(a->current);
	a->current = NULL;
}

/* Nothing joined: the two sides name their images differently, and a look shows how. */
void audit_asking_check(struct audit_asking *a)
{
	struct err err;
	char *other;

	if (a->joined || !a->unjoined || run_failed(a->run) || sig_stop())
		return;
	other = audit_bank_example(a->bank);
	err_set(&err, EXIT_DATA, "no caption joins a question: the first caption is of %s, the first "
		"question of %s; see --join and --strip-prefix", a->example, other);
	run_fail(a->run, &err);
	free(other);
}

void audit_asking_release(struct audit_asking *a)
{
	free(a->example);
	a->example = NULL;
}
