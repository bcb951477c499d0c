/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_sample.h. Each stratum keeps its smallest hashes in a heap, the largest on top.
 */
#include "filter/audit_sample.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "filter/audit_caption.h"
#include "schemas/hash.h"
#include "store/source.h"

#define STRATA_MAX 1024		/* sources beyond are one stratum */

struct stratum {
	char *source;
	int64_t seen, wanted;
	uint64_t *heap;
	size_t count, cap;
	uint64_t most;		/* settled: hashes up to this one are in */
};

struct audit_sample {
	int64_t wanted, seed, seen;
	struct stratum strata[STRATA_MAX];
	int count;
};

struct audit_sample *audit_sample_new(int64_t wanted, int64_t seed)
{
	struct audit_sample *s = xcalloc(1, sizeof(*s));

	s->wanted = wanted;
	s->seed = seed;
	return s;
}

void audit_sample_free(struct audit_sample *s)
{
	int i;

	for (i = 0; s && i < s->count; i++) {
		free(s->strata[i].source);
		free(s->strata[i].heap);
	}
	free(s);
}

/* The value of `source` as written; records without one are a stratum too. */
static int find(const struct audit_sample *s, struct rec *r, const char **raw, size_t *len)
{
	int i;

	if (!rec_raw(r, "source", raw, len)) {
		*raw = "";
		*len = 0;
	}
	for (i = 0; i < s->count; i++)
		if (strlen(s->strata[i].source) == *len && !memcmp(s->strata[i].source, *raw, *len))
			return i;
	return s->count == STRATA_MAX ? STRATA_MAX - 1 : -1;
}

static uint64_t hash_of_caption(const struct audit_sample *s, struct rec *r)
{
	uint64_t value;
	struct hash h;

	hash_init(&h);
	hash_text(&h, "audit sample");
	hash_number(&h, s->seed);
	hash_text(&h, rec_text(r, "caption_id"));
	hash_text(&h, rec_text(r, "image"));
	value = hash_low(&h);
	hash_release(&h);
	return value;
}

/* ---- the heap ---- */

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t t = *a;

	*a = *b;
	*b = t;
}

static void sink_down(uint64_t *heap, size_t count)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && heap[child + 1] > heap[child])
			child++;
		if (heap[at] >= heap[child])
			return;
		swap(&heap[at], &heap[child]);
		at = child;
	}
}

static void push(struct stratum *t, uint64_t value, int64_t most)
{
	size_t at;

	if (t->count && (int64_t)t->count >= most) {
		if (value >= t->heap[0])
			return;
		t->heap[0] = value;
		sink_down(t->heap, t->count);
		return;
	}
	t->heap = xgrow(t->heap, &t->cap, t->count, sizeof(*t->heap));
	t->heap[t->count] = value;
	for (at = t->count++; at && t->heap[(at - 1) / 2] < t->heap[at]; at = (at - 1) / 2)
		swap(&t->heap[(at - 1) / 2], &t->heap[at]);
}

/* Takes the largest away until so many are left. */
static void cut(struct stratum *t, int64_t keep)
{
	while ((int64_t)t->count > keep) {
		t->heap[0] = t->heap[--t->count];
		sink_down(t->heap, t->count);
	}
}

/* ---- the passes ---- */

void audit_sample_see(struct audit_sample *s, struct rec *r)
{
	const char *raw;
	size_t len;
	int i = find(s, r, &raw, &len);

	if (i < 0) {
		i = s->count++;
		s->strata[i].source = xstrndup(raw, len);
	}
	s->seen++;
	s->strata[i].seen++;
	push(&s->strata[i], hash_of_caption(s, r), s->wanted);
}

/* Is the remainder of stratum a's share larger? Ties: the larger stratum, then the first. */
static bool goes_before(const struct audit_sample *s, int a, int b)
{
	int64_t one = s->strata[a].seen * s->wanted % s->seen;
	int64_t two = s->strata[b].seen * s->wanted % s->seen;

	if (one != two)
		return one > two;
	return s->strata[a].seen > s->strata[b].seen;
}

static void share_out(struct audit_sample *s)
{
	int64_t left = s->wanted;
	int i, best;

	for (i = 0; i < s->count; i++) {
		s->strata[i].wanted = s->strata[i].seen * s->wanted / s->seen;
		left -= s->strata[i].wanted;
	}
	for (; left > 0; left--) {
		best = -1;
		for (i = 0; i < s->count; i++)
			if (s->strata[i].wanted == s->strata[i].seen * s->wanted / s->seen &&
			    (best < 0 || goes_before(s, i, best)))
				best = i;
		s->strata[best].wanted++;
	}
}

void audit_sample_settle(struct audit_sample *s)
{
	int i;

	if (s->wanted > s->seen)
		s->wanted = s->seen;
	if (s->seen)
		share_out(s);
	for (i = 0; i < s->count; i++) {
		cut(&s->strata[i], s->strata[i].wanted);
		if (s->strata[i].count)
			s->strata[i].most = s->strata[i].heap[0];
	}
}

bool audit_sample_has(const struct audit_sample *s, struct rec *r)
{
	const char *raw;
	size_t len;
	int i = find(s, r, &raw, &len);

	return i >= 0 && s->strata[i].count &&
	       hash_of_caption(s, r) <= s->strata[i].most;
}

static void see_line(struct audit_sample *s, const struct line *line, const char *image_field,
		     const char *text_field)
{
	struct rec *r = line->fault ? NULL : rec_parse(REC_CAPTION, line->text, line->len, NULL);

	if (r && !audit_caption_read(r, image_field, text_field, NULL))
		audit_sample_see(s, r);
	rec_free(r);
}

int audit_sample_read(struct audit_sample *s, char *const *files, int64_t limit,
		      const char *image_field, const char *text_field, struct err *err)
{
	enum source_got got;
	int64_t lines = 0;
	struct source *in;
	struct line line;
	size_t i;

	for (i = 0; !*files || files[i]; i++)
		if (!*files || !strcmp(files[i], "-"))
			return err_set(err, EXIT_USAGE, "--sample reads its input twice, so it takes "
				       "files");
	in = source_open(files, err);
	if (!in)
		return -1;
	while (!sig_stop() && (limit < 0 || lines < limit) &&
	       (got = source_poll(in, &line, err)) != SOURCE_END) {
		if (got == SOURCE_FAILED) {
			source_close(in);
			return -1;
		}
		lines += got == SOURCE_LINE;
		if (got == SOURCE_LINE)
			see_line(s, &line, image_field, text_field);
		else
			source_wait(in);
	}
	source_close(in);
	audit_sample_settle(s);
	return 0;
}

int64_t audit_sample_wanted(const struct audit_sample *s)
{
	return s->wanted;
}

int64_t audit_sample_seen(const struct audit_sample *s)
{
	return s->seen;
}

int audit_sample_sources(const struct audit_sample *s)
{
	return s->count;
}
