/* SPDX-License-Identifier: Apache-2.0
 *
 * dataurl: an image inside a request, taken apart as the strictest servers do it: a real
 * subtype (`data:image;base64,` is refused), base64 without line breaks and with right padding,
 * and bytes that are an image of just that type.
 */
#ifndef SIM_DATAURL_H
#define SIM_DATAURL_H

#include <stddef.h>

#include "schemas/hash.h"

/* NULL, or a static sentence that says what is wrong. */
const char *dataurl_read(const char *url, char hash[HASH_HEX], size_t *bytes);

/* "image/png", ... by the first bytes; NULL: no image that is known. */
const char *dataurl_type(const unsigned char *bytes, size_t len);

#endif
