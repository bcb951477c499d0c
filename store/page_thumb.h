/* SPDX-License-Identifier: Apache-2.0
 *
 * page_thumb: a small JPEG of an image in the store, for a page. Only bytes that still have
 * the hash the store knows are decoded, and only where the size stored for that hash is sane,
 * so neither a changed file nor a decompression bomb gets as far as the decoder.
 *
 *	thumb.why = thumb_make(&thumbs, &image, &jpeg);	NULL: jpeg holds it
 */
#ifndef STORE_PAGE_THUMB_H
#define STORE_PAGE_THUMB_H

#include <stdint.h>

#include "cli/buf.h"
#include "store/original.h"

#define THUMB_SIDE 400			/* pixels of the longer side */
#define THUMB_BYTES 22000		/* at most; as a data URI under 30 kB */
#define THUMB_PIXELS 60000000		/* larger images are not decoded: 4 bytes each */
#define THUMB_FILE_MAX (64u << 20)	/* bytes of a file */

/* What the store knows of an image; image_id NULL: no bytes were ever read. */
struct thumb_image {
	struct original_place place;	/* path NULL: it has none */
	const char *image_id;
	int64_t width, height;
	int orientation;		/* EXIF 1..8 */
};

/* Appends a JPEG. NULL, or why there is none, in a few words (static). */
const char *thumb_make(const struct opt_list *roots, const struct thumb_image *image,
		       struct buf *jpeg);

#endif
