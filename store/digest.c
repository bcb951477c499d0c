/* SPDX-License-Identifier: Apache-2.0
 *
 * See digest.h.
 */
#include "store/digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/buf.h"

void digest_init(struct digest *d)
{
	hash_init(&d->xxh3);
	sha256_init(&d->sha256);
	d->bytes = 0;
}

void digest_release(struct digest *d)
{
	hash_release(&d->xxh3);
	sha256_release(&d->sha256);
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	hash_bytes(&d->xxh3, bytes, len);
	sha256_add(&d->sha256, bytes, len);
	d->bytes += (int64_t)len;
}

void digest_end(struct digest *d, struct digest_text *out)
{
	unsigned char sum[SHA256_BYTES];
	unsigned i;

	sha256_end(&d->sha256, sum);
	for (i = 0; i < sizeof(sum); i++)
		snprintf(out->sha256 + 2 * i, 3, "%02x", sum[i]);
	hash_hex(&d->xxh3, out->xxh3);
	out->bytes = d->bytes;
	hash_again(&d->xxh3);
	d->bytes = 0;
}

int digest_file(const char *path, struct digest_text *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = xmalloc(1 << 18);
	struct digest d;
	ssize_t n = 0;

	digest_init(&d);
	while (fd >= 0 && (n = read(fd, bytes, 1 << 18)) > 0)
		digest_add(&d, bytes, (size_t)n);
	if (fd < 0 || n < 0)
		err_set(err, EXIT_OUTPUT, "cannot read '%s' back:", path);
	digest_end(&d, out);
	digest_release(&d);
	free(bytes);
	if (fd >= 0)
		close(fd);
	return fd < 0 || n < 0 ? -1 : 0;
}
