/* SPDX-License-Identifier: Apache-2.0
 *
 * See retry.h.
 */
#include "curate/retry.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define FIRST_MS 500
#define LONGEST_MS 60000
#define AFTER_MAX_MS 3600000

/* Where nothing was sent, no record is at fault. */
static enum retry_class of_transport(const struct retry_seen *seen)
{
	switch (seen->curl) {
	case CURLE_COULDNT_CONNECT:
		return RETRY_PAUSE;
	case CURLE_OPERATION_TIMEDOUT:
		return seen->connected ? RETRY_COUNTED : RETRY_PAUSE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
		return RETRY_DOUBT;
	case CURLE_UNSUPPORTED_PROTOCOL:	/* connected: what came was no HTTP */
		return seen->connected ? RETRY_DOUBT : RETRY_STOP;
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return RETRY_STOP;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return seen->reused && !seen->got_bytes ? RETRY_AT_ONCE : RETRY_COUNTED;
	default:
		return RETRY_COUNTED;
	}
}

/* llama-server and vLLM while a model loads or scales. */
static bool is_loading(const struct chat_error *error)
{
	return strcasestr(error->message, "loading") || strcasestr(error->message, "scaling");
}

static enum retry_class of_status(const struct retry_seen *seen)
{
	switch (seen->status) {
	case 401:
	case 402:
	case 403:
	case 404:
		return RETRY_STOP;
	case 400:
	case 413:
	case 422:
	case 501:
		return RETRY_REJECT;
	case 503:
		return is_loading(&seen->error) ? RETRY_PAUSE : RETRY_COUNTED;
	default:
		if (seen->status >= 300 && seen->status < 500 && seen->status != 408 &&
		    seen->status != 409 && seen->status != 429)
			return seen->status < 400 ? RETRY_STOP : RETRY_REJECT;
		return RETRY_COUNTED;
	}
}

enum retry_class retry_classify(const struct retry_seen *seen)
{
	if (chat_says_no_quota(&seen->error))
		return RETRY_STOP;
	/* A refusal may echo an image, and be longer than we read: its status says enough. */
	if (seen->curl == CURLE_WRITE_ERROR && seen->status >= 400)
		return of_status(seen);
	if (seen->curl != CURLE_OK)
		return of_transport(seen);
	if (seen->should_retry == 1)
		return RETRY_COUNTED;
	if (seen->should_retry == 0 && of_status(seen) == RETRY_COUNTED && seen->status >= 400)
		return RETRY_REJECT;
	return of_status(seen);
}

enum pool_sign retry_sign(const struct retry_seen *seen)
{
	if (seen->curl == CURLE_OPERATION_TIMEDOUT || (!seen->curl && seen->status == 503))
		return POOL_SLOW;
	return !seen->curl && seen->status == 429 ? POOL_BUSY : POOL_SICK;
}

int64_t retry_backoff_ms(int attempt, uint64_t random)
{
	int64_t most = attempt > 6 ? LONGEST_MS : (int64_t)FIRST_MS << attempt;

	if (most > LONGEST_MS)
		most = LONGEST_MS;
	return (int64_t)(random % (uint64_t)(most + 1));
}

int64_t retry_after_ms(const char *value, double unit_ms, time_t now)
{
	char *end;
	double number = strtod(value, &end) * unit_ms;
	time_t date;
	int64_t ms;

	if (end != value && number >= 0) {
		ms = number > AFTER_MAX_MS ? AFTER_MAX_MS : (int64_t)number;
	} else {
		date = curl_getdate(value, NULL);
		if (date == (time_t)-1)
			return -1;
		ms = date > now ? (int64_t)(date - now) * 1000 : 0;
	}
	return ms > AFTER_MAX_MS ? AFTER_MAX_MS : ms;
}
