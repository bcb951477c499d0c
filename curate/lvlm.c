/* SPDX-License-Identifier: Apache-2.0
 *
 * See lvlm.h. The first half of the policy: what is sent when; what becomes of what came back
 * is lvlm_back.c. Where the calls wait is curate/calls, how bytes move is curate/transfer,
 * what a failure means is curate/retry, which server gets what is curate/pool.
 */
#include "curate/lvlm_in.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/sig.h"
#include "curate/endpoint.h"
#include "curate/picture.h"
#include "schemas/chance.h"

#define RESULTS_MAX 256		/* replies waiting to be taken before we stop asking for more */
#define LATER_PER_SLOT 8	/* calls waiting for a retry, per request in flight */
/*
 * With several servers: calls open per slot, so that each server has some although records come
 * image by image; when half of these wait, an image may go to a server that is not its own.
 */
#define AHEAD 8
#define AHEAD_LEAST 256
#define FILES_OF_OURS 64	/* input, output, ledger, spill, resolver and what else is open */
#define DRAIN_MS 10000		/* after a signal, for answers that are already paid for */

int64_t lvlm_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- opening and closing ---- */

int lvlm_parse_in_flight(const char *text, void *to, struct err *err)
{
	long long n;
	char end;

	if (!strcmp(text, "auto"))
		n = 0;
	else if (sscanf(text, "%lld%c", &n, &end) != 1 || n < 1 || n > 10000)
		return err_set(err, EXIT_USAGE, "takes auto or 1 to 10000, not '%s'", text);
	*(int64_t *)to = n;
	return 0;
}

int lvlm_parse_extra(const char *text, void *to, struct err *err)
{
	struct buf *b = to;

	buf_release(b);		/* given twice, the last counts */
	buf_init(b, BUF_NO_MAX);
	return chat_extra(text, b, err);
}

int lvlm_parse_decode(const char *text, void *to, struct err *err)
{
	static const char *const names[] = { "auto", "choice", "schema", "free" };
	int i;

	for (i = 0; i < 4; i++) {
		if (!strcmp(text, names[i])) {
			*(enum chat_decode *)to = (enum chat_decode)i;
			return 0;
		}
	}
	return err_set(err, EXIT_USAGE, "takes auto, choice, schema or free, not '%s'", text);
}

static int check_options(const struct lvlm_options *o, struct err *err)
{
	if (!o->model || !*o->model)
		return err_set(err, EXIT_USAGE, "which model? -m NAME says it");
	if (o->no_think && o->extra.data && strstr(o->extra.data, "chat_template_kwargs"))
		return err_set(err, EXIT_USAGE, "--no-think sets chat_template_kwargs; --extra has them too");
	if (o->attempts < 1)
		return err_set(err, EXIT_USAGE, "--attempts takes at least 1");
	return lvlm_batch_options(o, err);
}

static const char *ledger_path(const struct lvlm_options *o)
{
	const char *path = o->ledger ? o->ledger : getenv("CAPQA_LEDGER");

	return path && *path ? path : "capqa-ledger.db";
}

/* A dry run creates none. */
static bool wants_ledger(const struct lvlm_options *o)
{
	return !o->no_ledger && (!o->dry_run || !access(ledger_path(o), F_OK));
}

/*
 * A request holds a socket and perhaps an image. The usual limit of 1024 files is for select(),
 * which nothing here uses; what the system allows at most, less a few, is for us.
 */
static size_t most_transfers(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return SIZE_MAX;
	if (files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
		getrlimit(RLIMIT_NOFILE, &files);
	}
	return files.rlim_cur > 4 * FILES_OF_OURS ? (files.rlim_cur - FILES_OF_OURS) / 2 :
	       FILES_OF_OURS;
}

/* A handle for each slot there is by now; servers that join or speed up need more. */
static void make_transfers(struct lvlm *l)
{
	struct transfer_options to = { l->o.timeout_s, l->o.connect_timeout_s };
	size_t slots = (size_t)pool_slots(&l->pool), i;

	if (slots > l->most_transfers)
		slots = l->most_transfers;
	if (slots <= l->all_count)
		return;
	l->all = xrealloc(l->all, slots * sizeof(*l->all));
	l->idle = xrealloc(l->idle, slots * sizeof(*l->idle));
	for (i = l->all_count; i < slots; i++)
		l->all[i] = l->idle[l->idle_count++] = transfer_new(&to);
	l->all_count = slots;
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)slots);
}

/*
 * A request's buffers come and go; memory that goes back to the system in between comes with a
 * page fault for each 4 KB of it. 2,000 pictures of 200 KB: 30,000 faults become 11,000, and the
 * run takes two thirds of the time.
 */
static void keep_freed_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

struct lvlm *lvlm_new(const struct lvlm_options *o, struct err *err)
{
	struct roster_options servers = { o->urls, o->key_env, o->key_file, o->header_file };
	struct lvlm *l;

	if (check_options(o, err))
		return NULL;
	keep_freed_memory();
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		out_of_memory();
	l = xcalloc(1, sizeof(*l));
	l->o = *o;
	calls_init(&l->calls);
	l->jitter.state = (uint64_t)lvlm_now_ms() ^ ((uint64_t)getpid() << 32);
	l->most_transfers = most_transfers();
	l->multi = curl_multi_init();
	if (!l->multi)
		out_of_memory();
	l->when = "";
	l->pictures = pictures_new(o->max_pixels);
	l->said_ms = lvlm_now_ms();
	pool_init(&l->pool, o->in_flight);
	if ((!o->dry_run && !o->batch_out && roster_init(&l->roster, &servers, &l->pool, err)) ||
	    (wants_ledger(o) && !(l->ledger = answers_open(ledger_path(o), err))) ||
	    lvlm_batch_open(l, err)) {
		lvlm_free(l, NULL);
		return NULL;
	}
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
	pictures_free(l->pictures);
	calls_release(&l->calls);
	batch_leave(l->batch);
	result = answers_close(l->ledger, err);
	roster_release(&l->roster, &l->pool);
	pool_release(&l->pool);
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
	estimate_held(&l->estimate, answer.prompt_tokens, answer.completion_tokens);
	l->from_ledger++;
	return 1;
}

/* --dry-run: the request as it would be sent, but for a few bytes of its image's type. */
static void say_missing(struct lvlm *l, const struct chat_request *q, const unsigned char key[16],
			const char *path, void *about)
{
	struct result *r = calls_result(&l->calls, key, LVLM_MISSING, about);
	struct chat_request sent = *q;
	struct chat_dialect plain = { .standard_only = false };
	struct buf head, tail;

	sent.image_mime = "image/jpeg";
	buf_init(&head, BUF_NO_MAX);
	buf_init(&tail, BUF_NO_MAX);
	chat_body(&sent, &plain, &head, &tail);
	r->text_bytes = (int64_t)(head.len + tail.len);
	if (path)
		r->image_bytes = (picture_weight(l->pictures, path, q->image_id) + 2) / 3 * 4;
	r->max_tokens = q->max_tokens;
	buf_release(&head);
	buf_release(&tail);
}

void lvlm_expect(struct lvlm *l, const struct lvlm_reply *missing, const struct chance_left *calls)
{
	struct estimate_request r = { missing->text_bytes, missing->image_bytes, missing->max_tokens,
				      calls->least, calls->most, calls->expected };

	estimate_add(&l->estimate, &r);
}

void lvlm_expect_when(struct lvlm *l, const char *when)
{
	l->when = when;
}

/* A fault of ours, such as no room for what was unpacked. The first one is told. */
static void stop_here(struct lvlm *l, const struct err *why)
{
	if (!l->fatal)
		l->fault = *why;
	l->fatal = true;
}

/* An image whose id no record holds: its bytes say it. false: it is rejected already. */
static bool learn_image(struct lvlm *l, struct chat_request *q, const char *path,
			struct picture_info *info, void *about)
{
	static const unsigned char no_key[16];
	struct result *r;
	struct err err;
	const char *class = picture_probe(l->pictures, path, info, &err);

	if (!class) {
		q->image_id = info->image_id;
		return true;
	}
	if (!*class)
		stop_here(l, &err);
	r = calls_result(&l->calls, no_key, *class ? LVLM_REJECTED : LVLM_FAILED, about);
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
	q.extra = l->o.extra.data;
	q.no_think = l->o.no_think;
	q.max_pixels = image ? l->o.max_pixels : 0;
	if (path && !q.image_id && !learn_image(l, &q, path, &info, about)) {
		free(path);
		return;
	}
	chat_key(&q, key);
	c = calls_find(&l->calls, key);
	if (c) {
		calls_join(&c->askers, about);
		l->shared++;
		free(path);
	} else if (!fresh && from_ledger(l, key, about)) {
		free(path);
	} else if (l->o.dry_run) {
		say_missing(l, &q, key, path, about);
		free(path);
	} else if (l->batch) {
		lvlm_batch_add(l, &q, key, path, about);
		free(path);
	} else {
		c = calls_open(&l->calls, &q, key, path);
		c->home = pool_home(q.home ? q.home : q.image_id ? q.image_id : q.prompt);
		c->q.home = NULL;
		calls_join(&c->askers, about);
		calls_ready(&l->calls, c);
	}
}

/* ---- sending ---- */

/* Opens the image and writes the body; false: the file says no, the call is over. */
static bool prepare(struct lvlm *l, struct transfer *t, struct call *c)
{
	struct endpoint *endpoint = c->server->about;
	const char *class;
	struct err err;

	transfer_clear(t);
	transfer_aim(t, endpoint->url, endpoint->headers);
	if (c->image) {
		t->picture = picture_open(l->pictures, c->image, c->q.image_id, &class, &err);
		if (!t->picture && !*class) {
			stop_here(l, &err);
			calls_ready(&l->calls, c);
			return false;
		}
		if (!t->picture) {
			calls_give_up(&l->calls, c, LVLM_REJECTED, class, err.text);
			return false;
		}
		c->q.image_mime = picture_mime(t->picture);
	}
	c->sent = chat_form(&c->q, &endpoint->dialect);
	chat_body(&c->q, &endpoint->dialect, &t->head, &t->tail);
	return true;
}

/* Nothing is asked before an answer showed that model, key and url are right. */
static bool may_start(const struct lvlm *l)
{
	return l->calls.ready && !l->fatal && !l->stopping_since_ms && (l->proven || !l->flying);
}

static int64_t most_open(const struct lvlm *l)
{
	int64_t slots = pool_slots(&l->pool);

	if (!l->proven || pool_listed(&l->pool) < 2)
		return l->proven ? slots : 1;
	return slots * AHEAD > AHEAD_LEAST ? slots * AHEAD : AHEAD_LEAST;
}

/* Is there a server for it now? */
static bool has_server(void *ctx, struct call *c)
{
	struct lvlm *l = ctx;
	bool spill = (int64_t)l->calls.ready_count * 2 >= most_open(l);

	c->server = pool_choose(&l->pool, c->home, lvlm_now_ms(), spill);
	return c->server != NULL;
}

/* There is something to ask, and nothing comes that could make it needless. */
static bool only_waits(const struct lvlm *l)
{
	return (l->calls.ready || l->calls.later) && !l->flying && !l->calls.results &&
	       !l->fatal && !l->stopping_since_ms;
}

static bool within_budget(struct lvlm *l)
{
	const char *limit = budget_spent(&l->o.budget, l->asked, l->tokens + l->prompt_tokens,
					 time(NULL));

	if (!limit)
		return true;
	note("%s is reached: waiting for %zu answers under way", limit, l->flying);
	l->spent = true;
	l->stopping_since_ms = lvlm_now_ms();
	sig_ask_stop();
	return false;
}

static void start_ready(struct lvlm *l)
{
	struct transfer *t;
	struct call *c;

	make_transfers(l);
	while (may_start(l) && l->idle_count && pool_has_slot(&l->pool, lvlm_now_ms()) &&
	       (c = calls_pick(&l->calls, has_server, l))) {
		t = l->idle[l->idle_count - 1];
		if (!within_budget(l)) {
			calls_ready(&l->calls, c);
			return;
		}
		if (!prepare(l, t, c))
			continue;
		l->idle_count--;
		t->about = c;
		c->started_ms = lvlm_now_ms();
		transfer_start(t, l->multi, c->fresh_connection);
		pool_sent(c->server);
		l->flying++;
		l->asked++;
	}
}

/* ---- the stage's side ---- */

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
		lvlm_back(l, t, m->data.result);
		transfer_stop(t, l->multi);
		transfer_clear(t);
		l->idle[l->idle_count++] = t;
	}
}

bool lvlm_room(const struct lvlm *l)
{
	int64_t open = (int64_t)(l->flying + l->calls.ready_count), slots = pool_slots(&l->pool);

	return !l->fatal && !l->stopping_since_ms && l->calls.result_count < RESULTS_MAX &&
	       open < most_open(l) && (int64_t)l->calls.later_count < slots * LATER_PER_SLOT &&
	       (l->proven || !l->calls.later_count);
}

bool lvlm_hungry(const struct lvlm *l)
{
	return lvlm_room(l) && !budget_counts(&l->o.budget) &&
	       (int64_t)(l->flying + l->calls.ready_count) < pool_slots(&l->pool);
}

bool lvlm_idle(const struct lvlm *l)
{
	if (l->calls.results)
		return false;
	if (l->fatal)
		return l->told;
	if (l->stopping_since_ms)
		return !l->flying || (!l->spent && lvlm_now_ms() - l->stopping_since_ms > DRAIN_MS);
	return !l->flying && !l->calls.ready && !l->calls.later;
}

/* The soonest moment something of ours is due; ms from now. */
static int next_due_ms(const struct lvlm *l)
{
	int64_t now = lvlm_now_ms(), soonest = 1000, commit = l->ledger ? answers_due_ms(l->ledger) : -1;

	if (commit >= 0 && commit < soonest)
		soonest = commit;
	if (l->calls.ready && !l->stopping_since_ms)
		soonest = pool_due_ms(&l->pool, now, now + soonest) - now;
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
	CURLMcode code = curl_multi_perform(l->multi, &running);
	struct err why;

	if (code) {
		err_set(&why, EXIT_SYSTEM, "cannot ask: %s", curl_multi_strerror(code));
		stop_here(l, &why);
	}
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

static void look_for_servers(struct lvlm *l)
{
	const char *fault;
	int changes = roster_look(&l->roster, &l->pool, lvlm_now_ms(), &fault);

	if (fault)
		warn("%s; the servers stay as they are", fault);
	else if (changes)
		note("%zu servers are listed now", pool_listed(&l->pool));
}

int lvlm_wait(struct lvlm *l, int fd, struct err *err)
{
	if (sig_stop() && !l->stopping_since_ms)
		l->stopping_since_ms = lvlm_now_ms();
	look_for_servers(l);
	lvlm_say_servers(l, false);
	calls_wake(&l->calls, lvlm_now_ms());
	if (only_waits(l))	/* a deadline does not wait for a server */
		within_budget(l);
	start_ready(l);
	perform(l);
	start_ready(l);
	if (!l->fatal && !l->calls.results)
		wait_for_something(l, fd);
	commit_if_due(l);
	if (!l->fatal)
		return 0;
	*err = l->fault;
	l->told = true;
	return -1;
}

bool lvlm_reply(struct lvlm *l, struct lvlm_reply *reply)
{
	return calls_take(&l->calls, reply);
}

int lvlm_commit(void *ctx, struct err *err)
{
	struct lvlm *l = ctx;

	if (lvlm_batches(l) && l->fatal) {
		*err = l->fault;
		return -1;
	}
	return l->ledger ? answers_commit(l->ledger, err) : 0;
}
