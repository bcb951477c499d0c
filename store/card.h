/* SPDX-License-Identifier: Apache-2.0
 *
 * card: what an export says of itself. The README.md is a Hugging Face dataset card (YAML
 * front matter that a loader obeys, then text for people); manifest.json is for programs: the
 * shards with their sums, models, rules, prompts, seeds. Both are made of the store and the
 * shards alone, without clock or host, so the same store gives the same bytes.
 */
#ifndef STORE_CARD_H
#define STORE_CARD_H

#include <stdint.h>

#include "schemas/record.h"
#include "store/facts.h"
#include "store/rows.h"
#include "store/shard.h"

struct card {
	enum rows_format format;
	enum rec_kind records;
	const char *split, *license;	/* license may be NULL */
	const struct shape *shape;
	const struct facts *facts;
	const struct shards *shards;
	int64_t picked;			/* records; rows may be fewer (caprl: one per image) */
};

int64_t card_rows(const struct card *c);
void card_readme(const struct card *c, struct buf *out);
void card_manifest(const struct card *c, struct buf *out);

#endif
