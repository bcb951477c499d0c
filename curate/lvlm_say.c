/* SPDX-License-Identifier: Apache-2.0
 *
 * See lvlm.h: what is said about the asking: progress, the last line, the `run` record.
 */
#include "curate/lvlm_in.h"

#include <stdio.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/span.h"

#define SERVERS_EVERY_MS 30000	/* with -v */

void lvlm_meter(const struct lvlm *l, struct meter_now *now)
{
	now->in_flight = (int64_t)l->flying;
	now->retries = l->retries;
	now->from_ledger = l->from_ledger;
	now->tokens = l->tokens;
}

void lvlm_say(const struct lvlm *l, char *to, size_t size)
{
	char shared[40] = "";	/* equal questions under way: asked once */

	if (l->o.dry_run) {
		estimate_say(&l->estimate, l->o.price_in, l->o.price_out, l->when, to, size);
		return;
	}
	if (l->batch) {
		snprintf(to, size, "%lld requests to %lld files from '%s', %lld from ledger",
			 (long long)batch_lines(l->batch), (long long)batch_files(l->batch),
			 l->o.batch_out, (long long)l->from_ledger);
		return;
	}
	if (l->shared)
		snprintf(shared, sizeof(shared), ", %lld shared", (long long)l->shared);
	snprintf(to, size, "%lld calls, %lld from ledger%s, %lld retries, %lld tokens",
		 (long long)l->asked, (long long)l->from_ledger, shared, (long long)l->retries,
		 (long long)l->tokens);
}

void lvlm_say_servers(struct lvlm *l, bool last)
{
	int64_t now = lvlm_now_ms(), since = now - l->said_ms;
	const struct server *s;
	size_t i;

	if (!l->o.verbose || (!last && since < SERVERS_EVERY_MS))
		return;
	for (i = 0; i < l->pool.count; i++) {
		s = l->pool.servers[i];
		note("%s: %lld answers, %lld failures, %lld of %lld in flight%s", s->url,
		     (long long)s->answered, (long long)s->failed, (long long)s->flying,
		     (long long)s->pace.limit, !s->listed ? ", off the list" :
		     s->pauses ? ", set aside" : "");
	}
	l->said_ms = now;
}

static void add_servers(const struct lvlm *l, struct rec *stats)
{
	const struct server *s;
	struct buf b;
	size_t i;

	buf_init(&b, BUF_NO_MAX);
	buf_addc(&b, '[');
	for (i = 0; i < l->pool.count; i++) {
		s = l->pool.servers[i];
		buf_adds(&b, i ? ",{\"url\":" : "{\"url\":");
		span_quote(&b, s->url, strlen(s->url));
		buf_printf(&b, ",\"calls\":%lld,\"answered\":%lld,\"failed\":%lld,\"in_flight\":%lld}",
			   (long long)s->asked, (long long)s->answered, (long long)s->failed,
			   (long long)s->pace.limit);
	}
	buf_addc(&b, ']');
	rec_set_raw(stats, "endpoints", b.data, b.len);
	buf_release(&b);
}

static void add_one(struct rec *stats, const char *member, const char *text)
{
	struct buf b;

	buf_init(&b, BUF_NO_MAX);
	buf_addc(&b, '[');
	span_quote(&b, text, strlen(text));
	buf_addc(&b, ']');
	rec_set_raw(stats, member, b.data, b.len);
	buf_release(&b);
}

void lvlm_stats(struct lvlm *l, const char *prompt_id, struct rec *stats)
{
	char tokens[96];

	lvlm_say_servers(l, true);
	if (l->batch)
		lvlm_batch_end(l);
	if (!stats)
		return;
	add_one(stats, "models", l->o.model);
	add_one(stats, "prompt_ids", prompt_id);
	rec_set_int(stats, "calls", l->asked);
	rec_set_int(stats, "from_ledger", l->from_ledger);
	snprintf(tokens, sizeof(tokens), "{\"prompt\":%lld,\"completion\":%lld}",
		 (long long)l->prompt_tokens, (long long)l->tokens);
	rec_set_raw(stats, "tokens", tokens, strlen(tokens));
	add_servers(l, stats);
}
