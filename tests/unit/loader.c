/* SPDX-License-Identifier: Apache-2.0
 *
 * loader: whatever way records take into a store, each is in it once, and what was said of it adds
 * up: on the fast way, off it, when another process writes meanwhile, when the disk is full.
 */
#include "store/loader.h"

#include <sched.h>

#include "schemas/record.h"
#include "store/fetch.h"
#include "tests/unit/scratch.h"

#define MANY 25000	/* two transactions and a half */

static struct db db;
static struct loader *loader;
static int said[SHELF_FAILED + 1];

static int open_store(void **state)
{
	struct err err;

	(void)state;
	memset(said, 0, sizeof(said));
	if (db_open(&db, scratch_path("store.db"), DB_WRITE, &err))
		return -1;
	loader = loader_new(&db, LOADER_ROWS, &err);
	return loader ? 0 : -1;
}

static int close_store(void **state)
{
	(void)state;
	loader_free(loader);
	db_close(&db, NULL);
	return unlink(scratch_path("store.db"));
}

static enum shelf_result put_line(enum rec_kind kind, const char *line, struct err *err)
{
	struct rec *r = rec_parse(kind, line, strlen(line), err);
	enum shelf_result result;
	bool taken;

	assert_non_null(r);
	result = loader_put(loader, r, &taken, err);
	if (!taken)
		rec_free(r);
	said[result]++;
	return result;
}

/* Of two images one has no id, as in rows of others. */
static enum shelf_result put_caption(int n, int words, struct err *err)
{
	enum shelf_result result;
	struct buf line;
	int i;

	buf_init(&line, BUF_NO_MAX);
	buf_printf(&line, "{\"caption_id\":\"c%d\",\"image\":\"%d.jpg\",", n, n);
	if (n % 2)
		buf_printf(&line, "\"image_id\":\"i%d\",", n);
	buf_adds(&line, "\"caption\":\"It is");
	for (i = 0; i < words; i++)
		buf_adds(&line, " very");
	buf_printf(&line, " number %d.\"}", n);
	result = put_line(REC_CAPTION, line.data, err);
	buf_release(&line);
	return result;
}

static int64_t number(struct db *in, const char *sql)
{
	int64_t n = -1;

	db_number(in, sql, &n, NULL);
	return n;
}

static void expect_store(int64_t captions)
{
	assert_int_equal(number(&db, "SELECT count(*) FROM captions"), captions);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions c JOIN paths p ON p.id = c.path "
				"WHERE c.caption LIKE 'It is% number ' || rtrim(p.path, '.jpg') "
				"|| '.' AND c.caption_id = 'c' || rtrim(p.path, '.jpg')"), captions);
	assert_int_equal(number(&db, "SELECT count(DISTINCT caption_id) FROM captions"), captions);
	assert_int_equal(number(&db, "SELECT count(*) FROM images"), captions);
	assert_int_equal(number(&db, "SELECT count(*) FROM sqlite_schema WHERE name IN "
				"('images_by_id', 'paths_by_path', 'captions_by_id')"), 3);
	assert_int_equal(number(&db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(number(&db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void expect_corrections(int64_t new_was_there, int64_t there_was_new)
{
	int64_t there, new;

	loader_corrections(loader, &there, &new);
	assert_int_equal(there, new_was_there);
	assert_int_equal(new, there_was_new);
}

/* What no column holds comes back from the fast way, too: null, an escape, members of others. */
static void keeps_what_is_not_plain(void **state)
{
	static const char *const lines[] = {
		"{\"caption_id\":\"a\",\"image\":\"1.jpg\",\"caption\":\"plain\"}",
		"{\"caption_id\":\"b\",\"image\":\"2.jpg\",\"caption\":null}",
		"{\"caption_id\":\"c\",\"image\":\"3.jpg\",\"caption\":\"two\\nlines\",\"model\":null}",
		"{\"caption_id\":\"d\",\"image\":\"4.jpg\",\"caption\":\"more\",\"odd\":[1.0,null]}",
	};
	const size_t count = sizeof(lines) / sizeof(lines[0]);
	struct fetch *fetch;
	struct buf got;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < count; i++)
		assert_int_equal(put_line(REC_CAPTION, lines[i], &err), SHELF_NEW);
	assert_int_equal(loader_finish(loader, &err), 0);
	fetch = fetch_new(&db, REC_CAPTION, &err);
	assert_non_null(fetch);
	buf_init(&got, BUF_NO_MAX);
	for (i = 0; i < count; i++) {
		buf_clear(&got);
		assert_int_equal(fetch_line(fetch, (int64_t)i + 1, &got, &err), 1);
		got.data[got.len - 1] = '\0';
		assert_string_equal(got.data, lines[i]);
	}
	fetch_free(fetch);
	buf_release(&got);
}

static void fills_a_fresh_store(void **state)
{
	struct err err = { .text = "" };
	int n;

	(void)state;
	for (n = 0; n < MANY; n++)
		assert_int_equal(put_caption(n, 1, &err), SHELF_NEW);
	for (n = 0; n < 1000; n++)
		assert_int_equal(put_caption(n * 7, 1, &err), SHELF_THERE);
	assert_int_equal(put_line(REC_CAPTION, "{\"caption_id\":7,\"image\":\"a\"}", &err), SHELF_BAD);
	assert_int_equal(loader_finish(loader, &err), 0);
	assert_int_equal(loader_pending(loader), 0);
	expect_corrections(0, 0);
	expect_store(MANY);
	for (n = 0; n < 1000; n++)
		assert_int_equal(put_caption(n * 7, 1, &err), SHELF_THERE);
	assert_int_equal(put_caption(MANY, 1, &err), SHELF_NEW);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_store(MANY + 1);
	assert_int_equal(loader_free(loader), 0);
	loader = NULL;
}

/* A question ends the fast way, and what was put off is in before it. */
static void other_kinds_end_the_fast_way(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(put_caption(1, 1, &err), SHELF_NEW);
	assert_int_equal(put_caption(1, 1, &err), SHELF_THERE);
	assert_int_equal(put_line(REC_QUESTION, "{\"question_id\":\"q\",\"image_id\":\"i1\","
				  "\"image\":\"1.jpg\",\"question\":\"What?\","
				  "\"options\":[\"a\",\"b\"],\"answer\":\"A\"}", &err), SHELF_NEW);
	assert_int_equal(put_caption(2, 1, &err), SHELF_NEW);
	assert_int_equal(put_caption(1, 1, &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_store(2);
	assert_int_equal(number(&db, "SELECT count(*) FROM questions q JOIN captions c USING (path)"),
			 1);
}

static enum shelf_result put_about_1(const char *id, const char *caption, struct err *err)
{
	enum shelf_result result;
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	buf_printf(&line, "{\"caption_id\":\"%s\",\"image_id\":\"i1\",\"image\":\"1.jpg\","
		   "\"caption\":\"%s\"}", id, caption);
	result = put_line(REC_CAPTION, line.data, err);
	buf_release(&line);
	return result;
}

/* An image that was seen may bring a caption that was not: that shows in the end. */
static void corrects_what_only_looked_known(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(put_caption(1, 1, &err), SHELF_NEW);
	assert_int_equal(put_caption(2, 1, &err), SHELF_NEW);
	assert_int_equal(put_about_1("other", "A second one.", &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions"), 3);
	assert_int_equal(number(&db, "SELECT count(*) FROM paths"), 2);
}

/* Several captions of an image, as `caption --candidates` writes them, are no reason to wait. */
static void captions_of_one_image(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(put_about_1("a", "One.", &err), SHELF_NEW);
	assert_int_equal(put_about_1("b", "Two.", &err), SHELF_NEW);
	assert_int_equal(put_about_1("a", "One.", &err), SHELF_THERE);
	assert_int_equal(put_about_1("c", "Three.", &err), SHELF_NEW);
	assert_int_equal(put_line(REC_CAPTION, "{\"caption_id\":\"d\",\"image_id\":\"i1\","
				  "\"image\":\"copy of 1.jpg\",\"caption\":\"Four.\"}", &err),
			 SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions"), 4);
	assert_int_equal(number(&db, "SELECT count(*) FROM paths"), 2);
	assert_int_equal(number(&db, "SELECT count(*) FROM images"), 1);
}

/* The last one to speak of a caption is right, also where it only says again what was said. */
static void changed_and_changed_back(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(put_about_1("a", "One.", &err), SHELF_NEW);
	assert_int_equal(put_about_1("b", "Two.", &err), SHELF_NEW);
	assert_int_equal(put_about_1("a", "Changed.", &err), SHELF_THERE);
	assert_int_equal(put_about_1("a", "One.", &err), SHELF_THERE);
	assert_int_equal(put_about_1("b", "Changed, too.", &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, 0);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions WHERE caption_id = 'a' AND "
				"caption = 'One.'"), 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions WHERE caption_id = 'b' AND "
				"caption = 'Changed, too.'"), 1);
}

static enum shelf_result put_image_1(const char *mime, struct err *err)
{
	enum shelf_result result;
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	buf_printf(&line, "{\"image_id\":\"i1\",\"image\":\"1.jpg\",\"mime\":\"%s\"}", mime);
	result = put_line(REC_IMAGE, line.data, err);
	buf_release(&line);
	return result;
}

/* The same of images, also where they stand behind each other. */
static void image_changed_and_changed_back(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(put_image_1("image/png", &err), SHELF_NEW);
	assert_int_equal(put_image_1("image/gif", &err), SHELF_THERE);
	assert_int_equal(put_about_1("a", "One.", &err), SHELF_NEW);
	assert_int_equal(put_image_1("image/bmp", &err), SHELF_THERE);
	assert_int_equal(put_image_1("image/png", &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	assert_int_equal(number(&db, "SELECT sum(mime = 'image/png') FROM images"), 1);
}

/* How often a single caption was put, or tried to be; new ones go in many at once. */
static int64_t single_inserts(void)
{
	sqlite3_stmt *stmt = NULL;
	int64_t runs = 0;

	while ((stmt = sqlite3_next_stmt(db.handle, stmt)))
		if (strstr(sqlite3_sql(stmt), "INSERT INTO captions") &&
		    strstr(sqlite3_sql(stmt), "VALUES"))
			runs += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
	return runs;
}

/* What says nothing new is not looked for in the store: that costs as much as putting it there. */
static void repeats_cost_nothing(void **state)
{
	struct err err = { .text = "" };
	int n;

	(void)state;
	for (n = 0; n < 1000; n++)
		assert_int_equal(put_caption(n, 1, &err), SHELF_NEW);
	for (n = 0; n < 3000; n++)
		assert_int_equal(put_caption(n * 7 % 1000, 1, &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	assert_int_equal(single_inserts(), 0);
	expect_corrections(0, 0);
	expect_store(1000);
}

/* Nothing comes: others need not wait. */
static void commits_when_asked(void **state)
{
	struct err err = { .text = "" };
	struct db other;

	(void)state;
	assert_int_equal(put_caption(1, 1, &err), SHELF_NEW);
	assert_int_equal(loader_pending(loader), 1);
	assert_int_equal(loader_commit(loader, &err), 0);
	assert_int_equal(loader_pending(loader), 0);
	assert_int_equal(db_open(&other, scratch_path("store.db"), DB_READ, &err), 0);
	while (number(&other, "SELECT count(*) FROM captions") != 1)
		sched_yield();
	db_close(&other, NULL);
}

/* What another process put in after the filter began is not put in twice. */
static void notices_another_writer(void **state)
{
	struct err err = { .text = "" };
	struct shelf *shelf;
	struct db other;
	struct rec *r;
	const char *line = "{\"caption_id\":\"c2\",\"image\":\"2.jpg\","
			   "\"caption\":\"It is very number 2.\"}";
	int n;

	(void)state;
	commits_when_asked(state);
	assert_int_equal(db_open(&other, scratch_path("store.db"), DB_WRITE, &err), 0);
	shelf = shelf_new(&other, &err);
	assert_non_null(shelf);
	r = rec_parse(REC_CAPTION, line, strlen(line), &err);
	assert_int_equal(shelf_put(shelf, r, &err), SHELF_NEW);
	rec_free(r);
	shelf_free(shelf);
	db_close(&other, NULL);
	for (n = 2; n < 100; n++)
		assert_int_equal(put_caption(n, 1, &err), SHELF_NEW);
	assert_int_equal(put_caption(50, 1, &err), SHELF_THERE);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(1, 0);
	expect_store(99);
}

/* ---- the fast way into a store that holds rows ---- */

#define THERE 3000	/* captions that it holds */
#define AGAIN 20000	/* new ones after which the fast way begins */

static void open_again(void)
{
	struct err err = { .text = "" };

	assert_int_equal(loader_finish(loader, &err), 0);
	assert_int_equal(loader_free(loader), 0);
	loader = loader_new(&db, LOADER_ROWS, &err);
	assert_non_null(loader);
}

static void put_captions(int from, int to, enum shelf_result expected)
{
	struct err err = { .text = "" };

	for (; from < to; from++)
		assert_int_equal(put_caption(from, 1, &err), expected);
}

/* Another caption of image n. */
static enum shelf_result put_second(int n, struct err *err)
{
	enum shelf_result result;
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	buf_printf(&line, "{\"caption_id\":\"second%d\",\"image\":\"%d.jpg\",", n, n);
	if (n % 2)
		buf_printf(&line, "\"image_id\":\"i%d\",", n);
	buf_printf(&line, "\"caption\":\"Again %d.\"}", n);
	result = put_line(REC_CAPTION, line.data, err);
	buf_release(&line);
	return result;
}

/* How many of its indexes the store has, as others see it. */
static int64_t indexes(void)
{
	struct err err = { .text = "" };
	struct db other;
	int64_t n;

	assert_int_equal(db_open(&other, scratch_path("store.db"), DB_READ, &err), 0);
	n = number(&other, "SELECT count(*) FROM sqlite_schema WHERE name IN ('images_by_id', "
		   "'paths_by_path', 'paths_by_image', 'captions_by_id')");
	db_close(&other, NULL);
	return n;
}

/* Without the second captions. */
static void expect_first_captions(int64_t captions)
{
	struct err err = { .text = "" };

	assert_int_equal(indexes(), 4);
	assert_int_equal(db_exec(&db, "DELETE FROM captions WHERE caption LIKE 'Again%'", &err), 0);
	expect_store(captions);
}

/* What was there, what came before the fast way and what came on it: each is in once. */
static void fills_again_with_new_images(void **state)
{
	struct err err = { .text = "" };
	int n, last = THERE + AGAIN + 5000;

	(void)state;
	put_captions(0, THERE, SHELF_NEW);
	open_again();
	put_captions(THERE, THERE + AGAIN - 1, SHELF_NEW);
	assert_int_equal(indexes(), 4);
	put_captions(THERE + AGAIN - 1, last, SHELF_NEW);
	assert_int_equal(indexes(), 0);
	for (n = 1; n < last; n += 100)
		assert_int_equal(put_caption(n, 1, &err), SHELF_THERE);
	assert_int_equal(put_caption(5, 2, &err), SHELF_THERE);	/* says something else */
	assert_int_equal(put_second(7, &err), SHELF_THERE);	/* new, of an image that is there */
	assert_int_equal(put_second(8, &err), SHELF_THERE);	/* ... that has no id */
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, 2);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions c JOIN paths p ON p.id = c.path "
				"WHERE c.caption = 'Again ' || rtrim(p.path, '.jpg') || '.'"), 2);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions WHERE caption = "
				"'It is very very number 5.'"), 1);
	expect_first_captions(last);
}

/* Images that are known are looked up; only the index over captions is given up. */
static void fills_again_with_known_images(void **state)
{
	static const char *const listed = "{\"image_id\":\"i5\",\"image\":\"5.jpg\",\"width\":3}";
	struct err err = { .text = "" };
	int n, more = AGAIN + 5000;

	(void)state;
	put_captions(0, more, SHELF_NEW);
	assert_int_equal(put_line(REC_IMAGE, listed, &err), SHELF_THERE);
	open_again();
	for (n = 0; n < more; n++)
		assert_int_equal(put_second(n, &err), SHELF_NEW);
	assert_int_equal(indexes(), 3);
	assert_int_equal(put_line(REC_IMAGE, "{\"image_id\":\"i3\",\"image\":\"3.jpg\","
				  "\"mime\":\"image/png\"}", &err), SHELF_NEW);	/* listed */
	assert_int_equal(put_line(REC_IMAGE, listed, &err), SHELF_NEW);		/* it seems */
	assert_int_equal(put_second(3, &err), SHELF_THERE);
	assert_int_equal(put_second(more - 1, &err), SHELF_THERE);
	assert_int_equal(put_caption(more, 1, &err), SHELF_NEW);	/* and its image */
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(1, 0);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions c JOIN paths p ON p.id = c.path "
				"WHERE c.caption = 'Again ' || rtrim(p.path, '.jpg') || '.'"), more);
	assert_int_equal(number(&db, "SELECT count(*) FROM images WHERE mime = 'image/png'"), 1);
	expect_first_captions(more + 1);
	assert_int_equal(loader_free(loader), 0);	/* nothing is said to be lost */
	loader = NULL;
}

/* The captions of one model behind those of another: too many of them look known to a new store. */
static void fills_again_after_an_early_end(void **state)
{
	struct err err = { .text = "" };
	int n, images = 2 * AGAIN + 15000;

	(void)state;
	put_captions(0, images, SHELF_NEW);
	for (n = 0; n < AGAIN + 2; n++)
		assert_int_equal(put_second(n, &err), n > AGAIN ? SHELF_NEW : SHELF_THERE);
	assert_int_equal(indexes(), 4);
	for (; n < images; n++)
		assert_int_equal(put_second(n, &err), SHELF_NEW);
	assert_int_equal(indexes(), 3);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, AGAIN + 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM captions"), 2 * images);
	expect_first_captions(images);
}

/* Another process that writes meanwhile makes the indexes; what it put in is not put twice. */
static void fills_again_beside_another_writer(void **state)
{
	const char *line = "{\"caption_id\":\"c29000\",\"image\":\"29000.jpg\","
			   "\"caption\":\"It is very number 29000.\"}";
	struct err err = { .text = "" };
	struct shelf *shelf;
	struct db other;
	struct rec *r;

	(void)state;
	put_captions(0, THERE, SHELF_NEW);
	open_again();
	put_captions(THERE, THERE + AGAIN + 100, SHELF_NEW);
	assert_int_equal(indexes(), 0);
	assert_int_equal(loader_commit(loader, &err), 0);
	assert_int_equal(db_open(&other, scratch_path("store.db"), DB_READ, &err), 0);
	while (number(&other, "SELECT count(*) FROM captions") != THERE + AGAIN + 100)
		sched_yield();
	db_close(&other, NULL);
	assert_int_equal(db_open(&other, scratch_path("store.db"), DB_WRITE, &err), 0);
	shelf = shelf_new(&other, &err);
	r = rec_parse(REC_CAPTION, line, strlen(line), &err);
	assert_int_equal(shelf_put(shelf, r, &err), SHELF_NEW);
	rec_free(r);
	shelf_free(shelf);
	db_close(&other, NULL);
	assert_int_equal(put_caption(29000, 1, &err), SHELF_NEW);	/* corrected below */
	put_captions(THERE + AGAIN + 100, 29000, SHELF_NEW);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_first_captions(29001);
	expect_corrections(1, 0);
}

/* Where many more are expected, it begins behind one transaction; but not for a few. */
static void fills_again_for_what_is_expected(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	put_captions(0, THERE, SHELF_NEW);
	open_again();
	loader_expect(loader, AGAIN - LOADER_ROWS - 1);
	put_captions(THERE, THERE + LOADER_ROWS, SHELF_NEW);
	assert_int_equal(indexes(), 4);
	loader_expect(loader, -1);
	put_captions(THERE + LOADER_ROWS, THERE + LOADER_ROWS + 1, SHELF_NEW);
	open_again();
	loader_expect(loader, AGAIN - LOADER_ROWS);
	put_captions(THERE + LOADER_ROWS + 1, THERE + 2 * LOADER_ROWS, SHELF_NEW);
	assert_int_equal(indexes(), 4);
	put_captions(THERE + 2 * LOADER_ROWS, THERE + 2 * LOADER_ROWS + 1, SHELF_NEW);
	assert_int_equal(indexes(), 0);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_first_captions(THERE + 2 * LOADER_ROWS + 1);
}

static void known_rows_are_no_reason(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	put_captions(0, MANY, SHELF_NEW);
	open_again();
	put_captions(0, MANY, SHELF_THERE);
	put_captions(MANY, MANY + AGAIN, SHELF_NEW);
	assert_int_equal(indexes(), 4);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_first_captions(MANY + AGAIN);
}

/* A question ends it, and what was put off is in before it. It does not begin a third time. */
static void other_kinds_end_it_again(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	put_captions(0, THERE, SHELF_NEW);
	open_again();
	put_captions(THERE, THERE + AGAIN + 100, SHELF_NEW);
	assert_int_equal(put_second(1, &err), SHELF_THERE);
	assert_int_equal(indexes(), 0);
	assert_int_equal(put_line(REC_QUESTION, "{\"question_id\":\"q\",\"image_id\":\"i1\","
				  "\"image\":\"1.jpg\",\"question\":\"What?\","
				  "\"options\":[\"a\",\"b\"],\"answer\":\"A\"}", &err), SHELF_NEW);
	assert_int_equal(put_second(1, &err), SHELF_THERE);
	assert_int_equal(put_second(2, &err), SHELF_NEW);
	put_captions(THERE + AGAIN + 100, THERE + 3 * AGAIN, SHELF_NEW);
	assert_int_equal(indexes(), 4);
	assert_int_equal(loader_finish(loader, &err), 0);
	expect_corrections(0, 1);
	assert_int_equal(number(&db, "SELECT count(*) FROM questions q JOIN captions c USING (path)"),
			 2);
	expect_first_captions(THERE + 3 * AGAIN);
}

/* The failure is told, and every record is in the store or counted as lost. */
static void tells_what_a_full_disk_lost(void **state)
{
	struct err err = { .text = "" };
	int64_t lost;
	int n;

	(void)state;
	assert_int_equal(db_exec(&db, "PRAGMA max_page_count = 2000", &err), 0);	/* 32 MB */
	for (n = 0; n < 2 * MANY && !said[SHELF_FAILED]; n++)
		put_caption(n, 400, &err);
	if (!said[SHELF_FAILED])
		assert_int_equal(loader_finish(loader, &err), -1);
	assert_non_null(strstr(err.text, "disk is full"));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_in_range(said[SHELF_NEW], LOADER_ROWS, 2 * MANY);
	lost = loader_free(loader);
	loader = NULL;
	assert_int_equal(number(&db, "SELECT count(*) FROM captions"), said[SHELF_NEW] - lost);
	assert_in_range(lost, 1, said[SHELF_NEW] - LOADER_ROWS);
	db_close(&db, NULL);
	assert_int_equal(db_open(&db, scratch_path("store.db"), DB_WRITE, &err), 0);
	expect_store(said[SHELF_NEW] - lost);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(fills_a_fresh_store), STORE_TEST(keeps_what_is_not_plain),
		STORE_TEST(other_kinds_end_the_fast_way),
		STORE_TEST(corrects_what_only_looked_known),
		STORE_TEST(captions_of_one_image), STORE_TEST(changed_and_changed_back),
		STORE_TEST(image_changed_and_changed_back),
		STORE_TEST(repeats_cost_nothing), STORE_TEST(commits_when_asked),
		STORE_TEST(notices_another_writer), STORE_TEST(tells_what_a_full_disk_lost),
		STORE_TEST(fills_again_with_new_images),
		STORE_TEST(fills_again_with_known_images),
		STORE_TEST(fills_again_after_an_early_end),
		STORE_TEST(fills_again_beside_another_writer),
		STORE_TEST(fills_again_for_what_is_expected),
		STORE_TEST(known_rows_are_no_reason), STORE_TEST(other_kinds_end_it_again),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
