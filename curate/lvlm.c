/* SPDX-License-Identifier: Apache-2.0
 *
 * See lvlm.h. The policy: what is sent when, and what becomes of what came back. Where the
 * calls wait is curate/calls, how bytes move is curate/transfer, what a failure means is
 * curate/retry.
 */
#include "curate/lvlm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "curate/calls.h"
#include "curate/endpoint.h"
#include "curate/picture.h"
#include "curate/retry.h"
#include "curate/transfer.h"
#include "schemas/hash.h"
#include "store/answers.h"

#define RESULTS_MAX 256		/* replies waiting to be taken before we stop asking for more */
#define LATER_PER_SLOT 8	/* calls waiting for a retry, per request in flight */
#define UNPROVEN_MAX 16		/* rejections in a row before any answer: the setup is wrong */
#define SERVER_ERRORS_MAX 3	/* tries of one record at status 500 while others succeed */
#define PAUSE_FIRST_MS 500
#define PAUSE_LONGEST_MS 10000
#define DRAIN_MS 10000		/* after a signal, for answers that are already paid for */

struct lvlm {
	struct lvlm_options o;
	struct endpoint endpoint;
	struct answers *ledger;
	CURLM *multi;
	struct transfer **idle;		/* not in use, `idle_count` of them */
	struct transfer **all;
	size_t idle_count, all_count;
	struct calls calls;
	size_t flying;
	bool proven;			/* an answer came: model, key and url are right */
	int unproven_rejects;
	struct chat_dialect dialect;
	int64_t paused_until_ms, away_since_ms;	/* the server; 0: not away */
	int pauses;
	int64_t stopping_since_ms;
	bool fatal;
	struct err fault;
	struct draw jitter;		/* for waiting times only */
	int64_t asked, from_ledger, retries, tokens;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void stop_run(struct lvlm *l, enum exit_code kind, const char *text)
{
	if (!l->fatal)
		err_set(&l->fault, kind, "%s: %s", l->endpoint.url, text);
	l->fatal = true;
}

/* ---- opening and closing ---- */

static const char *base_url(const struct lvlm_options *o)
{
	return o->urls.count ? o->urls.items[0] : getenv("OPENAI_BASE_URL");
}

static int check_options(const struct lvlm_options *o, struct err *err)
{
	if (!o->model || !*o->model)
		return err_set(err, EXIT_USAGE, "which model? -m NAME says it");
	if (!base_url(o))
		return err_set(err, EXIT_USAGE, "which server? -u URL or OPENAI_BASE_URL says it");
	if (o->urls.count > 1)
		return err_set(err, EXIT_USAGE, "one -u only");
	if (o->in_flight < 1 || o->in_flight > 10000 || o->attempts < 1)
		return err_set(err, EXIT_USAGE, "-j takes 1 to 10000, --attempts at least 1");
	return 0;
}

static const char *ledger_path(const struct lvlm_options *o)
{
	const char *path = o->ledger ? o->ledger : getenv("CAPQA_LEDGER");

	return path && *path ? path : "capqa-ledger.db";
}

static void make_transfers(struct lvlm *l)
{
	struct transfer_options to = { l->endpoint.url, l->endpoint.headers, l->o.timeout_s,
				       l->o.connect_timeout_s };
	size_t i;

	l->multi = curl_multi_init();
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)l->o.in_flight);
	l->all_count = l->idle_count = (size_t)l->o.in_flight;
	l->all = xcalloc(l->all_count, sizeof(*l->all));
	l->idle = xcalloc(l->all_count, sizeof(*l->idle));
	for (i = 0; i < l->all_count; i++)
		l->all[i] = l->idle[i] = transfer_new(&to);
}

struct lvlm *lvlm_new(const struct lvlm_options *o, struct err *err)
{
	struct lvlm *l;

	if (check_options(o, err))
		return NULL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	l = xcalloc(1, sizeof(*l));
	l->o = *o;
	calls_init(&l->calls);
	l->jitter.state = (uint64_t)now_ms() ^ ((uint64_t)getpid() << 32);
	if (endpoint_init(&l->endpoint, base_url(o), o->key_env, o->key_file, o->header_file, err) ||
	    (!o->no_ledger && !(l->ledger = answers_open(ledger_path(o), err)))) {
		lvlm_free(l, NULL);
		return NULL;
	}
	make_transfers(l);
	return l;
}

struct lvlm *lvlm_new_or_die(const struct lvlm_options *o)
{
	struct err err;
	struct lvlm *l = lvlm_new(o, &err);

	if (!l)
		die_err(&err);
	return l;
}

void *lvlm_abandon(struct lvlm *l)
{
	return calls_abandon(&l->calls);
}

int lvlm_free(struct lvlm *l, struct err *err)
{
	size_t i;
	int result;

	if (!l)
		return 0;
	for (i = 0; i < l->all_count; i++) {
		transfer_stop(l->all[i], l->multi);
		transfer_free(l->all[i]);
	}
	if (l->multi)
		curl_multi_cleanup(l->multi);
	calls_release(&l->calls);
	result = answers_close(l->ledger, err);
	endpoint_release(&l->endpoint);
	free(l->all);
	free(l->idle);
	free(l);
	return result;
}

/* ---- asking ---- */

/* 1: answered from the ledger. */
static int from_ledger(struct lvlm *l, const unsigned char key[16], void *about)
{
	struct answer answer;
	struct result *r;
	int found = l->ledger ? answers_find(l->ledger, key, &answer, &l->fault) : 0;

	if (found < 0)
		l->fatal = true;
	if (found <= 0)
		return found;
	r = calls_result(&l->calls, key, LVLM_ANSWERED, about);
	r->answer = answer;
	r->from_ledger = true;
	l->from_ledger++;
	return 1;
}

/* An image whose id no record holds: its bytes say it. false: it is rejected already. */
static bool learn_image(struct lvlm *l, struct chat_request *q, const char *path,
			struct picture_info *info, void *about)
{
	static const unsigned char no_key[16];
	struct result *r;
	struct err err;
	const char *class = picture_probe(path, info, &err);

	if (!class) {
		q->image_id = info->image_id;
		return true;
	}
	r = calls_result(&l->calls, no_key, LVLM_REJECTED, about);
	r->class = class;
	r->message = xstrdup(err.text);
	return false;
}

void lvlm_ask(struct lvlm *l, const struct chat_request *request, const char *image,
	      bool fresh, void *about)
{
	struct chat_request q = *request;
	struct picture_info info;
	unsigned char key[16];
	char *path = image ? picture_find(&l->o.image_roots, image) : NULL;
	struct call *c;

	q.model = l->o.model;
	if (path && !q.image_id && !learn_image(l, &q, path, &info, about)) {
		free(path);
		return;
	}
	chat_key(&q, key);
	c = calls_find(&l->calls, key);
	if (c) {
		calls_join(&c->askers, about);
		l->from_ledger++;
		free(path);
	} else if (!fresh && from_ledger(l, key, about)) {
		free(path);
	} else {
		c = calls_open(&l->calls, &q, key, path);
		calls_join(&c->askers, about);
		calls_ready(&l->calls, c);
	}
}

/* ---- sending ---- */

/* Opens the image and writes the body; false: the file says no, the call is over. */
static bool prepare(struct lvlm *l, struct transfer *t, struct call *c)
{
	const char *class;
	struct err err;

	transfer_clear(t);
	if (c->image) {
		t->picture = picture_open(c->image, c->q.image_id, &class, &err);
		if (!t->picture) {
			calls_give_up(&l->calls, c, LVLM_REJECTED, class, err.text);
			return false;
		}
		c->q.image_mime = picture_mime(t->picture);
	}
	chat_body(&c->q, &l->dialect, &t->head, &t->tail);
	return true;
}

static int64_t slots(const struct lvlm *l)
{
	return l->proven && !l->pauses ? l->o.in_flight : 1;
}

static bool can_start(const struct lvlm *l)
{
	return l->calls.ready && l->idle_count && (int64_t)l->flying < slots(l) && !l->fatal &&
	       !l->stopping_since_ms && l->paused_until_ms <= now_ms();
}

static void start_ready(struct lvlm *l)
{
	struct transfer *t;
	struct call *c;

	while (can_start(l)) {
		c = calls_next(&l->calls);
		t = l->idle[l->idle_count - 1];
		if (!prepare(l, t, c))
			continue;
		l->idle_count--;
		t->about = c;
		c->started_ms = now_ms();
		transfer_start(t, l->multi, c->fresh_connection);
		l->flying++;
		l->asked++;
	}
}

/* ---- what came back ---- */

static void retry_later(struct lvlm *l, struct call *c, int64_t wait_ms)
{
	calls_later(&l->calls, c, now_ms() + wait_ms);
	l->retries++;
}

static bool attempts_spent(const struct lvlm *l, const struct call *c, long status)
{
	return c->attempts >= l->o.attempts ||
	       (status == 500 && l->proven && c->server_errors >= SERVER_ERRORS_MAX);
}

static void retry_counted(struct lvlm *l, struct call *c, const struct transfer *t, long status)
{
	int64_t wait = t->retry_after_ms;

	c->attempts++;
	c->server_errors += status == 500;
	if (attempts_spent(l, c, status)) {
		calls_give_up(&l->calls, c, LVLM_FAILED, "transport", c->why.text);
		return;
	}
	if (wait < 0)
		wait = retry_backoff_ms(c->attempts - 1, draw_next(&l->jitter));
	retry_later(l, c, wait);
}

/* The server is away: nothing is sent to it for a while, and no record loses an attempt. */
static void pause_server(struct lvlm *l, struct call *c)
{
	int64_t now = now_ms(), wait = (int64_t)PAUSE_FIRST_MS << (l->pauses < 5 ? l->pauses : 5);
	char text[sizeof(l->fault.text) + 64];

	if (!l->away_since_ms) {
		l->away_since_ms = now;
		note("%s: %s; waiting up to %.0f s", l->endpoint.url, c->why.text, l->o.wait_server_s);
	}
	if ((double)(now - l->away_since_ms) >= l->o.wait_server_s * 1000) {
		snprintf(text, sizeof(text), "%s; gave up after %.0f s", c->why.text,
			 l->o.wait_server_s);
		stop_run(l, EXIT_REFUSED, text);
	}
	if (l->paused_until_ms <= now) {	/* one outage, however many requests saw it */
		l->pauses++;
		l->paused_until_ms = now + (wait < PAUSE_LONGEST_MS ? wait : PAUSE_LONGEST_MS);
	}
	calls_ready(&l->calls, c);
}

static void reject(struct lvlm *l, struct call *c, const struct retry_seen *seen)
{
	char text[sizeof(c->why.text) + 96];

	if (!l->dialect.standard_only &&
	    chat_says_unknown_field(&seen->error, "repetition_penalty")) {
		l->dialect.standard_only = true;
		note("the server knows no repetition_penalty: it is left out from now on");
		calls_ready(&l->calls, c);
	} else if (!l->dialect.completion_tokens &&
		   chat_says_unknown_field(&seen->error, "max_tokens") &&
		   strstr(seen->error.message, "max_completion_tokens")) {
		l->dialect.completion_tokens = true;
		calls_ready(&l->calls, c);
	} else if (c->image && chat_says_no_images(&seen->error)) {
		stop_run(l, EXIT_REFUSED, c->why.text);
		calls_ready(&l->calls, c);
	} else {
		if (!l->proven && ++l->unproven_rejects >= UNPROVEN_MAX) {
			snprintf(text, sizeof(text), "the first %d requests were all refused: %s",
				 UNPROVEN_MAX, c->why.text);
			stop_run(l, EXIT_REFUSED, text);
		}
		calls_give_up(&l->calls, c, LVLM_REJECTED, "rejected_by_server", c->why.text);
	}
}

/* No address in it: it may become part of a reject, which is the same on any server. */
static void describe(struct call *c, const struct retry_seen *seen)
{
	const char *what = seen->error.message;

	if (seen->curl)
		err_set(&c->why, EXIT_REFUSED, "no answer: %s",
			curl_easy_strerror((CURLcode)seen->curl));
	else
		err_set(&c->why, EXIT_REFUSED, "the server answered %ld%s%s", seen->status,
			*what ? ": " : "", what);
}

static void on_failure(struct lvlm *l, struct call *c, const struct transfer *t,
		       const struct retry_seen *seen)
{
	describe(c, seen);
	c->fresh_connection = false;
	if (c->image && seen->curl == CURLE_ABORTED_BY_CALLBACK) {
		calls_give_up(&l->calls, c, LVLM_REJECTED, "image_changed", "the file changed while it was sent");
		return;
	}
	switch (retry_classify(seen)) {
	case RETRY_AT_ONCE:
		c->fresh_connection = true;
		l->retries++;
		calls_ready(&l->calls, c);
		break;
	case RETRY_PAUSE:
		pause_server(l, c);
		break;
	case RETRY_REJECT:
			reject(l, c, seen);
		break;
	case RETRY_STOP:
		stop_run(l, EXIT_REFUSED, c->why.text);
		calls_ready(&l->calls, c);
		break;
	default:
		if (seen->status == 500 && c->image && chat_says_no_images(&seen->error))
			reject(l, c, seen);
		else
			retry_counted(l, c, t, seen->status);
	}
}

static void on_answer(struct lvlm *l, struct call *c, struct chat_reply *reply)
{
	struct answer answer = {
		.content = reply->content, .finish_reason = reply->finish_reason,
		.model = reply->model, .fingerprint = reply->fingerprint,
		.prompt_tokens = reply->prompt_tokens,
		.completion_tokens = reply->completion_tokens,
		.latency_ms = now_ms() - c->started_ms,
	};
	struct result *r;

	l->proven = true;
	l->away_since_ms = l->pauses = 0;
	l->tokens += reply->completion_tokens > 0 ? reply->completion_tokens : 0;
	if (l->ledger)
		answers_put(l->ledger, c->key, &answer);
	r = calls_finish(&l->calls, c, LVLM_ANSWERED);
	r->answer = answer;	/* the texts move */
	*reply = (struct chat_reply){ 0 };
}

/* An empty answer is tried again like a cut body; when attempts are spent it stands. */
static bool settle_empty(struct lvlm *l, struct call *c)
{
	c->attempts++;
	l->proven = true;
	if (c->attempts >= l->o.attempts)
		return true;
	retry_later(l, c, retry_backoff_ms(0, draw_next(&l->jitter)));
	return false;
}

static void take_reply(struct lvlm *l, struct transfer *t, CURLcode code)
{
	struct call *c = t->about;
	struct retry_seen seen = { .curl = (int)code, .should_retry = t->should_retry,
				   .got_bytes = t->reply.len > 0 };
	struct chat_reply reply = { 0 };
	enum chat_got got = CHAT_GARBAGE;
	long connects = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &seen.status);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
	seen.reused = connects == 0;
	seen.got_bytes = seen.got_bytes || seen.status > 0;
	if (code == CURLE_OK)
		got = chat_read(t->reply.data, t->reply.len, &reply, &seen.error);
	if (code == CURLE_OK && seen.status >= 200 && seen.status < 300 && got == CHAT_REPLY) {
		if (*reply.content || settle_empty(l, c))
			on_answer(l, c, &reply);
	} else {
		if (code == CURLE_OK && seen.status >= 200 && seen.status < 300)
			seen.should_retry = 1;	/* garbage or an error under 200: a cut body */
		on_failure(l, c, t, &seen);
	}
	chat_reply_release(&reply);
}

static void take_finished(struct lvlm *l)
{
	struct transfer *t;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left))) {
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		l->flying--;
		take_reply(l, t, m->data.result);
		transfer_stop(t, l->multi);
		transfer_clear(t);
		l->idle[l->idle_count++] = t;
	}
}

bool lvlm_room(const struct lvlm *l)
{
	int64_t open = (int64_t)(l->flying + l->calls.ready_count);

	return !l->fatal && !l->stopping_since_ms && l->calls.result_count < RESULTS_MAX &&
	       open < slots(l) && (int64_t)l->calls.later_count < l->o.in_flight * LATER_PER_SLOT &&
	       (l->proven || !l->calls.later_count);
}

bool lvlm_idle(const struct lvlm *l)
{
	if (l->calls.results)
		return false;
	if (l->fatal)
		return true;
	if (l->stopping_since_ms)
		return !l->flying || now_ms() - l->stopping_since_ms > DRAIN_MS;
	return !l->flying && !l->calls.ready && !l->calls.later;
}

/* The soonest moment something of ours is due; ms from now. */
static int next_due_ms(const struct lvlm *l)
{
	int64_t now = now_ms(), soonest = 1000, commit = l->ledger ? answers_due_ms(l->ledger) : -1;

	if (commit >= 0 && commit < soonest)
		soonest = commit;
	if (l->calls.ready && !l->stopping_since_ms && l->paused_until_ms > now &&
	    l->paused_until_ms - now < soonest)
		soonest = l->paused_until_ms - now;
	soonest = calls_due_ms(&l->calls, now + soonest) - now;
	return soonest > 0 ? (int)soonest : 0;
}

static int commit_if_due(struct lvlm *l)
{
	if (!l->ledger || answers_due_ms(l->ledger) != 0)
		return 0;
	if (!answers_commit(l->ledger, &l->fault))
		return 0;
	l->fatal = true;
	return -1;
}

/* Moves bytes, and takes what finished. */
static void perform(struct lvlm *l)
{
	int running;

	curl_multi_perform(l->multi, &running);
	take_finished(l);
}

static void wait_for_something(struct lvlm *l, int fd)
{
	struct curl_waitfd extra[2] = { { .fd = sig_fd(), .events = CURL_WAIT_POLLIN },
					{ .fd = fd, .events = CURL_WAIT_POLLIN } };
	bool watch = fd >= 0 && lvlm_room(l);

	if (!l->flying && !l->calls.ready && !l->calls.later && !watch)
		return;
	if (l->stopping_since_ms)	/* the signal's fd stays readable */
		curl_multi_poll(l->multi, NULL, 0, next_due_ms(l), NULL);
	else
		curl_multi_poll(l->multi, extra, watch ? 2 : 1, next_due_ms(l), NULL);
	perform(l);
}

int lvlm_wait(struct lvlm *l, int fd, struct err *err)
{
	if (sig_stop() && !l->stopping_since_ms)
		l->stopping_since_ms = now_ms();
	calls_wake(&l->calls, now_ms());
	start_ready(l);
	perform(l);
	if (!l->fatal && !l->calls.results && !can_start(l))
		wait_for_something(l, fd);
	commit_if_due(l);
	if (!l->fatal)
		return 0;
	*err = l->fault;
	return -1;
}

bool lvlm_reply(struct lvlm *l, struct lvlm_reply *reply)
{
	return calls_take(&l->calls, reply);
}

int lvlm_commit(void *ctx, struct err *err)
{
	struct lvlm *l = ctx;

	return l->ledger ? answers_commit(l->ledger, err) : 0;
}

void lvlm_meter(const struct lvlm *l, struct meter_now *now)
{
	now->in_flight = (int64_t)l->flying;
	now->retries = l->retries;
	now->from_ledger = l->from_ledger;
	now->tokens = l->tokens;
}

void lvlm_say(const struct lvlm *l, char *to, size_t size)
{
	snprintf(to, size, "%lld calls, %lld from ledger, %lld retries, %lld tokens",
		 (long long)l->asked, (long long)l->from_ledger, (long long)l->retries,
		 (long long)l->tokens);
}
