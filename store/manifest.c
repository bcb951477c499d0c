/* SPDX-License-Identifier: Apache-2.0
 *
 * See manifest.h.
 */
#include "store/manifest.h"

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "store/folder.h"

static void add_int(cJSON *json, const char *key, int64_t value)
{
	struct buf text;

	buf_init(&text, 32);
	buf_printf(&text, "%lld", (long long)value);
	cJSON_AddRawToObject(json, key, text.data);
	buf_release(&text);
}

static void fill_sums(cJSON *item, const struct digest_text *sums)
{
	add_int(item, "bytes", sums->bytes);
	cJSON_AddStringToObject(item, "xxh3_128", sums->xxh3);
	cJSON_AddStringToObject(item, "sha256", sums->sha256);
}

static cJSON *shard_json(const struct shard *shard, const char *split)
{
	cJSON *json = cJSON_CreateObject();
	struct buf name;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, FOLDER_DATA "/%s", shard->name);
	cJSON_AddStringToObject(json, "name", name.data);
	cJSON_AddStringToObject(json, "split", split);
	add_int(json, "rows", shard->rows);
	fill_sums(cJSON_AddObjectToObject(json, "file"), &shard->file);
	fill_sums(cJSON_AddObjectToObject(json, "uncompressed"), &shard->plain);
	buf_release(&name);
	return json;
}

static void add_shards(cJSON *json, const struct card *c)
{
	cJSON *splits = cJSON_AddArrayToObject(json, "splits"), *item;
	cJSON *shards = cJSON_AddArrayToObject(json, "shards");
	const struct choice *choice = &c->how->choice;
	size_t k;
	int i;

	for (i = 0; i < choice->split_count; i++) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", choice->splits[i].name);
		add_int(item, "rows", card_split_rows(c, i));
		cJSON_AddItemToArray(splits, item);
		for (k = 0; k < shards_count(c->shards[i]); k++)
			cJSON_AddItemToArray(shards, shard_json(shards_at(c->shards[i], k),
								choice->splits[i].name));
	}
}

/* The options that made the choice, so that it can be made again. */
static void add_choice(cJSON *json, const struct choice *c)
{
	cJSON *item = cJSON_AddObjectToObject(json, "choice"), *shares;
	int i;

	if (c->where)
		cJSON_AddStringToObject(item, "where", c->where);
	if (c->per_image)
		add_int(item, "per_image", c->per_image);
	if (c->sample)
		add_int(item, "sample", c->sample);
	if (c->target)
		add_int(item, "target", c->target);
	if (c->balance)
		cJSON_AddBoolToObject(item, "balance", true);
	if (c->split_count > 1) {
		shares = cJSON_AddObjectToObject(item, "split");
		for (i = 0; i < c->split_count; i++)
			cJSON_AddNumberToObject(shares, c->splits[i].name, c->splits[i].share);
	}
	add_int(item, "seed", c->seed);
}

static void add_files(cJSON *json, const struct manifest_file *files, int count)
{
	cJSON *list = cJSON_AddArrayToObject(json, "files"), *item;
	int i;

	for (i = 0; i < count; i++) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", files[i].name);
		fill_sums(cJSON_AddObjectToObject(item, "file"), &files[i].sums);
		cJSON_AddItemToArray(list, item);
	}
}

static void add_facts(cJSON *json, const struct facts *facts)
{
	cJSON_AddItemToObject(json, "rules", cJSON_Duplicate(facts->rules, true));
	cJSON_AddItemToObject(json, "models", cJSON_Duplicate(facts->models, true));
	cJSON_AddItemToObject(json, "prompt_ids", cJSON_Duplicate(facts->prompt_ids, true));
	cJSON_AddItemToObject(json, "seeds", cJSON_Duplicate(facts->seeds, true));
	cJSON_AddItemToObject(json, "funnel", cJSON_Duplicate(facts->funnel, true));
}

void manifest_write(const struct card *c, const struct manifest_file *files, int count,
		    struct buf *out)
{
	cJSON *json = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(json, "made_by", "capqa export");
	cJSON_AddStringToObject(json, "format", c->how->format->name);
	cJSON_AddStringToObject(json, "records", rec_kind_name(c->how->kind));
	cJSON_AddBoolToObject(json, "simulated", c->facts->simulated);
	add_int(json, "records_exported", c->picked);
	if (c->how->format->files == SHARD_TAR) {
		add_int(json, "images_missing", c->missing);
		add_int(json, "images_changed", c->changed);
	}
	add_int(json, "rows", card_rows(c));
	add_choice(json, &c->how->choice);
	add_shards(json, c);
	add_files(json, files, count);
	add_facts(json, c->facts);
	text = cJSON_Print(json);
	if (!text)
		out_of_memory();
	buf_printf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(json);
}
