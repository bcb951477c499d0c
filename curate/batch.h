/* SPDX-License-Identifier: Apache-2.0
 *
 * batch: requests as lines of OpenAI's Batch API, which `vllm run-batch` reads too, instead of
 * on the wire. custom_id is the request's key in the ledger, so that what a batch engine
 * answers is filed under it (capqa ledger import) and the stage goes on from there.
 *
 *	{"custom_id":"<32 hex>","method":"POST","url":"/v1/chat/completions","body":{...}}
 *
 * A file ends at 50,000 lines or 200 MB (OpenAI's limits; a longer line stands alone), then
 * comes the next: batch.jsonl, batch-00001.jsonl, ... Equal requests are written once.
 *
 *	struct batch *b = batch_open("batch.jsonl", BATCH_VLLM, &err);
 *	if (batch_add(b, pictures, &request, key, path, &class, &err)) ... class NULL: no more can be written
 *	batch_settle(b, &err);
 */
#ifndef CURATE_BATCH_H
#define CURATE_BATCH_H

#include <stdint.h>

#include "cli/msg.h"
#include "schemas/chat.h"

#define BATCH_LINES 50000
#define BATCH_BYTES 200000000

/* Whose words the bodies are in; the key does not depend on it. */
enum batch_engine {
	BATCH_VLLM,
	BATCH_OPENAI	/* nothing that OpenAI refuses; letters by schema */
};

struct batch;
struct pictures;

/* NULL: 74. */
struct batch *batch_open(const char *path, enum batch_engine engine, struct err *err);

/*
 * image: the file, streamed into the line; or NULL. -1: with *class the image cannot be used
 * (picture_open, or it changed in the middle), and nothing of it is written; without, 74.
 */
int batch_add(struct batch *b, struct pictures *all, const struct chat_request *q,
	      const unsigned char key[16], const char *image, const char **class, struct err *err);

int64_t batch_lines(const struct batch *b);
int64_t batch_files(const struct batch *b);

/*
 * Both free it. Settled, FILE is there (empty: nothing is missing), and no numbered file of an
 * earlier round is; left, the one under way stays as FILE.partial.
 */
int batch_settle(struct batch *b, struct err *err);
void batch_leave(struct batch *b);

#endif
