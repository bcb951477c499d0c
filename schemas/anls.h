/* SPDX-License-Identifier: Apache-2.0
 *
 * anls: how alike a written answer and the right one are, 0 to 1: the normalised Levenshtein
 * similarity, 1 - edits / characters of the longer text, where it is over one half, else 0
 * (ANLS with threshold 0.5: Biten et al. 2019, Scene Text Visual Question Answering, section
 * 3.2; its average over questions is the "A"). Pure.
 *
 * Characters are code points of the folded texts (schemas/fold), so that case, full-width
 * forms and white space cost nothing. What stands around an answer rather than in it (quotes,
 * a full stop) comes off both sides.
 *
 *	credit = anls("“Stop.”", "STOP");	1.0
 */
#ifndef SCHEMAS_ANLS_H
#define SCHEMAS_ANLS_H

/* Time and memory go with the square of the shorter text: callers cap the gold answer. */
double anls(const char *text, const char *gold);

#endif
