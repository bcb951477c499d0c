/* SPDX-License-Identifier: Apache-2.0
 *
 * hygiene: what is wrong with a caption as a text, seen without its image: nothing there, cut
 * off, a refusal, a loop, leaked reasoning, another language than wanted. Pure. A flag says
 * how the text looks, so it is a result and never a reason to lose the record. The rules are
 * made to miss rather than to accuse: a caption may list, rhyme, quote and be short.
 *
 *	struct hygiene_context how = { .cut = HYGIENE_WHOLE };
 *	unsigned flags = hygiene_check(text, &how);
 *	if (flags & HYGIENE_UNUSABLE) ... nobody can be asked about it
 *	hygiene_json(flags, &out);		["truncated"]
 */
#ifndef CURATE_HYGIENE_H
#define CURATE_HYGIENE_H

#include <cjson/cJSON.h>

struct buf;

enum hygiene_flag {
	HYGIENE_EMPTY = 1,		/* no text */
	HYGIENE_TRUNCATED = 2,		/* ends in the middle of something */
	HYGIENE_REFUSAL = 4,		/* "I'm sorry, but I can't", "I see no image" */
	HYGIENE_DEGENERATE = 8,		/* "!!!!!!", one phrase again and again */
	HYGIENE_REASONING = 16,		/* <think>, "Okay, the user wants me to" */
	HYGIENE_LANGUAGE = 32,		/* most letters are of another script than wanted */
};

/* There is no caption here to be judged. */
#define HYGIENE_UNUSABLE (HYGIENE_EMPTY | HYGIENE_REFUSAL | HYGIENE_DEGENERATE)

struct hygiene_language;

struct hygiene_context {
	/* WHOLE and CUT: the server said so; UNKNOWN: the text must show it. */
	enum { HYGIENE_UNKNOWN, HYGIENE_WHOLE, HYGIENE_CUT } cut;
	const struct hygiene_language *language;	/* NULL: any */
};

unsigned hygiene_check(const char *text, const struct hygiene_context *how);

/*
 * A language by its English name or ISO 639-1 code, in any case; NULL: not known here. Only
 * scripts are told apart: French passes for English, Chinese does not.
 */
const struct hygiene_language *hygiene_language(const char *name);

/* Appends the flags' names as a JSON list. */
void hygiene_json(unsigned flags, struct buf *out);
/* The flags that a record's `flags` name; other names are passed over. */
unsigned hygiene_read(const cJSON *flags);

#endif
