/* SPDX-License-Identifier: Apache-2.0
 *
 * See report_count.h.
 */
#include "store/report_count.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/cell.h"
#include "store/fetch.h"

#define RULES "SELECT rule, count(*) FROM questions WHERE rule IS NOT NULL " \
	"GROUP BY rule ORDER BY 2 DESC, 1"

/* The value of "NAME..." among the words of a rule as rule_text writes it. */
static const char *word_of(char *const *words, const char *name)
{
	size_t len = strlen(name);

	for (; *words; words++)
		if (!strncmp(*words, name, len))
			return *words + len;
	return NULL;
}

/* "n=4", "panel=1": small counts, of our own writing. */
static int count_of(char *const *words, const char *name, int most)
{
	const char *value = word_of(words, name);
	long n = value ? strtol(value, NULL, 10) : 0;

	return n < 1 || n > most ? -1 : (int)n;
}

/* The inverse of rule_text. -1: not a rule. */
static int read_rule(const char *text, struct rule *rule)
{
	char *copy = xstrdup(text), *rest = copy, *words[9] = { NULL };
	const char *visual, *blind;
	size_t n = 0;
	int result = -1;

	while (n < 8 && (words[n] = strsep(&rest, " ")))
		n++;
	visual = word_of(words, "visual");
	blind = word_of(words, "text");
	rule->rotations = count_of(words, "n=", TALLY_TRIALS_MAX);
	rule->panel = count_of(words, "panel=", FIGURES_MODELS_MAX);
	if (visual && blind && rule->rotations > 0 && rule->panel > 0 &&
	    !threshold_parse(visual, &rule->visual, NULL) &&
	    !threshold_parse(blind, &rule->text, NULL))
		result = 0;
	free(copy);
	return result;
}

static int find_rule(struct report_counts *c, struct db *db, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, RULES, err);
	struct rule rule;
	int got = -1;

	c->rule = rule_caprl;
	while (stmt && (got = db_step(db, stmt, err)) > 0) {
		if (read_rule(cell_text(stmt, 0), &rule))
			continue;
		c->rule = rule;
		c->rule_questions = sqlite3_column_int64(stmt, 1);
		got = 0;
		break;
	}
	sqlite3_finalize(stmt);
	return got;
}

static const struct tally *first_full(const struct tally_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->items[i].full)
			return &list->items[i];
	return NULL;
}

/* Where a tally stands in the plane; exact where it has as many trials as the plane steps. */
static int step_of(const struct report_counts *c, const struct tally *t)
{
	return (2 * t->correct * c->steps + t->valid) / (2 * t->valid);
}

static void add_to_plane(struct report_counts *c, const struct tally *blind,
			 const struct tally *sight)
{
	if (blind->valid < blind->rotations || sight->valid < sight->rotations ||
	    !blind->valid || !sight->valid) {
		c->plane_holes++;
		return;
	}
	c->plane_questions++;
	c->plane[step_of(c, sight)][step_of(c, blind)]++;
}

static struct judgement judged(struct rec *r)
{
	struct judgement j = { VERDICT_UNDECIDED, NULL };
	const char *verdict = rec_text(r, "verdict");

	if (verdict)
		verdict_parse(verdict, &j.verdict);
	return j;
}

static void add_question(struct report_counts *c, struct rec *r)
{
	struct tally_list blind = { 0 }, sight = { 0 }, control = { 0 };
	struct rec_question q;
	struct judgement j = judged(r);
	int options;

	if (rec_question(r, &q, NULL)) {
		c->unread++;
		return;
	}
	options = (int)q.option_count;
	if (tally_list_read(rec_json(r, "blind"), options, &blind, NULL) ||
	    tally_list_read(rec_json(r, "sight"), options, &sight, NULL) ||
	    tally_list_read(rec_json(r, "control"), options, &control, NULL)) {
		c->unread++;
	} else {
		figures_add(&c->figures, &c->rule, options, q.answer, &j, &blind, &sight,
			    &control);
		if (first_full(&blind) && first_full(&sight)) {
			add_to_plane(c, first_full(&blind), first_full(&sight));
			whatif_add(&c->whatif, options, &blind, &sight, &control);
		}
	}
	if (options > c->options_most)
		c->options_most = options;
	tally_list_release(&blind);
	tally_list_release(&sight);
	tally_list_release(&control);
	free(q.options);
}

static int add_all(struct report_counts *c, struct db *db, struct err *err)
{
	sqlite3_stmt *ids = db_prepare(db, "SELECT id FROM questions ORDER BY id", err);
	struct fetch *fetch = ids ? fetch_new(db, REC_QUESTION, err) : NULL;
	struct rec *r;
	int got = -1;

	while (fetch && !sig_stop() && (got = db_step(db, ids, err)) > 0) {
		got = fetch_record(fetch, sqlite3_column_int64(ids, 0), &r, err);
		if (got < 0)
			break;
		if (r)
			add_question(c, r);
		rec_free(r);
	}
	fetch_free(fetch);
	sqlite3_finalize(ids);
	return got < 0 && !sig_stop() ? -1 : sig_stop() != 0;
}

int report_count(struct report_counts *c, struct db *db, struct err *err)
{
	*c = (struct report_counts){ .unread = 0 };
	if (find_rule(c, db, err))
		return -1;
	whatif_init(&c->whatif, &c->rule);
	c->steps = c->rule.rotations < COUNT_STEPS_MAX ? c->rule.rotations : COUNT_STEPS_MAX;
	return add_all(c, db, err);
}

void report_count_release(struct report_counts *c)
{
	figures_release(&c->figures);
}
