/* SPDX-License-Identifier: Apache-2.0
 *
 * See wire.h. Rules are tried in order. A modifier (latency, close, ignore constraints) that
 * fits is noted and the search goes on; the first other rule that fits ends it.
 */
#include "examples/sim/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli/buf.h"
#include "schemas/hash.h"

#define SCRIPT_MOST (4u << 20)
#define SILENCE_MS 600000	/* longer than any client's patience in a test */

enum modifier { MODIFIER_NO, MODIFIER_LATENCY, MODIFIER_CLOSE, MODIFIER_IGNORE, MODIFIER_HOLD };

struct rule {
	const cJSON *item, *match;
	const char *name;
	struct deed deed;
	enum modifier modifier;
	int64_t met;	/* requests that the rest of `match` fits, for nth and every */
	int64_t hits;
	char *body;	/* owned where the script gave JSON or a number chose it */
};

struct wire {
	cJSON *tree;
	struct rule *rules;
	size_t count;
};

static const struct {
	const char *name;
	enum fault fault;
	enum modifier modifier;
	int status;
	const char *body, *type;
} deeds[] = {
	{ "status", FAULT_STATUS, 0, 500, NULL, NULL },
	{ "loading", FAULT_STATUS, 0, 503,
	  "{\"error\":{\"message\":\"Loading model\",\"type\":\"unavailable_error\","
	  "\"code\":503}}", NULL },
	{ "quota", FAULT_STATUS, 0, 429,
	  "{\"error\":{\"message\":\"You exceeded your current quota.\",\"type\":"
	  "\"insufficient_quota\",\"param\":null,\"code\":\"insufficient_quota\"}}", NULL },
	{ "hangup", FAULT_HANGUP, 0, 0, NULL, NULL },
	{ "reset", FAULT_RESET, 0, 0, NULL, NULL },
	{ "reset middle", FAULT_RESET_MIDDLE, 0, 0, NULL, NULL },
	{ "cut", FAULT_CUT, 0, 0, NULL, NULL },
	{ "html", FAULT_BODY, 0, 200, "<html><body><h1>Welcome to nginx!</h1></body></html>\n",
	  "text/html" },
	{ "plain", FAULT_BODY, 0, 500, "Internal Server Error", "text/plain" },
	{ "broken json", FAULT_BODY, 0, 200, "{\"id\":\"chatcmpl-1\",\"choices\":[{\"mess",
	  "application/json" },
	{ "wrong shape", FAULT_BODY, 0, 200, "{\"object\":\"list\",\"choices\":[]}",
	  "application/json" },
	{ "error 200", FAULT_BODY, 0, 200,
	  "{\"error\":{\"message\":\"Provider returned error\",\"code\":502}}",
	  "application/json" },
	{ "body", FAULT_BODY, 0, 200, "", "application/json" },
	{ "silence", FAULT_SILENCE, 0, 0, NULL, NULL },
	{ "empty", FAULT_EMPTY, 0, 200, NULL, NULL },
	{ "null", FAULT_NULL, 0, 200, NULL, NULL },
	{ "refusal", FAULT_TEXT, 0, 200, "I'm sorry, but I can't help with that.", NULL },
	{ "degenerate", FAULT_TEXT, 0, 200,
	  "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", NULL },
	{ "text", FAULT_TEXT, 0, 200, "", NULL },
	{ "reasoning", FAULT_REASONING, 0, 200, NULL, NULL },
	{ "reasoning only", FAULT_REASONING_ONLY, 0, 200, NULL, NULL },
	{ "think", FAULT_THINK, 0, 200, NULL, NULL },
	{ "length", FAULT_LENGTH, 0, 200, NULL, NULL },
	{ "echo", FAULT_ECHO, 0, 400, NULL, NULL },
	{ "latency", FAULT_NONE, MODIFIER_LATENCY, 0, NULL, NULL },
	{ "hold", FAULT_NONE, MODIFIER_HOLD, 0, NULL, NULL },
	{ "close", FAULT_NONE, MODIFIER_CLOSE, 0, NULL, NULL },
	{ "ignore constraints", FAULT_NONE, MODIFIER_IGNORE, 0, NULL, NULL },
};

static const cJSON *member(const cJSON *item, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(item, name);
}

static const char *text_of(const cJSON *item, const char *name)
{
	return cJSON_GetStringValue(member(item, name));
}

static int64_t number_of(const cJSON *item, const char *name, int64_t otherwise)
{
	const cJSON *number = member(item, name);

	return cJSON_IsNumber(number) ? (int64_t)number->valuedouble : otherwise;
}

/* "status 429" -> the table's row of "status", 429 in *number (else -1). */
static int find_deed(const char *text, int64_t *number)
{
	size_t len = strlen(text), n;
	char *end;

	*number = -1;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (!strcmp(deeds[i].name, text))
			return (int)i;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		n = strlen(deeds[i].name);
		if (len < n + 2 || strncmp(text, deeds[i].name, n) || text[n] != ' ')
			continue;
		*number = strtoll(text + n + 1, &end, 10);
		if (!*end && *number >= 0)
			return (int)i;
	}
	return -1;
}

static void fill_deed(struct rule *rule, int row, int64_t number)
{
	const cJSON *body = member(rule->item, "body");
	bool time = deeds[row].modifier == MODIFIER_LATENCY ||
		    deeds[row].fault == FAULT_SILENCE;
	struct deed *deed = &rule->deed;

	rule->modifier = deeds[row].modifier;
	deed->fault = deeds[row].fault;
	deed->name = rule->name;
	deed->body = deeds[row].body;
	deed->type = text_of(rule->item, "type");
	if (!deed->type)
		deed->type = deeds[row].type;
	deed->status = number >= 0 && !time ? (int)number : deeds[row].status;
	if (time)
		deed->delay_ms = number >= 0 ? number : SILENCE_MS;
	deed->retry_after = text_of(rule->item, "retry_after");
	deed->retry_after_ms = text_of(rule->item, "retry_after_ms");
	deed->location = text_of(rule->item, "location");
	deed->close = cJSON_IsTrue(member(rule->item, "close"));
	if (cJSON_IsString(body))
		deed->body = body->valuestring;
	else if (body)
		deed->body = rule->body = cJSON_PrintUnformatted(body);
}

static int check_names(const cJSON *item, const char *const *known, struct err *err)
{
	const cJSON *one;
	size_t i;

	cJSON_ArrayForEach(one, item) {
		for (i = 0; known[i] && strcmp(known[i], one->string); i++)
			;
		if (!known[i])
			return err_set(err, EXIT_DATA, "wire rule has an unknown member '%s'",
				       one->string);
	}
	return 0;
}

static int add_rule(struct wire *w, const cJSON *item, struct err *err)
{
	static const char *const members[] = { "match", "times", "first", "do", "body", "type",
		"retry_after", "retry_after_ms", "location", "close", "about", NULL };
	static const char *const matches[] = { "model", "kind", "image", "contains", "nth",
		"every", "share", NULL };
	struct rule *rule = &w->rules[w->count++];
	int64_t number;
	int row;

	rule->item = item;
	rule->match = member(item, "match");
	rule->name = text_of(item, "do");
	if (!rule->name)
		return err_set(err, EXIT_DATA, "a wire rule needs a text 'do'");
	row = find_deed(rule->name, &number);
	if (row < 0)
		return err_set(err, EXIT_DATA, "wire does not know how to do '%s'", rule->name);
	if (number >= 0 && deeds[row].fault == FAULT_STATUS && (number < 200 || number > 599))
		return err_set(err, EXIT_DATA, "'%s' is no HTTP status", rule->name);
	if (check_names(item, members, err) || check_names(rule->match, matches, err))
		return -1;
	fill_deed(rule, row, number);
	return 0;
}

struct wire *wire_parse(const char *json, struct err *err)
{
	struct wire *w = xcalloc(1, sizeof(*w));
	const cJSON *list, *item;

	w->tree = cJSON_Parse(json);
	list = cJSON_IsArray(w->tree) ? w->tree : member(w->tree, "rules");
	if (!cJSON_IsArray(list)) {
		err_set(err, EXIT_DATA, "a wire script is a JSON list of rules");
		goto fail;
	}
	w->rules = xcalloc((size_t)cJSON_GetArraySize(list), sizeof(*w->rules));
	cJSON_ArrayForEach(item, list)
		if (add_rule(w, item, err))
			goto fail;
	return w;
fail:
	wire_free(w);
	return NULL;
}

struct wire *wire_open(const char *path, struct err *err)
{
	FILE *f = fopen(path, "rb");
	struct wire *w = NULL;
	struct buf text;
	size_t n;
	char *at;

	if (!f) {
		err_set(err, EXIT_NOINPUT, "cannot open '%s': %s", path, strerror(errno));
		return NULL;
	}
	buf_init(&text, SCRIPT_MOST);
	while ((at = buf_room(&text, 4096)) && (n = fread(at, 1, 4096, f)) > 0) {
		text.len += n;
		text.data[text.len] = '\0';
	}
	if (ferror(f) || text.full)
		err_set(err, EXIT_NOINPUT, "cannot read '%s', or it is too large", path);
	else
		w = wire_parse(text.data, err);
	fclose(f);
	buf_release(&text);
	return w;
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->rules[i].body);
	free(w->rules);
	cJSON_Delete(w->tree);
	free(w);
}

void wire_reset(struct wire *w)
{
	for (size_t i = 0; w && i < w->count; i++)
		w->rules[i].met = w->rules[i].hits = 0;
}

static bool same(const cJSON *match, const char *name, const char *value)
{
	const char *wanted = text_of(match, name);

	return !wanted || !strcmp(wanted, value);
}

static bool chosen_by_share(const cJSON *match, const struct seen *seen, size_t rule)
{
	const cJSON *share = member(match, "share");
	uint64_t attempt = (uint64_t)seen->attempt * 0x9e3779b97f4a7c15u;
	struct draw d = { seen->body_hash + attempt + rule };

	if (!cJSON_IsNumber(share))
		return true;
	return (double)(draw_next(&d) >> 11) / 9007199254740992.0 < share->valuedouble;
}

static bool chosen_by_number(const cJSON *match, int64_t met)
{
	const cJSON *nth = member(match, "nth"), *one;
	int64_t every = number_of(match, "every", 0);

	if (every > 0 && met % every)
		return false;
	if (!nth)
		return true;
	if (cJSON_IsNumber(nth))
		return met == (int64_t)nth->valuedouble;
	cJSON_ArrayForEach(one, nth)
		if (cJSON_IsNumber(one) && met == (int64_t)one->valuedouble)
			return true;
	return false;
}

static bool fits(struct wire *w, size_t number, const struct seen *seen)
{
	struct rule *rule = &w->rules[number];
	const char *contains = text_of(rule->match, "contains");
	int64_t times = number_of(rule->item, "times", INT64_MAX);

	if (seen->probe && !text_of(rule->match, "kind"))
		return false;
	if (!same(rule->match, "model", seen->model) ||
	    !same(rule->match, "kind", seen->kind) || !same(rule->match, "image", seen->image))
		return false;
	if (contains && !strstr(seen->body, contains))
		return false;
	if (seen->attempt > number_of(rule->item, "first", INT64_MAX))
		return false;
	rule->met++;
	if (rule->hits >= times || !chosen_by_number(rule->match, rule->met) ||
	    !chosen_by_share(rule->match, seen, number))
		return false;
	rule->hits++;
	return true;
}

void wire_decide(struct wire *w, const struct seen *seen, struct deed *out)
{
	struct deed modified = { .name = "" };
	const struct rule *rule;

	for (size_t i = 0; w && i < w->count; i++) {
		rule = &w->rules[i];
		if (!fits(w, i, seen))
			continue;
		modified.close |= rule->modifier == MODIFIER_CLOSE || rule->deed.close;
		modified.unconstrained |= rule->modifier == MODIFIER_IGNORE;
		modified.hold |= rule->modifier == MODIFIER_HOLD;
		if (rule->modifier == MODIFIER_LATENCY)
			modified.delay_ms += rule->deed.delay_ms;
		modified.name = rule->name;
		if (rule->modifier)
			continue;
		*out = rule->deed;
		out->delay_ms += modified.delay_ms;
		out->close |= modified.close;
		out->unconstrained |= modified.unconstrained;
		out->hold |= modified.hold;
		return;
	}
	*out = modified;
}

size_t wire_count(const struct wire *w)
{
	return w ? w->count : 0;
}

int64_t wire_hits(const struct wire *w, size_t rule)
{
	return w->rules[rule].hits;
}

const char *wire_name(const struct wire *w, size_t rule)
{
	return w->rules[rule].name;
}
