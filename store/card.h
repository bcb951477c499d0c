/* SPDX-License-Identifier: Apache-2.0
 *
 * card: what an export says of itself to people and loaders: README.md, a Hugging Face
 * dataset card (YAML front matter that a loader obeys, then text). Made of the store and the
 * shards alone, without clock or host, so the same store gives the same bytes.
 */
#ifndef STORE_CARD_H
#define STORE_CARD_H

#include <stdint.h>

#include "store/facts.h"
#include "store/rows.h"
#include "store/shard.h"

struct card {
	const struct rows_how *how;
	const char *license;		/* may be NULL */
	const struct shape *shape;
	const struct facts *facts;
	struct shards *const *shards;	/* one for each split of how->choice */
	int64_t picked;			/* records; rows may be fewer (one per image) */
	int64_t missing, changed;	/* images left out (webdataset) */
};

int64_t card_rows(const struct card *c);
int64_t card_split_rows(const struct card *c, int split);
void card_readme(const struct card *c, struct buf *out);

#endif
