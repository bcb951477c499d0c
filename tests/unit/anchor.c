/* SPDX-License-Identifier: Apache-2.0
 *
 * That the folder is really synced shows in a power cut only (tests/inject/powercut.py); here, which
 * folder it is, and what is a fault.
 */
#include "store/anchor.h"

#include "cli/msg.h"
#include "tests/unit/scratch.h"

static void test_a_name_is_kept_by_its_folder(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(anchor_name(scratch_path("not yet there"), &err), 0);
	assert_int_equal(anchor_name("plain", &err), 0);
	assert_int_equal(anchor_name("/plain", &err), 0);
	assert_int_equal(anchor_folder("/", &err), 0);
}

static void test_a_folder_that_is_none_is_a_fault(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(anchor_name(scratch_path("none/file"), &err), -1);
	assert_int_equal(err.kind, EXIT_OUTPUT);
	assert_non_null(strstr(err.text, "none': No such file"));
	assert_int_equal(anchor_folder("/dev/null", &err), -1);
	assert_string_equal(err.text, "cannot open folder '/dev/null': Not a directory");
}

/* proc syncs no folders and says so: EINVAL. */
static void test_a_file_system_that_cannot_is_no_fault(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(anchor_folder("/proc/self", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_kept_by_its_folder),
		cmocka_unit_test(test_a_folder_that_is_none_is_a_fault),
		cmocka_unit_test(test_a_file_system_that_cannot_is_no_fault),
	};

	return cmocka_run_group_tests_name("anchor", tests, scratch_make, scratch_remove);
}
