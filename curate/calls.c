/* SPDX-License-Identifier: Apache-2.0
 *
 * See calls.h.
 */
#include "curate/calls.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "schemas/hash.h"

void calls_init(struct calls *c)
{
	*c = (struct calls){ .ready = NULL };
	c->ready_end = &c->ready;
	c->results_end = &c->results;
}

static void free_askers(struct asker *a)
{
	struct asker *next;

	for (; a; a = next) {
		next = a->next;
		free(a);
	}
}

static void free_call(struct call *call)
{
	free_askers(call->askers);
	free((char *)call->q.prompt);
	free((char *)call->q.image_id);
	free((char *)call->q.letters);
	free(call->image);
	free(call);
}

static void free_result(struct result *r)
{
	if (!r)
		return;
	free_askers(r->askers);
	answer_release(&r->answer);
	free(r->message);
	free(r);
}

void calls_release(struct calls *c)
{
	struct result *r, *next_result;
	struct call *call, *next;
	int i;

	for (r = c->results; r; r = next_result) {
		next_result = r->next;
		free_result(r);
	}
	free_result(c->lent);
	for (i = 0; i < CALLS_BUCKETS; i++) {
		for (call = c->buckets[i]; call; call = next) {
			next = call->chain;
			free_call(call);
		}
	}
	calls_init(c);
}

static struct call **bucket(struct calls *c, const unsigned char key[16])
{
	return &c->buckets[(key[0] << 8 | key[1]) % CALLS_BUCKETS];
}

struct call *calls_find(struct calls *c, const unsigned char key[16])
{
	struct call *call = *bucket(c, key);

	while (call && memcmp(call->key, key, 16))
		call = call->chain;
	return call;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct call *calls_open(struct calls *c, const struct chat_request *q,
			const unsigned char key[16], char *image)
{
	struct call *call = xcalloc(1, sizeof(*call)), **at = bucket(c, key);

	memcpy(call->key, key, 16);
	call->q = *q;
	call->q.prompt = xstrdup(q->prompt);
	call->q.image_id = copy(q->image_id);
	call->q.letters = copy(q->letters);
	call->image = image;
	call->chain = *at;
	*at = call;
	return call;
}

void calls_join(struct asker **askers, void *about)
{
	struct asker *a = xmalloc(sizeof(*a));

	a->about = about;
	a->next = *askers;
	*askers = a;
}

void calls_ready(struct calls *c, struct call *call)
{
	call->next = NULL;
	*c->ready_end = call;
	c->ready_end = &call->next;
	c->ready_count++;
}

struct call *calls_pick(struct calls *c, bool (*fits)(void *ctx, struct call *call), void *ctx)
{
	struct call **at = &c->ready, *call;

	while (*at && !fits(ctx, *at))
		at = &(*at)->next;
	call = *at;
	if (!call)
		return NULL;
	*at = call->next;
	if (!call->next)
		c->ready_end = at;
	c->ready_count--;
	return call;
}

void calls_later(struct calls *c, struct call *call, int64_t due_ms)
{
	call->due_ms = due_ms;
	call->next = c->later;
	c->later = call;
	c->later_count++;
}

void calls_wake(struct calls *c, int64_t now_ms)
{
	struct call **at = &c->later, *call;

	while ((call = *at)) {
		if (call->due_ms > now_ms) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		c->later_count--;
		calls_ready(c, call);
	}
}

int64_t calls_due_ms(const struct calls *c, int64_t no_later_than)
{
	const struct call *call;

	for (call = c->later; call; call = call->next)
		if (call->due_ms < no_later_than)
			no_later_than = call->due_ms;
	return no_later_than;
}

static struct result *push_result(struct calls *c, const unsigned char key[16],
				  enum lvlm_outcome outcome)
{
	struct result *r = xcalloc(1, sizeof(*r));

	r->outcome = outcome;
	hash_to_hex(key, r->call);
	*c->results_end = r;
	c->results_end = &r->next;
	c->result_count++;
	return r;
}

struct result *calls_result(struct calls *c, const unsigned char key[16],
			    enum lvlm_outcome outcome, void *about)
{
	struct result *r = push_result(c, key, outcome);

	calls_join(&r->askers, about);
	return r;
}

struct result *calls_finish(struct calls *c, struct call *call, enum lvlm_outcome outcome)
{
	struct result *r = push_result(c, call->key, outcome);
	struct call **at = bucket(c, call->key);

	r->askers = call->askers;
	call->askers = NULL;
	while (*at != call)
		at = &(*at)->chain;
	*at = call->chain;
	free_call(call);
	return r;
}

void calls_give_up(struct calls *c, struct call *call, enum lvlm_outcome outcome,
		   const char *class, const char *message)
{
	char *text = xstrdup(message);
	struct result *r = calls_finish(c, call, outcome);

	r->class = class;
	r->message = text;
}

static void *pop_asker(struct asker **list)
{
	struct asker *a = *list;
	void *about = a->about;

	*list = a->next;
	free(a);
	return about;
}

bool calls_take(struct calls *c, struct lvlm_reply *reply)
{
	struct result *r;

	if (c->lent && !c->lent->askers) {
		free_result(c->lent);
		c->lent = NULL;
	}
	if (!c->lent) {
		r = c->results;
		if (!r)
			return false;
		c->results = r->next;
		if (!c->results)
			c->results_end = &c->results;
		c->result_count--;
		c->lent = r;
	}
	r = c->lent;
	*reply = (struct lvlm_reply){
		.about = pop_asker(&r->askers), .outcome = r->outcome,
		.from_ledger = r->from_ledger, .in_batch = r->in_batch,
		.content = r->answer.content,
		.finish_reason = r->answer.finish_reason ? r->answer.finish_reason : "",
		.model = r->answer.model, .prompt_tokens = r->answer.prompt_tokens,
		.completion_tokens = r->answer.completion_tokens, .class = r->class,
		.message = r->message, .text_bytes = r->text_bytes, .image_bytes = r->image_bytes,
		.max_tokens = r->max_tokens,
	};
	memcpy(reply->call, r->call, sizeof(reply->call));
	return true;
}

void *calls_abandon(struct calls *c)
{
	struct result *r;
	struct call *call;
	int i;

	if (c->lent && c->lent->askers)
		return pop_asker(&c->lent->askers);
	for (r = c->results; r; r = r->next)
		if (r->askers)
			return pop_asker(&r->askers);
	for (i = 0; i < CALLS_BUCKETS; i++)
		for (call = c->buckets[i]; call; call = call->chain)
			if (call->askers)
				return pop_asker(&call->askers);
	return NULL;
}
