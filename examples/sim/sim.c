/* SPDX-License-Identifier: Apache-2.0
 *
 * capqa-sim: a stand-in for a model server. It speaks the OpenAI chat API on loopback and plays
 * four models over a planted world, so that the right result of a pipeline is known exactly;
 * and it misbehaves on order. README.md beside it describes world.json and wire.json.
 *
 *	capqa-sim --world world.json --images ../images --port-file port
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/buf.h"
#include "cli/msg.h"
#include "cli/opt.h"
#include "cli/sig.h"
#include "examples/sim/front.h"

static struct {
	int64_t port, threads, keep_alive_s, latency_ms, max_model_len, seed;
	double blind, sight;
	const char *port_file, *world, *images, *key_env, *wire, *log, *habit, *constraints;
	bool synthetic, guess;
} opt = {
	.threads = 1, .keep_alive_s = 5, .max_model_len = 32768, .blind = NAN, .sight = 0.95
};

static const struct opt serve_options[] = {
	{ 0, "port", OPT_COUNT, &opt.port, "N", "listen on this port; 0: a free one", NULL },
	{ 0, "port-file", OPT_TEXT, &opt.port_file, "FILE", 
	  "write the port here once it listens", NULL },
	{ 0, "key-env", OPT_TEXT, &opt.key_env, "VAR", "demand the bearer key in this variable",
	  NULL },
	{ 0, "threads", OPT_COUNT, &opt.threads, "N", "serve with N threads (1)", NULL },
	{ 0, "keep-alive", OPT_COUNT, &opt.keep_alive_s, "SECONDS",
	  "close idle connections after this (5, as vLLM does)", NULL },
	{ 0, "max-model-len", OPT_COUNT, &opt.max_model_len, "TOKENS",
	  "refuse longer prompts (32768)", NULL },
	{ 0, "log", OPT_TEXT, &opt.log, "FILE", "append one JSON line per request", NULL },
	{ 0 }
};

static const struct opt world_options[] = {
	{ 0, "world", OPT_TEXT, &opt.world, "FILE", "the planted world", NULL },
	{ 0, "images", OPT_TEXT, &opt.images, "DIR", "where the images that it names are",
	  NULL },
	{ 0, "guess", OPT_FLAG, &opt.guess, NULL,
	  "the blind model guesses where it knows nothing", NULL },
	{ 0, "habit", OPT_TEXT, &opt.habit, "LETTER",
	  "text-only answers are always this letter", NULL },
	{ 0, "synthetic", OPT_FLAG, &opt.synthetic, NULL,
	  "answer unplanted questions by chance; their right option begins 'right '", NULL },
	{ 0, "blind-p", OPT_NUMBER, &opt.blind, "P",
	  "chance of the right option without an image (1/options)", NULL },
	{ 0, "sight-p", OPT_NUMBER, &opt.sight, "P",
	  "chance of the right option with an image (0.95)", NULL },
	{ 's', "seed", OPT_COUNT, &opt.seed, "N", "of the chances (0)", NULL },
	{ 0 }
};

static const struct opt wire_options[] = {
	{ 0, "wire", OPT_TEXT, &opt.wire, "FILE", "scripted faults", NULL },
	{ 0, "latency", OPT_COUNT, &opt.latency_ms, "MS", "answer after this time", NULL },
	{ 0, "constraints", OPT_TEXT, &opt.constraints, "WHICH",
	  "obey all, new, old or none of the constraint fields (all)", NULL },
	{ 0 }
};

static const struct opt_block blocks[] = {
	{ "Serving", serve_options },
	{ "World", world_options },
	{ "Bad days", wire_options },
	{ NULL, NULL }
};

static const struct about about = {
	.name = "capqa-sim", .operands = "",
	.brief = "simulated model server over a planted world (a test double)",
	.story = "This is a SIMULATOR, a test double: no model runs in it. It answers the "
		 "OpenAI chat API on 127.0.0.1 as the models sim-lvlm, sim-llm, sim-vl and "
		 "sim-captioner; any other name gets 404. Whatever was made with them is "
		 "simulated.\n\n"
		 "GET /sim/stats counts what it was asked, POST /sim/reset forgets it, POST "
		 "/sim/wire replaces the script of faults. SIGTERM ends it.\n\n"
		 "  capqa-sim --world world.json --images ../images --port-file port",
	.blocks = blocks,
};

static enum request_dialect read_dialect(const char *text)
{
	static const char *const names[] = { "all", "new", "old", "none" };

	for (int i = 0; text && i < 4; i++)
		if (!strcmp(names[i], text))
			return (enum request_dialect)i;
	if (text)
		die(EXIT_USAGE, "--constraints is all, new, old or none, not '%s'", text);
	return DIALECT_ALL;
}

static struct world *open_world_or_die(void)
{
	struct err err = { 0 };
	struct world *w;

	if (opt.world && !opt.images)
		die(EXIT_USAGE, "--world needs --images");
	if (!opt.world && !opt.synthetic)
		die(EXIT_USAGE, "nothing to answer from: give --world or --synthetic");
	w = opt.world ? world_open(opt.world, opt.images, &err) :
			world_parse("{\"images\":{}}", NULL, &err);
	if (!w)
		die_err(&err);
	return w;
}

/* Written beside and renamed: whoever waits for the file never reads half a number. */
static void write_port_or_die(int port)
{
	struct buf name;
	FILE *f;

	if (!opt.port_file)
		return;
	buf_init(&name, 4096);
	buf_printf(&name, "%s.partial", opt.port_file);
	f = fopen(name.data, "w");
	if (!f || fprintf(f, "%d\n", port) < 0 || fclose(f) || rename(name.data, opt.port_file))
		die(EXIT_OUTPUT, "cannot write '%s':", opt.port_file);
	buf_release(&name);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct front_options front_options_or_die(void)
{
	struct front_options options = {
		.port = opt.port, .threads = opt.threads, .keep_alive_s = opt.keep_alive_s,
		.latency_ms = opt.latency_ms, .max_model_len = opt.max_model_len,
		.dialect = read_dialect(opt.constraints),
	};

	if (opt.port > 65535)
		die(EXIT_USAGE, "--port is at most 65535");
	if (opt.threads < 1 || opt.threads > 64)
		die(EXIT_USAGE, "--threads is 1 to 64");
	if (opt.key_env) {
		options.key = getenv(opt.key_env);
		if (!options.key || !*options.key)
			die(EXIT_USAGE, "no key in the variable '%s'", opt.key_env);
	}
	if (opt.log) {
		options.log = fopen(opt.log, "ae");
		if (!options.log)
			die(EXIT_OUTPUT, "cannot write '%s':", opt.log);
	}
	return options;
}

static int wait_for_signal(void)
{
	struct pollfd fd = { sig_fd(), POLLIN, 0 };

	while (!sig_stop())
		poll(&fd, 1, -1);
	return sig_stop() == EXIT_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_SETTLED;
}

int main(int argc, char **argv)
{
	struct mind mind = { .habit = -1 };
	struct front_options options;
	struct wire *wire = NULL;
	struct front *front;
	struct world *world;
	struct err err = { 0 };
	int code;

	(void)argc;
	msg_init("capqa-sim", false);
	if (*opt_parse_or_die(argv, &about, false))
		die(EXIT_USAGE, "capqa-sim takes no operands");
	sig_init();
	raise_file_limit();
	options = front_options_or_die();
	world = open_world_or_die();
	mind.world = world;
	mind.synthetic = opt.synthetic;
	mind.guess = opt.guess;
	mind.blind = isnan(opt.blind) ? -1 : opt.blind;
	mind.sight = opt.sight;
	mind.seed = (uint64_t)opt.seed;
	if (opt.habit && *opt.habit >= 'A' && *opt.habit <= 'Z' && !opt.habit[1])
		mind.habit = *opt.habit - 'A';
	else if (opt.habit)
		die(EXIT_USAGE, "--habit is one letter from A to Z, not '%s'", opt.habit);
	if (opt.wire && !(wire = wire_open(opt.wire, &err)))
		die_err(&err);
	front = front_open(&options, &mind, wire, &err);
	if (!front)
		die_err(&err);
	write_port_or_die(front_port(front));
	printf("listening on http://127.0.0.1:%d/v1\n", front_port(front));
	fflush(stdout);
	code = wait_for_signal();
	front_close(front);
	world_free(world);
	if (options.log && fclose(options.log))
		die(EXIT_OUTPUT, "cannot write '%s':", opt.log);
	return code;
}
