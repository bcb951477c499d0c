/* SPDX-License-Identifier: Apache-2.0
 *
 * world: the planted truth. It reads world.json, hashes the image files that it names and then
 * knows an image by its bytes alone, a question by its words and set of options (in any order,
 * with one more option behind them), and a caption by its text. README.md has the format.
 *
 * What a world hands out is borrowed and lives until world_free; a world never changes, so
 * threads may share it.
 *
 *	struct world *w = world_open("world.json", "images", &err);
 *	const struct scene *scene = world_scene(w, hash);
 *	struct match m;
 *	if (!world_match(w, &shown, scene, &m))
 *		... m.question->gold, m.shown[m.question->gold]
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "cli/msg.h"
#include "examples/sim/block.h"
#include "schemas/hash.h"

/* One image and what is planted about it. */
struct scene {
	const char *name;		/* the file's name in world.json */
	char hash[HASH_HEX];		/* of the file's bytes */
	const cJSON *item;
};

struct planted {
	const struct scene *scene;
	const char *id;
	const char *text;
	char *folded;			/* text, folded as dedupe folds */
	char *options[BLOCK_MOST];	/* folded, in written order */
	size_t count;
	int gold;
	char *key;			/* the folded options, sorted: what a lookup goes by */
	const cJSON *item;
};

/* A planted question as it was shown. */
struct match {
	const struct planted *question;
	int shown[BLOCK_MOST];		/* written option -> place where it was shown */
	int extra;			/* place of the option that is not planted; -1: none */
};

struct world;

/* images_dir NULL: no image is hashed (questions and captions only). */
struct world *world_open(const char *path, const char *images_dir, struct err *err);
struct world *world_parse(const char *json, const char *images_dir, struct err *err);
void world_free(struct world *w);

size_t world_scene_count(const struct world *w);
size_t world_question_count(const struct world *w);

const struct scene *world_scene(const struct world *w, const char *hash);	/* or NULL */

/* -1: not planted. A question of `scene` (may be NULL) goes before those of other images. */
int world_match(const struct world *w, const struct block *shown, const struct scene *scene,
		struct match *out);

/* The caption whose text stands in `text`, or NULL. */
const cJSON *world_caption_in(const struct world *w, const char *text);

/* The first caption of a scene, or NULL. */
const cJSON *world_caption(const struct scene *scene);

/* Is written option `option` of q true of its image? */
bool planted_true(const struct planted *q, int option);

/* The written option that equals `text` after folding; -1: none. */
int planted_option(const struct planted *q, const char *text);

/* A member of the question's item as text; "" if there is none. */
const char *planted_text(const struct planted *q, const char *member);

/* As schemas/fold folds. Yours to free. */
char *world_fold(const char *text);

#endif
