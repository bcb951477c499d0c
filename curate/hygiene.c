/* SPDX-License-Identifier: Apache-2.0
 *
 * See hygiene.h.
 */
#include "curate/hygiene.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/hygiene_loop.h"
#include "curate/mcq_text.h"
#include "schemas/fold.h"

#define HEAD 300	/* bytes in which a refusal or a monologue shows itself */
#define REFUSAL_MOST 500	/* a longer text that begins so goes on to describe */

static const struct {
	enum hygiene_flag flag;
	const char *name;
} names[] = {
	{ HYGIENE_EMPTY, "empty" }, { HYGIENE_TRUNCATED, "truncated" },
	{ HYGIENE_REFUSAL, "refusal" }, { HYGIENE_DEGENERATE, "degenerate" },
	{ HYGIENE_REASONING, "reasoning" }, { HYGIENE_LANGUAGE, "language" },
};
#define NAMES (sizeof(names) / sizeof(*names))

void hygiene_json(unsigned flags, struct buf *out)
{
	const char *comma = "";
	size_t i;

	buf_addc(out, '[');
	for (i = 0; i < NAMES; i++) {
		if (!(flags & names[i].flag))
			continue;
		buf_printf(out, "%s\"%s\"", comma, names[i].name);
		comma = ",";
	}
	buf_addc(out, ']');
}

unsigned hygiene_read(const cJSON *list)
{
	const cJSON *item;
	unsigned flags = 0;
	size_t i;

	cJSON_ArrayForEach(item, list)
		for (i = 0; i < NAMES && cJSON_IsString(item); i++)
			if (!strcmp(item->valuestring, names[i].name))
				flags |= names[i].flag;
	return flags;
}

/* ---- what it says at its head ---- */

static bool holds_any(const char *text, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (strstr(text, *phrases))
			return true;
	return false;
}

static bool starts_any(const char *text, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (!strncmp(text, *phrases, strlen(*phrases)))
			return true;
	return false;
}

/* The first bytes, folded, apostrophes plain. Whole characters only. */
static void fold_head(struct mcq_text text, struct buf *out)
{
	size_t len = text.len < HEAD ? text.len : HEAD, i;
	char head[HEAD + 1];

	while (len < text.len && len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
		len--;
	memcpy(head, text.at, len);
	head[len] = '\0';
	fold_text(out, head);
	for (i = 0; i + 2 < out->len; i++) {
		if (memcmp(out->data + i, "\xe2\x80\x99", 3))
			continue;
		out->data[i] = '\'';
		memmove(out->data + i + 1, out->data + i + 3, out->len - i - 2);
		out->len -= 2;
	}
}

/* An apology or an "as an AI" opens; what is declined follows in the same breath. */
static bool declines(const char *head)
{
	static const char *const opens[] = {
		"i'm sorry", "i am sorry", "sorry,", "sorry but", "i apologize", "apologies",
		"unfortunately, i", "as an ai", "as a language model", "i'm an ai", "i am an ai",
		NULL
	};
	static const char *const says_no[] = {
		"can't", "cannot", "can not", "unable", "not able", "won't", "don't have",
		"not comfortable", "do not have", "don't see", "do not see", "no image", NULL
	};

	return starts_any(head, opens) && holds_any(head, says_no);
}

static bool refuses(const char *head)
{
	static const char *const starts[] = {
		"i can't assist", "i cannot assist", "i can't help", "i cannot help",
		"i can't describe", "i cannot describe", "i can't provide", "i cannot provide",
		"i can't see", "i cannot see", "i can't view", "i cannot view", "i can't identify",
		"i cannot identify", "i can't analyze", "i cannot analyze", "i can't comply",
		"i'm unable to", "i am unable to", "i'm not able to", "i am not able to",
		"i won't be able to", "i don't see any image", "i do not see any image",
		"i don't see an image", "i do not see an image", "i don't have the ability",
		"i must decline", "i'm going to have to decline", "no image was provided",
		"no image has been provided", "there is no image", "please provide the image",
		"please upload the image", "please share the image", "please provide an image",
		"it seems you haven't", "it looks like you haven't", "it seems that no image",
		"抱歉", "对不起", "很抱歉", "非常抱歉", "對不起", "我无法", "我不能", "我無法",
		"无法查看", "请提供图片", "请上传", "申し訳", "すみません", "죄송", "lo siento",
		"no puedo ayudar", "je suis désolé", "je ne peux pas", "désolé", "es tut mir leid",
		"tut mir leid", "leider kann ich", "ich kann dir", "mi dispiace", "desculpe",
		"sinto muito", "извините", "к сожалению, я", NULL
	};

	return declines(head) || starts_any(head, starts);
}

/* Thinking that was meant for nobody; tags may stand anywhere. */
static bool leaks(const char *text, const char *head)
{
	static const char *const tags[] = {
		"<think>", "</think>", "<thinking>", "</thinking>", "<reasoning>", "</reasoning>",
		"<thought>", "</thought>", "<|channel|>", "◁think▷", "◁/think▷", NULL
	};
	static const char *const monologues[] = {
		"okay, the user", "ok, the user", "okay, so the user", "alright, the user",
		"okay, let me", "okay, let's", "okay, i need to", "okay, so i need to", "hmm, ",
		"the user wants", "the user is asking", "the user has asked", "the user asked",
		"the user has provided", "let me think", "let me start by", "let me look at",
		"let me analyze", "first, i need to", "first, i should", "i need to describe",
		"got it, let's", "got it, i need", "so, let me", "so let's", "wait, ",
		"好的,用户", "用户希望", "用户让我", "用户要求", "首先,我需要", NULL
	};

	return holds_any(text, tags) || starts_any(head, monologues);
}

/* ---- how it ends ---- */

static bool is_one_of(struct mcq_text word, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == word.len && mcq_text_starts(word, *words))
			return true;
	return false;
}

/* The letters of ASCII that the text ends in. */
static struct mcq_text last_word(struct mcq_text text)
{
	size_t n = text.len;

	while (n && mcq_text_alpha((unsigned char)text.at[n - 1]))
		n--;
	return (struct mcq_text){ text.at + n, text.len - n };
}

static size_t count_stops(struct mcq_text text)
{
	size_t i, n = 0;

	for (i = 0; i + 1 < text.len; i++)
		n += (text.at[i] == '.' && (text.at[i + 1] == ' ' || text.at[i + 1] == '\n')) ||
		     !memcmp(text.at + i, "\xe3\x80\x82", text.len - i < 3 ? text.len - i : 3);
	return n;
}

/* Prose that closes its sentences but for the last one, which is no heading and no list item. */
static bool stops_short(struct mcq_text text)
{
	const char *end = text.at + text.len, *line = end, *at = end - 1;

	while (line > text.at && line[-1] != '\n')
		line--;
	while (at > line && ((unsigned char)*at & 0xc0) == 0x80)
		at--;
	return text.len >= 200 && end - line >= 60 && !strchr("-*|#0123456789", *line) &&
	       mcq_text_wordy(at, end) && count_stops(text) >= 3;
}

static bool ends_midway(struct mcq_text text)
{
	static const char *const ends[] = { ",", ";", ":", "(", "[", "{", "/", "&", "，", "、",
					    "；", "：", "（", "“", "《", "—", "–", NULL };
	static const char *const hanging[] = {
		"the", "a", "an", "of", "and", "or", "with", "from", "by", "for", "its", "their",
		"his", "her", "is", "are", "was", "were", "which", "into", "as", "while", "but",
		"than", "like", "between", "against", "towards", "has", "have", NULL
	};
	size_t i, n;

	if (text.len < 24)
		return false;
	for (i = 0; ends[i]; i++) {
		n = strlen(ends[i]);
		if (!memcmp(text.at + text.len - n, ends[i], n))
			return true;
	}
	return is_one_of(last_word(text), hanging) || stops_short(text);
}

/* ---- its script ---- */

enum script { LATIN, HAN, KANA, HANGUL, CYRILLIC, ARABIC, GREEK, HEBREW, THAI, INDIC, OTHER,
	      SCRIPTS };

struct hygiene_language {
	const char *name, *code;
	enum script script, too;	/* too: a second one that is as right; else the same */
};

static const struct hygiene_language languages[] = {
	{ "English", "en", LATIN, LATIN }, { "German", "de", LATIN, LATIN },
	{ "French", "fr", LATIN, LATIN }, { "Spanish", "es", LATIN, LATIN },
	{ "Italian", "it", LATIN, LATIN }, { "Portuguese", "pt", LATIN, LATIN },
	{ "Dutch", "nl", LATIN, LATIN }, { "Polish", "pl", LATIN, LATIN },
	{ "Turkish", "tr", LATIN, LATIN }, { "Vietnamese", "vi", LATIN, LATIN },
	{ "Indonesian", "id", LATIN, LATIN }, { "Swedish", "sv", LATIN, LATIN },
	{ "Chinese", "zh", HAN, HAN }, { "Japanese", "ja", KANA, HAN },
	{ "Korean", "ko", HANGUL, HANGUL }, { "Russian", "ru", CYRILLIC, CYRILLIC },
	{ "Ukrainian", "uk", CYRILLIC, CYRILLIC }, { "Arabic", "ar", ARABIC, ARABIC },
	{ "Persian", "fa", ARABIC, ARABIC }, { "Greek", "el", GREEK, GREEK },
	{ "Hebrew", "he", HEBREW, HEBREW }, { "Thai", "th", THAI, THAI },
	{ "Hindi", "hi", INDIC, INDIC },
};

const struct hygiene_language *hygiene_language(const char *name)
{
	struct mcq_text text = { name, strlen(name) };
	size_t i;

	for (i = 0; i < sizeof(languages) / sizeof(*languages); i++)
		if ((strlen(languages[i].name) == text.len &&
		     mcq_text_starts(text, languages[i].name)) ||
		    (text.len == 2 && mcq_text_starts(text, languages[i].code)))
			return &languages[i];
	return NULL;
}

/* Blocks of Unicode 15; only letters are asked for. */
static enum script script_of(int32_t c)
{
	static const struct { int32_t from, to; enum script script; } blocks[] = {
		{ 'A', 'Z', LATIN }, { 'a', 'z', LATIN }, { 0xc0, 0x24f, LATIN },
		{ 0x370, 0x3ff, GREEK }, { 0x400, 0x52f, CYRILLIC }, { 0x590, 0x5ff, HEBREW },
		{ 0x600, 0x77f, ARABIC }, { 0x900, 0xdff, INDIC }, { 0xe00, 0xe7f, THAI },
		{ 0x1100, 0x11ff, HANGUL }, { 0x1e00, 0x1eff, LATIN }, { 0x3040, 0x30ff, KANA },
		{ 0x3400, 0x9fff, HAN }, { 0xac00, 0xd7a3, HANGUL }, { 0xf900, 0xfaff, HAN },
		{ 0x20000, 0x3ffff, HAN },
	};
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		if (c >= blocks[i].from && c <= blocks[i].to)
			return blocks[i].script;
	return OTHER;
}

/* Japanese is told from Chinese by its kana, of which a text of any length has some. */
static bool is_foreign(struct mcq_text text, const struct hygiene_language *l)
{
	size_t counts[SCRIPTS] = { 0 }, letters = 0, right, n;
	const char *at = text.at, *end = text.at + text.len;
	int32_t c;

	for (; at < end; at += n) {
		n = mcq_text_rune(at, end, &c);
		if (!mcq_text_wordy(at, end) || (c >= '0' && c <= '9'))
			continue;
		counts[script_of(c)]++;
		letters++;
	}
	right = counts[l->script] + (l->too != l->script ? counts[l->too] : 0);
	if (letters < 4)
		return false;
	if (l->script == KANA && counts[KANA] * 20 < letters)
		return true;
	if (l->script == HAN && counts[KANA] * 10 > letters)
		return true;
	return right * 2 < letters;
}

unsigned hygiene_check(const char *whole, const struct hygiene_context *how)
{
	struct mcq_text text = mcq_text_trim((struct mcq_text){ whole, strlen(whole) });
	unsigned flags = how->cut == HYGIENE_CUT ? HYGIENE_TRUNCATED : 0;
	struct buf head;

	if (!text.len)
		return flags | HYGIENE_EMPTY;
	buf_init(&head, BUF_NO_MAX);
	fold_head(text, &head);
	if (text.len <= REFUSAL_MOST && refuses(head.data))
		flags |= HYGIENE_REFUSAL;
	if (leaks(whole, head.data))
		flags |= HYGIENE_REASONING;
	if (hygiene_loops(text))
		flags |= HYGIENE_DEGENERATE;
	if (how->cut == HYGIENE_UNKNOWN && !(flags & HYGIENE_UNUSABLE) && ends_midway(text))
		flags |= HYGIENE_TRUNCATED;
	if (how->language && is_foreign(text, how->language))
		flags |= HYGIENE_LANGUAGE;
	buf_release(&head);
	return flags;
}
