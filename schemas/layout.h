/* SPDX-License-Identifier: Apache-2.0
 *
 * layout: other people's rows. Recognises by their members what a row is, and makes it a
 * record of ours in place: the path goes to `image`, a foreign id to `source_id`, the text to
 * `reply` or `caption`. Everything else stays as unknown members. More than one candidate
 * that do not say the same is an error, never a guess; --image-field and --text-field decide.
 *
 *	path	image | image_path | img | file_name | images, each of them a text, an object
 *		{path | image | url}, or a list of one of these; "file://" is taken off. Of
 *		{bytes, path} (Hugging Face's image) only the path is read
 *	id	id, and an image_id that is not 32 hex digits
 *	reply	reply | qa_response (gen_qa.py)
 *	caption	caption | text | conversations | messages. Of the last two, LLaVA's
 *		[{from, value}] and chat's [{role, content}], the last turn, which must be the
 *		model's; the turns before it stay
 *
 * A row with many questions, as lists of {question, choices | options, answer}:
 *
 *	{id, image, prompt, data_source, reward_model:{ground_truth:[...]}}	CapRL-QA-75K
 *	{images:[...], reward_model:{style, ground_truth:[...]}, extra_info}	verl
 *	{image, cap_rl_qa:{kept_qas:[...] | parsed_qa_list:[...]}}		DataFlow-MM
 *	{image, question, choices, answer}					one question
 *
 * An image with its records, as our WebDataset exports have it:
 *
 *	{image_id, image, mime, captions:[{caption_id, ...}] and/or questions:[{question_id, ...}]}
 *
 * ground_truth may be that list as a JSON text. Choices are texts, all labelled ("A) x", "A. x",
 * "A: x", "(A) x") or none, or an object {"A": "x", ...}. The answer is a letter, a choice's
 * text, or both ("C) x").
 *
 * What was recognised is for the stage to say, once per input: layout_name before the row is
 * changed.
 */
#ifndef SCHEMAS_LAYOUT_H
#define SCHEMAS_LAYOUT_H

#include "cli/msg.h"
#include "schemas/record.h"

/* 0, or -1: no path, or more than one; err names them. field: --image-field, or NULL. */
int layout_image(struct rec *r, const char *field, struct err *err);

/* As above, and the reply's text; field: --text-field, or NULL. */
int layout_reply(struct rec *r, const char *image_field, const char *text_field,
		 struct err *err);

/*
 * Makes r a caption record, with a caption_id if it has none. A caption of ours (caption_id,
 * caption) passes unchanged unless a field is named.
 */
int layout_caption(struct rec *r, const char *image_field, const char *text_field,
		   struct err *err);

/* What a row became, or one part of it: rec is yours, or NULL and err says what is wrong with it. */
struct layout_item {
	struct rec *rec;
	struct err err;
};

struct layout_items {
	struct layout_item *items;
	size_t count, cap;
};

/*
 * Fills `out` (emptied first) with the row's questions in their order. A question's `from` is
 * {rule, index}; it has no verdict. A question record of ours is its own only question,
 * unchanged. 0, or -1: no questions at all, or no path. row stays the caller's; its image and
 * id are settled as layout_image does.
 */
int layout_questions(struct rec *row, const char *image_field, struct layout_items *out,
		     struct err *err);
void layout_items_clear(struct layout_items *list);	/* frees the records left in it */
void layout_items_release(struct layout_items *list);

/*
 * Fills `out` (emptied first) with the records of this kind that an image's row lists, with the ids
 * they have there; REC_KINDS: the image's own record, and all of them. As layout_questions else.
 */
bool layout_is_sample(const struct rec *r, enum rec_kind kind);
int layout_sample(struct rec *row, enum rec_kind kind, const char *image_field,
		  struct layout_items *out, struct err *err);

/* Does a row that is no record of ours hold a caption, or questions? Looks at names only. */
bool layout_has_caption(struct rec *r);
bool layout_has_questions(struct rec *r);

/*
 * Appends "LLaVA conversations: image from 'image', caption from the last turn of
 * 'conversations'": how a row would be read as this kind (image, reply, caption, question).
 * Nothing where it is a record of ours or cannot be read.
 */
void layout_name(struct rec *r, enum rec_kind kind, const char *image_field,
		 const char *text_field, struct buf *out);

#endif
