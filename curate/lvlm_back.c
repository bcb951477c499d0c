/* SPDX-License-Identifier: Apache-2.0
 *
 * See lvlm.h: the second half, what becomes of a request that came back. An answer is filed,
 * a failure sorted (curate/retry) and told to the pool, a refusal may teach a dialect.
 */
#include "curate/lvlm_in.h"

#include <stdio.h>
#include <string.h>

#include "curate/dialect.h"
#include "curate/endpoint.h"
#include "curate/retry.h"

#define UNPROVEN_MAX 16		/* rejections in a row before any answer: the setup is wrong */
#define SERVER_ERRORS_MAX 3	/* tries of one record at status 500 while others succeed */
#define SAY_AGAIN_MS 10000
#define DOUBT_S 5.0		/* for a name service to come to itself, before any answer */

static void stop_run(struct lvlm *l, const struct server *s, const char *text)
{
	if (!l->fatal)
		err_set(&l->fault, EXIT_REFUSED, "%s: %s", s->url, text);
	l->fatal = true;
}

/* true: no server has been up for --wait-server, and the run stops. */
static bool waited_long_enough(struct lvlm *l, const struct call *c, double limit_s)
{
	char text[sizeof(c->why.text) + 64];

	if ((double)pool_away_ms(&l->pool, lvlm_now_ms()) < limit_s * 1000)
		return false;
	snprintf(text, sizeof(text), "%s; gave up after %.0f s", c->why.text, limit_s);
	stop_run(l, c->server, text);
	return true;
}

static void retry_later(struct lvlm *l, struct call *c, int64_t wait_ms)
{
	calls_later(&l->calls, c, lvlm_now_ms() + wait_ms);
	l->retries++;
}

static bool attempts_spent(const struct lvlm *l, const struct call *c, long status)
{
	return c->attempts >= l->o.attempts ||
	       (status == 500 && l->proven && c->server_errors >= SERVER_ERRORS_MAX);
}

/*
 * A server is set aside; who waits for it goes elsewhere, if there is an elsewhere. One that
 * comes and goes is not spoken of each time.
 */
static void say_away(struct lvlm *l, const struct call *c)
{
	struct server *s = c->server;
	int64_t now = lvlm_now_ms();

	if (s->said_away_ms && now - s->said_away_ms < SAY_AGAIN_MS)
		return;
	s->said_away = true;
	s->said_away_ms = now;
	if (pool_up(&l->pool))
		note("%s: %s; the other servers take its share", c->server->url, c->why.text);
	else if (!l->waiting)
		note("%s: %s; waiting for the server, up to %.0f s", c->server->url, c->why.text,
		     l->o.wait_server_s);
	l->waiting = !pool_up(&l->pool);
}

static void retry_counted(struct lvlm *l, struct call *c, const struct transfer *t,
			  const struct retry_seen *seen)
{
	bool probe = c->server->pauses && pool_up(&l->pool);
	int64_t wait = t->retry_after_ms;

	if (pool_failed(&l->pool, c->server, retry_sign(seen), lvlm_now_ms()))
		say_away(l, c);
	if (c->server->pauses && waited_long_enough(l, c, l->o.wait_server_s)) {
		calls_ready(&l->calls, c);
		return;
	}
	if (probe) {	/* it was lent to a server set aside: no attempt of its own */
		l->retries++;
		calls_ready(&l->calls, c);
		return;
	}
	c->attempts++;
	c->server_errors += seen->status == 500;
	if (attempts_spent(l, c, seen->status)) {
		calls_give_up(&l->calls, c, LVLM_FAILED, "transport", c->why.text);
		return;
	}
	if (wait < 0)
		wait = retry_backoff_ms(c->attempts - 1, draw_next(&l->jitter));
	retry_later(l, c, wait);
}

/*
 * Nothing is sent to that server for a while, and no record loses an attempt. In doubt, that
 * is before any answer from anywhere, a wrong URL should not be waited for as a server is.
 */
static void pause_server(struct lvlm *l, struct call *c, bool doubt)
{
	double limit_s = l->o.wait_server_s;
	bool was_up = pool_away(&l->pool, c->server, lvlm_now_ms());

	doubt = doubt && !l->proven;
	if (was_up && (!doubt || pool_up(&l->pool)))
		say_away(l, c);
	waited_long_enough(l, c, doubt && limit_s > DOUBT_S ? DOUBT_S : limit_s);
	calls_ready(&l->calls, c);
}

static void reject(struct lvlm *l, struct call *c, const struct retry_seen *seen)
{
	struct endpoint *endpoint = c->server->about;
	char text[sizeof(c->why.text) + 96];
	const char *learned;

	if (dialect_learn(&endpoint->dialect, &c->q, &seen->error, &learned)) {
		if (learned)
			note("%s: %s", c->server->url, learned);
		calls_ready(&l->calls, c);
	} else if (c->image && chat_says_no_images(&seen->error)) {
		stop_run(l, c->server, c->why.text);
		calls_ready(&l->calls, c);
	} else {
		if (!l->proven && ++l->unproven_rejects >= UNPROVEN_MAX) {
			snprintf(text, sizeof(text), "the first %d requests were all refused: %s",
				 UNPROVEN_MAX, c->why.text);
			stop_run(l, c->server, text);
		}
		calls_give_up(&l->calls, c, LVLM_REJECTED, "rejected_by_server", c->why.text);
	}
}

/* No address in it: it may become part of a reject, which is the same on any server. */
static void describe(struct call *c, const struct retry_seen *seen)
{
	const char *what = seen->error.message;

	if (seen->curl == CURLE_WRITE_ERROR && seen->status < 400)
		err_set(&c->why, EXIT_REFUSED, "the answer has more than %u MB",
			TRANSFER_REPLY_MAX >> 20);
	else if (seen->curl && seen->curl != CURLE_WRITE_ERROR)
		err_set(&c->why, EXIT_REFUSED, "no answer: %s",
			curl_easy_strerror((CURLcode)seen->curl));
	else
		err_set(&c->why, EXIT_REFUSED, "the server answered %ld%s%s", seen->status,
			*what ? ": " : "", what);
}

static void on_failure(struct lvlm *l, struct call *c, const struct transfer *t,
		       const struct retry_seen *seen)
{
	enum retry_class class;

	describe(c, seen);
	c->fresh_connection = false;
	if (c->image && seen->curl == CURLE_ABORTED_BY_CALLBACK) {
		pool_refused(c->server);
		calls_give_up(&l->calls, c, LVLM_REJECTED, "image_changed", "the file changed while it was sent");
		return;
	}
	class = retry_classify(seen);
	if (class == RETRY_COUNTED && seen->status == 500 && c->image &&
	    chat_says_no_images(&seen->error))
		class = RETRY_REJECT;	/* llama-server's way of saying it */
	if (class != RETRY_COUNTED && class != RETRY_PAUSE && class != RETRY_DOUBT)
		pool_refused(c->server);
	switch (class) {
	case RETRY_AT_ONCE:
		c->fresh_connection = true;
		l->retries++;
		calls_ready(&l->calls, c);
		break;
	case RETRY_PAUSE:
	case RETRY_DOUBT:
		pause_server(l, c, class == RETRY_DOUBT);
		break;
	case RETRY_REJECT:
		reject(l, c, seen);
		break;
	case RETRY_STOP:
		stop_run(l, c->server, c->why.text);
		calls_ready(&l->calls, c);
		break;
	default:
		retry_counted(l, c, t, seen);
	}
}

/* An empty answer costs as much as another. */
static void server_answered(struct lvlm *l, struct server *s, const struct chat_reply *reply)
{
	l->prompt_tokens += reply->prompt_tokens > 0 ? reply->prompt_tokens : 0;
	l->tokens += reply->completion_tokens > 0 ? reply->completion_tokens : 0;
	if (pool_answered(&l->pool, s, lvlm_now_ms()) && s->said_away) {
		note("%s: is back", s->url);
		s->said_away = false;
	}
	l->proven = true;
	l->waiting = false;
}

static void on_answer(struct lvlm *l, struct call *c, struct chat_reply *reply)
{
	struct answer answer = {
		.content = reply->content, .finish_reason = reply->finish_reason,
		.model = reply->model, .fingerprint = reply->fingerprint,
		.prompt_tokens = reply->prompt_tokens,
		.completion_tokens = reply->completion_tokens,
		.latency_ms = lvlm_now_ms() - c->started_ms,
	};
	struct result *r;

	if (l->ledger)
		answers_put(l->ledger, c->key, &answer);
	r = calls_finish(&l->calls, c, LVLM_ANSWERED);
	r->answer = answer;	/* the texts move */
	*reply = (struct chat_reply){ 0 };
}

/* An empty answer is tried again like a cut body; when attempts are spent it stands. */
static bool settle_empty(struct lvlm *l, struct call *c, const struct chat_reply *reply)
{
	if (reply->only_thought && !l->said_thought) {
		warn("%s: an answer is empty, all it says stands in its reasoning; --no-think, more "
		     "--max-tokens or the server's reasoning parser may mend that", c->server->url);
		l->said_thought = true;
	}
	c->attempts++;
	if (c->attempts >= l->o.attempts)
		return true;
	retry_later(l, c, retry_backoff_ms(0, draw_next(&l->jitter)));
	return false;
}

static void check_constraint(const struct call *c, struct chat_reply *reply)
{
	struct endpoint *endpoint = c->server->about;
	const char *said;

	if (dialect_heard(&endpoint->dialect, &c->q, c->sent, reply, &said) && said)
		note("%s: %s", c->server->url, said);
}

void lvlm_back(struct lvlm *l, struct transfer *t, CURLcode code)
{
	struct call *c = t->about;
	struct retry_seen seen = { .curl = (int)code, .should_retry = t->should_retry,
				   .got_bytes = t->reply.len > 0 };
	struct chat_reply reply = { 0 };
	enum chat_got got = CHAT_GARBAGE;
	curl_off_t sending_us = 0;
	long connects = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &seen.status);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
	seen.reused = connects == 0;
	seen.connected = sending_us > 0;
	seen.got_bytes = seen.got_bytes || seen.status > 0;
	if (code == CURLE_OK || code == CURLE_WRITE_ERROR)
		got = chat_read(t->reply.data, t->reply.len, &reply, &seen.error);
	endpoint_hide(c->server->about, seen.error.message);
	if (code == CURLE_OK && seen.status >= 200 && seen.status < 300 && got == CHAT_REPLY) {
		server_answered(l, c->server, &reply);
		check_constraint(c, &reply);
		if (*reply.content || settle_empty(l, c, &reply))
			on_answer(l, c, &reply);
	} else {
		if (code == CURLE_OK && seen.status >= 200 && seen.status < 300)
			seen.should_retry = 1;	/* garbage or an error under 200: a cut body */
		on_failure(l, c, t, &seen);
	}
	chat_reply_release(&reply);
}
