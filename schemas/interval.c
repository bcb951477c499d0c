/* SPDX-License-Identifier: Apache-2.0
 *
 * See interval.h.
 */
#include "schemas/interval.h"

#include <math.h>

#define Z95 1.959963984540054	/* 97.5 % point of the normal distribution */

struct interval interval_wilson(int64_t hits, int64_t count)
{
	struct interval i = { 0, 1 };
	double n = (double)count, p, middle, half, scale;

	if (count <= 0)
		return i;
	p = (double)hits / n;
	scale = 1 + Z95 * Z95 / n;
	middle = (p + Z95 * Z95 / (2 * n)) / scale;
	half = Z95 / scale * sqrt(p * (1 - p) / n + Z95 * Z95 / (4 * n * n));
	i.lower = hits == 0 ? 0 : middle - half;
	i.upper = hits == count ? 1 : middle + half;
	return i;
}

double interval_binomial_at_most(int hits, int count, double p)
{
	double sum = 0;
	int k;

	if (hits < 0)
		return 0;
	if (p <= 0 || p >= 1)
		return p <= 0 || hits >= count ? 1 : 0;
	for (k = 0; k <= hits && k <= count; k++)
		sum += exp(lgamma(count + 1.0) - lgamma(k + 1.0) - lgamma(count - k + 1.0) +
			   k * log(p) + (count - k) * log1p(-p));
	return sum < 1 ? sum : 1;
}
