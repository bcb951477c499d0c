/* SPDX-License-Identifier: Apache-2.0
 *
 * record: writes down what a program does to the files of one folder, for powercut.py to play back
 * as far as a power cut let it come. Loaded before libc (LD_PRELOAD), so that SQLite is seen too.
 *
 *	RECORD_DIR=DIR		the folder, an absolute path
 *	RECORD_LOG=FILE		outside of it; records are appended
 *	RECORD_NO_EXCHANGE=1	renameat2 says EINVAL, as some file systems do
 *
 * A record is struct head, then a path (or two with a NUL between), then bytes. Calls that failed
 * are left out. A record is appended before another thread's call begins, so their order is true.
 * What stdio writes shows at fflush and fclose, as the whole file. Memory that is mapped is not
 * seen: of what we write only the index of SQLite's WAL is, and that is made anew by whoever comes
 * first.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096

struct head {
	char what;		/* see powercut.py */
	char pad[3];
	int32_t fd;
	int64_t at;		/* offset, length or flags */
	uint32_t path, bytes;	/* how many follow */
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char folder[4096], here[4096];
static bool watched[FDS];

static void note(char what, int fd, int64_t at, const char *path, size_t path_len,
		 const void *bytes, size_t len)
{
	struct head head = { .what = what, .fd = fd, .at = at, .path = (uint32_t)path_len,
			     .bytes = (uint32_t)len };
	struct iovec parts[3] = { { &head, sizeof(head) }, { (void *)path, path_len },
				  { (void *)bytes, len } };
	ssize_t all = (ssize_t)(sizeof(head) + path_len + len);

	if (journal >= 0 && syscall(SYS_writev, journal, parts, 3) != all)
		abort();	/* a record with a hole would prove nothing */
}

static __attribute__((constructor)) void begin(void)
{
	const char *dir = getenv("RECORD_DIR"), *log = getenv("RECORD_LOG");

	if (!dir || !log || strlen(dir) >= sizeof(folder) || !getcwd(here, sizeof(here)))
		return;
	strcpy(folder, dir);
	journal = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	note('B', -1, 0, NULL, 0, NULL, 0);
}

/* The absolute path, if it is one of ours. */
static bool ours(const char *path, char out[8192])
{
	size_t n = strlen(folder);

	if (journal < 0)
		return false;
	snprintf(out, 8192, "%s%s%s", *path == '/' ? "" : here, *path == '/' ? "" : "/", path);
	return !strncmp(out, folder, n) && (out[n] == '/' || !out[n]);
}

static bool seen(int fd)
{
	return fd >= 0 && fd < FDS && watched[fd];
}

static void opened(const char *path, int fd, int flags)
{
	char full[8192];

	if (fd < 0 || fd >= FDS)
		return;
	watched[fd] = ours(path, full);
	if (watched[fd])
		note('O', fd, flags, full, strlen(full), NULL, 0);
}

static int do_open(const char *path, int flags, mode_t mode)
{
	int fd;

	pthread_mutex_lock(&order);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	opened(path, fd, flags);
	pthread_mutex_unlock(&order);
	return fd;
}

#define WRAP_OPEN(function) \
	int function(const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
		va_start(ap, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(ap, int) : 0; \
		va_end(ap); \
		return do_open(path, flags, mode); \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)

int close(int fd)
{
	if (fd >= 0 && fd < FDS)
		watched[fd] = false;
	return (int)syscall(SYS_close, fd);
}

/* ---- bytes ---- */

static void wrote(int fd, int64_t at, const void *from, ssize_t n)
{
	if (n > 0 && fd == STDOUT_FILENO)
		note('L', fd, 0, NULL, 0, from, (size_t)n);
	else if (n > 0 && seen(fd))
		note('W', fd, at < 0 ? lseek(fd, 0, SEEK_CUR) - n : at, NULL, 0, from, (size_t)n);
}

ssize_t write(int fd, const void *from, size_t n)
{
	ssize_t done;

	if (fd != STDOUT_FILENO && !seen(fd))
		return syscall(SYS_write, fd, from, n);
	pthread_mutex_lock(&order);
	done = syscall(SYS_write, fd, from, n);
	wrote(fd, -1, from, done);
	pthread_mutex_unlock(&order);
	return done;
}

ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at)
{
	ssize_t done;

	pthread_mutex_lock(&order);
	done = syscall(SYS_pwrite64, fd, from, n, at);
	wrote(fd, at, from, done);
	pthread_mutex_unlock(&order);
	return done;
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
	return pwrite64(fd, from, n, at);
}

int ftruncate64(int fd, off64_t n)
{
	int result;

	pthread_mutex_lock(&order);
	result = (int)syscall(SYS_ftruncate, fd, n);
	if (!result && seen(fd))
		note('T', fd, n, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&order);
	return result;
}

int ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

static int do_sync(int fd, long which)
{
	int result = (int)syscall(which, fd);

	pthread_mutex_lock(&order);
	if (!result && seen(fd))
		note('S', fd, 0, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&order);
	return result;
}

int fsync(int fd)
{
	return do_sync(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return do_sync(fd, SYS_fdatasync);
}

/* ---- stdio ---- */

/* The next function of that name, looked up once. */
#define REAL(function) \
	static __typeof__(function) *real; \
	if (!real) \
		real = (__typeof__(function) *)dlsym(RTLD_NEXT, #function)

FILE *fopen(const char *path, const char *mode)
{
	REAL(fopen);
	FILE *f;

	pthread_mutex_lock(&order);
	f = real(path, mode);
	if (f)
		opened(path, fileno(f), *mode == 'w' ? O_CREAT | O_TRUNC : 0);
	pthread_mutex_unlock(&order);
	return f;
}

static void whole_file(int fd)
{
	char name[64], bytes[65536];
	int from;
	ssize_t n;
	int64_t at = 0;

	if (!seen(fd) || (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	from = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
	while (from >= 0 && (n = syscall(SYS_pread64, from, bytes, sizeof(bytes), at)) > 0) {
		note('W', fd, at, NULL, 0, bytes, (size_t)n);
		at += n;
	}
	syscall(SYS_close, from);
}

int fflush(FILE *f)
{
	REAL(fflush);
	int result = real(f);

	pthread_mutex_lock(&order);
	if (f)
		whole_file(fileno(f));
	pthread_mutex_unlock(&order);
	return result;
}

int fclose(FILE *f)
{
	REAL(fclose);
	int fd = fileno(f);

	if (seen(fd) && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		fflush(f);
	if (fd >= 0 && fd < FDS)
		watched[fd] = false;
	return real(f);
}

/* ---- names ---- */

/* One name, or two with a NUL between. */
static void named(char what, const char *path, const char *other)
{
	char full[2 * 8192];
	size_t n;

	if (!ours(path, full))
		return;
	n = strlen(full) + 1;
	if (other && !ours(other, full + n))
		abort();	/* out of the folder: nothing we do */
	note(what, -1, 0, full, other ? n + strlen(full + n) : n - 1, NULL, 0);
}

#define WRAP_NAMES(function, what, parameters, call, path, other) \
	int function parameters \
	{ \
		int result; \
		pthread_mutex_lock(&order); \
		result = (int)syscall call; \
		if (!result) \
			named(what, path, other); \
		pthread_mutex_unlock(&order); \
		return result; \
	}

WRAP_NAMES(rename, 'R', (const char *from, const char *to), (SYS_rename, from, to), from, to)
WRAP_NAMES(unlink, 'U', (const char *path), (SYS_unlink, path), path, NULL)
WRAP_NAMES(mkdir, 'M', (const char *path, mode_t mode), (SYS_mkdir, path, mode), path, NULL)
WRAP_NAMES(rmdir, 'U', (const char *path), (SYS_rmdir, path), path, NULL)

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	int result;

	if (getenv("RECORD_NO_EXCHANGE")) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&order);
	result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
	if (!result)
		named(flags ? 'X' : 'R', from, to);
	pthread_mutex_unlock(&order);
	return result;
}

int unlinkat(int dir, const char *path, int flags)
{
	char link[64], full[8192];
	ssize_t n;
	int result;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, full, 4096);
	full[n < 0 ? 0 : n] = '\0';
	pthread_mutex_lock(&order);
	result = (int)syscall(SYS_unlinkat, dir, path, flags);
	if (!result && n > 0) {
		snprintf(full + n, sizeof(full) - (size_t)n, "/%s", path);
		named('U', full, NULL);
	}
	pthread_mutex_unlock(&order);
	return result;
}

/* ---- the server ---- */

ssize_t send(int fd, const void *from, size_t n, int flags)
{
	pthread_mutex_lock(&order);
	if (n > 5 && !memcmp(from, "POST ", 5))
		note('A', fd, 0, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&order);
	return syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}
