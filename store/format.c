/* SPDX-License-Identifier: Apache-2.0
 *
 * See format.h. Sources: verl/utils/dataset/rl_dataset.py (files end .json and may hold JSON
 * Lines; a list `images`), LLaMA-Factory data/README.md (dataset_info.json), the WebDataset
 * format, Label Studio's task format and its Choices tag with choices from the task.
 */
#include "store/format.h"

#include <string.h>

#include "cli/buf.h"
#include "store/folder.h"

#define BIT(kind) (1u << (kind))

static const struct format formats[FORMATS] = {
	{ FORMAT_FULL, "full", BIT(REC_IMAGE) | BIT(REC_REPLY) | BIT(REC_QUESTION) |
	  BIT(REC_CAPTION) | BIT(REC_SCORE), REC_QUESTION, SHARD_ZST, false, NULL },
	{ FORMAT_CAPRL, "caprl", BIT(REC_QUESTION), REC_QUESTION, SHARD_ZST, true,
	  "One row is one image with all its questions, in the form of CapRL-QA-75K: "
	  "`reward_model.ground_truth` lists question, lettered choices and the right letter. "
	  "The images are not included; `image` is their path." },
	{ FORMAT_VERL, "verl", BIT(REC_QUESTION), REC_QUESTION, SHARD_LINES, true,
	  "One row is one image with all its questions, as verl reads it (JSON Lines in a file "
	  "that ends in .json): `prompt` asks for a caption, `reward_model.ground_truth` lists "
	  "the questions that score it. The images are not included; `images` says where they "
	  "are." },
	{ FORMAT_SHAREGPT, "sharegpt", BIT(REC_CAPTION), REC_CAPTION, SHARD_ARRAY, false,
	  "One row is one caption as a conversation, a JSON array as LLaVA (`image`) and "
	  "LLaMA-Factory (`images`, `dataset_info.json`) read it. Each row has one image and one "
	  "`<image>`; inside a caption that token is written `< image>`. The images are not "
	  "included." },
	{ FORMAT_WEBDATASET, "webdataset", BIT(REC_IMAGE) | BIT(REC_QUESTION) |
	  BIT(REC_CAPTION), REC_QUESTION, SHARD_TAR, true,
	  "Tar files for WebDataset: each sample is an image file, byte for byte, and a .json of "
	  "the same name that says all about it. Where images are of several types all are named "
	  ".jpg, because loaders want one name for a field; they decode by content." },
	{ FORMAT_LABELSTUDIO, "labelstudio", BIT(REC_QUESTION), REC_QUESTION, SHARD_ARRAY,
	  false, "Tasks for Label Studio, one per question, with the right choice as a "
	  "prediction; `labels.xml` is the labelling configuration. The images are not "
	  "included." },
};

const struct format *format_find(const char *name)
{
	size_t i;

	for (i = 0; i < FORMATS; i++)
		if (!strcmp(name, formats[i].name))
			return &formats[i];
	return NULL;
}

bool format_takes(const struct format *f, enum rec_kind kind)
{
	return f->records & BIT(kind);
}

const char *format_extra_name(const struct format *f)
{
	return f->id == FORMAT_SHAREGPT ? FOLDER_INFO :
	       f->id == FORMAT_LABELSTUDIO ? FOLDER_LABELS : NULL;
}

static void dataset_info(const char *const *splits, int count, struct buf *out)
{
	int i;

	buf_adds(out, "{\n");
	for (i = 0; i < count; i++)
		buf_printf(out, "  \"capqa_%s\": {\n    \"file_name\": \"data/%s.json\",\n"
			   "    \"formatting\": \"sharegpt\",\n    \"columns\": {\"messages\": "
			   "\"conversations\", \"images\": \"images\"}\n  }%s\n", splits[i],
			   splits[i], i + 1 < count ? "," : "");
	buf_adds(out, "}\n");
}

static const char labels[] =
	"<View>\n"
	"  <Image name=\"image\" value=\"$image\" zoom=\"true\"/>\n"
	"  <Header value=\"$question\"/>\n"
	"  <Choices name=\"answer\" toName=\"image\" value=\"$choices\" choice=\"single-radio\" "
	"required=\"true\"/>\n"
	"  <Choices name=\"flags\" toName=\"image\" choice=\"multiple\">\n"
	"    <Choice value=\"ambiguous\" hotkey=\"q\"/>\n"
	"    <Choice value=\"wrong key\" hotkey=\"w\"/>\n"
	"    <Choice value=\"not visual\" hotkey=\"e\"/>\n"
	"    <Choice value=\"unsafe\" hotkey=\"r\"/>\n"
	"  </Choices>\n"
	"</View>\n";

void format_extra(const struct format *f, const char *const *splits, int count,
		  struct buf *out)
{
	if (f->id == FORMAT_SHAREGPT)
		dataset_info(splits, count, out);
	else
		buf_adds(out, labels);
}
