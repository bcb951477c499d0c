/* SPDX-License-Identifier: Apache-2.0
 *
 * sig: stop cleanly. SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask a stage to finish what it holds
 * and leave with a resumable exit code; the second SIGINT ends the program at once. SIGPIPE
 * and SIGXFSZ are ignored, so that a write returns an error that can be reported; SIGHUP
 * is where it was when the program began (nohup).
 *
 *	sig_init();
 *	while (!sig_stop() && ...)
 *		poll({ sig_fd(), POLLIN }, ...)
 *	return sig_stop() ? sig_stop() : EXIT_SETTLED;
 */
#ifndef CLI_SIG_H
#define CLI_SIG_H

#include <pthread.h>

void sig_init(void);

/* From any thread: 0, or the exit code asked for: 130 after SIGINT, 75 after SIGTERM, SIGUSR1 or
 * SIGHUP. */
int sig_stop(void);

/* As if SIGTERM had come: a budget is spent. What was asked for before stays. */
void sig_ask_stop(void);

/* Readable once a stop was asked for; never read from it. */
int sig_fd(void);

/* Starts a thread that no signal comes to: they are for the one that asks sig_stop. What
 * pthread_create says: 0, or an error number. */
int sig_thread(pthread_t *thread, void *(*work)(void *), void *about);

/* Dies of SIGPIPE as a quiet Unix filter does; for EPIPE on standard output. */
void sig_die_of_pipe(void) __attribute__((noreturn));

#endif
