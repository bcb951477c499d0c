/* SPDX-License-Identifier: Apache-2.0
 *
 * sig: what is noted when a stage is asked to stop, and how it ends.
 */
#include "cli/sig.h"

#include <poll.h>
#include <signal.h>

#include "cli/msg.h"
#include "tests/unit/scratch.h"

/* How a child ended that did this. */
static int end_of(void (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		sig_init();
		act();
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_awake(void)
{
	struct pollfd fd = { .fd = sig_fd(), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void ask_twice(void)
{
	char bytes[8];

	if (sig_stop() || is_awake())
		_exit(1);
	sig_ask_stop();
	sig_ask_stop();
	if (sig_stop() != EXIT_AGAIN || read(sig_fd(), bytes, sizeof(bytes)) != 1)
		_exit(2);
}

static void interrupt_once(void)
{
	raise(SIGINT);
	if (sig_stop() != EXIT_INTERRUPTED || !is_awake())
		_exit(1);
}

static void interrupt_twice(void)
{
	raise(SIGINT);
	raise(SIGINT);
}

static void terminate_then_interrupt(void)
{
	raise(SIGTERM);
	if (sig_stop() != EXIT_AGAIN)
		_exit(1);
	raise(SIGINT);
	if (sig_stop() != EXIT_INTERRUPTED)
		_exit(2);
}

static void lose_the_reader(void)
{
	raise(SIGPIPE);		/* ignored: writes fail instead */
	sig_die_of_pipe();
}

static void test_the_first_asks_and_the_second_interrupt_ends(void **state)
{
	(void)state;
	assert_int_equal(end_of(ask_twice), 0);
	assert_int_equal(end_of(interrupt_once), 0);
	assert_int_equal(end_of(terminate_then_interrupt), 0);
	assert_true(WIFSIGNALED(end_of(interrupt_twice)));
	assert_int_equal(WTERMSIG(end_of(interrupt_twice)), SIGINT);
}

static void test_a_lost_reader_ends_as_the_shell_expects(void **state)
{
	(void)state;
	assert_int_equal(WTERMSIG(end_of(lose_the_reader)), SIGPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_asks_and_the_second_interrupt_ends),
		cmocka_unit_test(test_a_lost_reader_ends_as_the_shell_expects),
	};

	return cmocka_run_group_tests_name("sig", tests, NULL, NULL);
}
