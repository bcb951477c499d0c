/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_bank.h. Two backends give rows of the same columns; all that differs is SQL.
 */
#include "filter/audit_bank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "filter/audit_prism.h"
#include "schemas/layout.h"
#include "schemas/record.h"
#include "schemas/tally.h"
#include "store/cell.h"
#include "store/db.h"
#include "store/source.h"
#include "store/unload.h"

struct audit_bank {
	struct db db;
	struct audit_bank_options o;
	struct audit_bank_counts counts;
	sqlite3_stmt *by_id, *by_path, *add;
	struct buf key;
	struct layout_items row;	/* scratch */
	bool named;			/* the layout is noted */
};

#define TEMPORARY \
	"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;" \
	"CREATE TABLE bank (id INTEGER PRIMARY KEY, question_id TEXT UNIQUE, image_id TEXT," \
	" path TEXT, question TEXT, options TEXT, answer TEXT, blind REAL, sight REAL, kind INTEGER); BEGIN"
#define INDEXES \
	"COMMIT; CREATE INDEX bank_by_image ON bank (image_id);" \
	"CREATE INDEX bank_by_path ON bank (path)"
#define COLUMNS "question_id, question, options, answer, blind, sight, kind FROM bank WHERE "

/* The same columns out of a store. Full-share accuracies are means over the models. */
#define SHARE(pass) \
	"(SELECT avg(1.0 * correct / valid) FROM tallies WHERE question = q.id AND pass = '" pass \
	"' AND \"full\" AND valid > 0)"
#define STORE_COLUMNS \
	"SELECT q.question_id, q.question, (SELECT json_group_array(text) FROM (SELECT text FROM " \
	"options WHERE question = q.id ORDER BY number)), q.answer, " SHARE("blind") ", " \
	SHARE("sight") ", 0 FROM questions q WHERE (q.verdict IS NULL OR q.verdict = 'keep') AND " \
	"q.path IN (SELECT p.id FROM paths p WHERE p.image IN "
#define STORE_ORDER ") ORDER BY q.place, q.question_id"

int audit_parse_join(const char *text, void *to, struct err *err)
{
	static const char *const names[] = { "any", "id", "path", "name" };
	int i;

	for (i = 0; i < 4; i++) {
		if (!strcmp(text, names[i])) {
			*(enum audit_join *)to = (enum audit_join)i;
			return 0;
		}
	}
	return err_set(err, EXIT_USAGE, "takes id, path or name, not '%s'", text);
}

static void free_question(struct audit_question *q)
{
	size_t i;

	free(q->id);
	free(q->question);
	for (i = 0; i < q->option_count; i++)
		free(q->options[i]);
	free(q->options);
}

void audit_list_release(struct audit_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free_question(&list->items[i]);
	free(list->items);
	*list = (struct audit_list){ 0 };
}

/* ---- paths as they are compared ---- */

/* Valid until the next call. */
static const char *key_of(struct audit_bank *b, const char *path)
{
	const char *slash;
	size_t i, len;

	for (i = 0; i < b->o.prefixes.count; i++) {
		len = strlen(b->o.prefixes.items[i]);
		if (!strncmp(path, b->o.prefixes.items[i], len)) {
			path += len;
			break;
		}
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	if (b->o.join == AUDIT_JOIN_NAME && (slash = strrchr(path, '/')))
		path = slash + 1;
	buf_clear(&b->key);
	buf_adds(&b->key, path);
	return b->key.data;
}

/* ---- a store ---- */

/* Every path with questions, as it is compared, beside its image. */
static int make_keys(struct audit_bank *b, struct err *err)
{
	sqlite3_stmt *from, *to;
	int got = -1;

	if (db_exec(&b->db, "PRAGMA temp_store = FILE; CREATE TEMP TABLE keys (key TEXT, image "
		    "INTEGER); BEGIN", err))
		return -1;
	from = db_prepare(&b->db, "SELECT path, image FROM paths WHERE path IS NOT NULL", err);
	to = db_prepare(&b->db, "INSERT INTO keys VALUES (?1, ?2)", err);
	while (from && to && (got = db_step(&b->db, from, err)) > 0) {
		cell_bind(to, 1, key_of(b, cell_text(from, 0)));
		sqlite3_bind_int64(to, 2, sqlite3_column_int64(from, 1));
		if (db_step(&b->db, to, err)) {
			got = -1;
			break;
		}
	}
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	if (got)
		return -1;
	return db_exec(&b->db, "COMMIT; CREATE INDEX temp.keys_by_key ON keys (key)", err);
}

static int open_store(struct audit_bank *b, const char *path, struct err *err)
{
	if (db_open(&b->db, path, DB_READ, err) ||
	    db_exec(&b->db, "PRAGMA cache_size = -16384", err) ||
	    db_number(&b->db, "SELECT count(*) FROM questions WHERE verdict IS NULL OR "
		      "verdict = 'keep'", &b->counts.held, err) ||
	    make_keys(b, err))
		return -1;
	b->by_id = db_prepare(&b->db, STORE_COLUMNS "(SELECT id FROM images WHERE image_id = ?1)"
			      STORE_ORDER, err);
	b->by_path = db_prepare(&b->db, STORE_COLUMNS "(SELECT image FROM keys WHERE key = ?1)"
				STORE_ORDER, err);
	return b->by_id && b->by_path ? 0 : -1;
}

/* ---- files ---- */

/* The mean accuracy of the full-share tallies under a heading; -1: there is none. */
static double share_of(struct rec *r, const char *member, int options)
{
	struct tally_list list;
	double sum = 0;
	size_t i, n = 0;

	if (tally_list_read(rec_json(r, member), options, &list, NULL))
		return -1;
	for (i = 0; i < list.count; i++) {
		if (!list.items[i].full || !list.items[i].valid)
			continue;
		sum += (double)list.items[i].correct / list.items[i].valid;
		n++;
	}
	tally_list_release(&list);
	return n ? sum / (double)n : -1;
}

static void bind_share(sqlite3_stmt *stmt, int at, double share)
{
	if (share < 0)
		sqlite3_bind_null(stmt, at);
	else
		sqlite3_bind_double(stmt, at, share);
}

/* What the two kinds of rows have alike; the rest is bound. */
static int add(struct audit_bank *b, struct rec *r, const char *id, const char *question,
	       enum audit_kind kind, struct err *err)
{
	const char *path = rec_text(r, "image");

	cell_bind(b->add, 1, id);
	cell_bind(b->add, 2, rec_text(r, "image_id"));
	cell_bind(b->add, 3, path ? key_of(b, path) : NULL);
	cell_bind(b->add, 4, question);
	sqlite3_bind_int(b->add, 9, kind);
	if (db_step(&b->db, b->add, err))
		return -1;
	if (sqlite3_changes(b->db.handle))
		b->counts.held++;
	else
		b->counts.again++;
	return 0;
}

static void first(struct audit_bank *b, const struct line *line, const char *why)
{
	if (!*b->counts.first)
		snprintf(b->counts.first, sizeof(b->counts.first), "%.80s:%lld: %s", line->file,
			 (long long)line->number, why);
}

static void unusable(struct audit_bank *b, const struct line *line, const char *why)
{
	b->counts.unusable++;
	first(b, line, why);
}

static int add_record(struct audit_bank *b, struct rec *r, const struct rec_question *q,
		      struct err *err)
{
	const char *raw = "";
	size_t len = 0;

	rec_raw(r, "options", &raw, &len);
	cell_bind_bytes(b->add, 5, raw, len);
	cell_bind(b->add, 6, rec_text(r, "answer"));
	bind_share(b->add, 7, share_of(r, "blind", (int)q->option_count));
	bind_share(b->add, 8, share_of(r, "sight", (int)q->option_count));
	return add(b, r, q->id, q->question, AUDIT_CHOICE, err);
}

static int take_record(struct audit_bank *b, const struct line *line, struct rec *r,
		       struct err *err)
{
	const char *verdict = rec_text(r, "verdict");
	struct rec_question q;
	int result;

	if (verdict && strcmp(verdict, "keep")) {
		b->counts.dropped++;
		return 0;
	}
	if (rec_question(r, &q, err)) {
		unusable(b, line, err->text);
		return 0;
	}
	result = q.image_key ? add_record(b, r, &q, err) : 0;
	if (!q.image_key)
		unusable(b, line, "neither 'image_id' nor 'image' in the record");
	free(q.options);
	return result;
}

static void note_layout(struct audit_bank *b, struct rec *row)
{
	struct buf name;

	if (b->named)
		return;
	b->named = true;
	buf_init(&name, BUF_NO_MAX);
	layout_name(row, REC_QUESTION, b->o.image_field, NULL, &name);
	snprintf(b->counts.layout, sizeof(b->counts.layout), "%s", name.data);
	buf_release(&name);
}

/* One row, ours or of others, with as many questions as it has. */
static int take_row_of(struct audit_bank *b, const struct line *line, struct rec *row,
		       struct err *err)
{
	struct layout_item *item;
	int result = 0;
	size_t i;

	note_layout(b, row);
	if (layout_questions(row, b->o.image_field, &b->row, err)) {
		unusable(b, line, err->text);
		return 0;
	}
	for (i = 0; i < b->row.count && !result; i++) {
		item = &b->row.items[i];
		if (item->rec)
			result = take_record(b, line, item->rec, err);
		else
			unusable(b, line, item->err.text);
	}
	layout_items_clear(&b->row);
	return result;
}

/* One row of a benchmark. */
static int take_prism(struct audit_bank *b, const struct line *line, struct rec *row,
		      struct err *err)
{
	struct audit_prism p;
	int result = 0;

	switch (audit_prism_read(row, b->o.image_field, &p, err)) {
	case LAYOUT_PRISM_READ:
		cell_bind(b->add, 5, p.options);
		cell_bind(b->add, 6, *p.answer ? p.answer : NULL);
		bind_share(b->add, 7, -1);
		bind_share(b->add, 8, -1);
		result = add(b, row, p.id, p.row.question, p.kind, err);
		break;
	case LAYOUT_PRISM_NO_GOLD:
		b->counts.unreadable++;
		first(b, line, err->text);
		break;
	default:
		unusable(b, line, err->text);
	}
	audit_prism_release(&p);
	return result;
}

static int take_line(struct audit_bank *b, const struct line *line, struct err *err)
{
	struct rec *r;
	int result;

	if (line->fault) {
		unusable(b, line, line->fault);
		return 0;
	}
	r = rec_parse(REC_QUESTION, line->text, line->len, err);
	if (!r) {
		unusable(b, line, err->text);
		return 0;
	}
	result = b->o.prism ? take_prism(b, line, r, err) : take_row_of(b, line, r, err);
	rec_free(r);
	return result;
}

static int read_files(struct audit_bank *b, char *const *paths, struct err *err)
{
	struct source *in = source_open(paths, err);
	enum source_got got = SOURCE_END;
	struct line line;
	int result = in ? 0 : -1;

	while (!result && !sig_stop() && (got = source_poll(in, &line, err)) != SOURCE_END) {
		if (got == SOURCE_FAILED)
			result = -1;
		else if (got == SOURCE_LINE)
			result = take_line(b, &line, err);
		else
			source_wait(in);
	}
	source_close(in);
	return result;
}

static int open_files(struct audit_bank *b, char *const *paths, struct err *err)
{
	int code = sqlite3_open_v2("", &b->db.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				   NULL);

	b->db.path = xstrdup("of the questions (temporary)");
	if (code)
		return db_fault(&b->db, err);
	if (db_exec(&b->db, TEMPORARY, err))
		return -1;
	b->add = db_prepare(&b->db, "INSERT OR IGNORE INTO bank VALUES "
			    "(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", err);
	if (!b->add || read_files(b, paths, err) || db_exec(&b->db, INDEXES, err))
		return -1;
	b->by_id = db_prepare(&b->db, "SELECT " COLUMNS "image_id = ?1 ORDER BY id", err);
	b->by_path = db_prepare(&b->db, "SELECT " COLUMNS "path = ?1 ORDER BY id", err);
	return b->by_id && b->by_path ? 0 : -1;
}

/* ---- both ---- */

static int check(const struct audit_bank *b, struct err *err)
{
	const struct audit_bank_counts *c = &b->counts;

	if (c->held || sig_stop())
		return 0;
	return err_set(err, EXIT_DATA, "no question to ask in '%s': %lld dropped or undecided, %lld "
		       "not usable%s%s", b->o.questions.items[0], (long long)c->dropped,
		       (long long)(c->unusable + c->unreadable), *c->first ? ", the first at " : "", c->first);
}

static int open_bank(struct audit_bank *b, struct err *err)
{
	const struct opt_list *given = &b->o.questions;
	char **paths;
	size_t i;
	int result;

	if (!given->count)
		return err_set(err, EXIT_USAGE, "which questions? -Q FILE says it: JSONL or a store");
	if (given->count == 1 && unload_is_store(given->items[0]) && b->o.prism)
		return err_set(err, EXIT_USAGE, "--layout prism reads rows, and '%s' is a store",
			       given->items[0]);
	if (given->count == 1 && unload_is_store(given->items[0]))
		return open_store(b, given->items[0], err);
	paths = xcalloc(given->count + 1, sizeof(*paths));
	for (i = 0; i < given->count; i++)
		paths[i] = (char *)given->items[i];
	result = open_files(b, paths, err);
	free(paths);
	return result;
}

struct audit_bank *audit_bank_open(const struct audit_bank_options *o, struct err *err)
{
	struct audit_bank *b = xcalloc(1, sizeof(*b));

	b->o = *o;
	buf_init(&b->key, BUF_NO_MAX);
	if (!open_bank(b, err) && !check(b, err))
		return b;
	audit_bank_close(b);
	return NULL;
}

void audit_bank_close(struct audit_bank *b)
{
	if (!b)
		return;
	sqlite3_finalize(b->by_id);
	sqlite3_finalize(b->by_path);
	sqlite3_finalize(b->add);
	db_close(&b->db, NULL);
	layout_items_release(&b->row);
	buf_release(&b->key);
	free(b);
}

const struct audit_bank_counts *audit_bank_counts(const struct audit_bank *b)
{
	return &b->counts;
}

char *audit_bank_example(struct audit_bank *b)
{
	static const char *const queries[] = {
		"SELECT path, image_id FROM bank ORDER BY id LIMIT 1",
		"SELECT p.path, i.image_id FROM questions q JOIN paths p ON p.id = q.path JOIN "
		"images i ON i.id = p.image ORDER BY q.id LIMIT 1",
	};
	sqlite3_stmt *stmt = db_prepare(&b->db, queries[b->add == NULL], NULL);
	const char *path, *id;
	struct buf text;

	buf_init(&text, BUF_NO_MAX);
	if (stmt && db_step(&b->db, stmt, NULL) > 0) {
		path = cell_text(stmt, 0);
		id = cell_text(stmt, 1);
		buf_printf(&text, "'%s' (image_id %s)", path ? path : "", id ? id : "unknown");
	}
	sqlite3_finalize(stmt);
	return buf_take(&text);
}

static int take_options(struct audit_question *q, const char *json)
{
	cJSON *list = cJSON_Parse(json), *item;
	int count = cJSON_GetArraySize(list);

	q->options = xcalloc((size_t)count + 1, sizeof(*q->options));
	cJSON_ArrayForEach(item, list)
		q->options[q->option_count++] = xstrdup(cJSON_IsString(item) ? item->valuestring : "");
	cJSON_Delete(list);
	if (q->kind != AUDIT_CHOICE)
		return 0;
	return count >= 2 && count <= 25 && q->answer >= 0 && q->answer < count ? 0 : -1;
}

static double share_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? -1 :
	       sqlite3_column_double(stmt, column);
}

/* A store may hold a question without usable options; it is passed over, as on the way in. */
static void take_row(sqlite3_stmt *stmt, struct audit_list *list)
{
	const char *answer = cell_text(stmt, 3);
	struct audit_question q = {
		.kind = (enum audit_kind)sqlite3_column_int(stmt, 6),
		.id = xstrdup(cell_text(stmt, 0)),
		.question = xstrdup(cell_text(stmt, 1)),
		.answer = answer && answer[0] && !answer[1] ? answer[0] - 'A' : -1,
		.blind = share_at(stmt, 4), .sight = share_at(stmt, 5),
	};

	if (take_options(&q, cell_text(stmt, 2))) {
		free_question(&q);
		return;
	}
	list->items = xgrow(list->items, &list->cap, list->count, sizeof(*list->items));
	list->items[list->count++] = q;
}

static int look_up(struct audit_bank *b, sqlite3_stmt *stmt, const char *key,
		   struct audit_list *list, struct err *err)
{
	int got;

	cell_bind(stmt, 1, key);
	while ((got = db_step(&b->db, stmt, err)) > 0)
		take_row(stmt, list);
	if (got < 0)
		audit_list_release(list);
	return got < 0 ? -1 : list->count > 0;
}

int audit_bank_find(struct audit_bank *b, const char *image_id, const char *path,
		    struct audit_list *list, struct err *err)
{
	enum audit_join join = b->o.join;
	int found = 0;

	*list = (struct audit_list){ 0 };
	if (image_id && (join == AUDIT_JOIN_ANY || join == AUDIT_JOIN_ID))
		found = look_up(b, b->by_id, image_id, list, err);
	if (!found && path && join != AUDIT_JOIN_ID)
		found = look_up(b, b->by_path, key_of(b, path), list, err);
	return found;
}
