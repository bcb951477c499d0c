/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_caption: a row as a caption to be audited: read in any layout, and flagged by what its
 * text shows (curate/hygiene).
 */
#ifndef FILTER_AUDIT_CAPTION_H
#define FILTER_AUDIT_CAPTION_H

#include "schemas/record.h"

/* A row of somebody else becomes a caption record with an id. null is an empty caption. */
int audit_caption_read(struct rec *r, const char *image_field, const char *text_field,
		       struct err *err);

/*
 * Adds to `flags` what the text shows and finish_reason says; returns hygiene's flags, those
 * included that the record came with. Flags of others stay.
 */
unsigned audit_caption_flag(struct rec *r);

#endif
