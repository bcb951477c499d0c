/* SPDX-License-Identifier: Apache-2.0
 *
 * msg: what a program says to a person, and the code it leaves with.
 *
 * Messages are lower case, without a full stop, the fault first, the subject in single
 * quotes. A format that ends in a colon gets strerror(errno) appended. Whatever is printed
 * passes through msg_clean, because file names and model text are hostile: control bytes,
 * escape sequences, right-to-left marks and broken UTF-8 come out visible and inert.
 *
 *	msg_init("capqa-scan", false);
 *	if (fd < 0)
 *		die(EXIT_NOINPUT, "cannot open '%s':", path);
 */
#ifndef CLI_MSG_H
#define CLI_MSG_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* The whole list: DESIGN.md 5 explains each to users. */
enum exit_code {
	EXIT_SETTLED = 0,	/* every record has its answer or its permanent rejection */
	EXIT_LEFT = 1,		/* something is left that a rerun can settle */
	EXIT_USAGE = 2,
	EXIT_DATA = 65,		/* input is not what it should be, or too much came to nothing */
	EXIT_NOINPUT = 66,	/* input cannot be opened */
	EXIT_REFUSED = 69,	/* the endpoint said no: key, model, url, quota */
	EXIT_SYSTEM = 71,	/* out of memory, system error */
	EXIT_OUTPUT = 74,	/* output, ledger or store cannot be written */
	EXIT_AGAIN = 75,	/* stopped early, resumable: signal, budget, deadline */
	EXIT_INTERRUPTED = 130
};

/*
 * How a noun reports a failure to its caller. `kind` is the exit code it deserves if the
 * run cannot go on; `text` is one clean sentence in the style above.
 */
struct err {
	enum exit_code kind;
	char text[400];
};

/* Fills err (which may be NULL) and returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum exit_code kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void msg_init(const char *program, bool quiet);
const char *msg_program(void);
void msg_quiet(bool quiet);	/* note() falls silent; warn() and die() never do */

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A fault that ends or spoils the run, said without ending the program here. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void die_err(const struct err *err) __attribute__((noreturn));

/* One line on stderr, cleaned, exactly as given: for tables and last lines. */
void msg_line(const char *text);

/* Called before each message, to take a progress bar off the terminal. NULL: nothing. */
void msg_before(void (*hook)(void));

/* Appends text to out with everything made visible that a terminal would obey. */
void msg_clean(struct buf *out, const char *text, size_t len);

#endif
