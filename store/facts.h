/* SPDX-License-Identifier: Apache-2.0
 *
 * facts: what a store says of how its records came about: models by what they did, rules,
 * prompts, seeds, the funnel. For cards, manifests and reports.
 */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "store/db.h"

struct facts {
	/* {"generate":[...],"blind":[...],"sight":[...],"control":[...],"caption":[...],
	 * "judge":[...]}, each list sorted; only those that have any */
	cJSON *models;
	cJSON *rules, *prompt_ids, *seeds;	/* sorted lists */
	cJSON *funnel;				/* [{"step":"images","count":12}, ...] */
	cJSON *reasons;				/* [{"step":"not_visible","count":3}, ...] */
	bool simulated;				/* a stand-in for a model had a part in it */
};

int facts_read(struct facts *facts, struct db *db, struct err *err);
void facts_release(struct facts *facts);

#endif
