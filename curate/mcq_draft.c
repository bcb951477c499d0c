/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_draft.h. Options of all drafts lie in one array, because a reply of a megabyte can
 * hold very many drafts and most have four options or none.
 */
#include "curate/mcq_draft.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "cli/buf.h"

struct mcq_draft *mcq_draft_add(struct mcq_drafts *drafts, const char *start)
{
	struct mcq_draft *draft;

	drafts->items = xgrow(drafts->items, &drafts->cap, drafts->count, sizeof(*draft));
	draft = &drafts->items[drafts->count++];
	/* spans never overlap: where lines were taken back, the one before ends earlier */
	if (drafts->count > 1 && draft[-1].end > start)
		draft[-1].end = start > draft[-1].start ? start : draft[-1].start;
	*draft = (struct mcq_draft){ .start = start, .end = start, .number = -1,
				     .option_first = drafts->option_count };
	draft->question.at = start;
	return draft;
}

void mcq_draft_option(struct mcq_drafts *drafts, struct mcq_draft *draft, struct mcq_text text,
		      const struct mcq_label *label, bool checked)
{
	struct mcq_option *option;

	drafts->options = xgrow(drafts->options, &drafts->option_cap, drafts->option_count,
				sizeof(*option));
	option = &drafts->options[drafts->option_count++];
	*option = (struct mcq_option){ .text = text, .checked = checked };
	if (label)
		option->label = *label;
	draft->option_count++;
}

void mcq_draft_answer(struct mcq_draft *draft, struct mcq_text text)
{
	if (draft->answer_count < 2)
		draft->answer[draft->answer_count++] = text;
}

void mcq_draft_keep(struct mcq_drafts *drafts, struct cJSON *tree)
{
	drafts->trees = xgrow(drafts->trees, &drafts->tree_cap, drafts->tree_count,
			      sizeof(*drafts->trees));
	drafts->trees[drafts->tree_count++] = tree;
}

void mcq_drafts_release(struct mcq_drafts *drafts)
{
	size_t i;

	for (i = 0; i < drafts->tree_count; i++)
		cJSON_Delete(drafts->trees[i]);
	free(drafts->trees);
	free(drafts->options);
	free(drafts->items);
	*drafts = (struct mcq_drafts){ 0 };
}
