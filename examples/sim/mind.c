/* SPDX-License-Identifier: Apache-2.0
 *
 * See mind.h. Deciding which option (pick_*) is apart from putting it into words (say_*), since
 * a constrained answer has no words of its own.
 */
#include "examples/sim/mind.h"

#include <stdlib.h>
#include <string.h>

#include "examples/sim/writer.h"

#define NO_PICK -1	/* the model does not know and says so in words */

const char *const ask_names[ASK_KINDS] = { "generate", "caption", "blind", "sight", "audit",
					   "other" };
const char *const model_names[MODEL_COUNT] = { "sim-lvlm", "sim-llm", "sim-vl",
					       "sim-captioner" };

/* One request being answered. */
struct turn {
	const struct mind *mind;
	const struct request *r;
	const struct scene *scene;	/* the image that was sent, if it is known */
	struct block shown;
	struct match match;		/* question is NULL if it is not planted */
	struct draw chance;
};

int mind_model(const char *name)
{
	for (int i = 0; i < MODEL_COUNT; i++)
		if (!strcmp(name, model_names[i]))
			return i;
	return -1;
}

static double fraction(struct draw *d)
{
	return (double)(draw_next(d) >> 11) / 9007199254740992.0;	/* 53 bits: [0, 1) */
}

/*
 * A wrong option chosen by the words of question and option alone, so that every order and
 * every copy of a question gets the same: the one with the smallest hash.
 */
static int distractor(const struct turn *t)
{
	const struct planted *q = t->match.question;
	uint64_t low, least = UINT64_MAX;
	struct hash h;
	int best = 0;

	for (int i = 0; i < (int)q->count; i++) {
		hash_init(&h);
		hash_text(&h, q->folded);
		hash_text(&h, q->options[i]);
		low = hash_low(&h);
		hash_release(&h);
		if (i == q->gold || low > least)
			continue;
		least = low;
		best = i;
	}
	return t->match.shown[best];
}

/* Not knowing: the extra option if one was offered, words if they are allowed, else a guess. */
static int pick_unknown(const struct turn *t, bool words)
{
	if (t->match.extra >= 0)
		return t->match.extra;
	if (words && !t->r->choice_count)
		return NO_PICK;
	return distractor(t);
}

static int pick_blind(struct turn *t)
{
	const struct planted *q = t->match.question;
	const char *habit = planted_text(q, "blind");

	if (!strcmp(habit, "knows"))
		return t->match.shown[q->gold];
	if (t->mind->guess)
		return (int)draw_below(&t->chance, (unsigned)t->shown.count);
	if (!strncmp(habit, "says ", 5) && habit[5] >= 'A')
		return (habit[5] - 'A') % (int)t->shown.count;
	return pick_unknown(t, !strcmp(habit, "cannot"));
}

static int pick_sight(const struct turn *t)
{
	const struct planted *q = t->match.question;
	const char *sight = planted_text(q, "sight");
	int gold = t->match.shown[q->gold];

	if (t->scene != q->scene)
		return pick_unknown(t, true);
	if (!strcmp(sight, "fails"))
		return distractor(t);
	if (!strncmp(sight, "misses ", 7) && sight[7] == 'A' + gold)
		return distractor(t);
	if (planted_true(q, q->gold))
		return gold;
	for (int i = 0; i < (int)q->count; i++)
		if (planted_true(q, i))
			return t->match.shown[i];
	if (!*planted_text(q, "asks") && !strcmp(planted_text(q, "blind"), "knows"))
		return gold;
	return pick_unknown(t, false);
}

/* Strictly from the caption: what it says of the fact, be it true or not. */
static int pick_audit(const struct turn *t, const cJSON *caption)
{
	const struct planted *q = t->match.question;
	const cJSON *says = cJSON_GetObjectItemCaseSensitive(caption, "says");
	const char *said = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(says, planted_text(q, "asks")));
	int option = said ? planted_option(q, said) : -1;

	return option >= 0 ? t->match.shown[option] : pick_unknown(t, true);
}

static int pick_synthetic(struct turn *t, double p)
{
	int count = (int)t->shown.count, gold = 0, other;

	for (int i = 0; i < count; i++)
		if (!strncmp(t->shown.options[i], "right ", 6))
			gold = i;
	if (p < 0)
		return (int)draw_below(&t->chance, (unsigned)count);
	if (fraction(&t->chance) < p)
		return gold;
	other = (int)draw_below(&t->chance, (unsigned)count - 1);
	return other >= gold ? other + 1 : other;
}

/* The letter as the question's `style` words it. */
static void say_pick(const struct turn *t, int picked, struct buf *out)
{
	const char *style = t->match.question ? planted_text(t->match.question, "style") : "";
	const char *text = t->shown.options[picked];
	char letter = (char)('A' + picked);

	if (!strcmp(style, "prose"))
		buf_printf(out, "I think the answer is %c.", letter);
	else if (!strcmp(style, "bold"))
		buf_printf(out, "**%c**", letter);
	else if (!strcmp(style, "paren"))
		buf_printf(out, "(%c) %s", letter, text);
	else if (!strcmp(style, "label"))
		buf_printf(out, "%c) %s", letter, text);
	else if (!strcmp(style, "text"))
		buf_adds(out, text);
	else if (!strcmp(style, "answer"))
		buf_printf(out, "Answer: %c", letter);
	else if (!strcmp(style, "boxed"))
		buf_printf(out, "\\boxed{%c}", letter);
	else if (!strcmp(style, "think"))
		buf_printf(out, "<think>Maybe A or D.</think>\n%c", letter);
	else if (!strcmp(style, "explains"))
		buf_printf(out, "%c\nBecause that fits best.", letter);
	else if (!strcmp(style, "lower"))
		buf_printf(out, "the correct answer is %c", letter - 'A' + 'a');
	else if (!strcmp(style, "chinese"))
		buf_printf(out, "答案：%c", letter);
	else
		buf_addc(out, letter);
}

static char first_capital(const char *text)
{
	return text[strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* The allowed text that names the letter; a constraint never lets anything else through. */
static void say_choice(const struct request *r, int picked, struct buf *out)
{
	const char *choice = r->choices[0];

	for (size_t i = 0; i < r->choice_count; i++)
		if (first_capital(r->choices[i]) == 'A' + picked)
			choice = r->choices[i];
	if (!r->json)
		buf_adds(out, choice);
	else if (r->property)
		buf_printf(out, "{\"%s\": \"%s\"}", r->property, choice);
	else
		buf_printf(out, "\"%s\"", choice);
}

static void say_unknown(const struct turn *t, enum ask_kind kind, struct buf *out)
{
	if (kind == ASK_AUDIT)
		buf_adds(out, "Not enough information in the caption.");
	else if (kind == ASK_SIGHT)
		buf_adds(out, "The image does not show that.");
	else
		buf_adds(out, t->r->images ? "I do not know." : "I cannot see the image.");
}

/* Which option, over all kinds; *kind becomes audit if the prompt holds a planted caption. */
static int pick(struct turn *t, enum ask_kind *kind)
{
	const cJSON *caption;

	if (*kind == ASK_BLIND && t->mind->habit >= 0)
		return t->mind->habit % (int)t->shown.count;
	if (!t->match.question) {
		if (t->mind->synthetic && *kind == ASK_SIGHT)
			return pick_synthetic(t, t->mind->sight);
		if (t->mind->synthetic)
			return pick_synthetic(t, t->mind->blind);
		return (int)draw_below(&t->chance, (unsigned)t->shown.count);
	}
	if (*kind == ASK_SIGHT)
		return pick_sight(t);
	caption = world_caption_in(t->mind->world, t->r->text);
	if (!caption)
		return pick_blind(t);
	*kind = ASK_AUDIT;
	return pick_audit(t, caption);
}

static void answer_choice(struct turn *t, enum model model, struct answer *out)
{
	int picked;

	if (!t->r->images && model != MODEL_LLM) {
		/* A model that sees wants to see; it is not asked blind. */
		out->kind = ASK_BLIND;
		picked = t->match.question ? pick_unknown(t, false) : 0;
		if (t->r->choice_count)
			say_choice(t->r, picked, &out->text);
		else
			buf_adds(&out->text, "I cannot see the image. Please send it.");
		return;
	}
	out->kind = t->r->images ? ASK_SIGHT : ASK_BLIND;
	picked = pick(t, &out->kind);
	if (picked == NO_PICK)
		say_unknown(t, out->kind, &out->text);
	else if (t->r->choice_count)
		say_choice(t->r, picked, &out->text);
	else
		say_pick(t, picked, &out->text);
}

/*
 * The LVLM is asked rather than told to write, if a planted or synthetic question stands in the
 * prompt or an answer is constrained. A block alone says nothing: the prompt to write questions
 * shows examples.
 */
static bool is_asked(const struct turn *t)
{
	if (t->match.question || t->r->choice_count)
		return true;
	for (size_t i = 0; t->mind->synthetic && i < t->shown.count; i++)
		if (!strncmp(t->shown.options[i], "right ", 6))
			return true;
	return false;
}

static void answer_generate(const struct turn *t, struct answer *out)
{
	out->kind = ASK_GENERATE;
	if (t->scene)
		out->finish = writer_reply(t->scene, &out->text);
	else if (t->mind->synthetic)
		writer_synthetic(t->r->image, &out->text);
	else
		buf_adds(&out->text, "I'm sorry, but I can't help with this image.");
}

static void answer_caption(const struct turn *t, struct answer *out)
{
	const cJSON *caption = t->scene ? world_caption(t->scene) : NULL;
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(caption, "text"));
	const char *finish = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(caption, "finish_reason"));

	out->kind = ASK_CAPTION;
	if (text)
		buf_adds(&out->text, text);
	else
		buf_printf(&out->text, "An image that is not planted, %.12s.", t->r->image);
	if (finish && !strcmp(finish, "length"))
		out->finish = "length";
}

static void answer_other(const struct turn *t, struct answer *out)
{
	if (t->r->choice_count)
		say_choice(t->r, 0, &out->text);
	else if (t->r->images)
		buf_printf(&out->text, "A simulated model sees an image: %s.",
			   t->scene ? t->scene->name : "not one of its world");
	else
		buf_adds(&out->text, "I am a simulated model and see no image.");
}

/* max_tokens is obeyed as servers obey it: the text stops and finish_reason says length. */
static void obey_max_tokens(const struct request *r, struct answer *out)
{
	size_t most = (size_t)r->max_tokens * 4;

	if (r->max_tokens < 0 || out->text.len <= most)
		return;
	while (most && ((unsigned char)out->text.data[most] & 0xc0) == 0x80)
		most--;
	out->text.data[out->text.len = most] = '\0';
	out->finish = "length";
}

void mind_answer(const struct mind *mind, enum model model, const struct request *r,
		 struct answer *out)
{
	struct turn t = { .mind = mind, .r = r, .match = { .extra = -1 },
			  .chance = { r->logical ^ (mind->seed * 0x9e3779b97f4a7c15u) } };
	bool block;

	memset(out, 0, sizeof(*out));
	buf_init(&out->text, BUF_NO_MAX);
	out->finish = "stop";
	out->kind = ASK_OTHER;
	t.scene = r->images ? world_scene(mind->world, r->image) : NULL;
	out->scene = t.scene ? t.scene->name : "";
	block = !block_read(&t.shown, r->text);
	if (block && world_match(mind->world, &t.shown, t.scene, &t.match))
		t.match.question = NULL;
	if (model == MODEL_CAPTIONER && r->images)
		answer_caption(&t, out);
	else if (model == MODEL_LVLM && r->images && !is_asked(&t))
		answer_generate(&t, out);
	else if (block)
		answer_choice(&t, model, out);
	else
		answer_other(&t, out);
	obey_max_tokens(r, out);
	block_release(&t.shown);
}

void mind_release(struct answer *a)
{
	buf_release(&a->text);
}
