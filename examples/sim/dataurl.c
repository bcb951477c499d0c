/* SPDX-License-Identifier: Apache-2.0
 *
 * See dataurl.h.
 */
#include "examples/sim/dataurl.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "cli/buf.h"

static const struct {
	const char *magic;
	size_t at, len;
	const char *type;
} types[] = {
	{ "\x89PNG\r\n\x1a\n", 0, 8, "image/png" },
	{ "\xff\xd8\xff", 0, 3, "image/jpeg" },
	{ "GIF87a", 0, 6, "image/gif" },
	{ "GIF89a", 0, 6, "image/gif" },
	{ "WEBP", 8, 4, "image/webp" },
};

const char *dataurl_type(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (len >= types[i].at + types[i].len + 16 &&
		    !memcmp(bytes + types[i].at, types[i].magic, types[i].len))
			return types[i].type;
	return NULL;
}

/* EVP_DecodeBlock forgives white space and misplaced padding; strict servers do not. */
static bool base64_is_strict(const char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	bool good[256] = { false };

	if (!len || len % 4 || len > INT_MAX)
		return false;
	for (const char *p = alphabet; *p; p++)
		good[(unsigned char)*p] = true;
	len -= (text[len - 1] == '=') + (text[len - 1] == '=' && text[len - 2] == '=');
	for (size_t i = 0; i < len; i++)
		if (!good[(unsigned char)text[i]])
			return false;
	return true;
}

static const char *read_bytes(const char *text, const char *type, size_t type_len,
			      char hash[HASH_HEX], size_t *count)
{
	size_t len = strlen(text);
	const char *wrong = NULL, *found;
	unsigned char *bytes;

	if (!base64_is_strict(text, len))
		return "Invalid base64-encoded image: only its alphabet and final padding";
	bytes = xmalloc(len / 4 * 3 + 1);
	*count = (size_t)EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
	*count -= (size_t)((text[len - 1] == '=') + (text[len - 2] == '='));
	found = dataurl_type(bytes, *count);
	if (!found)
		wrong = "cannot identify image file: the bytes are no PNG, JPEG, GIF or WebP";
	else if (strlen(found) != type_len || strncasecmp(found, type, type_len))
		wrong = "the media type of the data URL does not match the bytes of the image";
	else
		hash_of(bytes, *count, hash);
	free(bytes);
	return wrong;
}

const char *dataurl_read(const char *url, char hash[HASH_HEX], size_t *bytes)
{
	const char *type, *end;

	if (strncmp(url, "data:", 5))
		return "only data URLs are accepted: the simulator fetches nothing";
	type = url + 5;
	end = strpbrk(type, ";,");
	if (!end || strncmp(end, ";base64,", 8))
		return "the data URL must be of the form data:image/png;base64,...";
	if (strncmp(type, "image/", 6) || end == type + 6)
		return "got unsupported MIME type: the subtype must be png, jpeg, gif or webp";
	return read_bytes(end + 8, type, (size_t)(end - type), hash, bytes);
}
