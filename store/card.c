/* SPDX-License-Identifier: Apache-2.0
 *
 * See card.h. The keys of the front matter are those of the Hub's datasetcard.md; config_name
 * is mandatory there even for one configuration.
 */
#include "store/card.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "store/folder.h"

static const struct {
	const char *title, *tasks, *what;
} kinds[REC_KINDS] = {
	[REC_IMAGE] = { "images", NULL, "One row is one image file: its path, its content hash "
		"(`image_id`), its type and size. The images themselves are not included." },
	[REC_REPLY] = { "replies of a vision model", "[visual-question-answering]",
		"One row is the raw text that a vision model wrote about one image." },
	[REC_QUESTION] = { "visual questions", "[visual-question-answering, multiple-choice]",
		"One row is one multiple-choice question about an image, with its options in "
		"written order, the letter of the right one, and the trials of the models that "
		"judged it. The images are not included; `image` is their path, `image_id` the "
		"hash of their bytes." },
	[REC_CAPTION] = { "captions", "[image-to-text]",
		"One row is one caption of one image. The images are not included." },
	[REC_SCORE] = { "audited captions", "[image-to-text]",
		"One row is one caption and what a text-only model could answer from it alone: "
		"`omitted` counts what the caption does not say, `contradicted` what it says "
		"otherwise. `reward` is correct / (correct + omitted + contradicted)." },
};

static const char caprl_what[] = "One row is one image with all its questions, in the form of "
	"CapRL-QA-75K: `reward_model.ground_truth` lists question, lettered choices and the "
	"right letter. The images are not included; `image` is their path.";

static const char *const limits =
	"- Questions, answers and verdicts were made by models. A question was kept because "
	"models could answer it with the image and not without; nobody has read them all.\n"
	"- Whether a question can be answered blind depends on the blind model; a stronger one "
	"may answer more.\n"
	"- The images have owners and licences of their own.\n";

static const char simulated[] =
	"## What SIMULATED means\n\n"
	"Models of the simulator had a part in this set: stand-ins for model servers over a "
	"planted world. The rows show the form of a set and say nothing about real models or "
	"images.\n\n";

int64_t card_rows(const struct card *c)
{
	int64_t rows = 0;
	size_t i;

	for (i = 0; i < shards_count(c->shards); i++)
		rows += shards_at(c->shards, i)->rows;
	return rows;
}

static void sum_bytes(const struct card *c, int64_t *plain, int64_t *files)
{
	size_t i;

	*plain = *files = 0;
	for (i = 0; i < shards_count(c->shards); i++) {
		*plain += shards_at(c->shards, i)->plain.bytes;
		*files += shards_at(c->shards, i)->file.bytes;
	}
}

/* The Hub's classes: powers of ten up to n>1T. */
static const char *size_category(int64_t rows)
{
	static const char *const names[] = { "n<1K", "1K<n<10K", "10K<n<100K",
					     "100K<n<1M", "1M<n<10M", "10M<n<100M",
					     "100M<n<1B", "1B<n<10B" };
	int64_t most = 1000;
	size_t i;

	for (i = 0; i + 1 < sizeof(names) / sizeof(names[0]) && rows >= most; i++)
		most *= 10;
	return names[i];
}

static void front_matter(const struct card *c, struct buf *out)
{
	int64_t plain, files;

	sum_bytes(c, &plain, &files);
	buf_adds(out, "---\n");
	if (c->license)
		buf_printf(out, "license: %s\n", c->license);
	if (kinds[c->records].tasks)
		buf_printf(out, "task_categories: %s\n", kinds[c->records].tasks);
	buf_printf(out, "size_categories: [\"%s\"]\n", size_category(card_rows(c)));
	buf_printf(out, "tags: [capqa%s]\n", c->facts->simulated ? ", simulated" : "");
	buf_printf(out, "configs:\n- config_name: default\n  data_files:\n  - split: %s\n"
		   "    path: \"" FOLDER_DATA "/%s-*.jsonl.zst\"\n", c->split, c->split);
	buf_adds(out, "dataset_info:\n  config_name: default\n  features:\n");
	shape_features(c->shape, 2, out);
	buf_printf(out, "  splits:\n  - name: %s\n    num_bytes: %lld\n    num_examples: %lld\n"
		   "  download_size: %lld\n  dataset_size: %lld\n---\n\n", c->split,
		   (long long)plain, (long long)card_rows(c), (long long)files,
		   (long long)plain);
}

/* Model names and rules come from records, so they are shown as code and made inert. */
static void add_code(struct buf *out, const char *text)
{
	struct buf clean;
	size_t i;

	buf_init(&clean, BUF_NO_MAX);
	msg_clean(&clean, text, strlen(text));
	buf_addc(out, '`');
	for (i = 0; i < clean.len; i++)
		buf_addc(out, strchr("`|\n", clean.data[i]) ? ' ' : clean.data[i]);
	buf_addc(out, '`');
	buf_release(&clean);
}

static void add_names(struct buf *out, const char *label, const cJSON *list)
{
	const cJSON *item;
	const char *comma = "";

	if (!cJSON_GetArraySize(list))
		return;
	buf_printf(out, "- %s: ", label);
	cJSON_ArrayForEach(item, list) {
		buf_adds(out, comma);
		add_code(out, item->valuestring);
		comma = ", ";
	}
	buf_addc(out, '\n');
}

static void add_counts(struct buf *out, const char *head, const cJSON *list)
{
	const cJSON *item, *step;

	if (!cJSON_GetArraySize(list))
		return;
	buf_printf(out, "| %s | count |\n|---|---:|\n", head);
	cJSON_ArrayForEach(item, list) {
		step = cJSON_GetObjectItemCaseSensitive(item, "step");
		buf_adds(out, "| ");
		add_code(out, step->valuestring);
		buf_printf(out, " | %s |\n",
			   cJSON_GetObjectItemCaseSensitive(item, "count")->valuestring);
	}
	buf_addc(out, '\n');
}

void card_readme(const struct card *c, struct buf *out)
{
	const cJSON *role;

	front_matter(c, out);
	buf_printf(out, "# %s%s\n\n", c->facts->simulated ? "SIMULATED: " : "",
		   kinds[c->records].title);
	buf_printf(out, "%s\n\n",
		   c->format == ROWS_CAPRL ? caprl_what : kinds[c->records].what);
	buf_printf(out, "%lld rows in `" FOLDER_DATA "/`, JSON Lines compressed with zstd; "
		   "`" FOLDER_MANIFEST "` has the sums of every shard. Every row has every "
		   "key; a value that is not known is null. Made with capqa.\n\n",
		   (long long)card_rows(c));
	if (c->facts->simulated)
		buf_adds(out, simulated);
	if (!c->license)
		buf_adds(out, "No licence was stated for this set.\n\n");
	buf_adds(out, "## How it was made\n\n");
	add_names(out, "rule", c->facts->rules);
	cJSON_ArrayForEach(role, c->facts->models)
		add_names(out, role->string, role);
	buf_adds(out, "\nHow many were left after each step:\n\n");
	add_counts(out, "step", c->facts->funnel);
	if (cJSON_GetArraySize(c->facts->reasons))
		buf_adds(out, "Why questions were not kept:\n\n");
	add_counts(out, "reason", c->facts->reasons);
	buf_printf(out, "## Limits\n\n%s", limits);
}

static void add_int(cJSON *json, const char *key, int64_t value)
{
	struct buf text;

	buf_init(&text, 32);
	buf_printf(&text, "%lld", (long long)value);
	cJSON_AddRawToObject(json, key, text.data);
	buf_release(&text);
}

static void add_sums(cJSON *json, const char *key, const struct digest_text *sums)
{
	cJSON *item = cJSON_AddObjectToObject(json, key);

	add_int(item, "bytes", sums->bytes);
	cJSON_AddStringToObject(item, "xxh3_128", sums->xxh3);
	cJSON_AddStringToObject(item, "sha256", sums->sha256);
}

static cJSON *shard_json(const struct shard *shard)
{
	cJSON *json = cJSON_CreateObject();
	struct buf name;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, FOLDER_DATA "/%s", shard->name);
	cJSON_AddStringToObject(json, "name", name.data);
	add_int(json, "rows", shard->rows);
	add_sums(json, "file", &shard->file);
	add_sums(json, "uncompressed", &shard->plain);
	buf_release(&name);
	return json;
}

void card_manifest(const struct card *c, struct buf *out)
{
	cJSON *json = cJSON_CreateObject(), *shards;
	char *text;
	size_t i;

	cJSON_AddStringToObject(json, "made_by", "capqa export");
	cJSON_AddStringToObject(json, "format", rows_format_name(c->format));
	cJSON_AddStringToObject(json, "records", rec_kind_name(c->records));
	cJSON_AddStringToObject(json, "split", c->split);
	cJSON_AddBoolToObject(json, "simulated", c->facts->simulated);
	add_int(json, "records_exported", c->picked);
	add_int(json, "rows", card_rows(c));
	shards = cJSON_AddArrayToObject(json, "shards");
	for (i = 0; i < shards_count(c->shards); i++)
		cJSON_AddItemToArray(shards, shard_json(shards_at(c->shards, i)));
	cJSON_AddItemToObject(json, "rules", cJSON_Duplicate(c->facts->rules, true));
	cJSON_AddItemToObject(json, "models", cJSON_Duplicate(c->facts->models, true));
	cJSON_AddItemToObject(json, "prompt_ids", cJSON_Duplicate(c->facts->prompt_ids, true));
	cJSON_AddItemToObject(json, "seeds", cJSON_Duplicate(c->facts->seeds, true));
	cJSON_AddItemToObject(json, "funnel", cJSON_Duplicate(c->facts->funnel, true));
	text = cJSON_Print(json);
	if (!text)
		out_of_memory();
	buf_printf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(json);
}
