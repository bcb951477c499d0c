/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest: what an export says of itself to programs: manifest.json, with the sums of every
 * file and of its rows before compression, what was chosen, models, rules, prompts, seeds.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "store/card.h"

/* A file beside the data: README.md, dataset_info.json. */
struct manifest_file {
	const char *name;
	struct digest_text sums;
};

void manifest_write(const struct card *c, const struct manifest_file *files, int count,
		    struct buf *out);

#endif
