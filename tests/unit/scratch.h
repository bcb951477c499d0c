/* SPDX-License-Identifier: Apache-2.0
 *
 * scratch: what unit tests that touch files share: a private folder, small files in it, and a
 * child process whose exit code and stderr are looked at.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/buf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static char scratch_folder[64];

/* Group setup and teardown. */
static inline int scratch_make(void **state)
{
	(void)state;
	strcpy(scratch_folder, "/tmp/capqa-unit-XXXXXX");
	return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_remove(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch_folder);
	return system(command);
}

/* A path in the folder; valid until eight further calls. */
static inline const char *scratch_path(const char *name)
{
	static char paths[8][192];
	static int next;

	next = (next + 1) % 8;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", scratch_folder, name);
	return paths[next];
}

static inline const char *scratch_file(const char *name, const void *bytes, size_t len)
{
	const char *path = scratch_path(name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
	return scratch_file(name, text, strlen(text));
}

/* All of a file; b is initialised here. */
static inline void scratch_read(const char *path, struct buf *b)
{
	FILE *file = fopen(path, "rb");
	char bytes[65536];
	size_t n;

	buf_init(b, BUF_NO_MAX);
	assert_non_null(file);
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(b, bytes, n);
	fclose(file);
}

/* Runs job in a child; its stdout and stderr land in out and err (initialised here). */
static inline int scratch_child(void (*job)(void *ctx), void *ctx, struct buf *out,
				struct buf *err)
{
	const char *out_path = scratch_path("child.out"), *err_path = scratch_path("child.err");
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (!freopen(out_path, "w", stdout) || !freopen(err_path, "w", stderr))
			_exit(99);
		job(ctx);
		fflush(NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	scratch_read(out_path, out);
	scratch_read(err_path, err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
