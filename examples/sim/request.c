/* SPDX-License-Identifier: Apache-2.0
 *
 * See request.h.
 */
#include "examples/sim/request.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "examples/sim/dataurl.h"

#define TOKENS_PER_IMAGE 256

static int refuse(struct refusal *no, const char *param, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct refusal *no, const char *param, const char *format, ...)
{
	va_list ap;

	no->status = 400;
	no->type = "BadRequestError";
	no->param = param;
	va_start(ap, format);
	vsnprintf(no->message, sizeof(no->message), format, ap);
	va_end(ap);
	return -1;
}

static const cJSON *member(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNull(item) ? NULL : item;	/* null is as good as absent */
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member(object, name));
}

static int read_image(struct request *r, const cJSON *part, struct refusal *no)
{
	const char *url = text_of(member(part, "image_url"), "url");
	char hash[HASH_HEX];
	const char *wrong;
	size_t bytes = 0;

	if (!url)
		return refuse(no, "messages", "image_url must be an object with a text 'url'");
	wrong = dataurl_read(url, hash, &bytes);
	if (wrong)
		return refuse(no, "messages", "%s", wrong);
	if (!r->images++)
		memcpy(r->image, hash, sizeof(hash));
	r->image_bytes += bytes;
	return 0;
}

static int read_part(struct request *r, const cJSON *part, struct buf *text, bool *words,
		     struct refusal *no)
{
	const char *type = text_of(part, "type");

	if (type && !strcmp(type, "text") && text_of(part, "text")) {
		buf_adds(text, text_of(part, "text"));
		buf_addc(text, '\n');
		*words = true;
		return 0;
	}
	if (!type || strcmp(type, "image_url"))
		return refuse(no, "messages", "unknown part type '%.40s'", type ? type : "");
	if (!r->images && *words)
		r->text_before_image = true;
	return read_image(r, part, no);
}

static int read_message(struct request *r, const cJSON *message, struct buf *text,
			struct refusal *no)
{
	const cJSON *content = member(message, "content"), *part;
	bool words = false;

	if (!text_of(message, "role"))
		return refuse(no, "messages", "a message needs a role");
	if (cJSON_IsString(content)) {
		buf_adds(text, content->valuestring);
		buf_addc(text, '\n');
		return 0;
	}
	if (!cJSON_IsArray(content))
		return refuse(no, "messages", "content must be text or a list of parts");
	cJSON_ArrayForEach(part, content)
		if (read_part(r, part, text, &words, no))
			return -1;
	return 0;
}

static int read_number(const cJSON *tree, const char *name, double low, double high,
		       double *to, struct refusal *no)
{
	const cJSON *item = member(tree, name);

	if (!item)
		return 0;
	if (!cJSON_IsNumber(item) || isnan(item->valuedouble))
		return refuse(no, name, "%s must be a number", name);
	if (item->valuedouble < low || item->valuedouble > high)
		return refuse(no, name, "%s must be in [%g, %g], got %g.", name, low, high,
			      item->valuedouble);
	*to = item->valuedouble;
	return 0;
}

static int read_sampling(struct request *r, struct hash *h, struct refusal *no)
{
	double temperature = 1, top_p = 1, seed = -1, tokens = -1, n = 1;

	if (read_number(r->tree, "temperature", 0, 2, &temperature, no) ||
	    read_number(r->tree, "top_p", 1e-9, 1, &top_p, no) ||
	    read_number(r->tree, "seed", -9.3e18, 9.3e18, &seed, no) ||
	    read_number(r->tree, "n", 1, 16384, &n, no) ||
	    read_number(r->tree, "max_tokens", 1, 1e9, &tokens, no) ||
	    read_number(r->tree, "max_completion_tokens", 1, 1e9, &tokens, no))
		return -1;
	r->max_tokens = (int64_t)tokens;
	hash_bytes(h, &temperature, sizeof(temperature));
	hash_bytes(h, &seed, sizeof(seed));
	return 0;
}

static void add_choices(struct request *r, const cJSON *list)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && r->choice_count < REQUEST_CHOICES)
			r->choices[r->choice_count++] = one->valuestring;
}

/* A bare enum, or an object whose first property with an enum is filled. */
static void add_schema(struct request *r, const cJSON *schema)
{
	const cJSON *property;

	r->json = true;
	r->choice_count = 0;
	add_choices(r, member(schema, "enum"));
	if (r->choice_count)
		return;
	cJSON_ArrayForEach(property, member(schema, "properties")) {
		add_choices(r, member(property, "enum"));
		r->property = property->string;
		if (r->choice_count)
			return;
	}
}

static int read_response_format(struct request *r, const cJSON *format, bool obey,
				struct refusal *no)
{
	const cJSON *schema = member(format, "json_schema");
	const char *type = text_of(format, "type");

	if (!type)
		return refuse(no, "response_format", "response_format needs a type");
	if (strcmp(type, "json_schema"))
		return 0;
	if (!text_of(schema, "name") || !cJSON_IsObject(member(schema, "schema")))
		return refuse(no, "response_format", "json_schema needs 'name' and 'schema'");
	if (obey)
		add_schema(r, member(schema, "schema"));
	return 0;
}

static int read_constraint(struct request *r, enum request_dialect dialect, struct refusal *no)
{
	static const char *const kinds[] = { "json", "regex", "choice", "grammar",
					     "json_object", "structural_tag" };
	const cJSON *outputs = member(r->tree, "structured_outputs");
	const cJSON *format = member(r->tree, "response_format");
	bool new_fields = dialect == DIALECT_ALL || dialect == DIALECT_NEW;
	int set = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		set += member(outputs, kinds[i]) != NULL;
	if (set > 1 && new_fields)
		return refuse(no, "structured_outputs",
			      "You can only use one kind of structured outputs constraint");
	if (new_fields)
		add_choices(r, member(outputs, "choice"));
	if (!r->choice_count && (dialect == DIALECT_ALL || dialect == DIALECT_OLD))
		add_choices(r, member(r->tree, "guided_choice"));
	if (format)
		return read_response_format(r, format, dialect != DIALECT_NONE, no);
	return 0;
}

static int read_messages(struct request *r, struct buf *text, struct hash *h,
			 struct refusal *no)
{
	const cJSON *messages = member(r->tree, "messages"), *one;

	if (!cJSON_IsArray(messages) || !cJSON_GetArraySize(messages))
		return refuse(no, "messages", "messages must be a list with a message in it");
	cJSON_ArrayForEach(one, messages)
		if (read_message(r, one, text, no))
			return -1;
	hash_text(h, text->data);
	hash_text(h, r->image);
	return 0;
}

int request_read(struct request *r, const char *body, size_t len, enum request_dialect dialect,
		 struct refusal *no)
{
	struct buf text;
	struct hash h;
	int bad = -1;

	memset(r, 0, sizeof(*r));
	buf_init(&text, BUF_NO_MAX);
	hash_init(&h);
	r->tree = cJSON_ParseWithLength(body, len);
	if (!cJSON_IsObject(r->tree)) {
		/* vLLM's validation errors hold the input; so does this one, up to its size. */
		refuse(no, NULL, "[{'type': 'json_invalid', 'msg': 'JSON decode error', "
		       "'input': '%.*s'}]", len < 200 ? (int)len : 200, body);
		goto out;
	}
	r->model = text_of(r->tree, "model");
	if (!r->model) {
		refuse(no, "model", "Field required: model");
		goto out;
	}
	hash_text(&h, r->model);
	bad = read_messages(r, &text, &h, no) || read_sampling(r, &h, no) ||
	      read_constraint(r, dialect, no);
	r->logical = hash_low(&h);
out:
	r->text = buf_take(&text);
	hash_release(&h);
	if (bad)
		request_release(r);
	return bad ? -1 : 0;
}

void request_release(struct request *r)
{
	cJSON_Delete(r->tree);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

int64_t request_tokens(const struct request *r)
{
	return (int64_t)(strlen(r->text) + 3) / 4 + (int64_t)r->images * TOKENS_PER_IMAGE + 4;
}
