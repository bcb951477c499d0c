/* SPDX-License-Identifier: Apache-2.0
 *
 * See base64.h. Twelve bits at a time: two characters are one look into a table of 8 KB, and
 * eight of them are written at once.
 */
#include "schemas/base64.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Two characters as a number of two bytes, the first one lowest. */
#define PAIR(a, b) (uint16_t)((a) | (b) << 8)
#define WITH_8(x, a, b, c, d, e, f, g, h) \
	PAIR(x, a), PAIR(x, b), PAIR(x, c), PAIR(x, d), \
	PAIR(x, e), PAIR(x, f), PAIR(x, g), PAIR(x, h)
#define WITH_ALL(x) \
	WITH_8(x, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), \
	WITH_8(x, 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'), \
	WITH_8(x, 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'), \
	WITH_8(x, 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'), \
	WITH_8(x, 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'), \
	WITH_8(x, 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'), \
	WITH_8(x, 'w', 'x', 'y', 'z', '0', '1', '2', '3'), \
	WITH_8(x, '4', '5', '6', '7', '8', '9', '+', '/')

static const uint16_t pairs[4096] = {
	WITH_ALL('A'), WITH_ALL('B'), WITH_ALL('C'), WITH_ALL('D'),
	WITH_ALL('E'), WITH_ALL('F'), WITH_ALL('G'), WITH_ALL('H'),
	WITH_ALL('I'), WITH_ALL('J'), WITH_ALL('K'), WITH_ALL('L'),
	WITH_ALL('M'), WITH_ALL('N'), WITH_ALL('O'), WITH_ALL('P'),
	WITH_ALL('Q'), WITH_ALL('R'), WITH_ALL('S'), WITH_ALL('T'),
	WITH_ALL('U'), WITH_ALL('V'), WITH_ALL('W'), WITH_ALL('X'),
	WITH_ALL('Y'), WITH_ALL('Z'), WITH_ALL('a'), WITH_ALL('b'),
	WITH_ALL('c'), WITH_ALL('d'), WITH_ALL('e'), WITH_ALL('f'),
	WITH_ALL('g'), WITH_ALL('h'), WITH_ALL('i'), WITH_ALL('j'),
	WITH_ALL('k'), WITH_ALL('l'), WITH_ALL('m'), WITH_ALL('n'),
	WITH_ALL('o'), WITH_ALL('p'), WITH_ALL('q'), WITH_ALL('r'),
	WITH_ALL('s'), WITH_ALL('t'), WITH_ALL('u'), WITH_ALL('v'),
	WITH_ALL('w'), WITH_ALL('x'), WITH_ALL('y'), WITH_ALL('z'),
	WITH_ALL('0'), WITH_ALL('1'), WITH_ALL('2'), WITH_ALL('3'),
	WITH_ALL('4'), WITH_ALL('5'), WITH_ALL('6'), WITH_ALL('7'),
	WITH_ALL('8'), WITH_ALL('9'), WITH_ALL('+'), WITH_ALL('/'),
};

static uint64_t pair(uint64_t bits)
{
	return pairs[bits & 4095];
}

/* Six bytes; two more are read. */
static void encode_six(char *to, const unsigned char *from)
{
	uint64_t bits, text;

	memcpy(&bits, from, sizeof(bits));
	bits = be64toh(bits);
	text = htole64(pair(bits >> 52) | pair(bits >> 40) << 16 | pair(bits >> 28) << 32 |
		       pair(bits >> 16) << 48);
	memcpy(to, &text, sizeof(text));
}

/* Up to three bytes. */
static void encode_three(char *to, const unsigned char *from, size_t len)
{
	uint64_t bits = (uint64_t)from[0] << 16 | (len > 1 ? (uint64_t)from[1] << 8 : 0) |
			(len > 2 ? from[2] : 0);
	uint32_t text = htole32((uint32_t)(pair(bits >> 12) | pair(bits) << 16));

	memcpy(to, &text, sizeof(text));
	memset(to + 1 + len, '=', 3 - len);
}

size_t base64_encode(char *to, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;
	char *start = to;
	size_t n;

	for (; len >= 8; from += 6, len -= 6, to += 8)
		encode_six(to, from);
	for (; len; from += n, len -= n, to += 4) {
		n = len < 3 ? len : 3;
		encode_three(to, from, n);
	}
	return (size_t)(to - start);
}
