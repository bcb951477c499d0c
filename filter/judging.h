/* SPDX-License-Identifier: Apache-2.0
 *
 * judging: the options that `blind`, `sight` and `select` share, and how to read them.
 */
#ifndef FILTER_JUDGING_H
#define FILTER_JUDGING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"
#include "curate/lvlm.h"
#include "schemas/order.h"
#include "schemas/rule.h"

struct rule_options {
	struct threshold visual, text;
	int64_t rotations, panel;
};

#define RULE_DEFAULTS { { RULE_GREATER, 3, 4, ">0.75" }, { RULE_LESS, 1, 4, "<0.25" }, 4, 1 }

#define RULE_OPTIONS(o) \
	{ 0, "visual-acc", OPT_PARSE, &(o).visual, "'>0.75'", \
	  "accuracy with the image that keeps a question", judging_parse_threshold }, \
	{ 0, "text-acc", OPT_PARSE, &(o).text, "'<0.25'", \
	  "accuracy without the image that keeps it", judging_parse_threshold }, \
	{ 0, "rotations", OPT_COUNT, &(o).rotations, "N", \
	  "trials, each with the options in another order (4)", NULL }, \
	{ 0, "panel", OPT_COUNT, &(o).panel, "K", \
	  "drop what at least K blind models answer (1)", NULL }

struct retry_options {
	bool unparsed, refused;
};

struct trial_options {
	double temperature;
	int64_t seed, max_tokens;
	enum order_mode orders;
	bool abstain, exhaustive, show_prompt;
	bool caprl_letters;		/* --letters caprl: the reference scorer */
	double full_share;		/* 0..1 */
	const char *prompt;
	enum chat_decode decode;
	struct retry_options retry;
};

#define TRIAL_DEFAULTS { .max_tokens = 32 }

#define TRIAL_OPTIONS(o) \
	{ 0, "temperature", OPT_NUMBER, &(o).temperature, "T", \
	  "sampling temperature (0: trials use distinct orders)", NULL }, \
	{ 's', "seed", OPT_COUNT, &(o).seed, "N", "for orders and sampling (0)", NULL }, \
	{ 0, "orders", OPT_PARSE, &(o).orders, "MODE", \
	  "balanced: the right option visits every letter alike; or random", \
	  judging_parse_orders }, \
	{ 0, "abstain", OPT_FLAG, &(o).abstain, NULL, \
	  "offer a last option 'cannot be answered', which takes guessing out", NULL }, \
	{ 0, "exhaustive", OPT_FLAG, &(o).exhaustive, NULL, \
	  "ask every trial, also when the verdict is certain", NULL }, \
	{ 0, "full-share", OPT_PARSE, &(o).full_share, "P%", \
	  "ask this share of the questions every trial, for honest averages (0%)", \
	  judging_parse_share }, \
	{ 0, "retry", OPT_PARSE, &(o).retry, "unparsed,refused", \
	  "ask trials anew whose stored answer came to this", judging_parse_retry }, \
	{ 0, "letters", OPT_PARSE, &(o).caprl_letters, "capqa|caprl", \
	  "how answers are read; caprl: the published scorer, the first of A to I in the " \
	  "text, to compare with published numbers only", judging_parse_letters }, \
	{ 0, "max-tokens", OPT_COUNT, &(o).max_tokens, "N", "longest answer (32)", NULL }, \
	LVLM_DECODE_OPTION((o).decode), \
	{ 0, "prompt", OPT_TEXT, &(o).prompt, "FILE", \
	  "use this prompt; {question} and {options} are filled in", NULL }, \
	{ 0, "show-prompt", OPT_FLAG, &(o).show_prompt, NULL, "print the prompt and end", NULL }

int judging_parse_threshold(const char *text, void *to, struct err *err);
int judging_parse_orders(const char *text, void *to, struct err *err);
int judging_parse_letters(const char *text, void *to, struct err *err);
int judging_parse_retry(const char *text, void *to, struct err *err);
int judging_parse_share(const char *text, void *to, struct err *err);

/* 2: seed, temperature or max-tokens out of range. */
int judging_trials(const struct trial_options *o, struct err *err);

/* 2: rotations or panel out of range. */
int judging_rule(const struct rule_options *o, struct rule *rule, struct err *err);

#endif
