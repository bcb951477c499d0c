/* SPDX-License-Identifier: Apache-2.0
 *
 * request: a chat-completions body as the simulator understands it, or the refusal that a
 * strict server would give. The union of what real servers refuse is refused here: vLLM's types
 * and ranges, the data URLs that llama-server, Ollama and OpenAI insist on, and a media type
 * that does not fit the bytes. Pure: no socket, no world.
 *
 *	struct request r;
 *	struct refusal no;
 *	if (request_read(&r, body, len, &no))
 *		... no.status, no.message
 *	request_release(&r);
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "schemas/hash.h"

#define REQUEST_CHOICES 32

/* Whose constraint fields are obeyed; the others are silently ignored, as real servers do. */
enum request_dialect {
	DIALECT_ALL,	/* structured_outputs, guided_choice and response_format */
	DIALECT_NEW,	/* vLLM since 0.12: structured_outputs and response_format */
	DIALECT_OLD,	/* vLLM before 0.11: guided_choice and response_format */
	DIALECT_NONE	/* no constraint has any effect */
};

struct request {
	cJSON *tree;			/* owns every text below */
	const char *model;
	char *text;			/* all text parts, a newline between them */
	char image[HASH_HEX];		/* of the first image's bytes; "" without one */
	size_t images, image_bytes;
	bool text_before_image;		/* in the message that holds the first image */
	int64_t max_tokens;		/* -1: not given */
	const char *choices[REQUEST_CHOICES];	/* what the answer must be one of */
	size_t choice_count;
	bool json;			/* the answer is a JSON value ... */
	const char *property;		/* ... in an object under this name; NULL: bare */
	uint64_t logical;		/* hash of what is asked, for repeatable chance */
};

struct refusal {
	int status;
	char message[400];
	const char *type, *param;	/* static; param may be NULL */
};

int request_read(struct request *r, const char *body, size_t len, enum request_dialect dialect,
		 struct refusal *no);
void request_release(struct request *r);

/* A rough count, four bytes a token, as good as any for a simulator. */
int64_t request_tokens(const struct request *r);

#endif
