/* SPDX-License-Identifier: Apache-2.0
 *
 * repeats: which of the records that were put off (fresh.h) say nothing new, so that they need
 * not be looked up in the store. A record whose 128-bit sum is that of one that was put already
 * changes nothing, unless another that was put off, and is none, has one of its keys: that one
 * may have changed what it stands for.
 *
 *	repeats_taken(r, sum, &err);		a record is put
 *	repeats_put_off(r, sum, keys);		a record is put off; they are counted from 0
 *	repeats_find(r, &err);			after the last one
 *	repeats_is(r, n)
 *
 * Sums of what was put go to a temporary file; what was put off takes 40 to 50 bytes of memory.
 */
#ifndef STORE_REPEATS_H
#define STORE_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "schemas/hash.h"

#define REPEATS_KEYS 2		/* hashes of what a record is looked up by; the same twice if it is one */

struct repeats;

struct repeats *repeats_new(struct err *err);
void repeats_free(struct repeats *r);

int repeats_taken(struct repeats *r, const unsigned char sum[HASH_BYTES], struct err *err);
void repeats_put_off(struct repeats *r, const unsigned char sum[HASH_BYTES],
		     const uint32_t keys[REPEATS_KEYS]);
int repeats_find(struct repeats *r, struct err *err);
bool repeats_is(const struct repeats *r, size_t n);

#endif
