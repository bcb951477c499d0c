/* SPDX-License-Identifier: Apache-2.0
 *
 * See ledger_stat.h.
 */
#include "store/ledger_stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "store/answers.h"
#include "store/cell.h"
#include "store/key_index.h"
#include "store/ledger_look.h"

static const char rows_sql[] =
	"SELECT coalesce(model, ''), coalesce(finish_reason, ''), length(content), "
	"coalesce(prompt_tokens, 0), coalesce(completion_tokens, 0), asked_at, "
	KEY_INDEX_LATER " FROM answers";

/* Ledgers hold answers of a few models; the last one asked for is mostly the next. */
static struct ledger_model *model_of(struct ledger_stat *s, const char *name)
{
	size_t i;

	for (i = s->count; i-- > 0;)
		if (!strcmp(s->models[i].name, name))
			return &s->models[i];
	s->models = xgrow(s->models, &s->cap, s->count, sizeof(*s->models));
	s->models[s->count] = (struct ledger_model){ .name = xstrdup(name), .first = INT64_MAX };
	return &s->models[s->count++];
}

static void count_finish(struct ledger_model *m, const char *reason)
{
	size_t i;

	for (i = 0; i < m->finish_count; i++) {
		if (!strcmp(m->finish[i].reason, reason)) {
			m->finish[i].count++;
			return;
		}
	}
	m->finish = xgrow(m->finish, &m->finish_cap, m->finish_count, sizeof(*m->finish));
	m->finish[m->finish_count++] = (struct ledger_finish){ xstrdup(reason), 1 };
}

/* The file may say anything; a sum stays at its end. */
static void add(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n > 0 ? n : 0, sum))
		*sum = INT64_MAX;
}

static void count_row(struct ledger_stat *s, sqlite3_stmt *row)
{
	struct ledger_model *m = model_of(s, cell_text(row, 0));
	int64_t len = sqlite3_column_int64(row, 2), at = sqlite3_column_int64(row, 5);

	count_finish(m, cell_text(row, 1));
	m->answers++;
	m->empty += len == 0;
	m->bytes += len;
	add(&m->prompt_tokens, sqlite3_column_int64(row, 3));
	add(&s->prompt_tokens, sqlite3_column_int64(row, 3));
	add(&m->completion_tokens, sqlite3_column_int64(row, 4));
	add(&s->completion_tokens, sqlite3_column_int64(row, 4));
	m->first = at < m->first ? at : m->first;
	m->last = at > m->last ? at : m->last;
	m->superseded += sqlite3_column_int64(row, 6);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ledger_model *)a)->name, ((const struct ledger_model *)b)->name);
}

static int by_reason(const void *a, const void *b)
{
	return strcmp(((const struct ledger_finish *)a)->reason,
		      ((const struct ledger_finish *)b)->reason);
}

static void sort(struct ledger_stat *s)
{
	size_t i;

	if (s->count)
		qsort(s->models, s->count, sizeof(*s->models), by_name);
	for (i = 0; i < s->count; i++)
		qsort(s->models[i].finish, s->models[i].finish_count,
		      sizeof(*s->models[i].finish), by_reason);
}

static int64_t size_of(const char *path, const char *tail)
{
	struct stat st;
	struct buf name;
	int64_t size;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, "%s%s", path, tail);
	size = stat(name.data, &st) ? 0 : st.st_size;
	buf_release(&name);
	return size;
}

int ledger_stat_add(struct ledger_stat *s, sqlite3 *db, const char *path, struct err *err)
{
	sqlite3_stmt *rows = NULL, *images = NULL;
	int code = SQLITE_ERROR, result = 0;

	s->bytes_on_disk += size_of(path, "") + size_of(path, "-wal");
	if (!key_index_view(db) && !sqlite3_prepare_v2(db, rows_sql, -1, &rows, NULL))
		while ((code = sqlite3_step(rows)) == SQLITE_ROW && !sig_stop())
			count_row(s, rows);
	if (code == SQLITE_DONE &&
	    !sqlite3_prepare_v2(db, "SELECT count(*) FROM images", -1, &images, NULL) &&
	    (code = sqlite3_step(images)) == SQLITE_ROW)
		s->images += sqlite3_column_int64(images, 0);
	if (code != SQLITE_ROW)
		result = answers_fault(db, path, err, "read");
	else
		result = ledger_look_still(db, path, err);
	sqlite3_finalize(rows);
	sqlite3_finalize(images);
	sort(s);
	return result;
}

void ledger_stat_release(struct ledger_stat *s)
{
	size_t i, k;

	for (i = 0; i < s->count; i++) {
		for (k = 0; k < s->models[i].finish_count; k++)
			free(s->models[i].finish[k].reason);
		free(s->models[i].finish);
		free(s->models[i].name);
	}
	free(s->models);
	*s = (struct ledger_stat){ 0 };
}

void ledger_stat_time(int64_t at, char *to, size_t size)
{
	time_t second = (time_t)at;
	struct tm tm;

	if (!gmtime_r(&second, &tm) || !strftime(to, size, "%Y-%m-%d %H:%M:%SZ", &tm))
		snprintf(to, size, "second %" PRId64, at);
}
