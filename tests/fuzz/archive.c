/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer harness of store/archive and store/samples: any bytes as an archive, every other
 * member read, then its samples. What must hold: it ends, offsets lie inside the file, names are
 * UTF-8 and lead nowhere else; a line is an object on one line, or there is a fault.
 * Seeds: a small tar, tar.gz, tar.zst and zip, and a tar of samples.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/buf.h"
#include "schemas/fold.h"
#include "schemas/span.h"
#include "store/archive.h"
#include "store/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int true_always)
{
	if (!true_always)
		abort();
}

static void walk(const char *path, size_t size)
{
	struct err err;
	struct arc *a = arc_open(path, &err);
	struct arc_member m;
	enum arc_got got;
	struct buf bytes;
	int64_t n = 0;

	require(a != NULL);
	buf_init(&bytes, ARC_MEMBER_MAX + 65536);
	while ((got = arc_next(a, &m)) != ARC_END) {
		require(++n <= (int64_t)size + 200);
		require(got == ARC_MEMBER || (m.class && *m.why.text));
		if (got != ARC_MEMBER)
			continue;
		require(m.name && fold_is_utf8(m.name, strlen(m.name)) && *m.name != '/');
		require(m.size <= ARC_MEMBER_MAX && m.offset <= (int64_t)size);
		buf_shrink(&bytes, 1 << 20);
		while (n % 2 && (arc_read(a, &bytes, 65536, &m)) > 0)
			require(bytes.len <= ARC_MEMBER_MAX + 65536);
	}
	require(arc_next(a, &m) == ARC_END);
	buf_release(&bytes);
	arc_close(a);
}

static void read_samples(const char *path, size_t size)
{
	struct span_members found = { 0 };
	struct err err = { .text = "" };
	struct samples *s = samples_open(path, &err);
	const char *fault;
	struct buf line;
	size_t n = 0;
	int got;

	require(s != NULL);
	buf_init(&line, BUF_NO_MAX);
	while ((got = samples_next(s, &line, &fault, &err)) > 0) {
		require(++n <= size + 200);
		require(fault ? *fault && !line.len :
			!span_object(line.data, line.len, &found, NULL) &&
			!memchr(line.data, '\n', line.len));
		buf_clear(&line);
	}
	require(got == 0 ? n > 0 : *err.text && err.kind == EXIT_DATA);
	span_members_release(&found);
	buf_release(&line);
	samples_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	char path[64];

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	arc_is_archive(path);
	samples_is_archive(path);
	walk(path, size);
	read_samples(path, size);
	close(fd);
	return 0;
}
