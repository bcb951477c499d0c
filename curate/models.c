/* SPDX-License-Identifier: Apache-2.0
 *
 * See models.h.
 */
#include "curate/models.h"

#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#define BODY_MAX (8u << 20)	/* a gateway lists hundreds of models */

int models_read(const char *body, size_t len, const char *model, struct buf *names, bool *listed)
{
	cJSON *json = cJSON_ParseWithLength(body, len);
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data"), *one, *id;
	int result = cJSON_IsArray(data) ? 0 : -1;

	*listed = false;
	cJSON_ArrayForEach(one, data) {
		id = cJSON_GetObjectItemCaseSensitive(one, "id");
		if (!cJSON_IsString(id))
			continue;
		buf_printf(names, "%s%s", names->len ? ", " : "", id->valuestring);
		*listed = *listed || !strcmp(id->valuestring, model);
	}
	cJSON_Delete(json);
	return result;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *ctx)
{
	return buf_add(ctx, bytes, size * count) ? 0 : size * count;
}

int models_list(const struct endpoint *e, double timeout_s, const char *model, struct buf *names,
		bool *listed, struct err *err)
{
	static const char chat[] = "/chat/completions";
	CURL *easy = curl_easy_init();
	struct buf url, body;
	CURLcode code;
	long status = 0;
	int result = 0;

	if (!easy)
		out_of_memory();
	buf_init(&url, BUF_NO_MAX);
	buf_init(&body, BODY_MAX);
	buf_add(&url, e->url, strlen(e->url) - strlen(chat));
	buf_adds(&url, "/models");
	if (curl_easy_setopt(easy, CURLOPT_URL, url.data) ||
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
		out_of_memory();
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, e->headers);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout_s * 1000));
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (code)
		result = err_set(err, EXIT_REFUSED, "no answer: %s", curl_easy_strerror(code));
	else if (status != 200)
		result = err_set(err, EXIT_REFUSED, "the server answered %ld", status);
	else if (models_read(body.data, body.len, model, names, listed))
		result = err_set(err, EXIT_REFUSED, "the answer is no list of models");
	curl_easy_cleanup(easy);
	buf_release(&url);
	buf_release(&body);
	return result;
}
