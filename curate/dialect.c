/* SPDX-License-Identifier: Apache-2.0
 *
 * See dialect.h.
 */
#include "curate/dialect.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"

static const char *const next_to_choice[] = {
	[CHAT_SCHEMA] = "it does not hold answers to a choice of letters; a JSON schema is tried",
	[CHAT_FREE] = "it does not hold answers to a choice of letters; free text is read",
};

/* The constraint `sent` is not used any more. false: it was given up before. */
static bool drop(struct chat_dialect *d, const struct chat_request *q, enum chat_decode sent,
		 const char **said)
{
	bool *gone = sent == CHAT_CHOICE ? &d->no_choice : &d->no_schema;

	if (sent == CHAT_FREE || *gone)
		return false;
	*gone = true;
	*said = sent == CHAT_CHOICE ? next_to_choice[chat_form(q, d)] :
		"it does not hold answers to a JSON schema; free text is read";
	return true;
}

static bool mentions(const struct chat_error *error, const char *const *words)
{
	for (; *words; words++)
		if (strstr(error->message, *words))
			return true;
	return false;
}

/* A refusal that speaks of a constraint. Late ones come from requests sent before the first. */
static bool refuses_constraint(struct chat_dialect *d, const struct chat_request *q,
			       const struct chat_error *error, const char **said)
{
	static const char *const choice[] = { "structured_outputs", "structured output", "guided_",
					      "guided decoding", NULL };
	static const char *const schema[] = { "response_format", "json_schema", NULL };

	if (!q->letters || q->decode == CHAT_FREE)
		return false;
	if (q->decode != CHAT_SCHEMA && mentions(error, choice))
		return drop(d, q, CHAT_CHOICE, said) || chat_form(q, d) != CHAT_CHOICE;
	if (q->decode != CHAT_CHOICE && mentions(error, schema))
		return drop(d, q, CHAT_SCHEMA, said) || chat_form(q, d) != CHAT_SCHEMA;
	return false;
}

bool dialect_learn(struct chat_dialect *d, const struct chat_request *q,
		   const struct chat_error *error, const char **said)
{
	*said = NULL;
	if (!d->standard_only && chat_says_unknown_field(error, "repetition_penalty")) {
		d->standard_only = true;
		*said = "the server knows no repetition_penalty: it is left out from now on";
		return true;
	}
	if (!d->completion_tokens && chat_says_unknown_field(error, "max_tokens") &&
	    strstr(error->message, "max_completion_tokens")) {
		d->completion_tokens = true;
		return true;
	}
	if (q->no_think && !d->no_template && strstr(error->message, "chat_template_kwargs")) {
		d->no_template = true;
		*said = "the server knows no chat_template_kwargs: --no-think has no effect there";
		return true;
	}
	return refuses_constraint(d, q, error, said);
}

/* {"answer":"B"} -> B. false: it is something else. */
static bool take_envelope_off(struct chat_reply *reply)
{
	cJSON *json = cJSON_Parse(reply->content);
	const cJSON *answer = cJSON_GetObjectItemCaseSensitive(json, "answer");
	bool is = cJSON_IsString(answer);

	if (is) {
		free(reply->content);
		reply->content = xstrdup(answer->valuestring);
	}
	cJSON_Delete(json);
	return is;
}

static bool is_shown_letter(const char *text, const char *letters)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text && strchr(letters, *text) && !text[1 + strspn(text + 1, " \t\r\n")];
}

bool dialect_heard(struct chat_dialect *d, const struct chat_request *q, enum chat_decode sent,
		   struct chat_reply *reply, const char **said)
{
	*said = NULL;
	if (sent == CHAT_SCHEMA)
		take_envelope_off(reply);
	/* A cut answer, a refusal or an empty one says nothing about the constraint. */
	if (sent == CHAT_FREE || !*reply->content || strcmp(reply->finish_reason, "stop") ||
	    is_shown_letter(reply->content, q->letters))
		return false;
	return drop(d, q, sent, said);
}
