/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle: samples of WebDataset into tar shards: KEY.jpg and KEY.json, side by side. The key
 * is the image key where that is 32 hex digits, else its hash: never a name of others, so it holds no dot, no
 * folder, and names sort as the samples come. Headers are plain ustar with time, owner and
 * mode of their own, so the same samples give the same bytes.
 */
#ifndef STORE_BUNDLE_H
#define STORE_BUNDLE_H

#include "store/form.h"
#include "store/original.h"

struct bundle;

struct bundle_counts {
	int64_t missing, changed;
	struct err first;		/* what was wrong with the first of them */
};

/* extension: of all images of the set, "jpg". */
struct bundle *bundle_new(const struct opt_list *roots, const char *extension);
void bundle_free(struct bundle *b);

/* 1: the sample is in; 0: its image is missing or has changed, and is counted; -1. */
int bundle_put(struct bundle *b, struct shards *shards, const struct form_image *image,
	       const char *json, size_t len, struct err *err);

const struct bundle_counts *bundle_counts(const struct bundle *b);

/* The one name for all images of what choice picked: their type's, "jpg" where they differ. */
const char *bundle_extension(struct db *db, enum rec_kind kind, struct err *err);

#endif
