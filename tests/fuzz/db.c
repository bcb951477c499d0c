/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of store/db, answers, ledger_look and what reads their rows: a small store
 * and a small ledger, changed as the input says, are opened in every way and read to the end.
 * What must hold: it works or says why not; a file that is only read, or is refused, keeps its
 * bytes. The records are those of tests/golden/ingest-kinds, so run it from the root.
 *
 * An input is a byte that chooses the file and then changes, each a letter and its operands:
 *
 *	v N	user_version N (a signed byte)		a N	application_id: ours, the other's, 0
 *	j N	format bytes 18 and 19			t NN	cut after NN * 256 bytes
 *	p NNN L BYTES	L bytes at place NNN		c N L BYTES	one column of all rows,
 *	s L BYTES	SQL before it is opened			as text (writable schema)
 */
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cli/buf.h"
#include "schemas/record.h"
#include "schemas/span.h"
#include "store/answers.h"
#include "store/db.h"
#include "store/facts.h"
#include "store/format.h"
#include "store/inspect.h"
#include "store/ledger_look.h"
#include "store/ledger_merge.h"
#include "store/ledger_stat.h"
#include "store/listing.h"
#include "store/rows.h"
#include "store/shelf.h"
#include "store/source.h"
#include "store/unload.h"

#define RECORDS "tests/golden/ingest-kinds/records.jsonl"
#define SMALL "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM; " \
	"PRAGMA journal_mode = WAL"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char key[16] = "a request's key";
static char folder[64], path[96];
static struct buf bases[2], file;	/* as they are built; as it is changed */
static const struct seen_image seen = { "0123456789abcdef0123456789abcdef", "image/png", 3, 4, 1 };

static void require(bool true_always)
{
	if (!true_always)
		abort();
}

static void remove_files(void)
{
	struct dirent *e;
	char name[400];
	DIR *d = opendir(folder);

	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", folder, e->d_name);
		unlink(name);
	}
	if (d)
		closedir(d);
}

static void remove_folder(void)
{
	remove_files();
	rmdir(folder);
}

static void read_file(struct buf *to)
{
	FILE *f = fopen(path, "re");
	char bytes[8192];
	size_t n;

	buf_clear(to);
	while (f && (n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(to, bytes, n);
	if (f)
		fclose(f);
}

static void write_file(const struct buf *from)
{
	FILE *f;

	remove_files();
	f = fopen(path, "we");
	require(f && fwrite(from->data, 1, from->len, f) == from->len && !fclose(f));
}

static void keeps_its_bytes(void)
{
	struct buf now;

	buf_init(&now, BUF_NO_MAX);
	read_file(&now);
	require(now.len == file.len && !memcmp(now.data, file.data, now.len));
	buf_release(&now);
}

static void require_reason(const struct err *err)
{
	require(*err->text && (err->kind == EXIT_DATA || err->kind == EXIT_OUTPUT ||
			       err->kind == EXIT_SYSTEM || err->kind == EXIT_NOINPUT ||
			       err->kind == EXIT_AGAIN));
}

static enum rec_kind kind_of(struct rec *r)
{
	static const struct {
		const char *member;
		enum rec_kind kind;
	} tells[] = { { "endpoints", REC_RUN }, { "class", REC_REJECT }, { "reward", REC_SCORE },
		      { "caption", REC_CAPTION }, { "options", REC_QUESTION }, { "reply", REC_REPLY } };
	size_t i;

	for (i = 0; i < sizeof(tells) / sizeof(*tells); i++)
		if (rec_has(r, tells[i].member))
			return tells[i].kind;
	return REC_IMAGE;
}

/* Records into a store, whatever becomes of each. */
static void put_records(struct db *db, bool all_well)
{
	struct err err = { .text = "" };
	struct source *in = source_open((char *[]){ (char *)RECORDS, NULL }, &err);
	struct shelf *shelf = db_begin(db, &err) ? NULL : shelf_new(db, &err);
	enum shelf_result put;
	struct line line;
	struct rec *r;

	require(in && (shelf || !all_well));
	while (shelf && source_poll(in, &line, &err) == SOURCE_LINE) {
		r = rec_parse(REC_IMAGE, line.text, line.len, &err);
		if (!r)
			continue;
		rec_become(r, kind_of(r));
		put = shelf_put(shelf, r, &err);
		require(put != SHELF_FAILED || (*err.text && !all_well));
		rec_free(r);
	}
	shelf_free(shelf);
	if (shelf && db_commit(db, &err))
		require_reason(&err);
	source_close(in);
}

static void make_small(void)
{
	sqlite3 *db;

	require(!sqlite3_open(path, &db) && !sqlite3_exec(db, SMALL, NULL, NULL, NULL));
	sqlite3_close(db);
}

static void make_bases(void)
{
	struct answer answer = { .content = (char *)"B", .model = (char *)"m", .asked_at = 5 };
	struct answers *ledger;
	struct listing *l;
	struct err err;
	struct db db;

	require(!db_open(&db, path, DB_WRITE, &err));
	put_records(&db, true);
	require(!db_close(&db, &err));
	make_small();
	read_file(&bases[0]);
	remove_files();
	ledger = answers_open(path, &err);
	require(ledger != NULL);
	answers_put(ledger, key, &answer);
	answer.content = calloc(1, 2001);
	memset(answer.content, 'x', 2000);
	answers_put(ledger, (const unsigned char *)"another request.", &answer);
	free(answer.content);
	answers_put_image(ledger, "a.png", 1, 2, &seen);
	require(!answers_commit(ledger, &err));
	l = listing_open(ledger, "a.tar", 1, 2);
	require(!listing_add(l, "{}", 2, &err) && !listing_close(l, true, &err));
	require(!answers_close(ledger, &err));
	make_small();
	read_file(&bases[1]);
}

static void set_up(void)
{
	strcpy(folder, access("/dev/shm", W_OK) ? "/tmp/capqa-fuzz-XXXXXX" :
	       "/dev/shm/capqa-fuzz-XXXXXX");
	require(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/file.db", folder);
	atexit(remove_folder);
	buf_init(&bases[0], BUF_NO_MAX);
	buf_init(&bases[1], BUF_NO_MAX);
	buf_init(&file, BUF_NO_MAX);
	make_bases();
}

/* ---- the input ---- */

struct input {
	const uint8_t *at, *end;
};

static unsigned number(struct input *in, int bytes)
{
	unsigned n = 0;

	for (; bytes--; n = n << 8 | (in->at < in->end ? *in->at++ : 0))
		;
	return n;
}

static const uint8_t *bytes_of(struct input *in, size_t *len)
{
	const uint8_t *at;

	*len = number(in, 1);
	*len = *len < (size_t)(in->end - in->at) ? *len : (size_t)(in->end - in->at);
	at = in->at;
	in->at += *len;
	return at;
}

static void put_number(size_t place, uint32_t n)
{
	int i;

	for (i = 0; i < 4 && place + 4 <= file.len; i++)
		file.data[place + (size_t)i] = (char)(n >> (24 - 8 * i));
}

static void patch(struct input *in)
{
	size_t place = file.len ? number(in, 3) % file.len : 0, len;
	const uint8_t *bytes = bytes_of(in, &len);

	len = len < file.len - place ? len : file.len - place;
	memcpy(file.data + place, bytes, len);
}

/* The endless is cut off: what SQL can do to time is not ours to mend. */
static int give_up(void *steps)
{
	return ++*(int *)steps > 200;
}

static void by_sql(const char *sql)
{
	sqlite3 *db;
	int steps = 0;

	write_file(&file);
	if (!sqlite3_open(path, &db)) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
		sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
		sqlite3_progress_handler(db, 1000, give_up, &steps);
		sqlite3_exec(db, sql, NULL, NULL, NULL);
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	sqlite3_close(db);
	read_file(&file);
}

static void run_sql(struct input *in)
{
	size_t len;
	const uint8_t *bytes = bytes_of(in, &len);
	char *sql = xstrndup((const char *)bytes, len);

	by_sql(sql);
	free(sql);
}

static void set_column(struct input *in)
{
	static const char list[] = "SELECT t.name, c.name FROM sqlite_schema t, "
		"pragma_table_info(t.name) c WHERE t.type = 'table' LIMIT 1 OFFSET ?1";
	unsigned which = number(in, 1);
	size_t len;
	const uint8_t *bytes = bytes_of(in, &len);
	char *sql = NULL;
	sqlite3_stmt *s;
	sqlite3 *db;

	write_file(&file);
	if (!sqlite3_open(path, &db) && !sqlite3_prepare_v2(db, list, -1, &s, NULL)) {
		sqlite3_bind_int(s, 1, (int)which);
		if (sqlite3_step(s) == SQLITE_ROW)
			sql = sqlite3_mprintf("PRAGMA ignore_check_constraints = 1; UPDATE OR IGNORE "
					      "\"%w\" SET \"%w\" = '%.*q'", sqlite3_column_text(s, 0),
					      sqlite3_column_text(s, 1), (int)len, bytes);
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	if (sql)
		by_sql(sql);
	sqlite3_free(sql);
}

static void change(struct input *in)
{
	static const uint32_t ids[] = { 1667330161, 0x6371616c, 0, 7 };

	while (in->at < in->end) {
		switch (number(in, 1)) {
		case 'v':
			put_number(60, (uint32_t)(int8_t)number(in, 1));
			break;
		case 'a':
			put_number(68, ids[number(in, 1) % 4]);
			break;
		case 'j':
			put_number(16, (number(in, 1) & 3) * 0x0101u | 0x04000000u);
			break;
		case 't':
			file.len = file.len < number(in, 2) * 256 ? file.len : file.len / 2;
			break;
		case 'p':
			patch(in);
			break;
		case 'c':
			set_column(in);
			break;
		case 's':
			run_sql(in);
			break;
		}
	}
}

/* ---- what is done with it ---- */

static void read_rows(struct db *db, unsigned which)
{
	static const char *const names[] = { "full", "caprl", "verl", "sharegpt", "labelstudio" };
	struct rows_how how = { .choice = { .split_count = 1, .splits = { { "train", 1 } } } };
	struct err err = { .text = "" };
	struct rows *rows;
	const char *row;
	size_t len;
	int got = 0;

	how.format = format_find(names[which % 5]);
	require(how.format != NULL);
	how.kind = (enum rec_kind)(which / 5 % REC_REJECT);
	if (!format_takes(how.format, how.kind))
		how.kind = how.format->usual;
	rows = rows_new(db, &how, &err);
	while (rows && (got = rows_next(rows, &row, &len, &err)) > 0)
		require(!span_check(row, len, NULL));
	if (!rows || got < 0)
		require_reason(&err);
	rows_free(rows);
}

static void read_store(unsigned which)
{
	struct err err = { .text = "" };
	struct unload *u = unload_open(path, REC_KINDS, &err);
	int64_t faults;
	struct facts facts;
	struct buf text;
	struct db db;
	int got;

	buf_init(&text, BUF_NO_MAX);
	while (u && (got = unload_next(u, &text, &err)) > 0)
		buf_clear(&text);
	if (!u || got < 0)
		require_reason(&err);
	unload_close(u);
	keeps_its_bytes();
	buf_clear(&text);
	if (!db_open(&db, path, DB_READ, &err)) {
		if (which & 8 && inspect(&db, &text, &faults, &err))
			require_reason(&err);
		if (facts_read(&facts, &db, &err))
			require_reason(&err);
		else
			facts_release(&facts);
		read_rows(&db, which);
		db_close(&db, NULL);
	}
	keeps_its_bytes();
	buf_release(&text);
}

static void change_store(enum db_mode mode)
{
	struct err err = { .text = "" };
	struct db db;

	if (db_open(&db, path, mode, &err)) {
		require_reason(&err);
		keeps_its_bytes();
		return;
	}
	put_records(&db, false);
	db_close(&db, NULL);
}

static void look_at_ledger(void)
{
	struct ledger_merged done = { 0 };
	struct ledger_stat stat = { 0 };
	struct err err = { .text = "" };
	struct answers *into;
	struct sqlite3 *db;

	if (ledger_look(path, &db, &err)) {
		require_reason(&err);
	} else {
		if (ledger_stat_add(&stat, db, path, &err))
			require_reason(&err);
		ledger_stat_release(&stat);
		into = answers_open("", &err);
		require(into != NULL);
		if (ledger_merge(into, "into", db, path, &done, &err))
			require_reason(&err);
		answers_close(into, NULL);
		sqlite3_close(db);
	}
	keeps_its_bytes();
}

static void read_listing(struct answers *ledger)
{
	struct listing *l = listing_open(ledger, "a.tar", 1, 2);
	struct err err = { .text = "" };
	const char *line;
	size_t len;
	int got, turns = 0;

	while ((got = listing_next(l, &line, &len, &err)) > 0)
		require(turns++ < 1000000);
	if (got < 0)
		require_reason(&err);
	listing_close(l, listing_complete(l), &err);
}

static void change_ledger(void)
{
	struct answer answer = { .content = (char *)"C" }, found = { .content = NULL };
	struct err err = { .text = "" };
	struct answers *ledger = answers_open(path, &err);
	struct seen_image image;
	int got;

	if (!ledger) {
		require_reason(&err);
		keeps_its_bytes();
		return;
	}
	got = answers_find(ledger, key, &found, &err);
	require(got >= 0 || *err.text);
	answer_release(&found);
	if (answers_find(ledger, (const unsigned char *)"another request.", &found, &err) < 0)
		require_reason(&err);
	answer_release(&found);
	if (answers_find_image(ledger, "a.png", 1, 2, &image, &err) < 0)
		require_reason(&err);
	read_listing(ledger);
	answers_put(ledger, key, &answer);
	if (answers_close(ledger, &err))
		require_reason(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	unsigned what;

	if (!*folder)
		set_up();
	what = number(&in, 1);
	buf_clear(&file);
	if (what & 128) {	/* the input is the file */
		buf_add(&file, in.at, (size_t)(in.end - in.at));
	} else {
		buf_add(&file, bases[what & 1].data, bases[what & 1].len);
		change(&in);
	}
	write_file(&file);
	if (what & 1) {
		look_at_ledger();
		change_ledger();
	} else {
		read_store(what >> 2);
		change_store(what & 2 ? DB_CHANGE : DB_WRITE);
	}
	remove_files();
	return 0;
}
