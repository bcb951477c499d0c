/* SPDX-License-Identifier: Apache-2.0
 *
 * See envelope.h.
 */
#include "examples/sim/envelope.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include <cjson/cJSON.h>

void envelope_text(struct buf *out, const char *text)
{
	cJSON item = { .type = cJSON_String, .valuestring = (char *)(uintptr_t)text };
	char *printed;

	if (!text) {
		buf_adds(out, "null");
		return;
	}
	printed = cJSON_PrintUnformatted(&item);
	buf_adds(out, printed);
	free(printed);
}

void envelope_reply(struct buf *out, const struct envelope *e)
{
	const char *member = e->reasoning_member ? e->reasoning_member : "reasoning";

	/* The clock in `created` is what servers send; nothing may let it enter a record. */
	buf_printf(out, "{\"id\":\"chatcmpl-%016" PRIx64 "\",\"object\":\"chat.completion\","
		   "\"created\":%lld,\"model\":", e->id, (long long)time(NULL));
	envelope_text(out, e->model);
	buf_adds(out, ",\"choices\":[{\"index\":0,\"message\":"
		 "{\"role\":\"assistant\",\"content\":");
	envelope_text(out, e->content);
	buf_printf(out, ",\"refusal\":null,\"annotations\":null,\"audio\":null,"
		   "\"function_call\":null,\"tool_calls\":[],\"%s\":", member);
	envelope_text(out, e->reasoning);
	buf_adds(out, "},\"logprobs\":null,\"finish_reason\":");
	envelope_text(out, e->finish);
	buf_adds(out, ",\"stop_reason\":null,\"token_ids\":null}],\"service_tier\":null,"
		 "\"system_fingerprint\":null,");
	buf_printf(out, "\"usage\":{\"prompt_tokens\":%" PRId64 ",\"total_tokens\":%" PRId64
		   ",\"completion_tokens\":%" PRId64 ",\"prompt_tokens_details\":null},",
		   e->prompt_tokens, e->prompt_tokens + e->completion_tokens,
		   e->completion_tokens);
	buf_adds(out, "\"prompt_logprobs\":null,\"prompt_token_ids\":null,"
		 "\"kv_transfer_params\":null,\"simulated\":true}");
}

const char *envelope_type(int status)
{
	switch (status) {
	case 404:
		return "NotFoundError";
	case 429:
		return "rate_limit_exceeded";
	case 501:
		return "NotImplementedError";
	case 503:
		return "ServiceUnavailableError";
	default:
		return status >= 500 ? "InternalServerError" : "BadRequestError";
	}
}

void envelope_error(struct buf *out, int status, const char *message, const char *type,
		    const char *param)
{
	buf_adds(out, "{\"error\":{\"message\":");
	envelope_text(out, message);
	buf_adds(out, ",\"type\":");
	envelope_text(out, type ? type : envelope_type(status));
	buf_adds(out, ",\"param\":");
	envelope_text(out, param);
	buf_printf(out, ",\"code\":%d}}", status);
}
