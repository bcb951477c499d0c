/* SPDX-License-Identifier: Apache-2.0
 *
 * See archive_zip.h. Layout: PKWARE's APPNOTE 6.3, 4.3.14 to 4.3.16.
 *
 *	zip64 record    PK\6\6 ... entries: 8 bytes at 32
 *	zip64 locator   PK\6\7 ... place of the zip64 record: 8 bytes at 8   (20 bytes)
 *	end record      PK\5\6 ... entries: 2 bytes at 10, comment length: 2 at 20   (22 bytes)
 */
#include "store/archive_zip.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "store/archive_parts.h"

#define END_LEN 22
#define LOCATOR_LEN 20
#define TAIL (END_LEN + LOCATOR_LEN + 65535)	/* with the longest comment */

static uint64_t little(const unsigned char *p, int bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | p[bytes];
	return n;
}

static size_t read_at(struct parts *p, int64_t at, unsigned char *to, size_t size)
{
	size_t have = 0;
	ssize_t n = 1;

	parts_seek(p, at);
	while (have < size && (n = parts_read(p, to + have, size - have)) > 0)
		have += (size_t)n;
	return have;
}

/* The count of a zip64 record that the locator at `from` leads to; -1: there is none. */
static int64_t entries64(struct parts *p, const unsigned char *from)
{
	unsigned char record[40];
	uint64_t at;

	if (memcmp(from, "PK\6\7", 4))
		return -1;
	at = little(from + 8, 8);
	if (at > INT64_MAX || read_at(p, (int64_t)at, record, sizeof(record)) < sizeof(record) ||
	    memcmp(record, "PK\6\6", 4))
		return -1;
	return (int64_t)(little(record + 32, 8) & INT64_MAX);
}

int64_t zip_entries(struct parts *p)
{
	int64_t size = parts_size(p), from = size > TAIL ? size - TAIL : 0, entries = -1;
	unsigned char *tail = xmalloc(TAIL);
	size_t len = read_at(p, from, tail, TAIL), at;

	for (at = len; at-- > 0 && entries < 0;) {
		if (at + END_LEN > len || memcmp(tail + at, "PK\5\6", 4))
			continue;
		entries = (int64_t)little(tail + at + 10, 2);
		if (entries == 0xffff && at >= LOCATOR_LEN)
			entries = entries64(p, tail + at - LOCATOR_LEN);
	}
	free(tail);
	return entries;
}
