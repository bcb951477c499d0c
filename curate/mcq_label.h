/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_label: the label in front of an option or a question: "A)" "(b)" "C．" "1." "①" "甲、"
 * and the like, in many alphabets. Reads one; never decides what it labels.
 */
#ifndef CURATE_MCQ_LABEL_H
#define CURATE_MCQ_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "curate/mcq_text.h"

/* Which sequence a label belongs to. From LABEL_SCRIPT on: one per alphabet in mcq_label.c. */
enum mcq_family {
	LABEL_NONE,	/* an option without label */
	LABEL_UPPER,	/* A, Ａ, Ⓐ */
	LABEL_LOWER,
	LABEL_DIGIT,	/* 1, １, ①, 1️⃣, 一 */
	LABEL_ROMAN,	/* only by mcq_label_as_roman */
	LABEL_SCRIPT
};

struct mcq_label {
	int family;
	int ordinal;	/* from 1 */
	int roman;	/* the number it would be as a Roman one, or 0 */
	char open;	/* '(' or '[', or 0 */
	char close;	/* ')' '.' ':' '-' ']' '|', or 0: none, or it needs none as in ① */
	bool bold;	/* stood in bold of its own: "**A** text" */
	size_t len;	/* bytes with marks, delimiter and the white space behind */
};

/*
 * Reads a label that a delimiter (or its own shape) sets apart from the text behind it.
 * Returns its bytes, or 0: "A dog", "1.5 m" and "U.S. flag" start with none.
 */
size_t mcq_label_read(const char *at, const char *end, struct mcq_label *label);

/*
 * Reads a label in an answer, where it may also stand alone, or be followed by any
 * punctuation: "B", "B, because", "B (Red)", "\boxed{B}" is not its business.
 */
size_t mcq_label_said(const char *at, const char *end, struct mcq_label *label);

/* One character of a labelling alphabet, or 0 bytes. `alone`: it needs no delimiter. */
size_t mcq_label_mark(const char *at, const char *end, struct mcq_label *label, bool *alone);

/* Two labels of one list look alike. */
bool mcq_label_alike(const struct mcq_label *a, const struct mcq_label *b);

#endif
