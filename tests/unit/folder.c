/* SPDX-License-Identifier: Apache-2.0
 *
 * folder: an export appears at once, replaces an older one of ours, and never touches a folder
 * that holds anything else.
 */
#include "store/folder.h"

#include "tests/unit/scratch.h"

static bool there(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s%s", folder, *name ? "/" : "", name);
	return access(path, F_OK) == 0;
}

static void write_export(const char *path, const char *shard)
{
	static const char manifest[] = "{\n\t" FOLDER_SIGN "\n}\n";
	struct folder *f;
	struct err err = { .text = "" };
	char name[64];

	f = folder_open(path, &err);
	assert_string_equal(err.text, "");
	assert_non_null(f);
	snprintf(name, sizeof(name), FOLDER_DATA "/%s.jsonl.zst", shard);
	assert_int_equal(folder_write(f, name, "x", 1, &err), 0);
	assert_int_equal(folder_write(f, FOLDER_CARD, "y", 1, &err), 0);
	assert_int_equal(folder_write(f, FOLDER_MANIFEST, manifest, sizeof(manifest) - 1, &err),
			 0);
	assert_int_equal(folder_settle(f, &err), 0);
}

static void expect_refusal(const char *path, const char *words)
{
	struct err err = { .text = "" };

	assert_null(folder_open(path, &err));
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, words));
}

static void replaces_an_export_at_once(void **state)
{
	const char *path = scratch_path("set"), *partial = scratch_path("set.partial");
	struct folder *f;
	struct err err;

	(void)state;
	write_export(path, "one");
	assert_true(there(path, "data/one.jsonl.zst"));
	f = folder_open(path, &err);
	assert_non_null(f);
	assert_true(there(path, "data/one.jsonl.zst")); /* until the new one is complete */
	assert_true(there(partial, "data"));
	folder_abandon(f);
	assert_true(there(path, "data/one.jsonl.zst"));
	assert_false(there(partial, ""));
	write_export(path, "two");
	assert_true(there(path, "data/two.jsonl.zst"));
	assert_false(there(path, "data/one.jsonl.zst"));
	assert_false(there(partial, ""));
}

static void leaves_other_folders_alone(void **state)
{
	const char *mine = scratch_path("mine"), *readme = scratch_path("readme");

	(void)state;
	assert_int_equal(mkdir(mine, 0777), 0);
	scratch_text("mine/thesis.txt", "mine");
	expect_refusal(mine, "thesis.txt");
	assert_int_equal(mkdir(readme, 0777), 0);
	scratch_text("readme/README.md", "a project");
	expect_refusal(readme, "no export of capqa");
	write_export(scratch_path("added"), "one");
	scratch_text("added/data/notes.txt", "mine");
	expect_refusal(scratch_path("added"), "notes.txt");
	expect_refusal(scratch_text("file", "text"), "cannot write folder");
	expect_refusal("", "needs a name");
	assert_true(there(mine, "thesis.txt"));
	assert_false(there(scratch_path("mine.partial"), ""));
}

static void one_writer_at_a_time(void **state)
{
	const char *path = scratch_path("busy/");
	struct folder *f;
	struct err err;

	(void)state;
	f = folder_open(path, &err);
	assert_non_null(f);
	expect_refusal(path, "another process");
	folder_abandon(f);
}

/* A killed export leaves FOLDER.partial; the next one takes its place. */
static void clears_what_a_killed_export_left(void **state)
{
	const char *path = scratch_path("killed");

	(void)state;
	assert_int_equal(mkdir(scratch_path("killed.partial"), 0777), 0);
	assert_int_equal(mkdir(scratch_path("killed.partial/data"), 0777), 0);
	scratch_text("killed.partial/data/train-00000.jsonl.zst", "half");
	write_export(path, "one");
	assert_true(there(path, "data/one.jsonl.zst"));
	assert_false(there(path, "data/train-00000.jsonl.zst"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_an_export_at_once),
		cmocka_unit_test(leaves_other_folders_alone),
		cmocka_unit_test(one_writer_at_a_time),
		cmocka_unit_test(clears_what_a_killed_export_left),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
