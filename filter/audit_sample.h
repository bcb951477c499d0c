/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_sample: which captions are in a sample of N, stratified by `source`: each source gets
 * its share of N (by largest remainders), and in a source the captions with the smallest
 * hashes are taken. So the sample is the same in any order, over
 * any shards, and a larger N only adds captions where the shares allow it.
 *
 * Two passes: all captions are shown to audit_sample_see, then audit_sample_settle (or
 * audit_sample_read does both), then audit_sample_has answers. Memory: eight bytes for each caption that may still be taken.
 */
#ifndef FILTER_AUDIT_SAMPLE_H
#define FILTER_AUDIT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "schemas/record.h"

struct audit_sample;

struct audit_sample *audit_sample_new(int64_t wanted, int64_t seed);
void audit_sample_free(struct audit_sample *s);

/* The record is a caption of ours by now (layout_caption). */
void audit_sample_see(struct audit_sample *s, struct rec *r);
void audit_sample_settle(struct audit_sample *s);
bool audit_sample_has(const struct audit_sample *s, struct rec *r);

/*
 * The first pass over files, and the settling; limit: of lines, or -1. What is no caption is
 * passed over. -1: 66, 65, or 2 where a file is standard input, which cannot be read twice.
 */
int audit_sample_read(struct audit_sample *s, char *const *files, int64_t limit,
		      const char *image_field, const char *text_field, struct err *err);

int64_t audit_sample_wanted(const struct audit_sample *s);	/* N, or all there are */
int64_t audit_sample_seen(const struct audit_sample *s);
int audit_sample_sources(const struct audit_sample *s);

#endif
