/* SPDX-License-Identifier: Apache-2.0
 *
 * chat: an OpenAI chat-completions request and its reply as data; no network. What servers
 * really send is in tests/transcripts: null or missing members, five shapes of error bodies,
 * errors under status 200.
 *
 *	chat_key(&request, key);		what the ledger goes by
 *	chat_body(&request, &head, &tail);	the image's base64 goes between the two
 *	if (chat_read(body, len, &reply, &error) == CHAT_REPLY) ... reply.content
 *	chat_reply_release(&reply);
 */
#ifndef SCHEMAS_CHAT_H
#define SCHEMAS_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* How an answer is held to the shown letters; --decode as given. */
enum chat_decode {
	CHAT_AUTO,	/* choice, else schema, else free, as the server understands */
	CHAT_CHOICE,	/* vLLM: structured_outputs, and guided_choice for before 0.12 */
	CHAT_SCHEMA,	/* response_format json_schema, which most servers know */
	CHAT_FREE	/* not at all: the text is read */
};

/*
 * One logical request. Sampling is always explicit, because vLLM and SGLang fill what is left
 * out from the model's generation_config.json, so that two servers would answer differently.
 */
struct chat_request {
	const char *model;
	const char *prompt;		/* the user's text; behind the image if there is one */
	const char *image_id;		/* NULL: no image */
	int64_t max_pixels;		/* the image is resized if it has more; 0: never */
	const char *image_mime;		/* "image/png"; by content, strict servers compare */
	double temperature, top_p, repetition_penalty;
	int64_t max_tokens;
	int64_t seed;			/* -1: none is sent */
	const char *letters;		/* the answer is one of these ("ABCD"); NULL: free text */
	enum chat_decode decode;	/* as given; only with letters */
	const char *extra;		/* --extra: members for the body, checked; or NULL */
	bool no_think;			/* --no-think */
	/* Requests of one home go to one server, where the prompt's beginning is in its cache;
	 * NULL: they go by image, else by prompt. Not in the key, and only until it is asked. */
	const char *home;
};

/* Key of the logical request: url, dialect and headers are not in it, the image by its id. */
void chat_key(const struct chat_request *q, unsigned char key[16]);

/* The seed a request carries: from -s, the record, the condition and the trial. 31 bits. */
int64_t chat_seed(int64_t seed, const char *id, const char *condition, int trial);

/* How a server wants things said; found out by lvlm while talking to it. */
struct chat_dialect {
	bool standard_only;	/* refuses fields OpenAI does not know (repetition_penalty) */
	bool completion_tokens;	/* wants max_completion_tokens instead of max_tokens */
	bool no_choice, no_schema;	/* refuses or ignores that constraint */
	bool no_template;		/* refuses chat_template_kwargs */
};

/* CHOICE, SCHEMA or FREE: what chat_body sends to a server that speaks so. */
enum chat_decode chat_form(const struct chat_request *q, const struct chat_dialect *dialect);

/*
 * Checks --extra: one JSON object without members that have an option. Appends them without
 * the braces to out, in canonical form.
 */
int chat_extra(const char *json, struct buf *out, struct err *err);

/* The body before and behind the image's base64 text; without an image all of it is head. */
void chat_body(const struct chat_request *q, const struct chat_dialect *dialect,
	       struct buf *head, struct buf *tail);

struct chat_reply {
	char *content;		/* "" where the server sent none or null */
	char *finish_reason;	/* "stop", "length", ...; "refusal" for OpenAI's refusal field */
	char *model;		/* as answered; NULL: not said */
	char *fingerprint;
	int64_t prompt_tokens, completion_tokens;	/* -1: not said */
	bool only_thought;	/* content is empty, and there is text in a reasoning member */
};

struct chat_error {
	char message[512];	/* capped, base64 and control bytes taken out */
	char code[64];		/* error.code, else error.type */
};

enum chat_got {
	CHAT_REPLY,
	CHAT_ERROR,	/* the server says what went wrong */
	CHAT_GARBAGE	/* no JSON, or JSON of another shape: as bad as a cut body */
};

enum chat_got chat_read(const char *body, size_t len, struct chat_reply *reply,
			struct chat_error *error);
void chat_reply_release(struct chat_reply *reply);
/* Appends a body as chat_read takes it: NULs, half surrogate pairs and broken UTF-8, which may not
 * enter a record, have become U+FFFD. For who parses it on the way to chat_read. */
void chat_mend(const char *body, size_t len, struct buf *out);

/* Does this error say that the model or server takes no images at all? (vLLM, llama-server) */
bool chat_says_no_images(const struct chat_error *error);
/* ... that a field of ours is unknown to it or not supported? */
bool chat_says_unknown_field(const struct chat_error *error, const char *field);
/* ... that the account has no money left, which no retry mends? (OpenAI error codes) */
bool chat_says_no_quota(const struct chat_error *error);

#endif
