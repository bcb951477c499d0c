/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_json: questions that a model wrote as JSON, alone or inside other text: arrays, single
 * objects, one object a line, whatever the nesting. Models write JSON with small faults
 * (trailing commas, single quotes, quotes inside strings); each object is mended by itself, so
 * one that is past mending costs only itself.
 */
#ifndef CURATE_MCQ_JSON_H
#define CURATE_MCQ_JSON_H

#include <stdbool.h>

#include "curate/mcq_draft.h"

/* JSON may begin here: cheap, and often wrong. */
bool mcq_json_likely(const char *at, const char *end);

/*
 * Reads the JSON value that begins at `at`. Returns where it ends, or NULL when no question
 * is in it; *seen is then how many bytes were looked at for nothing.
 */
const char *mcq_json_read(const char *at, const char *end, bool cut, struct mcq_drafts *drafts,
			  size_t *seen);

/*
 * Numbers as answers count from 0 or from 1; the reply as a whole tells. To be called once,
 * when all of it was read.
 */
void mcq_json_settle(struct mcq_drafts *drafts, bool cut);

#endif
