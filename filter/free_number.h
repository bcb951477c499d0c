/* SPDX-License-Identifier: Apache-2.0
 *
 * free_number: the one number that a text states: "12", "about 1,234.5", "twenty-one", "12 %",
 * "$3.5 million", "12 kg". Pure, and never a guess: two different numbers, ranges, bounds
 * ("more than 12"), fractions, times, ordinals and "1,23" are ambiguous. Number words are English's; in
 * other languages digits that stand by themselves are read.
 *
 * A number fits a right one within 5 % of that (ChartQA's relaxed accuracy, Masry et al. 2022,
 * section 5; Prism's evaluation in CapRL, arXiv 2509.22647); 0 is fitted by 0 alone.
 * A share and its percentage are the same: 12 % fits 12 and 0.12.
 *
 *	if (free_number_read("There are about 12.", &n) == NUMBER_ONE)
 *		fits = free_number_fits(&n, &gold);
 */
#ifndef FILTER_FREE_NUMBER_H
#define FILTER_FREE_NUMBER_H

#include <stdbool.h>

struct free_number {
	double value;
	bool percent;
	const char *unit;	/* "kg", whatever way it was written; NULL: none that is known */
};

enum number_said {
	NUMBER_NONE,
	NUMBER_ONE,		/* once, or again in brackets */
	NUMBER_AMBIGUOUS
};

enum number_said free_number_read(const char *text, struct free_number *n);

/* The text is a number and nothing else, but for its unit: what a right answer must be. */
bool free_number_whole(const char *text, struct free_number *n);

/* 1, 0; -1: in different units, which are not converted. */
int free_number_fits(const struct free_number *n, const struct free_number *gold);

#endif
