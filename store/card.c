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

int64_t card_split_rows(const struct card *c, int split)
{
	int64_t rows = 0;
	size_t i;

	for (i = 0; i < shards_count(c->shards[split]); i++)
		rows += shards_at(c->shards[split], i)->rows;
	return rows;
}

int64_t card_rows(const struct card *c)
{
	int64_t rows = 0;
	int i;

	for (i = 0; i < c->how->choice.split_count; i++)
		rows += card_split_rows(c, i);
	return rows;
}

static void sum_bytes(const struct shards *shards, int64_t *plain, int64_t *files)
{
	size_t i;

	for (i = 0; i < shards_count(shards); i++) {
		*plain += shards_at(shards, i)->plain.bytes;
		*files += shards_at(shards, i)->file.bytes;
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

static void add_config(const struct card *c, struct buf *out)
{
	const struct choice *choice = &c->how->choice;
	int i;

	buf_adds(out, "configs:\n- config_name: default\n  data_files:\n");
	for (i = 0; i < choice->split_count; i++) {
		buf_printf(out, "  - split: %s\n    path: \"" FOLDER_DATA "/",
			   choice->splits[i].name);
		shards_glob(c->how->format->files, choice->splits[i].name, out);
		buf_adds(out, "\"\n");
	}
}

/* A loader of tars makes the columns itself: one for each name in a sample. */
static void add_dataset_info(const struct card *c, struct buf *out)
{
	int64_t plain, files, all_plain = 0, all_files = 0;
	int i;

	buf_adds(out, "dataset_info:\n  config_name: default\n");
	if (c->how->format->files != SHARD_TAR) {
		buf_adds(out, "  features:\n");
		shape_features(c->shape, 2, out);
	}
	buf_adds(out, "  splits:\n");
	for (i = 0; i < c->how->choice.split_count; i++) {
		plain = files = 0;
		sum_bytes(c->shards[i], &plain, &files);
		buf_printf(out, "  - name: %s\n    num_bytes: %lld\n    num_examples: %lld\n",
			   c->how->choice.splits[i].name, (long long)plain,
			   (long long)card_split_rows(c, i));
		all_plain += plain;
		all_files += files;
	}
	buf_printf(out, "  download_size: %lld\n  dataset_size: %lld\n", (long long)all_files,
		   (long long)all_plain);
}

static void front_matter(const struct card *c, struct buf *out)
{
	const char *tasks = kinds[c->how->kind].tasks;

	buf_adds(out, "---\n");
	if (c->license)
		buf_printf(out, "license: %s\n", c->license);
	if (tasks)
		buf_printf(out, "task_categories: %s\n", tasks);
	buf_printf(out, "size_categories: [\"%s\"]\n", size_category(card_rows(c)));
	buf_printf(out, "tags: [capqa%s]\n", c->facts->simulated ? ", simulated" : "");
	add_config(c, out);
	add_dataset_info(c, out);
	buf_adds(out, "---\n\n");
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

static void add_files(const struct card *c, struct buf *out)
{
	static const char *const forms[] = { "JSON Lines compressed with zstd", "JSON Lines",
					     "one JSON array for each split", "tar files" };
	const struct choice *choice = &c->how->choice;
	int i;

	buf_printf(out, "%lld rows in `" FOLDER_DATA "/`, %s; `" FOLDER_MANIFEST "` has the sums "
		   "of every file, and `capqa export --verify` checks them. ",
		   (long long)card_rows(c), forms[c->how->format->files]);
	if (c->how->format->files == SHARD_TAR)
		buf_adds(out, "Made with capqa.\n\n");
	else
		buf_adds(out, "Every row has every key; a value that is not known is null. Made "
			 "with capqa.\n\n");
	if (choice->split_count < 2)
		return;
	buf_adds(out, "All of an image is in one split.\n\n| split | rows |\n|---|---:|\n");
	for (i = 0; i < choice->split_count; i++)
		buf_printf(out, "| `%s` | %lld |\n", choice->splits[i].name,
			   (long long)card_split_rows(c, i));
	buf_addc(out, '\n');
}

static void add_choice(const struct card *c, struct buf *out)
{
	const struct choice *choice = &c->how->choice;

	if (choice->where) {
		buf_adds(out, "- only where ");
		add_code(out, choice->where);
		buf_addc(out, '\n');
	}
	if (choice->per_image)
		buf_printf(out, "- at most %lld of each image, the strongest evidence first\n",
			   (long long)choice->per_image);
	if (choice->sample)
		buf_printf(out, "- a sample of %lld, drawn by hash (seed %lld)\n",
			   (long long)choice->sample, (long long)choice->seed);
	if (choice->target)
		buf_printf(out, "- the %lld with the strongest evidence\n",
			   (long long)choice->target);
	if (choice->balance)
		buf_adds(out, "- options permuted so that every letter is right equally often\n");
	if (c->missing || c->changed)
		buf_printf(out, "- left out: %lld images that were missing, %lld whose bytes "
			   "had changed\n", (long long)c->missing, (long long)c->changed);
}

static void add_origin(const struct card *c, struct buf *out)
{
	const cJSON *role;

	buf_adds(out, "## How it was made\n\n");
	add_names(out, "rule", c->facts->rules);
	cJSON_ArrayForEach(role, c->facts->models)
		add_names(out, role->string, role);
	add_names(out, "prompts, by hash", c->facts->prompt_ids);
	add_choice(c, out);
	buf_adds(out, "\nHow many were left after each step:\n\n");
	add_counts(out, "step", c->facts->funnel);
	if (cJSON_GetArraySize(c->facts->reasons))
		buf_adds(out, "Why questions were not kept:\n\n");
	add_counts(out, "reason", c->facts->reasons);
}

void card_readme(const struct card *c, struct buf *out)
{
	const char *what = c->how->format->what;

	front_matter(c, out);
	buf_printf(out, "# %s%s\n\n", c->facts->simulated ? "SIMULATED: " : "",
		   kinds[c->how->kind].title);
	buf_printf(out, "%s\n\n", what ? what : kinds[c->how->kind].what);
	add_files(c, out);
	if (c->facts->simulated)
		buf_adds(out, simulated);
	if (!c->license)
		buf_adds(out, "No licence was stated for this set.\n\n");
	add_origin(c, out);
	buf_printf(out, "## Limits\n\n%s", limits);
}
