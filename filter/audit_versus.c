/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_versus.h.
 */
#include "filter/audit_versus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/cluster.h"
#include "schemas/span.h"
#include "store/cell.h"
#include "store/column.h"
#include "store/db.h"
#include "store/sink.h"

#define TABLE \
	"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;" \
	"CREATE TABLE pairs (question_id TEXT, image TEXT, a REAL, an INTEGER, b REAL, bn INTEGER," \
	" PRIMARY KEY (question_id)) WITHOUT ROWID; BEGIN"
#define ADD \
	"INSERT INTO pairs VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET " \
	"a = a + excluded.a, an = an + excluded.an, b = b + excluded.b, bn = bn + excluded.bn"
#define LIST \
	"SELECT question_id, image, a / an, b / bn, b / bn - a / an AS d FROM pairs " \
	"WHERE an > 0 AND bn > 0 ORDER BY d DESC, question_id"

struct audit_versus {
	struct db db;
	sqlite3_stmt *add, *list;
};

struct audit_versus *audit_versus_open(struct err *err)
{
	struct audit_versus *v = xcalloc(1, sizeof(*v));
	int code = sqlite3_open_v2("", &v->db.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				   NULL);

	v->db.path = xstrdup("of the pairs (temporary)");
	if (code)
		db_fault(&v->db, err);
	if (!code && !db_exec(&v->db, TABLE, err) && (v->add = db_prepare(&v->db, ADD, err)) &&
	    (v->list = db_prepare(&v->db, LIST, err)))
		return v;
	audit_versus_close(v);
	return NULL;
}

void audit_versus_close(struct audit_versus *v)
{
	if (!v)
		return;
	sqlite3_finalize(v->add);
	sqlite3_finalize(v->list);
	db_close(&v->db, NULL);
	free(v);
}

/* The share of right trials; -1: the question has no valid one. */
static double share_of(const cJSON *answer)
{
	static const char *const members[] = { "correct", "omitted", "contradicted" };
	double valid = 0;
	const cJSON *n;
	int i;

	for (i = 0; i < 3; i++) {
		n = cJSON_GetObjectItemCaseSensitive(answer, members[i]);
		valid += cJSON_IsNumber(n) && n->valuedouble > 0 ? n->valuedouble : 0;
	}
	n = cJSON_GetObjectItemCaseSensitive(answer, "correct");
	return valid > 0 && cJSON_IsNumber(n) ? n->valuedouble / valid : -1;
}

static int add(struct audit_versus *v, int side, const char *id, const char *image, double share,
	       struct err *err)
{
	int i;

	cell_bind(v->add, 1, id);
	cell_bind(v->add, 2, image);
	for (i = 0; i < 2; i++) {
		sqlite3_bind_double(v->add, 3 + 2 * i, i == side ? share : 0);
		sqlite3_bind_int(v->add, 4 + 2 * i, i == side);
	}
	return db_step(&v->db, v->add, err);
}

int audit_versus_add(struct audit_versus *v, int side, struct rec *score, struct err *err)
{
	const cJSON *answers = rec_json(score, "answers"), *answer;
	const char *key = rec_image_key(score), *id;
	double share;

	if (!key || !cJSON_IsArray(answers)) {
		err_set(err, EXIT_DATA, "no score: 'answers' or the image is missing");
		return 1;
	}
	cJSON_ArrayForEach(answer, answers) {
		id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "question_id"));
		share = share_of(answer);
		if (id && share >= 0 && add(v, side, id, key, share, err))
			return -1;
	}
	return 0;
}

static int next(struct audit_versus *v, struct buf *line, struct err *err)
{
	static const char *const names[] = { "question_id", "image", "a", "b", "difference" };
	int i, got = db_step(&v->db, v->list, err);

	buf_clear(line);
	for (i = 0; got > 0 && i < 5; i++) {
		buf_printf(line, "%s\"%s\":", i ? "," : "{", names[i]);
		if (i < 2)
			span_quote(line, cell_text(v->list, i), strlen(cell_text(v->list, i)));
		else
			column_real(line, sqlite3_column_double(v->list, i));
	}
	if (got > 0)
		buf_adds(line, "}\n");
	return got;
}

int audit_versus_write(struct audit_versus *v, const char *path, struct err *err)
{
	struct sink *sink = sink_open(path, err);
	struct buf line;
	int got = sink ? 0 : -1;

	buf_init(&line, BUF_NO_MAX);
	while (sink && (got = next(v, &line, err)) > 0) {
		if (sink_write(sink, line.data, line.len, err)) {
			got = -1;
			break;
		}
	}
	buf_release(&line);
	if (sink && got)
		sink_leave(sink, NULL);
	else if (sink)
		got = sink_settle(sink, err);
	return got;
}

struct totals {
	int64_t pairs, wins, losses;
	double a, b;
	struct cluster difference;
};

static int add_up(struct audit_versus *v, struct totals *t, struct err *err)
{
	double a, b;
	int got;

	while ((got = db_step(&v->db, v->list, err)) > 0) {
		a = sqlite3_column_double(v->list, 2);
		b = sqlite3_column_double(v->list, 3);
		t->pairs++;
		t->wins += b > a;
		t->losses += b < a;
		t->a += a;
		t->b += b;
		cluster_add(&t->difference, cell_text(v->list, 1), b - a, 1);
	}
	return got;
}

/* The questions with the largest gains or losses. */
static int add_list(struct audit_versus *v, const char *heading, const char *sql, struct buf *out,
		    struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(&v->db, sql, err);
	const char *head = heading;
	int got = stmt ? 0 : -1;

	while (stmt && (got = db_step(&v->db, stmt, err)) > 0) {
		buf_adds(out, head);
		head = "";
		buf_printf(out, "  %+.2f  %s  ", sqlite3_column_double(stmt, 2), cell_text(stmt, 0));
		msg_clean(out, cell_text(stmt, 1), strlen(cell_text(stmt, 1)));
		buf_addc(out, '\n');
	}
	sqlite3_finalize(stmt);
	return got;
}

#define CHANGED(where, order) \
	"SELECT question_id, image, b / bn - a / an AS d FROM pairs WHERE an > 0 AND bn > 0 AND " \
	"d " where " 0 ORDER BY d " order ", question_id LIMIT 5"

int audit_versus_text(struct audit_versus *v, struct buf *out, struct err *err)
{
	struct totals t = { 0 };
	struct interval i;
	double d, n;
	int result = add_up(v, &t, err);

	n = (double)(t.pairs ? t.pairs : 1);
	d = cluster_ratio(&t.difference, &i);
	if (!result && !t.pairs)
		result = err_set(err, EXIT_DATA, "the two have no question in common");
	if (!result) {
		buf_printf(out, "%lld questions of both: A %.3f, B %.3f right; B - A = %+.3f",
			   (long long)t.pairs, t.a / n, t.b / n, d);
		if (isinf(i.lower))
			buf_adds(out, ", from one image\n");
		else
			buf_printf(out, " [%+.3f, %+.3f] (95 %%, by image)\n", i.lower, i.upper);
		buf_printf(out, "B is better at %lld, worse at %lld, the same at %lld\n",
			   (long long)t.wins, (long long)t.losses,
			   (long long)(t.pairs - t.wins - t.losses));
		result = add_list(v, "won\n", CHANGED(">", "DESC"), out, err) ||
			 add_list(v, "lost\n", CHANGED("<", "ASC"), out, err) ? -1 : 0;
	}
	cluster_release(&t.difference);
	return result;
}
