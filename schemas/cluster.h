/* SPDX-License-Identifier: Apache-2.0
 *
 * cluster: how sure a mean is when its parts come in clusters: all questions about one image
 * stand or fall together, so ten questions on one image are worth less than ten on ten. Pure.
 *
 * The estimate is a ratio of totals, R = sum y / sum x; its variance goes by the clusters'
 * residuals, G/(G-1) * sum (y_g - R x_g)^2 / (sum x)^2 (the linearised ratio estimator of
 * cluster samples: Cochran, Sampling Techniques, 3rd ed., 6.3 and 11.7), its quantile by
 * Student's t with G-1 degrees of freedom.
 *
 * Memory does not grow with the input: clusters fall into CLUSTER_GROUPS groups by hash. Groups
 * of independent clusters are independent clusters, so the interval stays right; it gets a few
 * degrees of freedom fewer, and images may come in any order, again and again.
 *
 *	struct cluster accuracy = { 0 };
 *	cluster_add(&accuracy, image_key, 3, 4);	3 right of 4 questions
 *	share = cluster_share(&accuracy, &interval);
 *	cluster_release(&accuracy);
 */
#ifndef SCHEMAS_CLUSTER_H
#define SCHEMAS_CLUSTER_H

#include <stdint.h>

#include "schemas/interval.h"

#define CLUSTER_GROUPS 4096

struct cluster_sums {
	double x, y;
};

struct cluster {
	struct cluster_sums *groups;	/* CLUSTER_GROUPS of them; NULL: nothing was added */
	double x, y;
};

void cluster_release(struct cluster *c);
void cluster_add(struct cluster *c, const char *key, double y, double x);

/*
 * R and its 95 % interval: what differences and quotients of differences take. Without at
 * least two groups, or with sum x 0, the interval is [-inf, inf] and R is 0 or as it is.
 */
double cluster_ratio(const struct cluster *c, struct interval *i);

/*
 * The same for a share, 0 <= y <= x: Wilson's interval with the sample size that a simple
 * sample of this variance would have, so that it stays inside [0, 1] and is no point at 0 or 1.
 */
double cluster_share(const struct cluster *c, struct interval *i);

#endif
