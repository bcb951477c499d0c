/* SPDX-License-Identifier: Apache-2.0
 *
 * See sig.h. The handler only notes the signal and writes one byte to a pipe, so that a
 * stage waiting in poll wakes up.
 */
#include "cli/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/msg.h"

static atomic_int stop;	/* threads ask, too */
static int wake[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;
	ssize_t ignored;

	if (number == SIGINT && stop == EXIT_INTERRUPTED) {
		signal(SIGINT, SIG_DFL);
		raise(SIGINT);
	}
	stop = number == SIGINT ? EXIT_INTERRUPTED : EXIT_AGAIN;
	ignored = write(wake[1], "", 1);
	(void)ignored;
	errno = saved;
}

void sig_init(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, hangup;

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		die(EXIT_SYSTEM, "cannot make a pipe:");
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	/* nohup starts its program with SIGHUP ignored, and so it stays */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

int sig_stop(void)
{
	return stop;
}

void sig_ask_stop(void)
{
	ssize_t ignored;

	if (stop)
		return;
	stop = EXIT_AGAIN;
	ignored = write(wake[1], "", 1);
	(void)ignored;
}

int sig_fd(void)
{
	return wake[0];
}

int sig_thread(pthread_t *thread, void *(*work)(void *), void *about)
{
	sigset_t all, before;
	int bad;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bad = pthread_create(thread, NULL, work, about);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return bad;
}

void sig_die_of_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}
