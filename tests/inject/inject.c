/* SPDX-License-Identifier: Apache-2.0
 *
 * inject: makes one fallible call of a program fail. Loaded before libc (LD_PRELOAD), so that
 * what libraries call (SQLite, cJSON, libcurl, zstd) fails as well. A call is known by its stack:
 * the return addresses up to main, the same in every run when addresses are not randomised
 * (setarch -R).
 *
 *	INJECT_LOG=FILE		at the end, one line for each stack: HASH FUNCTION COUNT
 *	INJECT_AT=HASH:N	the Nth call from this stack fails (from 1)
 *	INJECT_SAY=FILE		where that was: the stack
 *	INJECT_SIGNAL=S:N	signal S comes at the Nth of all these calls, which does not fail
 *
 * Nothing counts before main: what the loader does is not the program's. Closing really closes
 * and then says that it failed, as a network file system does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 24
#define SLOTS (1u << 16)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static struct slot {
	uint64_t hash;
	const char *function;
	uint64_t count;
} slots[SLOTS];

static volatile int lock;
static bool on;
static uint64_t wanted_hash, wanted_count, total, signal_at;
static int signal_number;
static __thread bool inside;

static uint64_t mix(uint64_t h, uint64_t x)
{
	h ^= x;
	h *= 0x9E3779B97F4A7C15u;
	return h ^ (h >> 29);
}

static uint64_t counted(uint64_t hash, const char *function)
{
	uint32_t i = (uint32_t)hash % SLOTS, n;
	uint64_t count = 0;
	bool hit;

	while (__sync_lock_test_and_set(&lock, 1))
		;
	for (n = 0; n < SLOTS; n++, i = (i + 1) % SLOTS) {
		if (slots[i].count && slots[i].hash != hash)
			continue;
		slots[i].hash = hash;
		slots[i].function = function;
		count = ++slots[i].count;
		break;
	}
	hit = ++total == signal_at;
	__sync_lock_release(&lock);
	if (hit)
		kill(getpid(), signal_number);
	return count;
}

static void say(void **frames, int depth, const char *function)
{
	const char *path = getenv("INJECT_SAY");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", function);
	backtrace_symbols_fd(frames, depth, fd);
	close(fd);
}

/* Is this the call that has to fail? Keeps errno for those that do not. */
static bool fails(const char *function)
{
	void *frames[DEPTH];
	uint64_t hash = 1469598103934665603u;
	int depth, i, saved = errno;
	bool it;

	if (!on || inside)
		return false;
	inside = true;
	depth = backtrace(frames, DEPTH);
	for (i = 2; i < depth; i++)	/* without ourselves */
		hash = mix(hash, (uint64_t)(uintptr_t)frames[i]);
	for (const char *c = function; *c; c++)
		hash = mix(hash, (unsigned char)*c);
	it = counted(hash, function) == wanted_count && hash == wanted_hash;
	if (it)
		say(frames, depth, function);
	inside = false;
	errno = saved;
	return it;
}

static void write_log(void)
{
	const char *path = getenv("INJECT_LOG");
	uint32_t i;
	FILE *f;

	inside = true;
	on = false;
	f = path ? fopen(path, "w") : NULL;
	if (!f)
		return;
	fprintf(f, "0 total %llu\n", (unsigned long long)total);
	for (i = 0; i < SLOTS; i++)
		if (slots[i].count)
			fprintf(f, "%016llx %s %llu\n", (unsigned long long)slots[i].hash,
				slots[i].function, (unsigned long long)slots[i].count);
	fclose(f);
}

static __attribute__((destructor)) void end(void)
{
	write_log();
}

/* ---- the beginning: main ---- */

static int (*real_main)(int argc, char **argv, char **env);

static int our_main(int argc, char **argv, char **env)
{
	const char *at = getenv("INJECT_AT"), *sent = getenv("INJECT_SIGNAL");
	unsigned long long hash = 0, count = 0;
	void *frames[2];

	backtrace(frames, 2);	/* loads what it needs before anything counts */
	if (at && sscanf(at, "%llx:%llu", &hash, &count) == 2) {
		wanted_hash = hash;
		wanted_count = count;
	}
	if (sent && sscanf(sent, "%d:%llu", &signal_number, &count) == 2)
		signal_at = count;
	on = true;
	return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	int (*start)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
		     void (*)(void), void *) = dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = main;
	return start(our_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- the calls ---- */

void *malloc(size_t size)
{
	if (fails("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (fails("calloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (size && fails("realloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, size);
}

/* The next function of that name, looked up once. */
#define REAL(function) \
	static __typeof__(function) *real; \
	if (!real) \
		real = (__typeof__(function) *)dlsym(RTLD_NEXT, #function)

#define WRAP(result, function, code, parameters, arguments) \
	result function parameters \
	{ \
		REAL(function); \
		if (fails(#function)) { \
			errno = code; \
			return (result)-1; \
		} \
		return real arguments; \
	}

WRAP(ssize_t, read, EIO, (int fd, void *to, size_t n), (fd, to, n))
WRAP(ssize_t, pread, EIO, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
WRAP(ssize_t, pread64, EIO, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
WRAP(ssize_t, pwrite, ENOSPC, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
WRAP(ssize_t, pwrite64, ENOSPC, (int fd, const void *from, size_t n, off64_t at),
     (fd, from, n, at))
WRAP(int, fsync, EIO, (int fd), (fd))
WRAP(int, fdatasync, EIO, (int fd), (fd))
WRAP(int, rename, EIO, (const char *from, const char *to), (from, to))
WRAP(int, ftruncate, EIO, (int fd, off_t n), (fd, n))
WRAP(int, ftruncate64, EIO, (int fd, off64_t n), (fd, n))
WRAP(int, fallocate, ENOSPC, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
WRAP(int, mkdir, EACCES, (const char *path, mode_t mode), (path, mode))
WRAP(int, socket, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, pipe2, EMFILE, (int ends[2], int flags), (ends, flags))

/* The terminal and standard error are how a fault is said: they work. */
ssize_t write(int fd, const void *from, size_t n)
{
	REAL(write);
	if (fd != STDERR_FILENO && fails("write")) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, from, n);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*work)(void *), void *about)
{
	REAL(pthread_create);
	return fails("pthread_create") ? EAGAIN : real(thread, how, work, about);
}

int close(int fd)
{
	REAL(close);
	int result = real(fd);

	if (fails("close")) {
		errno = EIO;
		return -1;
	}
	return result;
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(ap, int) : 0;
}

#define WRAP_OPEN(function) \
	int function(const char *path, int flags, ...) \
	{ \
		REAL(function); \
		va_list ap; \
		mode_t mode; \
		va_start(ap, flags); \
		mode = mode_of(flags, ap); \
		va_end(ap); \
		if (fails(#function)) { \
			errno = EMFILE; \
			return -1; \
		} \
		return real(path, flags, mode); \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
