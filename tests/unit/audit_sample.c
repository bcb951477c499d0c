/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_sample: exactly N, each source its share, the same in any order.
 */
#include "filter/audit_sample.h"

#include "tests/unit/scratch.h"

static struct rec *caption(int n, const char *source)
{
	char line[200];
	int len = snprintf(line, sizeof(line), "{\"caption_id\":\"c%d\",\"image\":\"i%d\"%s%s%s}", n, n,
			   source ? ",\"source\":\"" : "", source ? source : "", source ? "\"" : "");
	struct rec *r = rec_parse(REC_CAPTION, line, (size_t)len, NULL);

	assert_non_null(r);
	return r;
}

/* Of every ten captions six are of "a", three of "b", one has no source. */
static const char *source_of(int n)
{
	return n % 10 < 6 ? "a" : n % 10 < 9 ? "b" : NULL;
}

static struct audit_sample *sampled(int64_t wanted, int all, int step, int64_t seed)
{
	struct audit_sample *s = audit_sample_new(wanted, seed);
	struct rec *r;
	int i;

	for (i = 0; i < all; i++) {
		r = caption(i * step % all, source_of(i * step % all));
		audit_sample_see(s, r);
		rec_free(r);
	}
	audit_sample_settle(s);
	return s;
}

static void count(const struct audit_sample *s, int all, int by[3], char *in)
{
	struct rec *r;
	int i, k;

	memset(by, 0, 3 * sizeof(*by));
	for (i = 0; i < all; i++) {
		r = caption(i, source_of(i));
		k = source_of(i) ? *source_of(i) - 'a' : 2;
		in[i] = audit_sample_has(s, r);
		by[k] += in[i];
		rec_free(r);
	}
}

static void test_shares(void **state)
{
	static const struct { int64_t wanted; int by[3]; } cases[] = {
		{ 100, { 60, 30, 10 } }, { 10, { 6, 3, 1 } }, { 1, { 1, 0, 0 } }, { 5, { 3, 2, 0 } },
		{ 999, { 599, 300, 100 } }, { 1000, { 600, 300, 100 } }, { 5000, { 600, 300, 100 } },
	};
	struct audit_sample *s;
	char in[1000];
	int by[3];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		s = sampled(cases[i].wanted, 1000, 1, 0);
		count(s, 1000, by, in);
		if (memcmp(by, cases[i].by, sizeof(by)))
			fail_msg("of %d: %d %d %d", (int)cases[i].wanted, by[0], by[1], by[2]);
		assert_int_equal(audit_sample_seen(s), 1000);
		assert_int_equal(audit_sample_sources(s), 3);
		audit_sample_free(s);
	}
}

static void test_order_and_seed(void **state)
{
	struct audit_sample *forward = sampled(50, 1000, 1, 0), *other = sampled(50, 1000, 7, 0);
	struct audit_sample *reseeded = sampled(50, 1000, 1, 1), *more = sampled(100, 1000, 1, 0);
	char a[1000], b[1000], c[1000], d[1000];
	int by[3], i;

	(void)state;
	count(forward, 1000, by, a);
	count(other, 1000, by, b);
	count(reseeded, 1000, by, c);
	count(more, 1000, by, d);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	for (i = 0; i < 1000; i++)
		assert_true(!a[i] || d[i]);	/* a larger sample holds the smaller */
	audit_sample_free(forward);
	audit_sample_free(other);
	audit_sample_free(reseeded);
	audit_sample_free(more);
}

static void test_nothing(void **state)
{
	struct audit_sample *s = audit_sample_new(10, 0);
	struct rec *r = caption(1, "a");

	(void)state;
	audit_sample_settle(s);
	assert_false(audit_sample_has(s, r));
	rec_free(r);
	audit_sample_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares), cmocka_unit_test(test_order_and_seed),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
