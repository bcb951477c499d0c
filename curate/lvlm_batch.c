/* SPDX-License-Identifier: Apache-2.0
 *
 * See lvlm.h: --batch-out, where what the ledger lacks is written instead of asked.
 */
#include "curate/lvlm_in.h"

#include <string.h>

#include "cli/buf.h"
#include "cli/sig.h"

int lvlm_batch_options(const struct lvlm_options *o, struct err *err)
{
	if (o->batch_for && strcmp(o->batch_for, "openai") && strcmp(o->batch_for, "vllm"))
		return err_set(err, EXIT_USAGE, "--batch-for takes openai or vllm, not '%s'",
			       o->batch_for);
	if (o->batch_for && !o->batch_out)
		return err_set(err, EXIT_USAGE, "--batch-for says how to write --batch-out");
	if (o->batch_out && (o->dry_run || o->no_ledger))
		return err_set(err, EXIT_USAGE, "--batch-out needs a ledger, and writes: no --dry-run "
			       "or --no-ledger with it");
	if (o->batch_out && (o->budget.requests >= 0 || o->budget.tokens >= 0 || o->budget.deadline))
		return err_set(err, EXIT_USAGE, "--batch-out asks nothing, so there is nothing for "
			       "--max-requests, --max-tokens-total or --deadline to end; -n and "
			       "--part make a smaller batch");
	return 0;
}

static enum batch_engine engine_of(const struct lvlm_options *o)
{
	return o->batch_for && !strcmp(o->batch_for, "openai") ? BATCH_OPENAI : BATCH_VLLM;
}

int lvlm_batch_open(struct lvlm *l, struct err *err)
{
	if (l->o.batch_out)
		l->batch = batch_open(l->o.batch_out, engine_of(&l->o), err);
	return l->o.batch_out && !l->batch ? -1 : 0;
}

void lvlm_batch_add(struct lvlm *l, const struct chat_request *q,
		    const unsigned char key[16], const char *path, void *about)
{
	struct result *r = calls_result(&l->calls, key, LVLM_FAILED, about);
	struct err err = { .text = "waits for the batch's answer" };
	const char *class;
	int bad = batch_add(l->batch, l->pictures, q, key, path, &class, &err);

	if (bad && class && *class)
		r->outcome = LVLM_REJECTED;
	if (bad && !(class && *class)) {
		l->fatal = true;
		l->fault = err;
	}
	r->in_batch = !bad;
	r->class = bad && class ? class : "in_batch";
	r->message = xstrdup(err.text);
}

bool lvlm_batches(const struct lvlm *l)
{
	return l->o.batch_out != NULL;
}

void lvlm_batch_end(struct lvlm *l)
{
	bool missing = batch_lines(l->batch) > 0;

	if (l->fatal || sig_stop())
		batch_leave(l->batch);
	else if (batch_settle(l->batch, &l->fault))
		l->fatal = true;
	else if (missing)
		sig_ask_stop();
	l->batch = NULL;
}
