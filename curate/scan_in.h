/* SPDX-License-Identifier: Apache-2.0
 *
 * scan_in: what the two halves of scan share: files and manifests (scan.c), members of
 * archives (scan_archive.c). Nobody else includes it.
 */
#ifndef CURATE_SCAN_IN_H
#define CURATE_SCAN_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "curate/picture.h"
#include "schemas/record.h"
#include "store/answers.h"
#include "store/run.h"
#include "store/seen.h"

struct scan {
	struct run *run;
	struct run_options *o;
	struct seen *seen;
	struct answers *ledger;		/* NULL: every file is read */
	struct pictures *pictures;
	int64_t again;			/* images whose bytes stood under an earlier path */
};

/* Nothing more is to be read: a fault, a signal, the limit. */
bool scan_done(const struct scan *s);

/* The image of r: what was found of it goes into the record. */
void scan_fill(struct rec *r, const struct picture_info *info);
/* `same_as`, if its bytes stood under an earlier path; then the record is written. */
void scan_write(struct scan *s, struct item *item);

bool scan_named_like_an_image(const char *path);
void scan_pass_over(struct scan *s, const char *file, int64_t line);	/* no image */

/* Does the ledger have a listing of just this file? Then it need not be opened. */
bool scan_knows_archive(const struct scan *s, const char *path);
void scan_archive(struct scan *s, const char *path);

#endif
