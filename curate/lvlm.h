/* SPDX-License-Identifier: Apache-2.0
 *
 * lvlm: asks a model server, many requests at a time, and never loses an answer.
 *
 * lvlm_ask files a question with the caller's cookie; lvlm_wait moves bytes until something
 * happened; lvlm_reply hands finished replies back as they come, in no order (store/queue
 * restores it on records). The loop stays in the stage: fill, wait, put.
 *
 *	while (!run_ended(run) || !lvlm_idle(model)) {
 *		while (lvlm_room(model) && run_poll(run, &item))
 *			lvlm_ask(model, &request, path, cookie);
 *		if (lvlm_wait(model, run_fd(run), &err))
 *			run_fail(run, &err);
 *		while (lvlm_reply(model, &reply))
 *			... reply.about, reply.content
 *	}
 *	lvlm_free(model, &err);
 *
 * What the ledger knows is answered from it; what is in flight is not asked again, the
 * second asker waits for the first. Every 2xx reply with content enters the ledger, no error
 * ever does; an empty one only when its attempts are spent. lvlm_commit must succeed before
 * a record made from replies leaves (run_before_write does that).
 */
#ifndef CURATE_LVLM_H
#define CURATE_LVLM_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buf.h"
#include "cli/meter.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "curate/budget.h"
#include "schemas/chat.h"

struct lvlm_options {
	struct opt_list urls;
	const char *model;
	int64_t in_flight;		/* -j, per server; 0: auto */
	const char *ledger;
	bool no_ledger;
	const char *key_env, *key_file, *header_file;
	double timeout_s, connect_timeout_s, wait_server_s;
	int64_t attempts;
	struct opt_list image_roots;
	int64_t max_pixels;		/* 0: images go as they are */
	struct budget budget;
	struct buf extra;		/* --extra, as chat_extra leaves it; data NULL: none */
	bool no_think;
	bool verbose;			/* the servers, one by one, now and then */
	bool dry_run;
	const char *batch_out;		/* missing answers are written there, not asked; or NULL */
	const char *batch_for;		/* "openai", "vllm"; NULL: vllm */
	double price_in, price_out;	/* per million tokens; 0: not given */
};

#define LVLM_DEFAULTS { .budget = BUDGET_NONE, .timeout_s = 600, .connect_timeout_s = 10, \
	.wait_server_s = 900, .attempts = 8 }

#define LVLM_OPTIONS(o) \
	{ 'm', "model", OPT_TEXT, &(o).model, "NAME", "the model to ask, as the server names it", \
	  NULL }, \
	{ 'u', "url", OPT_LIST, &(o).urls, "URL", \
	  "a server, up to and with /v1 (repeatable; @FILE lists them and is read again " \
	  "while running); default: $OPENAI_BASE_URL", NULL }, \
	{ 'j', "in-flight", OPT_PARSE, &(o).in_flight, "N", \
	  "requests in flight at each server; auto: as many as pay (auto)", \
	  lvlm_parse_in_flight }, \
	{ 'L', "ledger", OPT_TEXT, &(o).ledger, "FILE", \
	  "every answer is kept here and never asked for twice; default: $CAPQA_LEDGER, " \
	  "./capqa-ledger.db", NULL }, \
	{ 0, "no-ledger", OPT_FLAG, &(o).no_ledger, NULL, "keep no answers", NULL }, \
	{ 0, "api-key-env", OPT_TEXT, &(o).key_env, "VAR", \
	  "the environment variable that holds the key (OPENAI_API_KEY)", NULL }, \
	{ 0, "api-key-file", OPT_TEXT, &(o).key_file, "FILE", "a file that holds the key", NULL }, \
	{ 0, "header-file", OPT_TEXT, &(o).header_file, "FILE", \
	  "further request headers, one 'Name: value' a line", NULL }, \
	{ 0, "timeout", OPT_SECONDS, &(o).timeout_s, "SECONDS", "for one answer (600)", NULL }, \
	{ 0, "connect-timeout", OPT_SECONDS, &(o).connect_timeout_s, "SECONDS", \
	  "for one connection (10)", NULL }, \
	{ 0, "wait-server", OPT_SECONDS, &(o).wait_server_s, "TIME", \
	  "how long to wait for a server that is away or loading (15m)", NULL }, \
	{ 0, "attempts", OPT_COUNT, &(o).attempts, "N", "tries of one request (8)", NULL }, \
	{ 0, "extra", OPT_PARSE, &(o).extra, "JSON", \
	  "further members of the request's body, as {\"min_p\":0.1}", lvlm_parse_extra }, \
	{ 0, "no-think", OPT_FLAG, &(o).no_think, NULL, \
	  "ask the chat template for no reasoning (enable_thinking false)", NULL }, \
	BUDGET_OPTIONS((o).budget), \
	{ 0, "dry-run", OPT_FLAG, &(o).dry_run, NULL, \
	  "ask nothing and write nothing: say what it would take", NULL }, \
	{ 0, "batch-out", OPT_TEXT, &(o).batch_out, "FILE", \
	  "ask nothing: write what the ledger lacks to FILE as lines for OpenAI's Batch API or " \
	  "vllm run-batch, and exit 75; 'capqa ledger import' files the answers", NULL }, \
	{ 0, "batch-for", OPT_TEXT, &(o).batch_for, "openai|vllm", \
	  "whose words to write them in (vllm)", NULL }, \
	{ 0, "price-in", OPT_NUMBER, &(o).price_in, "X", \
	  "what a million prompt tokens cost, for --dry-run", NULL }, \
	{ 0, "price-out", OPT_NUMBER, &(o).price_out, "X", \
	  "what a million tokens of the replies cost", NULL }

#define LVLM_DECODE_OPTION(to) \
	{ 0, "decode", OPT_PARSE, &(to), "HOW", \
	  "hold answers to the letters by choice or schema, or free: read the text (auto)", \
	  lvlm_parse_decode }

int lvlm_parse_decode(const char *text, void *to, struct err *err);
int lvlm_parse_extra(const char *text, void *to, struct err *err);
int lvlm_parse_in_flight(const char *text, void *to, struct err *err);	/* "auto" or 1..10000 */

#define LVLM_IMAGE_OPTIONS(o) \
	{ 0, "image-root", OPT_LIST, &(o).image_roots, "DIR", \
	  "where relative image paths start (repeatable; then the current folder)", NULL }, \
	{ 0, "max-pixels", OPT_COUNT, &(o).max_pixels, "N", \
	  "send larger images resized to at most N pixels, upright (as they are)", NULL }

enum lvlm_outcome {
	LVLM_ANSWERED,
	LVLM_REJECTED,	/* for good: the server or the file says no to this one */
	LVLM_FAILED,	/* transport: a rerun can settle it */
	LVLM_MISSING	/* --dry-run: not in the ledger; to be told lvlm_expect */
};

struct lvlm_reply {
	void *about;
	enum lvlm_outcome outcome;
	bool from_ledger;
	bool in_batch;			/* FAILED, because it was written to --batch-out */
	char call[33];			/* the request's key in the ledger */
	const char *content;		/* ANSWERED: may be empty */
	const char *finish_reason, *model;
	int64_t prompt_tokens, completion_tokens;	/* -1: not said */
	const char *class, *message;	/* else: reject class, one clean sentence */
	int64_t text_bytes, image_bytes, max_tokens;	/* MISSING: of the request */
};

struct lvlm;

int64_t lvlm_now_ms(void);	/* a clock that only goes forward */

/* NULL: 2 no model or url, 66 no key file, 74/65 the ledger. */
struct lvlm *lvlm_new(const struct lvlm_options *o, struct err *err);
struct lvlm *lvlm_new_or_die(const struct lvlm_options *o);

/* After the loop: the cookies of questions that got no reply, one by one; then NULL. */
void *lvlm_abandon(struct lvlm *l);
/* Commits what is left; requests in flight are dropped. */
int lvlm_free(struct lvlm *l, struct err *err);

/* Is another question worth reading? False too while replies wait to be taken. */
bool lvlm_room(const struct lvlm *l);
/* Are slots free that nothing waits for, and calls not counted? What may not be needed can be asked. */
bool lvlm_hungry(const struct lvlm *l);
bool lvlm_idle(const struct lvlm *l);	/* nothing asked is open, or the run has to stop */

/*
 * Copies the request. image: a path as records have it (with q->image_id or without), or
 * NULL. fresh: the ledger is not looked into; the new answer counts from then on.
 */
void lvlm_ask(struct lvlm *l, const struct chat_request *q, const char *image, bool fresh,
	      void *about);

/* Waits for the sockets, fd (-1: none), a signal or a due retry. -1: the run cannot go on. */
int lvlm_wait(struct lvlm *l, int fd, struct err *err);

/* What it lends stays until the next call. */
bool lvlm_reply(struct lvlm *l, struct lvlm_reply *reply);

/* --dry-run: so many calls like this one would be made. */
struct chance_left;
void lvlm_expect(struct lvlm *l, const struct lvlm_reply *missing, const struct chance_left *calls);
/* ... and what lies under the average: "when the model guesses". */
void lvlm_expect_when(struct lvlm *l, const char *when);

/* --batch-out: nothing is asked, and asking ahead of need would only be paid for. */
bool lvlm_batches(const struct lvlm *l);

/* For run_before_write; ctx is the struct lvlm. */
int lvlm_commit(void *ctx, struct err *err);

void lvlm_meter(const struct lvlm *l, struct meter_now *now);
/* "calls 120, from ledger 40, retries 3, 5120 tokens": for the last line. */
void lvlm_say(const struct lvlm *l, char *to, size_t size);
/*
 * After the loop and lvlm_say: says the servers with -v, and adds to the run's record, if there
 * is one. Settles --batch-out and, if a line is in it, asks for a stop (75); what fails of
 * that is lvlm_commit's error.
 */
struct rec;
void lvlm_stats(struct lvlm *l, const char *prompt_id, struct rec *stats);

#endif
