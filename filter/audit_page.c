/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_page.h.
 */
#include "filter/audit_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/hygiene.h"
#include "filter/audit_best.h"
#include "schemas/cluster.h"

#define SOURCES_MAX 32		/* the rest goes under one heading */
#define LENGTHS 7

enum { RIGHT, OMITTED, CONTRADICTED, FINDINGS };
static const char *const members[FINDINGS] = { "correct", "omitted", "contradicted" };

/* Characters; a class ends before the next one's beginning. */
static const int64_t lengths[LENGTHS] = { 0, 100, 250, 500, 1000, 2000, 4000 };

struct figures_of {
	char *name;
	int64_t captions, questions;
	struct cluster of[FINDINGS];
};

struct audit_page {
	struct audit_best *best;
	struct figures_of all, lengths[LENGTHS], sources[SOURCES_MAX + 1];
	size_t source_count;
	struct cluster reward, normal;
	double full_caption, full_blind, full_sight;
	int64_t full;
	int64_t captions, rewarded, failed, flagged[6];
};

struct answer {
	double share[FINDINGS], blind, sight;
	bool full;
};

struct audit_page *audit_page_new(void)
{
	struct audit_page *page = xcalloc(1, sizeof(*page));

	page->best = audit_best_new();
	return page;
}

static void release(struct figures_of *f)
{
	int i;

	free(f->name);
	for (i = 0; i < FINDINGS; i++)
		cluster_release(&f->of[i]);
}

void audit_page_free(struct audit_page *page)
{
	size_t i;

	if (!page)
		return;
	audit_best_free(page->best);
	release(&page->all);
	for (i = 0; i < LENGTHS; i++)
		release(&page->lengths[i]);
	for (i = 0; i <= SOURCES_MAX; i++)
		release(&page->sources[i]);
	cluster_release(&page->reward);
	cluster_release(&page->normal);
	free(page);
}

/* ---- a score in ---- */

/* 1: the question has valid trials; 0: it has none; -1: malformed. */
static int read_answer(const cJSON *json, struct answer *a)
{
	double counts[FINDINGS], valid = 0;
	const cJSON *blind, *sight, *n;
	int i;

	for (i = 0; i < FINDINGS; i++) {
		n = cJSON_GetObjectItemCaseSensitive(json, members[i]);
		if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0 && n->valuedouble <= 1e6))
			return -1;
		valid += counts[i] = n->valuedouble;
	}
	if (valid <= 0)
		return 0;
	for (i = 0; i < FINDINGS; i++)
		a->share[i] = counts[i] / valid;
	blind = cJSON_GetObjectItemCaseSensitive(json, "blind");
	sight = cJSON_GetObjectItemCaseSensitive(json, "sight");
	a->full = cJSON_IsNumber(blind) && cJSON_IsNumber(sight);
	a->blind = a->full ? blind->valuedouble : 0;
	a->sight = a->full ? sight->valuedouble : 0;
	return 1;
}

static int64_t characters(const char *text)
{
	int64_t n = 0;

	for (; text && *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static struct figures_of *length_class(struct audit_page *page, const char *caption)
{
	int64_t n = characters(caption);
	int i = LENGTHS - 1;

	while (n < lengths[i])
		i--;
	return &page->lengths[i];
}

/* NULL: the record names no source. */
static struct figures_of *source_of(struct audit_page *page, struct rec *r)
{
	const char *name = rec_text(r, "source");
	size_t i;

	if (!name)
		return NULL;
	for (i = 0; i < page->source_count; i++)
		if (!strcmp(page->sources[i].name, name))
			return &page->sources[i];
	if (i < SOURCES_MAX)
		page->sources[page->source_count++].name = xstrdup(name);
	else if (!page->sources[i].name)
		page->sources[i].name = xstrdup("all other sources");
	return &page->sources[i];
}

static void add_answer(struct figures_of *f, const char *key, const struct answer *a)
{
	int i;

	if (!f)
		return;
	f->questions++;
	for (i = 0; i < FINDINGS; i++)
		cluster_add(&f->of[i], key, a->share[i], 1);
}

static void add_full(struct audit_page *page, const char *key, const struct answer *a)
{
	page->full++;
	page->full_caption += a->share[RIGHT];
	page->full_blind += a->blind;
	page->full_sight += a->sight;
	cluster_add(&page->normal, key, a->share[RIGHT] - a->blind, a->sight - a->blind);
}

/* What the caption as a whole says: its flags, its reward. */
static void add_caption(struct audit_page *page, struct rec *r, const char *key)
{
	unsigned flags = hygiene_read(rec_json(r, "flags"));
	const cJSON *reward = rec_json(r, "reward");
	int64_t failed = 0, asked = 0;
	int i;

	page->captions++;
	for (i = 0; i < 6; i++)
		page->flagged[i] += (flags >> i) & 1;
	if (cJSON_IsNumber(reward)) {
		page->rewarded++;
		cluster_add(&page->reward, key, reward->valuedouble, 1);
	}
	if (!rec_int(r, "asked", &asked) && !rec_int(r, "failed", &failed))
		page->failed += failed > 0;
}

int audit_page_add(struct audit_page *page, struct rec *score, struct err *err)
{
	const char *key = rec_image_key(score);
	struct figures_of *source, *length;
	const cJSON *answers = rec_json(score, "answers"), *json;
	struct answer a;
	int got;

	if (!key || !cJSON_IsArray(answers))
		return err_set(err, EXIT_DATA, "no score: 'answers' or the image is missing");
	cJSON_ArrayForEach(json, answers)
		if (read_answer(json, &a) < 0)
			return err_set(err, EXIT_DATA, "an answer without its counts");
	add_caption(page, score, key);
	source = source_of(page, score);
	length = length_class(page, rec_text(score, "caption"));
	page->all.captions++;
	length->captions++;
	if (source)
		source->captions++;
	cJSON_ArrayForEach(json, answers) {
		got = read_answer(json, &a);
		if (!got)
			continue;
		add_answer(&page->all, key, &a);
		add_answer(length, key, &a);
		add_answer(source, key, &a);
		if (a.full)
			add_full(page, key, &a);
	}
	return audit_best_add(page->best, score, err);
}

/* ---- the page out ---- */

static void add_share(struct buf *out, const struct cluster *c)
{
	struct interval i;
	double share = cluster_share(c, &i);

	buf_printf(out, " %.3f [%.3f, %.3f]", share, i.lower, i.upper);
}

static void add_name(struct buf *out, const char *name)
{
	struct buf clean;

	buf_init(&clean, BUF_NO_MAX);
	msg_clean(&clean, name, strlen(name));
	buf_printf(out, "  %-18s", clean.data);
	buf_release(&clean);
}

static void add_row(struct buf *out, const char *name, const struct figures_of *f)
{
	int i;

	if (!f->questions)
		return;
	add_name(out, name);
	for (i = 0; i < FINDINGS; i++)
		add_share(out, &f->of[i]);
	buf_printf(out, "  n=%lld\n", (long long)f->questions);
}

static void add_head(struct buf *out, const struct audit_page *page)
{
	static const char *const names[6] = { "empty", "truncated", "refusal", "degenerate",
					      "reasoning", "language" };
	const char *before = "; flagged: ";
	int i;

	buf_printf(out, "%lld captions, %lld with a reward", (long long)page->captions,
		   (long long)page->rewarded);
	if (page->failed)
		buf_printf(out, ", %lld with failed trials", (long long)page->failed);
	for (i = 0; i < 6; i++) {
		if (!page->flagged[i])
			continue;
		buf_printf(out, "%s%lld %s", before, (long long)page->flagged[i], names[i]);
		before = ", ";
	}
	buf_addc(out, '\n');
	if (!page->rewarded)
		return;
	add_name(out, "mean reward");
	add_share(out, &page->reward);
	buf_printf(out, "  n=%lld captions\n", (long long)page->rewarded);
}

static void add_lengths(struct buf *out, const struct audit_page *page)
{
	char name[40];
	int i;

	buf_adds(out, "by the caption's length in characters\n");
	for (i = 0; i < LENGTHS; i++) {
		if (i + 1 < LENGTHS)
			snprintf(name, sizeof(name), "%lld to %lld", (long long)lengths[i],
				 (long long)lengths[i + 1] - 1);
		else
			snprintf(name, sizeof(name), "%lld and more", (long long)lengths[i]);
		add_row(out, name, &page->lengths[i]);
	}
}

static void add_normal(struct buf *out, const struct audit_page *page)
{
	double n = (double)page->full, score;
	struct interval i;

	if (!page->full)
		return;
	score = cluster_ratio(&page->normal, &i);
	buf_printf(out, "normalised, (caption - blind) / (sight - blind), over the full share\n"
		   "  (%.3f - %.3f) / (%.3f - %.3f) = ", page->full_caption / n, page->full_blind / n,
		   page->full_sight / n, page->full_blind / n);
	if (fabs(page->normal.x) < 1e-9)
		buf_adds(out, "unknown: the image helps no more than nothing");
	else if (isinf(i.lower))
		buf_printf(out, "%.3f, from one image", score);
	else
		buf_printf(out, "%.3f [%.3f, %.3f]", score, i.lower, i.upper);
	buf_printf(out, "  n=%lld\n", (long long)page->full);
}

static int by_name(const void *a, const void *b)
{
	const struct figures_of *const *one = a, *const *two = b;

	return strcmp((*one)->name, (*two)->name);
}

static void add_sources(struct buf *out, const struct audit_page *page)
{
	const struct figures_of *sorted[SOURCES_MAX];
	size_t i;

	if (!page->source_count)
		return;
	for (i = 0; i < page->source_count; i++)
		sorted[i] = &page->sources[i];
	qsort(sorted, page->source_count, sizeof(*sorted), by_name);
	buf_adds(out, "by source\n");
	for (i = 0; i < page->source_count; i++)
		add_row(out, sorted[i]->name, sorted[i]);
	if (page->sources[SOURCES_MAX].name)
		add_row(out, page->sources[SOURCES_MAX].name, &page->sources[SOURCES_MAX]);
}

int audit_page_text(const struct audit_page *page, struct buf *out, struct err *err)
{
	add_head(out, page);
	if (!page->all.questions)
		return 0;
	buf_printf(out, "  %-18s %-20s %-20s %-20s 95 %% intervals, by image\n", "",
		   "right", "omitted", "contradicted");
	add_row(out, "all questions", &page->all);
	add_sources(out, page);
	add_lengths(out, page);
	add_normal(out, page);
	return audit_best_text(page->best, out, err);
}
