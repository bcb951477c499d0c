/* SPDX-License-Identifier: Apache-2.0
 *
 * shelf and fetch: every kind of record comes back from the store with the bytes it went in;
 * putting it twice changes nothing; records of one question are united as DESIGN says.
 */
#include "store/shelf.h"

#include <cjson/cJSON.h>

#include "schemas/record.h"
#include "store/fetch.h"
#include "tests/unit/scratch.h"

#define ID "0123456789abcdef0123456789abcdef"
#define CALL "00000000000000000000000000000001"
/* Unknown members whose bytes a JSON library would change. */
#define ODD "\"big\":12345678901234567890,\"one\":1.0,\"huge\":1e999,\"path\":\"a\\/b\"," \
	"\"deep\":{\"b\": [1, 2.50],\"a\":null}"
#define IMAGE "\"image_id\":\"" ID "\",\"image\":\"a b.jpg\",\"mime\":\"image/jpeg\"," \
	"\"width\":640,\"height\":480,\"bytes\":1234,\"orientation\":6,\"offset\":512," \
	"\"size\":1234,\"same_as\":\"first.jpg\""
#define CAPTION "\"caption_id\":\"" ID "\",\"image_id\":\"" ID "\",\"image\":\"a b.jpg\"," \
	"\"caption\":\"A \\\"red\\\" car.\\nGrün.\",\"model\":\"sim-cap\",\"prompt_id\":\"p\""
#define COUNTS "\"asked\":2,\"valid\":1,\"correct\":1,\"abstained\":0,\"unparsed\":0," \
	"\"refused\":0,\"failed\":1,\"early\":true,\"full\":false"
#define TRIALS                                                                                 \
	"\"trials\":[{\"order\":[1,0],\"said\":\"A\",\"pick\":1,\"outcome\":\"correct\","      \
	"\"call\":\"" CALL "\",\"odd\":1.0},{\"order\":[0,1],\"said\":null,\"pick\":null,"     \
	"\"outcome\":\"failed\",\"call\":\"\"}]"
#define TALLY(model, seed)                                                                     \
	"{\"model\":\"" model "\",\"prompt_id\":\"p\",\"seed\":" seed ","                      \
	"\"temperature\":0.6,\"abstain\":false,\"orders\":\"balanced\",\"rotations\":"         \
	"4," COUNTS "," TRIALS "}"
#define GREY                                                                                   \
	"{\"model\":\"m\",\"condition\":\"grey\",\"prompt_id\":\"p\",\"seed\":-3,"             \
	"\"temperature\":1.0,\"abstain\":true,\"orders\":\"random\",\"rotations\":4," COUNTS   \
	"," TRIALS ",\"odd\":1.0}"
#define QUESTION(id)                                                                           \
	"\"question_id\":\"" id "\",\"image_id\":\"" ID "\",\"image\":\"a b.jpg\","            \
	"\"question\":\"What?\",\"options\":[\"Red\",\"Bl\\\"ue\"],\"answer\":\"B\""
#define FROM "\"from\":{\"model\":\"sim-vl\",\"prompt_id\":\"p\",\"call\":\"" CALL "\"," \
	"\"rule\":\"markdown\",\"index\":2,\"start\":0,\"end\":99,\"odd\":1.0}"

static struct db db;
static struct shelf *shelf;

static int open_store(void **state)
{
	struct err err;

	(void)state;
	if (db_open(&db, scratch_path("store.db"), DB_WRITE, &err))
		return -1;
	shelf = shelf_new(&db, &err);
	return shelf ? 0 : -1;
}

static int close_store(void **state)
{
	(void)state;
	shelf_free(shelf);
	db_close(&db, NULL);
	return unlink(scratch_path("store.db"));
}

static enum shelf_result put(enum rec_kind kind, const char *line)
{
	struct err err = { .text = "" };
	struct rec *r = rec_parse(kind, line, strlen(line), &err);
	enum shelf_result result;

	assert_non_null(r);
	result = shelf_put(shelf, r, &err);
	if (result == SHELF_FAILED)
		fail_msg("%s", err.text);
	rec_free(r);
	return result;
}

static int64_t count(const char *table)
{
	char sql[128];
	int64_t n;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(db_number(&db, sql, &n, NULL), 0);
	return n;
}

/* What the store holds of this kind must be this one line. */
static void expect(enum rec_kind kind, int64_t id, const char *line)
{
	struct fetch *fetch = fetch_new(&db, kind, NULL);
	struct buf got, want;

	assert_non_null(fetch);
	buf_init(&got, BUF_NO_MAX);
	buf_init(&want, BUF_NO_MAX);
	buf_printf(&want, "%s\n", line);
	assert_int_equal(fetch_line(fetch, id, &got, NULL), 1);
	assert_string_equal(got.data, want.data);
	buf_release(&got);
	buf_release(&want);
	fetch_free(fetch);
}

static void round_trip(enum rec_kind kind, const char *line)
{
	assert_int_equal(put(kind, line), SHELF_NEW);
	expect(kind, 1, line);
	assert_int_equal(put(kind, line), SHELF_THERE);
	expect(kind, 1, line);
}

static void image_comes_back(void **state)
{
	(void)state;
	round_trip(REC_IMAGE,
		   "{" IMAGE ",\"source\":{\"set\":\"x\",\"n\":1.0},\"source_id\":7," ODD "}");
	assert_int_equal(count("images"), 1);
	assert_int_equal(count("paths"), 1);
}

static void image_without_bytes_comes_back(void **state)
{
	(void)state;
	round_trip(REC_IMAGE, "{\"image_id\":null,\"image\":\"x.png\",\"mime\":\"image/png\","
		   "\"width\":null}");
	assert_int_equal(put(REC_IMAGE, "{\"image\":\"y.png\",\"mime\":\"image/png\"}"),
			 SHELF_NEW);
	assert_int_equal(count("images"), 2);
}

static void reply_comes_back(void **state)
{
	(void)state;
	round_trip(REC_REPLY, "{" IMAGE ",\"reply\":\"#### 1. **What?**\\n\\u0001\\t\","
		   "\"model\":\"sim-vl\",\"finish_reason\":null,\"prompt_id\":\"p\","
		   "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"more\":1.0},"
		   "\"call\":\"" CALL "\",\"source\":\"set\"," ODD "}");
	assert_int_equal(count("paths WHERE listed"), 0);
}

static void question_comes_back(void **state)
{
	(void)state;
	round_trip(REC_QUESTION,
		   "{" QUESTION(ID) ",\"flags\":[]," FROM
				    ",\"blind\":[" TALLY("b", "9007199254740993") "," TALLY(
					    "a", "1") "],\"sight\":[],\"control\":[" GREY
						      "],\"verdict\":\"keep\",\"reason\":null,"
						      "\"rule\":\"visual>0.75\","
						      "\"source_id\":\"s\"," ODD "}");
	assert_int_equal(count("options"), 2);
	assert_int_equal(count("tallies"), 3);
	assert_int_equal(count("trials"), 6);
	assert_int_equal(count("questions WHERE place = 2 AND model = 'sim-vl'"), 1);
}

static void bare_question_comes_back(void **state)
{
	(void)state;
	round_trip(REC_QUESTION,
		   "{" QUESTION(ID) ",\"from\":null,\"blind\":null,\"sight\":[]}");
}

static void caption_comes_back(void **state)
{
	(void)state;
	round_trip(REC_CAPTION, "{" CAPTION ",\"flags\":[\"truncated\"]," ODD
		   ",\"width\":\"unknown here\"}");
}

/* Of a line without one escape; what is set may have some. */
static void caption_that_was_set_is_unescaped(void **state)
{
	static const char line[] = "{\"caption_id\":\"c\",\"image\":\"a.jpg\"}";
	struct rec *r = rec_parse(REC_CAPTION, line, strlen(line), NULL);
	int64_t right = 0;
	struct err err;

	(void)state;
	assert_non_null(r);
	rec_set_text(r, "caption", "Two\nlines, a \"quote\".");
	assert_int_equal(shelf_put(shelf, r, &err), SHELF_NEW);
	rec_free(r);
	assert_int_equal(db_number(&db, "SELECT count(*) FROM captions WHERE caption = 'Two' || "
				   "char(10) || 'lines, a \"quote\".'", &right, NULL), 0);
	assert_int_equal(right, 1);
}

static void score_comes_back(void **state)
{
	(void)state;
	round_trip(
		REC_SCORE,
		"{" CAPTION ",\"judge\":{\"model\":\"j\",\"prompt_id\":\"p\"},"
		"\"questions\":1,\"asked\":4,\"valid\":4,\"correct\":4,\"omitted\":0,"
		"\"contradicted\":0,\"unparsed\":0,\"refused\":0,\"failed\":0,\"reward\":1.0,"
		"\"lower\":0.5100999,\"upper\":1,\"flags\":[],\"answers\":[{\"question_id\":"
		"\"" ID
		"\",\"outcome\":\"correct\",\"correct\":4,\"omitted\":0,\"contradicted\":0,"
		"\"unparsed\":0,\"refused\":0,\"failed\":0,\"odd\":1.0}]," ODD "}");
	assert_int_equal(count("captions"), 1);
	assert_int_equal(put(REC_CAPTION, "{" CAPTION ",\"flags\":[]}"), SHELF_THERE);
	expect(REC_CAPTION, 1, "{" CAPTION ",\"flags\":[]}");
}

static void unasked_score_comes_back(void **state)
{
	(void)state;
	round_trip(REC_SCORE, "{" CAPTION ",\"judge\":{\"model\":\"j\"},\"questions\":0,"
		   "\"reward\":null,\"flags\":[\"empty\"],\"answers\":[]}");
}

static void reject_and_run_come_back(void **state)
{
	(void)state;
	round_trip(REC_REJECT,
		   "{\"stage\":\"extract\",\"class\":\"cut_off\",\"message\":\"no\","
		   "\"image_id\":\"" ID "\",\"question_id\":null,\"file\":\"-\",\"line\":3,"
		   "\"span\":[1,2]," ODD "}");
	round_trip(REC_RUN,
		   "{\"stage\":\"blind\",\"version\":\"0.1.0\",\"models\":[\"m\"],"
		   "\"prompt_ids\":[],\"options\":{\"seed\":0},\"calls\":4,\"from_ledger\":0,"
		   "\"tokens\":{\"in\":1},\"seconds\":2.0,\"endpoints\":[],\"counts\":{}," ODD
		   "}");
}

static void known_members_take_one_form(void **state)
{
	(void)state;
	assert_int_equal(put(REC_CAPTION,
			     "{ \"x\" : 1.0 , \"caption\":\"\\u0041\\/\", \"image\":"
			     "\"i\", \"caption_id\":\"c\" }"),
			 SHELF_NEW);
	expect(REC_CAPTION, 1,
	       "{\"caption_id\":\"c\",\"image\":\"i\",\"caption\":\"A/\",\"x\":1.0}");
}

static void wrong_types_leave_nothing_behind(void **state)
{
	static const struct { enum rec_kind kind; const char *line;
	} bad[] = {
		{ REC_IMAGE, "{\"image\":\"a\",\"mime\":\"image/png\",\"width\":1.0}" },
		{ REC_IMAGE,
		  "{\"image\":\"a\",\"mime\":\"m\",\"bytes\":12345678901234567890}" },
		{ REC_IMAGE, "{\"image\":7,\"mime\":\"image/png\"}" },
		{ REC_IMAGE, "{\"image\":null,\"mime\":\"image/png\"}" },
		{ REC_CAPTION, "{\"caption_id\":\"c\",\"image\":\"a\",\"caption\":[]}" },
		{ REC_CAPTION, "{\"caption_id\":null,\"image\":\"a\",\"caption\":\"\"}" },
		{ REC_SCORE, "{\"caption_id\":\"c\",\"image\":\"a\",\"reward\":1e999}" },
		{ REC_SCORE,
		  "{\"caption_id\":\"c\",\"image\":\"a\",\"judge\":{},\"answers\":[1]}" },
		{ REC_QUESTION, "{\"question_id\":\"q\",\"image\":\"a\",\"question\":\"Q\","
				"\"options\":[\"x\"],\"answer\":\"A\"}" },
		{ REC_QUESTION, "{\"question_id\":\"q\",\"image\":\"a\",\"question\":\"Q\","
				"\"options\":[\"x\",\"y\"],\"answer\":\"C\"}" },
		{ REC_QUESTION, "{" QUESTION("q") ",\"verdict\":\"maybe\"}" },
		{ REC_QUESTION, "{" QUESTION("q") ",\"blind\":{}}" },
		{ REC_QUESTION, "{" QUESTION("q") ",\"blind\":[{\"seed\":1}]}" },
		{ REC_QUESTION, "{" QUESTION("q") ",\"blind\":[{\"model\":\"m\",\"trials\":"
						  "[{\"outcome\":\"lucky\"}]}]}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(put(bad[i].kind, bad[i].line), SHELF_BAD);
	assert_int_equal(count("images"), 0);
	assert_int_equal(count("paths"), 0);
	assert_int_equal(count("questions"), 0);
	assert_int_equal(count("captions"), 0);
}

static void tallies_are_united_and_the_last_verdict_stays(void **state)
{
	(void)state;
	put(REC_QUESTION, "{" QUESTION(ID) ",\"blind\":[" TALLY("a", "1") "]}");
	put(REC_QUESTION,
	    "{" QUESTION(ID) ",\"sight\":[" TALLY("a", "1") "],\"verdict\":\"keep\","
							    "\"rule\":\"r1\"}");
	put(REC_QUESTION,
	    "{" QUESTION(ID) ",\"blind\":[" TALLY("b", "2") "," TALLY("a", "3") "]}");
	expect(REC_QUESTION, 1, "{" QUESTION(ID) ",\"blind\":[" TALLY("a", "3") ","
	       TALLY("b", "2") "],\"sight\":[" TALLY("a", "1") "],\"verdict\":\"keep\","
	       "\"rule\":\"r1\"}");
	put(REC_QUESTION, "{" QUESTION(ID) ",\"verdict\":\"drop\",\"reason\":\"not_visible\"}");
	expect(REC_QUESTION, 1, "{" QUESTION(ID) ",\"blind\":[" TALLY("a", "3") ","
	       TALLY("b", "2") "],\"sight\":[" TALLY("a", "1") "],\"verdict\":\"drop\","
	       "\"reason\":\"not_visible\"}");
	assert_int_equal(count("tallies"), 3);
	assert_int_equal(count("trials"), 6);
}

/* dedupe marks all but the first of equal ids; whichever comes first here, the kept one stays.
 */
static void copy_with_the_same_id_never_overwrites(void **state)
{
	static const char kept[] = "{" QUESTION(ID) ",\"verdict\":\"keep\",\"n\":1}";
	static const char copy[] = "{" QUESTION(ID) ",\"verdict\":\"drop\","
		"\"reason\":\"duplicate\",\"duplicate_of\":\"" ID "\",\"n\":2}";
	static const char other[] = "{" QUESTION(ID) ",\"verdict\":\"drop\","
		"\"reason\":\"duplicate\",\"duplicate_of\":\"another\",\"n\":3}";

	(void)state;
	put(REC_QUESTION, copy);
	expect(REC_QUESTION, 1, copy);
	put(REC_QUESTION, kept);
	assert_int_equal(put(REC_QUESTION, copy), SHELF_THERE);
	expect(REC_QUESTION, 1, kept);
	put(REC_QUESTION, other);	/* a later run found a better copy elsewhere */
	expect(REC_QUESTION, 1, other);
}

static void paths_of_one_image_share_its_row(void **state)
{
	(void)state;
	put(REC_IMAGE, "{\"image_id\":\"" ID "\",\"image\":\"a\",\"mime\":\"image/png\"}");
	put(REC_IMAGE, "{\"image_id\":\"" ID "\",\"image\":\"b\",\"mime\":\"image/png\","
	    "\"same_as\":\"a\"}");
	put(REC_CAPTION, "{\"caption_id\":\"c\",\"image_id\":\"" ID "\",\"image\":\"b\","
	    "\"caption\":\"\"}");
	assert_int_equal(count("images"), 1);
	assert_int_equal(count("paths"), 2);
	assert_int_equal(count("captions c JOIN paths p ON p.id = c.path WHERE p.path = 'b'"),
			 1);
}

/* The schema files name the members that record.c knows, in its order, and no others. */
static void schemas_name_the_members_of_records(void **state)
{
	const char *const *names;
	const cJSON *property;
	char path[96];
	cJSON *schema;
	struct buf text;
	int kind;

	(void)state;
	for (kind = 0; kind < REC_KINDS; kind++) {
		snprintf(path, sizeof(path), "schemas/%s.schema.json",
			 rec_kind_name((enum rec_kind)kind));
		scratch_read(path, &text);
		schema = cJSON_Parse(text.data);
		assert_non_null(schema);
		names = rec_members((enum rec_kind)kind);
		cJSON_ArrayForEach(property, cJSON_GetObjectItemCaseSensitive(schema,
									      "properties")) {
			assert_non_null(*names);
			assert_string_equal(property->string, *names++);
		}
		assert_null(*names);
		cJSON_Delete(schema);
		buf_release(&text);
	}
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)

/* As in the record itself, so in its lists. */
static void known_members_of_lists_are_known_escaped(void **state)
{
	(void)state;
	assert_int_equal(put(REC_QUESTION, "{" QUESTION(ID) ",\"blind\":[{\"mod\\u0065l\":\"m\","
			     "\"asked\":1}]}"), SHELF_NEW);
	expect(REC_QUESTION, 1, "{" QUESTION(ID) ",\"blind\":[{\"model\":\"m\",\"asked\":1}]}");
}

static int steps;

static int step(void *about)
{
	(void)about;
	steps++;
	return 0;
}

static enum shelf_result put_nameless(int n)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"caption_id\":\"c%d\",\"image\":\"i/%d.jpg\","
		 "\"caption\":\"A car.\"}", n, n);
	return put(REC_CAPTION, line);
}

/* What SQLite does to find that a record is there. */
static int steps_of_again(int n)
{
	steps = 0;
	sqlite3_progress_handler(db.handle, 1, step, NULL);
	assert_int_equal(put_nameless(n), SHELF_THERE);
	sqlite3_progress_handler(db.handle, 0, NULL, NULL);
	return steps;
}

/* Rows of others have no image_id: their paths are looked up, not looked through. */
static void nameless_images_are_found_at_once(void **state)
{
	int few, many, n;

	(void)state;
	for (n = 0; n < 10; n++)
		assert_int_equal(put_nameless(n), SHELF_NEW);
	few = steps_of_again(5);
	for (; n < 1000; n++)
		assert_int_equal(put_nameless(n), SHELF_NEW);
	many = steps_of_again(995);
	assert_true(few > 0);
	assert_in_range(many, few / 2, few * 2);
	assert_int_equal(count("images"), 1000);
}

/* ---- new records, many at once ---- */

/* All rows, with the types that SQLite gives their values. */
static void dump(const char *table, struct buf *to)
{
	struct buf sql;
	sqlite3_stmt *stmt;
	struct err err;
	int i;

	buf_init(&sql, BUF_NO_MAX);
	buf_printf(&sql, "SELECT * FROM %s ORDER BY id", table);
	stmt = db_prepare(&db, sql.data, &err);
	assert_non_null(stmt);
	while (db_step(&db, stmt, &err) > 0) {
		buf_adds(to, table);
		for (i = 0; i < sqlite3_column_count(stmt); i++)
			buf_printf(to, "|%d:%s", sqlite3_column_type(stmt, i),
				   sqlite3_column_text(stmt, i) ?
				   (const char *)sqlite3_column_text(stmt, i) : "");
		buf_addc(to, '\n');
	}
	sqlite3_finalize(stmt);
	buf_release(&sql);
}

static const struct {
	enum rec_kind kind;
	const char *line;
} varied[] = {
	{ REC_IMAGE, "{" IMAGE ",\"source\":{\"a\": [1, 2]},\"source_id\":17," ODD "}" },
	{ REC_CAPTION, "{" CAPTION ",\"flags\":[\"long\", \"odd\"],\"source\":\"x\\/y\"," ODD "}" },
	{ REC_CAPTION, "{\"caption_id\":\"2\",\"image_id\":\"" ID "\",\"image\":\"a b.jpg\"}" },
	{ REC_CAPTION, "{\"caption_id\":\"3\",\"image\":\"n\\u00e4meless.jpg\",\"caption\":\"\"}" },
	{ REC_CAPTION, "{\"caption_id\":\"4\",\"image\":\"n\\u00e4meless.jpg\",\"caption\":null}" },
	{ REC_CAPTION, "{\"caption_id\":\"5\",\"image_id\":\"pathless\",\"caption\":\"Plain.\"}" },
	{ REC_IMAGE, "{\"image_id\":\"next\",\"image\":\"next.png\",\"width\":0,\"bytes\":null}" },
	{ REC_IMAGE, "{\"image_id\":\"last\",\"image\":\"last.png\",\"mime\":\"image/png\"}" },
	{ REC_CAPTION, "{\"caption_id\":\"6\",\"image_id\":\"last\",\"image\":\"last.png\","
	  "\"model\":\"m\\\"\",\"source_id\":[{}]}" },
	{ REC_CAPTION, "{\"caption_id\":\"7\",\"image\":\"7.jpg\",\"source\":\"mine\",\"odd\":1}" },
};

/* Every other record has been asked for its texts, and one says more than its line. */
static struct rec *nth(size_t i)
{
	struct err err = { .text = "" };
	struct rec *r = rec_parse(varied[i].kind, varied[i].line, strlen(varied[i].line), &err);

	assert_non_null(r);
	if (i % 2) {
		rec_text(r, "caption");
		rec_text(r, "source");
	}
	if (i == 5)
		rec_set_text(r, "prompt_id", "a\tb");
	return r;
}

static void put_all(bool at_once, struct buf *to)
{
	struct rec *put[COUNT(varied)];
	struct err err = { .text = "" };
	bool plain;
	size_t i;

	open_store(NULL);
	shelf_all_new(shelf, at_once);
	for (i = 0; i < COUNT(varied); i++) {
		put[i] = nth(i);
		assert_int_equal(shelf_check(put[i], &plain, &err), SHELF_NEW);
		assert_int_equal(at_once ? shelf_put_new(shelf, put[i], plain, &err) :
				 shelf_put(shelf, put[i], &err), SHELF_NEW);
	}
	assert_int_equal(shelf_flush(shelf, &err), 0);
	for (i = 0; i < COUNT(varied); i++)
		rec_free(put[i]);
	dump("images", to);
	dump("paths", to);
	dump("captions", to);
	close_store(NULL);
}

/* The same rows under the same numbers as one by one. */
static void new_ones_at_once(void **state)
{
	struct buf one, all;

	(void)state;
	buf_init(&one, BUF_NO_MAX);
	buf_init(&all, BUF_NO_MAX);
	put_all(false, &one);
	put_all(true, &all);
	assert_non_null(strstr(one.data, "captions|1:5|3:5|1:3|3:Plain.|5:|3:a\tb"));
	assert_non_null(strstr(one.data, "images|1:1|3:" ID "|3:image/jpeg|1:640|1:480|1:1234|1:6"));
	assert_string_equal(all.data, one.data);
	buf_release(&one);
	buf_release(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(image_comes_back),
		STORE_TEST(image_without_bytes_comes_back),
		STORE_TEST(reply_comes_back),
		STORE_TEST(question_comes_back),
		STORE_TEST(bare_question_comes_back),
		STORE_TEST(caption_comes_back),
		STORE_TEST(caption_that_was_set_is_unescaped),
		STORE_TEST(score_comes_back),
		STORE_TEST(unasked_score_comes_back),
		STORE_TEST(reject_and_run_come_back),
		STORE_TEST(known_members_take_one_form),
		STORE_TEST(wrong_types_leave_nothing_behind),
		STORE_TEST(tallies_are_united_and_the_last_verdict_stays),
		STORE_TEST(copy_with_the_same_id_never_overwrites),
		STORE_TEST(paths_of_one_image_share_its_row),
		STORE_TEST(nameless_images_are_found_at_once),
		STORE_TEST(known_members_of_lists_are_known_escaped),
		cmocka_unit_test(new_ones_at_once),
		cmocka_unit_test(schemas_name_the_members_of_records),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
