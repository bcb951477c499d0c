/* SPDX-License-Identifier: Apache-2.0
 *
 * See world.h. Two sorted arrays do the finding: scenes by hash, questions by key.
 */
#include "examples/sim/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/fold.h"

#define FILE_MOST (64u << 20)	/* bytes of a world or an image */

struct world {
	cJSON *tree;
	struct scene *scenes;		/* as written */
	size_t scene_count;
	const struct scene **by_hash;
	size_t hash_count;
	struct planted *questions;	/* as written, until the sort by key */
	size_t question_count, question_cap;
};

char *world_fold(const char *text)
{
	struct buf out;

	buf_init(&out, BUF_NO_MAX);
	fold_text(&out, text);
	return buf_take(&out);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *key_of(char *const *folded, size_t count)
{
	char *sorted[BLOCK_MOST];
	struct buf key;

	memcpy(sorted, folded, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_texts);
	buf_init(&key, BUF_NO_MAX);
	for (size_t i = 0; i < count; i++) {
		buf_adds(&key, sorted[i]);
		buf_addc(&key, '\n');
	}
	return buf_take(&key);
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	char piece[65536];
	size_t n;
	FILE *f = fopen(path, "rb");
	int failed;

	if (!f)
		return err_set(err, EXIT_NOINPUT, "cannot open '%s': %s", path,
			       strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, piece, n);
	failed = ferror(f) || out->full;
	fclose(f);
	if (failed)
		return err_set(err, EXIT_NOINPUT, "cannot read '%s', or it is too large", path);
	return 0;
}

static int add_options(struct planted *q, const cJSON *options, struct err *err)
{
	const cJSON *option;

	cJSON_ArrayForEach(option, options) {
		if (!cJSON_IsString(option) || q->count == BLOCK_MOST - 1)
			goto bad;
		q->options[q->count++] = world_fold(option->valuestring);
	}
	if (q->count >= 2)
		return 0;
bad:
	return err_set(err, EXIT_DATA, "options of '%s' are not 2 to 25 texts", q->id);
}

/* A question written verbatim to be malformed has no options and is not looked up. */
static int add_question(struct world *w, const struct scene *scene, const cJSON *item,
			struct err *err)
{
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(item, "options");
	struct planted *q;
	const char *gold;

	w->questions = xgrow(w->questions, &w->question_cap, w->question_count, sizeof(*q));
	q = &w->questions[w->question_count];
	*q = (struct planted){ .scene = scene, .item = item };
	q->id = planted_text(q, "id");
	if (!options && cJSON_GetObjectItemCaseSensitive(item, "written"))
		return 0;
	w->question_count++;
	q->text = planted_text(q, "question");
	q->folded = world_fold(q->text);
	if (!*q->folded)
		return err_set(err, EXIT_DATA, "question '%s' has no text", q->id);
	if (add_options(q, options, err))
		return -1;
	gold = planted_text(q, "gold");
	q->gold = *gold - 'A';
	if (q->gold < 0 || (size_t)q->gold >= q->count || gold[1])
		return err_set(err, EXIT_DATA, "gold of '%s' is none of its letters", q->id);
	q->key = key_of(q->options, q->count);
	return 0;
}

static int hash_scene(struct scene *scene, const char *dir, struct err *err)
{
	struct buf path, bytes;
	int bad;

	buf_init(&path, 4096);
	buf_init(&bytes, FILE_MOST);
	buf_printf(&path, "%s/%s", dir, scene->name);
	bad = read_file(path.data, &bytes, err);
	if (!bad)
		hash_of(bytes.data, bytes.len, scene->hash);
	buf_release(&bytes);
	buf_release(&path);
	return bad;
}

static int compare_scenes(const void *a, const void *b)
{
	const struct scene *const *one = a, *const *two = b;

	return strcmp((*one)->hash, (*two)->hash);
}

static int compare_keys(const void *a, const void *b)
{
	const struct planted *one = a, *two = b;
	int order = strcmp(one->key, two->key);

	/* qsort is not stable, and an answer must not depend on its order. */
	return order ? order : strcmp(one->id, two->id);
}

static int add_scene(struct world *w, const cJSON *item, const char *dir, struct err *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "questions");
	struct scene *scene = &w->scenes[w->scene_count++];
	const cJSON *one;

	*scene = (struct scene){ .name = item->string, .item = item };
	if (dir) {
		if (hash_scene(scene, dir, err))
			return -1;
		w->by_hash[w->hash_count++] = scene;
	}
	cJSON_ArrayForEach(one, list)
		if (add_question(w, scene, one, err))
			return -1;
	return 0;
}

struct world *world_parse(const char *json, const char *images_dir, struct err *err)
{
	struct world *w = xcalloc(1, sizeof(*w));
	const cJSON *images, *one;
	size_t count;

	w->tree = cJSON_Parse(json);
	images = cJSON_GetObjectItemCaseSensitive(w->tree, "images");
	if (!cJSON_IsObject(images)) {
		err_set(err, EXIT_DATA, "the world is not JSON with an object 'images'");
		goto fail;
	}
	count = (size_t)cJSON_GetArraySize(images);
	w->scenes = xcalloc(count, sizeof(*w->scenes));
	w->by_hash = xcalloc(count, sizeof(*w->by_hash));
	cJSON_ArrayForEach(one, images)
		if (add_scene(w, one, images_dir, err))
			goto fail;
	if (w->hash_count)
		qsort(w->by_hash, w->hash_count, sizeof(*w->by_hash), compare_scenes);
	if (w->question_count)
		qsort(w->questions, w->question_count, sizeof(*w->questions), compare_keys);
	return w;
fail:
	world_free(w);
	return NULL;
}

struct world *world_open(const char *path, const char *images_dir, struct err *err)
{
	struct world *w = NULL;
	struct buf text;

	buf_init(&text, FILE_MOST);
	if (!read_file(path, &text, err))
		w = world_parse(text.data, images_dir, err);
	buf_release(&text);
	return w;
}

void world_free(struct world *w)
{
	struct planted *q;

	if (!w)
		return;
	for (size_t i = 0; i < w->question_count; i++) {
		q = &w->questions[i];
		for (size_t k = 0; k < q->count; k++)
			free(q->options[k]);
		free(q->folded);
		free(q->key);
	}
	free(w->questions);
	free(w->by_hash);
	free(w->scenes);
	cJSON_Delete(w->tree);
	free(w);
}

size_t world_scene_count(const struct world *w)
{
	return w->scene_count;
}

size_t world_question_count(const struct world *w)
{
	return w->question_count;
}

const struct scene *world_scene(const struct world *w, const char *hash)
{
	struct scene key, *about = &key;
	const struct scene **found;

	if (!w->hash_count)
		return NULL;
	snprintf(key.hash, sizeof(key.hash), "%s", hash);
	found = bsearch(&about, w->by_hash, w->hash_count, sizeof(*w->by_hash), compare_scenes);
	return found ? *found : NULL;
}

static const struct planted *first_with_key(const struct world *w, const char *key)
{
	size_t low = 0, high = w->question_count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(w->questions[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < w->question_count && !strcmp(w->questions[low].key, key) ?
	       &w->questions[low] : NULL;
}

/* Where the last occurrence of `part` in `text` ends; 0: nowhere. */
static size_t last_end(const char *text, const char *part)
{
	size_t end = 0;

	for (const char *p = text; *part && (p = strstr(p, part)); p++)
		end = (size_t)(p - text) + strlen(part);
	return end;
}

/*
 * Of the questions with these options, the one whose words stand last in front of them. The
 * same image goes first, then the same spelling: two questions that differ in case only are
 * planted to be in conflict, and each must get its own answer.
 */
static const struct planted *find(const struct world *w, const char *key, const char *before,
				  const char *before_folded, const struct scene *scene)
{
	const struct planted *end = w->questions + w->question_count, *best = NULL;
	size_t at, best_score = 0;

	for (const struct planted *q = first_with_key(w, key); q && q < end; q++) {
		if (strcmp(q->key, key))
			break;
		at = last_end(before_folded, q->folded);
		if (!at)
			continue;
		at = at * 4 + 2 * (q->scene == scene) + (last_end(before, q->text) > 0);
		if (at > best_score) {
			best_score = at;
			best = q;
		}
	}
	return best;
}

static void place_options(struct match *m, char *const *folded, size_t count)
{
	const struct planted *q = m->question;
	bool used[BLOCK_MOST] = { false };

	m->extra = -1;
	for (size_t k = 0; k < q->count; k++) {
		for (size_t i = 0; i < count; i++) {
			if (used[i] || strcmp(folded[i], q->options[k]))
				continue;
			used[i] = true;
			m->shown[k] = (int)i;
			break;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (!used[i])
			m->extra = (int)i;
}

int world_match(const struct world *w, const struct block *shown, const struct scene *scene,
		struct match *out)
{
	char *folded[BLOCK_MOST], *key;
	char *before = world_fold(shown->before);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < shown->count; i++)
		folded[i] = world_fold(shown->options[i]);
	/* All options, else all but the last: an abstain option stands behind the others. */
	for (size_t n = shown->count; n + 1 >= shown->count && n >= 2 && !out->question; n--) {
		key = key_of(folded, n);
		out->question = find(w, key, shown->before, before, scene);
		free(key);
	}
	if (out->question)
		place_options(out, folded, shown->count);
	for (size_t i = 0; i < shown->count; i++)
		free(folded[i]);
	free(before);
	return out->question ? 0 : -1;
}

const cJSON *world_caption_in(const struct world *w, const char *text)
{
	const cJSON *captions, *caption, *found = NULL;
	const char *words;
	size_t longest = 0;

	for (size_t i = 0; i < w->scene_count; i++) {
		captions = cJSON_GetObjectItemCaseSensitive(w->scenes[i].item, "captions");
		cJSON_ArrayForEach(caption, captions) {
			words = cJSON_GetStringValue(
				cJSON_GetObjectItemCaseSensitive(caption, "text"));
			if (!words || strlen(words) <= longest || !strstr(text, words))
				continue;
			longest = strlen(words);
			found = caption;
		}
	}
	return found;
}

const cJSON *world_caption(const struct scene *scene)
{
	return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(scene->item, "captions"), 0);
}

const char *planted_text(const struct planted *q, const char *member)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(q->item, member);
	const char *text = cJSON_GetStringValue(item);

	return text ? text : "";
}

int planted_option(const struct planted *q, const char *text)
{
	char *folded = world_fold(text);
	int found = -1;

	for (size_t i = 0; i < q->count && found < 0; i++)
		if (!strcmp(folded, q->options[i]))
			found = (int)i;
	free(folded);
	return found;
}

bool planted_true(const struct planted *q, int option)
{
	const cJSON *facts = cJSON_GetObjectItemCaseSensitive(q->scene->item, "facts");
	const cJSON *fact = cJSON_GetObjectItemCaseSensitive(facts, planted_text(q, "asks"));
	const cJSON *value;

	if (cJSON_IsString(fact))
		return planted_option(q, fact->valuestring) == option;
	cJSON_ArrayForEach(value, fact)
		if (cJSON_IsString(value) && planted_option(q, value->valuestring) == option)
			return true;
	return false;
}
