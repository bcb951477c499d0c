/* SPDX-License-Identifier: Apache-2.0
 *
 * ping: asks one server a few things and says what it can do: which models it lists, whether
 * this one answers, whether it sees images, whether it can be held to letters, how fast.
 *
 *	capqa ping -u http://localhost:8000/v1 -m Qwen2.5-VL-3B-Instruct
 *
 * Whether images arrive shows only in an answer that needs one: servers have dropped them
 * with status 200. So two squares of one colour each are drawn, and both must be named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "curate/lvlm.h"
#include "curate/models.h"
#include "store/pixels.h"

#define SIDE 224	/* pixels; what most vision encoders take at least */

static struct {
	struct lvlm_options model;
	const char *image;
} opt = { .model = { .budget = BUDGET_NONE, .no_ledger = true, .timeout_s = 600, .attempts = 1,
		     .connect_timeout_s = 10, .in_flight = 1 } };

static const struct opt ping_table[] = {
	{ 'm', "model", OPT_TEXT, &opt.model.model, "NAME", "the model to ask", NULL },
	{ 'u', "url", OPT_LIST, &opt.model.urls, "URL",
	  "the server, up to and with /v1; default: $OPENAI_BASE_URL", NULL },
	{ 0, "image", OPT_TEXT, &opt.image, "FILE",
	  "send this picture and show what is said of it; then a model without eyes is a no", NULL },
	{ 0, "api-key-env", OPT_TEXT, &opt.model.key_env, "VAR",
	  "the environment variable that holds the key (OPENAI_API_KEY)", NULL },
	{ 0, "api-key-file", OPT_TEXT, &opt.model.key_file, "FILE", "a file that holds the key", NULL },
	{ 0, "header-file", OPT_TEXT, &opt.model.header_file, "FILE",
	  "further request headers, one 'Name: value' a line", NULL },
	{ 0, "timeout", OPT_SECONDS, &opt.model.timeout_s, "SECONDS", "for one answer (600)", NULL },
	{ 0, "extra", OPT_PARSE, &opt.model.extra, "JSON", "further members of the request's body",
	  lvlm_parse_extra },
	{ 0, "no-think", OPT_FLAG, &opt.model.no_think, NULL, "ask for no reasoning", NULL },
	{ 0 }
};
static const struct opt_block blocks[] = { { "Server", ping_table }, { NULL, NULL } };
static const struct about about = {
	"capqa ping", "", "ask one server what it can do",
	"Says the models, an answer, whether images are seen and answers held to letters, and\n"
	"how long each took. Leaves with 69 when the server says no.\n\n"
	"  capqa ping -u http://localhost:8000/v1 -m Qwen2.5-VL-3B-Instruct\n", blocks
};

/* One answer. Its text is the caller's; NULL: err says why there is none. */
static char *ask(struct chat_request *q, const char *image, int64_t *ms, struct err *err)
{
	struct lvlm *model = lvlm_new_or_die(&opt.model);
	struct lvlm_reply reply;
	char *said = NULL;
	int64_t start = lvlm_now_ms();
	bool over = false;

	q->temperature = 0;
	q->top_p = q->repetition_penalty = 1;
	q->max_tokens = 64;
	q->seed = -1;
	lvlm_ask(model, q, image, true, NULL);
	while (!over && !lvlm_idle(model)) {
		over = lvlm_wait(model, -1, err) != 0;
		if (over || !lvlm_reply(model, &reply))
			continue;
		if (reply.outcome == LVLM_ANSWERED)
			said = xstrdup(reply.content);
		else
			err_set(err, EXIT_REFUSED, "%s", reply.message);
		over = true;
	}
	*ms = lvlm_now_ms() - start;
	while (lvlm_abandon(model))
		;
	lvlm_free(model, NULL);
	if (!said && sig_stop())
		exit(sig_stop());
	return said;
}

static void say(const char *what, const char *text)
{
	struct buf line;

	buf_init(&line, BUF_NO_MAX);
	msg_clean(&line, text, strlen(text));
	printf("%-8s %s\n", what, line.data ? line.data : "");
	buf_release(&line);
}

static void list_models(void)
{
	const char *url = opt.model.urls.count ? opt.model.urls.items[0] : getenv("OPENAI_BASE_URL");
	struct endpoint e;
	struct buf names;
	struct err err;
	bool listed;

	if (!url)
		die(EXIT_USAGE, "which server? -u URL or OPENAI_BASE_URL says it");
	if (endpoint_init(&e, url, opt.model.key_env, opt.model.key_file, opt.model.header_file, &err))
		die_err(&err);
	buf_init(&names, BUF_NO_MAX);
	say("server", e.url);
	if (models_list(&e, opt.model.timeout_s, opt.model.model, &names, &listed, &err))
		buf_printf(&names, "not listed: %s", err.text);
	else if (!listed)
		buf_printf(&names, "; '%s' is not among them", opt.model.model);
	say("models", names.data);
	buf_release(&names);
	endpoint_release(&e);
}

static int try_text(void)
{
	struct chat_request q = { .prompt = "Say hello in one short sentence." };
	struct err err = { .text = "" };
	char line[512], *said;
	int64_t ms;

	said = ask(&q, NULL, &ms, &err);
	if (!said)
		snprintf(line, sizeof(line), "no: %s", err.text);
	else
		snprintf(line, sizeof(line), "%lld ms: \"%.160s\"", (long long)ms, said);
	say("text", line);
	free(said);
	return said ? 0 : -1;
}

/* A prompt that wants prose: what comes as one bare letter was held to it. */
static void try_letters(void)
{
	static const struct { enum chat_decode decode; const char *held; } ways[] = {
		{ CHAT_CHOICE, "held by a choice of letters (--decode choice)" },
		{ CHAT_SCHEMA, "held by a JSON schema (--decode schema)" },
	};
	struct err err = { .text = "" };
	char *said;
	int64_t ms;
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct chat_request q = {
			.prompt = "Explain in two full sentences why the sky is blue.",
			.letters = "XYZ", .decode = ways[i].decode,
		};

		said = ask(&q, NULL, &ms, &err);
		if (said && strlen(said) == 1 && strchr(q.letters, *said)) {
			free(said);
			say("letters", ways[i].held);
			return;
		}
		free(said);
	}
	say("letters", "not held: answers are read as text");
}

/* Sends a square of one colour; 1: it was named, 0: something else was, -1: no answer. */
static int names_colour(const char *colour, int rgb, int64_t *ms, struct err *err)
{
	struct chat_request q = { .prompt = "Which colour fills this picture? Answer with one word." };
	const char *folder = getenv("TMPDIR");
	char path[4096], *said = NULL;
	int fd, seen = -1;
	struct buf png;

	buf_init(&png, BUF_NO_MAX);
	snprintf(path, sizeof(path), "%s/capqa-ping-XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0 || pixels_plain(&png, SIDE, SIDE, rgb, err) ||
	    write(fd, png.data, png.len) != (ssize_t)png.len)
		die(EXIT_SYSTEM, "cannot make a picture in '%s':", path);
	close(fd);
	said = ask(&q, path, ms, err);
	unlink(path);
	if (said)
		seen = strcasestr(said, colour) != NULL;
	free(said);
	buf_release(&png);
	return seen;
}

static int try_image(void)
{
	struct chat_request q = { .prompt = "What does this picture show? Answer in one sentence." };
	struct err err = { .text = "" };
	char line[512], *said;
	int64_t ms, more;
	int red, blue;

	if (opt.image) {
		said = ask(&q, opt.image, &ms, &err);
		if (said)
			snprintf(line, sizeof(line), "%lld ms: \"%.400s\"", (long long)ms, said);
		else
			snprintf(line, sizeof(line), "no: %s", err.text);
		say("image", line);
		free(said);
		return said ? 0 : -1;
	}
	red = names_colour("red", 0xd01010, &ms, &err);
	blue = red < 0 ? -1 : names_colour("blue", 0x1030d0, &more, &err);
	if (red > 0 && blue > 0)
		snprintf(line, sizeof(line), "seen, %lld ms", (long long)ms);
	else if (red < 0 || blue < 0)
		snprintf(line, sizeof(line), "not taken: %s", err.text);
	else
		snprintf(line, sizeof(line), "taken but not seen: neither colour, or only one, was named");
	say("image", line);
	return 0;
}

int main(int argc, char **argv)
{
	char **operands;
	int no;

	(void)argc;
	msg_init("capqa-ping", false);
	sig_init();
	operands = opt_parse_or_die(argv, &about, false);
	if (*operands)
		die(EXIT_USAGE, "takes no input, and '%s' is one", *operands);
	if (opt.model.urls.count > 1 || (opt.model.urls.count && *opt.model.urls.items[0] == '@'))
		die(EXIT_USAGE, "one server at a time: one -u, and no list");
	if (!opt.model.model)
		die(EXIT_USAGE, "which model? -m NAME says it");
	msg_quiet(true);	/* how the client helps itself is no news here */
	list_models();
	no = try_text();
	if (!no) {
		try_letters();
		no = try_image();
	}
	return fflush(stdout) ? EXIT_OUTPUT : no ? EXIT_REFUSED : EXIT_SETTLED;
}
