/* SPDX-License-Identifier: Apache-2.0
 *
 * mind: what the four simulated models say. The same request always gets the same answer: where
 * chance is asked for, it comes from a hash of the request and the seed. Every model finds the
 * option by its text, never by its place, unless the world plants a habit.
 *
 *	sim-lvlm       sees; writes the planted questions about an image
 *	sim-vl         sees; picks the option that is true of the image it was sent
 *	sim-llm        sees nothing; knows what is guessable and what a caption it is given says
 *	sim-captioner  sees; says the image's first caption
 */
#ifndef SIM_MIND_H
#define SIM_MIND_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buf.h"
#include "examples/sim/request.h"
#include "examples/sim/world.h"

enum ask_kind {
	ASK_GENERATE, ASK_CAPTION, ASK_BLIND, ASK_SIGHT, ASK_AUDIT, ASK_OTHER, ASK_KINDS
};

extern const char *const ask_names[ASK_KINDS];

enum model { MODEL_LVLM, MODEL_LLM, MODEL_VL, MODEL_CAPTIONER, MODEL_COUNT };

extern const char *const model_names[MODEL_COUNT];

/* How the models behave where nothing is planted. Probabilities below 0 mean 1/options. */
struct mind {
	const struct world *world;
	bool synthetic;		/* answer unplanted questions by chance; "right ..." is gold */
	bool guess;		/* the blind model guesses; else it has a fixed distractor */
	double blind, sight;	/* chance of the right option of a synthetic question */
	int habit;		/* text-only answers are always this letter; -1: no habit */
	uint64_t seed;
};

struct answer {
	struct buf text;
	const char *finish;	/* static: stop or length */
	enum ask_kind kind;
	const char *scene;	/* the image's name, "" if it is not known */
};

/* The number of a model by its name; -1: there is none. */
int mind_model(const char *name);

void mind_answer(const struct mind *mind, enum model model, const struct request *r,
		 struct answer *out);
void mind_release(struct answer *a);

#endif
