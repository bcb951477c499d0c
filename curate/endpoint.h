/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint: where requests go: the checked URL and the headers, keys among them. The key comes
 * from the environment or a file, goes into one header and is never shown anywhere. And what
 * was found out about how the server there wants things said.
 */
#ifndef CURATE_ENDPOINT_H
#define CURATE_ENDPOINT_H

#include <curl/curl.h>

#include "cli/msg.h"
#include "schemas/chat.h"

struct endpoint {
	char *url;			/* .../v1/chat/completions */
	struct curl_slist *headers;
	struct chat_dialect dialect;
};

/* base: "http://host:8000/v1" (a bare host gets /v1). 2: not an http(s) URL, or with a
 * password in it; 66: a file cannot be read; 65: a header that is none. */
int endpoint_init(struct endpoint *s, const char *base, const char *key_env, const char *key_file,
		const char *header_file, struct err *err);
void endpoint_release(struct endpoint *s);

/* Puts [...] where `text`, which the server wrote, repeats a key it was sent. */
void endpoint_hide(const struct endpoint *s, char *text);

#endif
