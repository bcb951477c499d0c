/* SPDX-License-Identifier: Apache-2.0
 *
 * See form.h. One statement walks the picked records in order; a row of an image ends where
 * the next record is of another image or split.
 */
#include "store/form.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"
#include "schemas/span.h"
#include "store/balance.h"
#include "store/cell.h"

#define JOIN "JOIN paths p ON p.id = r.path JOIN images i ON i.id = p.image"
#define ABOUT "k.split, %s, i.image_id, p.path, i.mime, " \
	"ifnull(p.\"offset\", -1), ifnull(p.size, -1), "

/* Columns: ABOUT, then those of the kind. */
enum { AT_SPLIT, AT_KEY, AT_IMAGE_ID, AT_PATH, AT_MIME, AT_OFFSET, AT_SIZE, AT_OWN,
       AT_NAME = AT_OWN, AT_RECORD, AT_TEXT, AT_ANSWER, AT_PLACE, AT_MODEL = AT_ANSWER,
       AT_WIDTH = AT_OWN, AT_HEIGHT };

/* The prompt CapRL trains its captioner with, and the name its rows go by (dataset card). */
#define PROMPT "Please describe this image in detail."
#define ASK "\"prompt\":[{\"role\":\"user\",\"content\":\"<image> " PROMPT "\"}]"
#define SOURCE "\"data_source\":\"image_caption_rl\""

#define TRUTH "{\"question\":\"\",\"choices\":[\"\"],\"answer\":\"\"}"
#define CHAT "[{\"role\":\"\",\"content\":\"\"}]"

static const char *const samples[FORMATS] = {
	[FORMAT_CAPRL] = "{\"id\":\"\",\"image\":\"\",\"prompt\":" CHAT ",\"data_source\":\"\","
		"\"reward_model\":{\"ground_truth\":[" TRUTH "]}}",
	[FORMAT_VERL] = "{\"data_source\":\"\",\"prompt\":" CHAT ",\"images\":[{\"image\":\"\"}],"
		"\"ability\":\"\",\"reward_model\":{\"style\":\"\",\"ground_truth\":[" TRUTH
		"]},\"extra_info\":{\"split\":\"\",\"index\":0,\"id\":\"\",\"image\":\"\"}}",
	[FORMAT_SHAREGPT] = "{\"id\":\"\",\"image\":\"\",\"images\":[\"\"],\"conversations\":"
		"[{\"from\":\"\",\"value\":\"\"}]}",
	[FORMAT_LABELSTUDIO] = "{\"data\":{\"image\":\"\",\"question\":\"\",\"choices\":"
		"[{\"value\":\"\"}],\"question_id\":\"\",\"image_id\":\"\"},\"predictions\":"
		"[{\"model_version\":\"\",\"result\":[{\"id\":\"\",\"type\":\"\","
		"\"from_name\":\"\",\"to_name\":\"\",\"value\":{\"choices\":[\"\"]}}]}]}",
};

#define WEB "\"image_id\":\"\",\"image\":\"\",\"mime\":\"\""

static const char *const web_samples[REC_KINDS] = {
	[REC_IMAGE] = "{" WEB ",\"width\":0,\"height\":0}",
	[REC_QUESTION] = "{" WEB ",\"questions\":[{\"question_id\":\"\",\"question\":\"\","
		"\"options\":[\"\"],\"answer\":\"\"}]}",
	[REC_CAPTION] = "{" WEB ",\"captions\":[{\"caption_id\":\"\",\"caption\":\"\","
		"\"model\":\"\"}]}",
};

struct option {
	size_t at, len;
};

struct form {
	struct db *db;
	const struct format *format;
	enum rec_kind kind;
	const struct choice *choice;
	const char *prefix;
	sqlite3_stmt *next, *options;
	struct buf key, image_id, path, mime, texts, line;
	struct form_image image;
	struct option option[ORDER_OPTIONS_MAX];
	struct balance order;
	int count;			/* of options */
	int gold;			/* where the right one stands in the row, from 0 */
	int split;
	int64_t index;			/* of the row in its split */
	bool on_row, ended;		/* next stands on a record not yet used; or is at its end */
};

const char *form_sample(const struct format *format, enum rec_kind kind)
{
	return format->id == FORMAT_WEBDATASET ? web_samples[kind] : samples[format->id];
}

static sqlite3_stmt *prepare(struct form *f, struct err *err)
{
	sqlite3_stmt *stmt;
	struct buf sql;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT " ABOUT, f->choice->by_row_id ? CHOICE_ROW_KEY :
		   "ifnull(i.image_id, p.path)");
	if (f->kind == REC_QUESTION)
		buf_printf(&sql, "r.question_id, r.id, r.question, r.answer, %s FROM picked k "
			   "JOIN questions r ON r.id = k.record " JOIN, f->choice->balance ?
			   "(SELECT place FROM placed WHERE placed.record = r.id)" : "NULL");
	else if (f->kind == REC_CAPTION)
		buf_adds(&sql, "r.caption_id, r.id, r.caption, r.model FROM picked k "
			 "JOIN captions r ON r.id = k.record " JOIN);
	else
		buf_adds(&sql, "i.width, i.height FROM picked k JOIN paths p ON p.id = k.record "
			 "JOIN images i ON i.id = p.image");
	buf_adds(&sql, " ORDER BY k.n");
	stmt = db_prepare(f->db, sql.data, err);
	buf_release(&sql);
	return stmt;
}

struct form *form_new(struct db *db, const struct format *format, enum rec_kind kind,
		      const struct choice *choice, const char *prefix, struct err *err)
{
	struct form *f = xcalloc(1, sizeof(*f));

	*f = (struct form){ .db = db, .format = format, .kind = kind, .choice = choice,
			    .prefix = prefix ? prefix : "", .split = -1 };
	buf_init(&f->key, BUF_NO_MAX);
	buf_init(&f->image_id, BUF_NO_MAX);
	buf_init(&f->path, BUF_NO_MAX);
	buf_init(&f->mime, BUF_NO_MAX);
	buf_init(&f->texts, BUF_NO_MAX);
	buf_init(&f->line, BUF_NO_MAX);
	f->next = prepare(f, err);
	f->options = db_prepare(db, "SELECT text FROM options WHERE question = ?1 "
				"ORDER BY number", err);
	if (f->next && f->options)
		return f;
	form_free(f);
	return NULL;
}

void form_free(struct form *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->next);
	sqlite3_finalize(f->options);
	buf_release(&f->key);
	buf_release(&f->image_id);
	buf_release(&f->path);
	buf_release(&f->mime);
	buf_release(&f->texts);
	buf_release(&f->line);
	free(f);
}

static const char *text_at(const struct form *f, int column)
{
	return cell_text(f->next, column);
}

static void quote(struct buf *out, const char *text)
{
	if (text)
		span_quote(out, text, strlen(text));
	else
		buf_adds(out, "null");
}

/* "key":"text" or "key":null */
static void add_text(struct buf *row, const char *key, const char *text)
{
	buf_printf(row, "\"%s\":", key);
	quote(row, text);
}

static const char *copy_column(struct form *f, struct buf *to, int column)
{
	const char *text = text_at(f, column);

	buf_clear(to);
	buf_adds(to, text ? text : "");
	return text ? to->data : NULL;
}

/* Notes which image the row is about that starts here. */
static void start_image(struct form *f)
{
	int split = sqlite3_column_int(f->next, AT_SPLIT);

	f->index = split == f->split ? f->index + 1 : 0;
	f->split = split;
	f->image.key = copy_column(f, &f->key, AT_KEY);
	f->image.image_id = copy_column(f, &f->image_id, AT_IMAGE_ID);
	f->image.path = copy_column(f, &f->path, AT_PATH);
	f->image.mime = copy_column(f, &f->mime, AT_MIME);
	f->image.offset = sqlite3_column_int64(f->next, AT_OFFSET);
	f->image.size = sqlite3_column_int64(f->next, AT_SIZE);
}

static bool same_image(const struct form *f)
{
	const char *key = text_at(f, AT_KEY);

	return sqlite3_column_int(f->next, AT_SPLIT) == f->split && key && f->image.key &&
	       !strcmp(key, f->image.key);
}

/* The options of the question under f->next, and the order they are shown in. */
static int read_options(struct form *f, struct err *err)
{
	const char *answer = text_at(f, AT_ANSWER);
	int got, i;

	buf_clear(&f->texts);
	f->count = 0;
	sqlite3_bind_int64(f->options, 1, sqlite3_column_int64(f->next, AT_RECORD));
	while ((got = db_step(f->db, f->options, err)) > 0) {
		if (f->count == ORDER_OPTIONS_MAX)
			continue;
		f->option[f->count].at = f->texts.len;
		f->option[f->count].len = (size_t)sqlite3_column_bytes(f->options, 0);
		buf_add(&f->texts, cell_text(f->options, 0), f->option[f->count].len);
		f->count++;
	}
	if (got < 0)
		return -1;
	f->gold = answer && answer[0] >= 'A' && answer[0] < 'A' + f->count ? answer[0] - 'A' : 0;
	if (sqlite3_column_type(f->next, AT_PLACE) != SQLITE_NULL) {
		balance_make(&f->order, f->choice->seed, text_at(f, AT_NAME), f->count, f->gold,
			     sqlite3_column_int(f->next, AT_PLACE));
		f->gold = f->order.to[f->gold];
		return 0;
	}
	for (i = 0; i < f->count; i++)
		f->order.from[i] = (uint8_t)i;
	return 0;
}

/* Option number i as shown, with its letter or without. */
static void add_option(struct form *f, struct buf *row, int i, bool letter)
{
	const struct option *option = &f->option[f->order.from[i]];

	buf_clear(&f->line);
	if (letter)
		buf_printf(&f->line, "%c) ", 'A' + i);
	buf_add(&f->line, f->texts.data + option->at, option->len);
	span_quote(row, f->line.data, f->line.len);
}

/* [before A) Red after,before B) Blue after] */
static void add_options(struct form *f, struct buf *row, bool letters, const char *before,
			const char *after)
{
	int i;

	buf_addc(row, '[');
	for (i = 0; i < f->count; i++) {
		buf_printf(row, "%s%s", i ? "," : "", before);
		add_option(f, row, i, letters);
		buf_adds(row, after);
	}
	buf_addc(row, ']');
}

/* {"question":...,"choices":["A) Red",...],"answer":"B"} */
static int add_truth(struct form *f, struct buf *row, struct err *err)
{
	if (read_options(f, err))
		return -1;
	buf_addc(row, '{');
	add_text(row, "question", text_at(f, AT_TEXT));
	buf_adds(row, ",\"choices\":");
	add_options(f, row, true, "", "");
	buf_printf(row, ",\"answer\":\"%c\"}", 'A' + f->gold);
	return 0;
}

static int add_web_item(struct form *f, struct buf *row, struct err *err)
{
	buf_addc(row, '{');
	add_text(row, f->kind == REC_QUESTION ? "question_id" : "caption_id",
		 text_at(f, AT_NAME));
	buf_addc(row, ',');
	add_text(row, f->kind == REC_QUESTION ? "question" : "caption", text_at(f, AT_TEXT));
	if (f->kind == REC_CAPTION) {
		buf_addc(row, ',');
		add_text(row, "model", text_at(f, AT_MODEL));
		buf_addc(row, '}');
		return 0;
	}
	if (read_options(f, err))
		return -1;
	buf_adds(row, ",\"options\":");
	add_options(f, row, false, "", "");
	buf_printf(row, ",\"answer\":\"%c\"}", 'A' + f->gold);
	return 0;
}

/* CapRL's ids are 32 digits: the image's, those it came with, or the hash of its path. */
static const char *row_id(const struct form *f, char hex[HASH_HEX])
{
	if (hash_is_hex(f->key.data))
		return f->key.data;
	hash_of(f->key.data, f->key.len, hex);
	return hex;
}

/* What stands before the list of an image's records. */
static void open_row(struct form *f, struct buf *row)
{
	char hex[HASH_HEX];

	switch (f->format->id) {
	case FORMAT_CAPRL:
		buf_addc(row, '{');
		add_text(row, "id", row_id(f, hex));
		buf_addc(row, ',');
		add_text(row, "image", f->image.path);
		buf_adds(row, "," ASK "," SOURCE ",\"reward_model\":{\"ground_truth\":[");
		break;
	case FORMAT_VERL:
		buf_clear(&f->line);
		buf_printf(&f->line, "%s%s", f->prefix, f->path.data);
		buf_adds(row, "{" SOURCE "," ASK ",\"images\":[{");
		add_text(row, "image", f->line.data);
		buf_adds(row, "}],\"ability\":\"image_caption\",\"reward_model\":{\"style\":"
			 "\"rule\",\"ground_truth\":[");
		break;
	default:
		buf_addc(row, '{');
		add_text(row, "image_id", f->image.image_id);
		buf_addc(row, ',');
		add_text(row, "image", f->image.path);
		buf_addc(row, ',');
		add_text(row, "mime", f->image.mime);
		if (f->kind != REC_IMAGE)
			buf_adds(row, f->kind == REC_QUESTION ? ",\"questions\":[" :
				 ",\"captions\":[");
	}
}

static void close_row(struct form *f, struct buf *row)
{
	char hex[HASH_HEX];

	switch (f->format->id) {
	case FORMAT_CAPRL:
		buf_adds(row, "]}}");
		break;
	case FORMAT_VERL:
		buf_printf(row, "]},\"extra_info\":{\"split\":\"%s\",\"index\":%lld,",
			   f->choice->splits[f->split].name, (long long)f->index);
		add_text(row, "id", row_id(f, hex));
		buf_addc(row, ',');
		add_text(row, "image", f->image.path);
		buf_adds(row, "}}");
		break;
	default:
		buf_adds(row, f->kind == REC_IMAGE ? "}" : "]}");
	}
}

static void add_number(struct form *f, struct buf *row, const char *key, int column)
{
	const char *text = text_at(f, column);

	buf_printf(row, ",\"%s\":%s", key, text ? text : "null");
}

static int add_item(struct form *f, struct buf *row, struct err *err)
{
	if (f->kind == REC_IMAGE) {
		add_number(f, row, "width", AT_WIDTH);
		add_number(f, row, "height", AT_HEIGHT);
		return 0;
	}
	return f->format->id == FORMAT_WEBDATASET ? add_web_item(f, row, err) :
						    add_truth(f, row, err);
}

static int image_row(struct form *f, struct buf *row, struct err *err)
{
	bool first = true;
	int got;

	open_row(f, row);
	do {
		if (f->kind != REC_IMAGE && !first)
			buf_addc(row, ',');
		if ((first || f->kind != REC_IMAGE) && add_item(f, row, err))
			return -1;
		first = false;
		got = db_step(f->db, f->next, err);
	} while (got > 0 && same_image(f));
	close_row(f, row);
	f->on_row = got > 0;
	f->ended = got == 0;
	return got < 0 ? -1 : 1;
}

/* Trainers count these tokens and want as many images: text must not hold them. */
static void add_inert(struct buf *out, const char *text)
{
	static const char *const tokens[] = { "<image>", "<video>", "<audio>" };
	size_t i, len;

	while (*text) {
		for (i = 0; i < 3 && strncmp(text, tokens[i], strlen(tokens[i])); i++)
			;
		if (i < 3)
			buf_adds(out, "< "), text++;
		len = strcspn(text, "<");
		len += !len;
		buf_add(out, text, len);
		text += len;
	}
}

static void chat_row(struct form *f, struct buf *row)
{
	const char *caption = text_at(f, AT_TEXT);

	buf_clear(&f->line);
	buf_printf(&f->line, "%s%s", f->prefix, f->path.data);
	buf_addc(row, '{');
	add_text(row, "id", text_at(f, AT_NAME));
	buf_addc(row, ',');
	add_text(row, "image", f->line.data);
	buf_adds(row, ",\"images\":[");
	quote(row, f->line.data);
	buf_adds(row, "],\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\n" PROMPT
		 "\"},{\"from\":\"gpt\",");
	buf_clear(&f->line);
	add_inert(&f->line, caption ? caption : "");
	add_text(row, "value", f->line.data);
	buf_adds(row, "}]}");
}

static int task_row(struct form *f, struct buf *row, struct err *err)
{
	if (read_options(f, err))
		return -1;
	buf_clear(&f->line);
	buf_printf(&f->line, "%s%s", f->prefix, f->path.data);
	buf_adds(row, "{\"data\":{");
	add_text(row, "image", f->line.data);
	buf_addc(row, ',');
	add_text(row, "question", text_at(f, AT_TEXT));
	buf_adds(row, ",\"choices\":");
	add_options(f, row, true, "{\"value\":", "}");
	buf_addc(row, ',');
	add_text(row, "question_id", text_at(f, AT_NAME));
	buf_addc(row, ',');
	add_text(row, "image_id", f->image.image_id);
	buf_adds(row, "},\"predictions\":[{\"model_version\":\"capqa\",\"result\":[{");
	add_text(row, "id", text_at(f, AT_NAME));
	buf_adds(row, ",\"type\":\"choices\",\"from_name\":\"answer\",\"to_name\":\"image\","
		 "\"value\":{\"choices\":[");
	add_option(f, row, f->gold, true);
	buf_adds(row, "]}}]}]}");
	return 0;
}

int form_next(struct form *f, struct buf *row, struct err *err)
{
	int got = 1;

	if (f->ended)
		return 0;
	if (!f->on_row)
		got = db_step(f->db, f->next, err);
	f->ended = got == 0;
	if (got <= 0)
		return got;
	start_image(f);
	if (f->format->by_image)
		return image_row(f, row, err);
	f->on_row = false;
	if (f->format->id == FORMAT_LABELSTUDIO)
		return task_row(f, row, err) ? -1 : 1;
	chat_row(f, row);
	return 1;
}

int form_split(const struct form *f)
{
	return f->split;
}

const struct form_image *form_image(const struct form *f)
{
	return &f->image;
}
