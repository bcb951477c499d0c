/* SPDX-License-Identifier: Apache-2.0
 *
 * See cluster.h.
 */
#include "schemas/cluster.h"

#include <math.h>
#include <stdlib.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define Z95 1.959963984540054	/* 97.5 % point of the normal distribution */

void cluster_release(struct cluster *c)
{
	free(c->groups);
	*c = (struct cluster){ 0 };
}

void cluster_add(struct cluster *c, const char *key, double y, double x)
{
	struct cluster_sums *group;
	struct hash h;

	if (!c->groups)
		c->groups = xcalloc(CLUSTER_GROUPS, sizeof(*c->groups));
	hash_init(&h);
	hash_text(&h, key);
	group = &c->groups[hash_low(&h) % CLUSTER_GROUPS];
	hash_release(&h);
	group->x += x;
	group->y += y;
	c->x += x;
	c->y += y;
}

/* Student's 97.5 % point by the Cornish-Fisher series; under 0.1 % off from 4 degrees on. */
static double t95(double degrees)
{
	static const double known[] = { 12.7062, 4.3027, 3.1824 };
	double z = Z95, v = degrees;

	if (degrees < 4)
		return known[(int)degrees - 1];
	return z + (pow(z, 3) + z) / (4 * v) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v) +
	       (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * v * v * v);
}

/* The variance of R and how many groups it comes from. */
static double variance(const struct cluster *c, double ratio, int *groups)
{
	double sum = 0, rest;
	int i;

	*groups = 0;
	for (i = 0; c->groups && i < CLUSTER_GROUPS; i++) {
		if (c->groups[i].x == 0 && c->groups[i].y == 0)
			continue;
		rest = c->groups[i].y - ratio * c->groups[i].x;
		sum += rest * rest;
		++*groups;
	}
	return *groups < 2 ? INFINITY : *groups / (*groups - 1.0) * sum / (c->x * c->x);
}

double cluster_ratio(const struct cluster *c, struct interval *i)
{
	double ratio = c->x != 0 ? c->y / c->x : 0, half;
	int groups;

	*i = (struct interval){ -INFINITY, INFINITY };
	if (c->x == 0)
		return 0;
	half = sqrt(variance(c, ratio, &groups));
	if (groups < 2)
		return ratio;
	half *= t95(groups - 1);
	*i = (struct interval){ ratio - half, ratio + half };
	return ratio;
}

double cluster_share(const struct cluster *c, struct interval *i)
{
	double p = c->x > 0 ? c->y / c->x : 0, spread, n, t, scale, middle, half;
	int groups;

	*i = (struct interval){ 0, 1 };
	if (c->x <= 0)
		return 0;
	spread = variance(c, p, &groups);
	if (groups < 2)
		return p;
	t = t95(groups - 1);
	n = spread > 0 && p > 0 && p < 1 ? p * (1 - p) / spread : groups;
	scale = 1 + t * t / n;
	middle = (p + t * t / (2 * n)) / scale;
	half = t / scale * sqrt(p * (1 - p) / n + t * t / (4 * n * n));
	*i = (struct interval){ p > 0 ? fmax(0, middle - half) : 0,
				p < 1 ? fmin(1, middle + half) : 1 };
	return p;
}
