/* SPDX-License-Identifier: Apache-2.0
 *
 * See front.h. Life of a request: its body is gathered (READING), then everything about it is
 * decided at once and its reply is made; if the reply is due later the connection is suspended
 * (WAITING) and sent when libmicrohttpd calls again.
 */
#include "examples/sim/front.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#include "examples/sim/counter.h"
#include "examples/sim/delay.h"
#include "examples/sim/envelope.h"
#include "examples/sim/half.h"

#define BODY_MOST (256u << 20)
#define ECHO_BYTES (6u << 20)
#define CONNECTIONS_MOST 4096
#define MEMORY_PER_CONNECTION (256 << 10)	/* fewer, larger pieces of an upload */

struct front {
	struct front_options options;
	struct mind mind;
	struct MHD_Daemon *daemon;
	struct delay *delay;
	pthread_mutex_t lock;	/* guards what follows */
	struct wire *wire;
	struct counter counter;
	int64_t number;
	int64_t opened_ms;
};

struct call {
	struct buf body;	/* the request's, then the reply's */
	bool started, decided, counted;
	unsigned status;
	enum fault fault;
	bool close;
	char type[64], retry_after[64], retry_after_ms[64], location[64];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void reply_error(struct call *call, int status, const char *message, const char *type,
			const char *param)
{
	buf_clear(&call->body);
	call->status = (unsigned)status;
	envelope_error(&call->body, status, message, type, param);
}

static void copy_text(char to[64], const char *from)
{
	snprintf(to, 64, "%s", from ? from : "");
}

/* Half the bytes of a text, ending at a character. */
static size_t half_of(const char *text)
{
	size_t half = strlen(text) / 2;

	while (half && ((unsigned char)text[half] & 0xc0) == 0x80)
		half--;
	return half;
}

/* The reply as the deed spoils it; `answer` is what the model said. */
static void reply_answer(struct call *call, const struct request *r, struct answer *answer,
			 const struct deed *deed)
{
	struct envelope e = { .model = r->model, .finish = answer->finish,
			      .content = answer->text.data, .id = r->logical };
	struct buf thought;

	buf_init(&thought, BUF_NO_MAX);
	if (deed->fault == FAULT_EMPTY)
		e.content = "";
	else if (deed->fault == FAULT_NULL)
		e.content = NULL;
	else if (deed->fault == FAULT_TEXT)
		e.content = deed->body;
	else if (deed->fault == FAULT_REASONING)
		e.reasoning = "It could be A or D. Let me look again.";
	else if (deed->fault == FAULT_THINK)
		buf_printf(&thought, "<think>Is it A or D?</think>\n%s", e.content);
	else if (deed->fault == FAULT_LENGTH)
		buf_add(&thought, e.content, half_of(e.content));
	if (deed->fault == FAULT_THINK || deed->fault == FAULT_LENGTH)
		e.content = thought.data;
	if (deed->fault == FAULT_LENGTH)
		e.finish = "length";
	if (deed->fault == FAULT_REASONING_ONLY) {
		e.reasoning = e.content;
		e.content = NULL;
		e.reasoning_member = "reasoning_content";
	}
	e.prompt_tokens = request_tokens(r);
	e.completion_tokens = e.content ? (int64_t)(strlen(e.content) + 3) / 4 : 1;
	buf_clear(&call->body);
	envelope_reply(&call->body, &e);
	call->status = 200;
	buf_release(&thought);
}

/* What pydantic's messages do with an image, over and over. */
static void reply_echo(struct call *call, int status)
{
	static const char line[] = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

	buf_clear(&call->body);
	call->status = (unsigned)status;
	buf_adds(&call->body, "{\"error\":{\"message\":\"1 validation error (input=");
	while (call->body.len < ECHO_BYTES)
		buf_adds(&call->body, line);
	buf_adds(&call->body, ")\",\"type\":\"BadRequestError\",\"code\":400}}");
}

static void reply_deed(struct call *call, const struct request *r, struct answer *answer,
		       const struct deed *deed)
{
	copy_text(call->retry_after, deed->retry_after);
	copy_text(call->retry_after_ms, deed->retry_after_ms);
	copy_text(call->location, deed->location);
	copy_text(call->type, deed->type ? deed->type : "application/json");
	call->fault = deed->fault;
	call->close = deed->close;
	if (deed->fault == FAULT_ECHO) {
		reply_echo(call, deed->status);
		return;
	}
	if (deed->fault != FAULT_STATUS && deed->fault != FAULT_BODY) {
		reply_answer(call, r, answer, deed);
		return;
	}
	if (!deed->body) {
		reply_error(call, deed->status, "simulated fault", NULL, NULL);
		return;
	}
	buf_clear(&call->body);
	buf_adds(&call->body, deed->body);
	call->status = (unsigned)deed->status;
}

static bool says_nothing(enum fault fault)
{
	return fault == FAULT_HANGUP || fault == FAULT_RESET || fault == FAULT_SILENCE;
}

static void log_call(const struct front *s, const struct call *call, const struct seen *seen,
		     const struct request *r, const struct deed *deed)
{
	struct buf line;

	if (!s->options.log)
		return;
	buf_init(&line, BUF_NO_MAX);
	buf_printf(&line, "{\"n\":%" PRId64 ",\"ms\":%" PRId64 ",\"model\":", s->number,
		   now_ms() - s->opened_ms);
	envelope_text(&line, seen->model);
	buf_printf(&line, ",\"kind\":\"%s\",\"image\":", seen->kind);
	envelope_text(&line, r && *r->image ? r->image : NULL);
	buf_printf(&line, ",\"status\":%u,\"fault\":", call->status);
	envelope_text(&line, deed ? deed->name : "");
	buf_printf(&line, ",\"body\":\"%016" PRIx64 "\",\"attempt\":%" PRId64 "}\n",
		   seen->body_hash, seen->attempt);
	fwrite(line.data, 1, line.len, s->options.log);
	fflush(s->options.log);
	buf_release(&line);
}

/* Refusals that need the model's name. 0: the request is fine. */
static int check_model(const struct front *s, struct call *call, const struct request *r)
{
	int64_t prompt = request_tokens(r), answer = r->max_tokens > 0 ? r->max_tokens : 1;
	int model = mind_model(r->model);
	char text[300];

	if (model < 0) {
		snprintf(text, sizeof(text), "The model `%.100s` does not exist.", r->model);
		reply_error(call, 404, text, "NotFoundError", "model");
		return -1;
	}
	if (model == MODEL_LLM && r->images) {
		reply_error(call, 400, "At most 0 image(s) may be provided in one prompt.",
			    NULL, NULL);
		return -1;
	}
	if (prompt + answer > s->options.max_model_len) {
		snprintf(text, sizeof(text), "This model's maximum context length is %" PRId64
			 " tokens. However, you requested %" PRId64 " output tokens and your "
			 "prompt contains at least %" PRId64 " input tokens.",
			 s->options.max_model_len, answer, prompt);
		reply_error(call, 400, text, NULL, "input_tokens");
		return -1;
	}
	return 0;
}

/* Under the lock. Returns how long to wait before the reply, in ms. */
static int64_t decide(struct front *s, struct call *call, struct request *r, struct seen *seen)
{
	struct answer answer;
	struct deed deed;
	int model = mind_model(r->model);
	int64_t wait;

	mind_answer(&s->mind, (enum model)model, r, &answer);
	seen->model = r->model;
	seen->kind = ask_names[answer.kind];
	seen->image = answer.scene;
	wire_decide(s->wire, seen, &deed);
	if (deed.unconstrained && r->choice_count) {
		r->choice_count = 0;
		mind_release(&answer);
		mind_answer(&s->mind, (enum model)model, r, &answer);
	}
	s->counter.models[model]++;
	s->counter.kinds[answer.kind]++;
	s->counter.images += (int64_t)r->images;
	s->counter.image_bytes += (int64_t)r->image_bytes;
	s->counter.text_before_image += r->text_before_image;
	s->counter.faults += *deed.name != '\0';
	reply_deed(call, r, &answer, &deed);
	if (says_nothing(deed.fault))
		call->status = 0;
	log_call(s, call, seen, r, &deed);
	wait = deed.delay_ms + (deed.fault == FAULT_SILENCE ? 0 : s->options.latency_ms);
	if (deed.hold)
		wait = DELAY_HELD;
	mind_release(&answer);
	return wait;
}

static int64_t answer_chat(struct front *s, struct MHD_Connection *connection,
			   struct call *call)
{
	const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_TYPE);
	struct seen seen = { .model = "", .kind = "refused", .image = "", .attempt = 1 };
	struct buf body = call->body;	/* kept aside: the reply takes its place */
	struct request r = { 0 };
	struct refusal no;
	int64_t wait = 0;
	struct hash h;
	bool good = false;

	buf_init(&call->body, BUF_NO_MAX);
	hash_init(&h);
	hash_bytes(&h, body.data, body.len);
	seen.body_hash = hash_low(&h);
	hash_release(&h);
	seen.body = body.data;
	if (body.full)
		reply_error(call, 413, "Request Entity Too Large", NULL, NULL);
	else if (!type || strncmp(type, "application/json", 16))
		reply_error(call, 400, "Unsupported Media Type: Only 'application/json' is "
			    "allowed", NULL, NULL);
	else if (request_read(&r, body.data, body.len, s->options.dialect, &no))
		reply_error(call, no.status, no.message, no.type, no.param);
	else
		good = !check_model(s, call, &r);
	pthread_mutex_lock(&s->lock);
	s->number++;
	seen.attempt = counter_body(&s->counter, seen.body_hash);
	if (good)
		wait = decide(s, call, &r, &seen);
	else
		log_call(s, call, &seen, NULL, NULL);
	s->counter.status[call->status < 600 ? call->status : 0]++;
	pthread_mutex_unlock(&s->lock);
	if (good)
		request_release(&r);
	buf_release(&body);
	return wait;
}

/* A scripted fault for /v1/models and /health, if a rule names them. False: none. */
static bool spoil_probe(struct front *s, struct call *call, const char *kind)
{
	struct seen seen = { .model = "", .kind = kind, .image = "", .body = "", .attempt = 1,
			     .probe = true };
	struct deed deed;
	bool spoilt;

	pthread_mutex_lock(&s->lock);
	wire_decide(s->wire, &seen, &deed);
	spoilt = deed.fault == FAULT_STATUS || deed.fault == FAULT_BODY ||
		 deed.fault == FAULT_HANGUP || deed.fault == FAULT_RESET;
	if (spoilt)
		reply_deed(call, NULL, NULL, &deed);
	pthread_mutex_unlock(&s->lock);
	return spoilt;
}

static void answer_models(const struct front *s, struct call *call)
{
	buf_clear(&call->body);
	buf_adds(&call->body, "{\"object\":\"list\",\"data\":[");
	for (int i = 0; i < MODEL_COUNT; i++)
		buf_printf(&call->body, "%s{\"id\":\"%s\",\"object\":\"model\",\"created\":0,"
			   "\"owned_by\":\"capqa-sim\",\"root\":\"%s\",\"parent\":null,"
			   "\"max_model_len\":%" PRId64 ",\"permission\":[]}", i ? "," : "",
			   model_names[i], model_names[i], s->options.max_model_len);
	buf_adds(&call->body, "]}");
	call->status = 200;
}

static void answer_stats(struct front *s, struct call *call)
{
	buf_clear(&call->body);
	pthread_mutex_lock(&s->lock);
	buf_addc(&call->body, '{');
	counter_json(&s->counter, &call->body);
	buf_adds(&call->body, ",\"wire\":[");
	for (size_t i = 0; i < wire_count(s->wire); i++) {
		buf_adds(&call->body, i ? ",{\"do\":" : "{\"do\":");
		envelope_text(&call->body, wire_name(s->wire, i));
		buf_printf(&call->body, ",\"hits\":%" PRId64 "}", wire_hits(s->wire, i));
	}
	buf_adds(&call->body, "]}\n");
	pthread_mutex_unlock(&s->lock);
	call->status = 200;
}

static void answer_reset(struct front *s, struct call *call)
{
	pthread_mutex_lock(&s->lock);
	counter_reset(&s->counter);
	wire_reset(s->wire);
	s->number = 0;
	pthread_mutex_unlock(&s->lock);
	buf_clear(&call->body);
	buf_adds(&call->body, "{\"reset\":true}\n");
	call->status = 200;
}

static void answer_wire(struct front *s, struct call *call)
{
	struct err err = { 0 };
	struct wire *wire = wire_parse(call->body.len ? call->body.data : "[]", &err);

	if (!wire) {
		reply_error(call, 400, err.text, NULL, NULL);
		return;
	}
	pthread_mutex_lock(&s->lock);
	wire_free(s->wire);
	s->wire = wire;
	pthread_mutex_unlock(&s->lock);
	buf_clear(&call->body);
	buf_printf(&call->body, "{\"rules\":%zu}\n", wire_count(wire));
	call->status = 200;
}

static bool key_is_right(const struct front *s, struct MHD_Connection *connection)
{
	const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_AUTHORIZATION);

	return !s->options.key ||
	       (given && !strncmp(given, "Bearer ", 7) && !strcmp(given + 7, s->options.key));
}

static bool is(const char *method, const char *url, const char *wanted_method,
	       const char *wanted_url)
{
	return !strcmp(method, wanted_method) && !strcmp(url, wanted_url);
}

/* Everything about a request whose body is complete; returns ms to wait before the reply. */
static int64_t answer(struct front *s, struct MHD_Connection *connection, struct call *call,
		      const char *method, const char *url)
{
	copy_text(call->type, "application/json");
	if (!strncmp(url, "/v1/", 4) && !key_is_right(s, connection)) {
		buf_clear(&call->body);
		buf_adds(&call->body, "{\"error\":\"Unauthorized\"}");
		call->status = 401;
		pthread_mutex_lock(&s->lock);
		s->counter.status[401]++;
		pthread_mutex_unlock(&s->lock);
		return 0;
	}
	if (is(method, url, "POST", "/v1/chat/completions"))
		return answer_chat(s, connection, call);
	if (is(method, url, "GET", "/v1/models")) {
		if (!spoil_probe(s, call, "models"))
			answer_models(s, call);
	} else if (is(method, url, "GET", "/health")) {
		buf_clear(&call->body);
		call->status = 200;
		spoil_probe(s, call, "health");
	} else if (is(method, url, "GET", "/sim/stats")) {
		answer_stats(s, call);
	} else if (is(method, url, "POST", "/sim/reset")) {
		answer_reset(s, call);
	} else if (is(method, url, "POST", "/sim/release")) {
		delay_release(s->delay);
		buf_clear(&call->body);
		buf_adds(&call->body, "{\"released\":true}\n");
		call->status = 200;
	} else if (is(method, url, "POST", "/sim/wire")) {
		answer_wire(s, call);
	} else {
		buf_clear(&call->body);
		buf_adds(&call->body, "{\"detail\":\"Not Found\"}");
		call->status = 404;
	}
	return 0;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (*value)
		MHD_add_response_header(response, name, value);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct call *call)
{
	struct MHD_Response *response;
	enum MHD_Result sent;

	if (call->fault == FAULT_RESET)
		half_reset(connection);
	if (says_nothing(call->fault))
		return MHD_NO;	/* closes the connection */
	if (call->fault == FAULT_CUT || call->fault == FAULT_RESET_MIDDLE)
		response = half_response(connection, &call->body,
					 call->fault == FAULT_RESET_MIDDLE);
	else
		response = MHD_create_response_from_buffer(call->body.len, call->body.data,
							   MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, call->type);
	add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, call->retry_after);
	add_header(response, "retry-after-ms", call->retry_after_ms);
	add_header(response, MHD_HTTP_HEADER_LOCATION, call->location);
	add_header(response, MHD_HTTP_HEADER_CONNECTION, call->close ? "close" : "");
	sent = MHD_queue_response(connection, call->status, response);
	MHD_destroy_response(response);
	return sent;
}

static enum MHD_Result on_request(void *about, struct MHD_Connection *connection,
				  const char *url, const char *method, const char *version,
				  const char *data, size_t *len, void **place)
{
	struct front *s = about;
	struct call *call = *place;
	int64_t wait;

	(void)version;
	if (!call) {
		call = *place = xcalloc(1, sizeof(*call));
		buf_init(&call->body, BODY_MOST);
		return MHD_YES;
	}
	if (*len) {
		buf_add(&call->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (call->decided)
		return send_reply(connection, call);
	call->counted = is(method, url, "POST", "/v1/chat/completions");
	if (call->counted) {
		pthread_mutex_lock(&s->lock);
		counter_start(&s->counter);
		pthread_mutex_unlock(&s->lock);
	}
	wait = answer(s, connection, call, method, url);
	call->decided = true;
	if (!wait)
		return send_reply(connection, call);
	delay_add(s->delay, connection, wait);
	return MHD_YES;
}

static void on_end(void *about, struct MHD_Connection *connection, void **place,
		   enum MHD_RequestTerminationCode how)
{
	struct front *s = about;
	struct call *call = *place;

	(void)connection;
	(void)how;
	if (!call)
		return;
	if (call->counted) {
		pthread_mutex_lock(&s->lock);
		counter_end(&s->counter);
		pthread_mutex_unlock(&s->lock);
	}
	buf_release(&call->body);
	free(call);
	*place = NULL;
}

static struct MHD_Daemon *listen_on(struct front *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)s->options.port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	/* A pool of one is refused by the library: one thread is no pool. */
	unsigned pool = s->options.threads > 1 ? (unsigned)s->options.threads : 0;

	/* poll, not epoll: libmicrohttpd 0.9.75 stalls when one epoll_wait returns 128 events. */
	return MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, s, MHD_OPTION_NOTIFY_COMPLETED, on_end, s,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->options.keep_alive_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
		MHD_OPTION_LISTEN_BACKLOG_SIZE, 2048u,
		MHD_OPTION_THREAD_POOL_SIZE, pool, MHD_OPTION_END);
}

struct front *front_open(const struct front_options *options, const struct mind *mind,
			   struct wire *wire, struct err *err)
{
	struct front *s = xcalloc(1, sizeof(*s));

	s->options = *options;
	s->mind = *mind;
	s->wire = wire;
	pthread_mutex_init(&s->lock, NULL);
	counter_init(&s->counter);
	s->opened_ms = now_ms();
	s->delay = delay_new();
	s->daemon = s->delay ? listen_on(s) : NULL;
	if (s->daemon)
		return s;
	err_set(err, EXIT_SYSTEM, "cannot listen on 127.0.0.1:%d", (int)options->port);
	front_close(s);
	return NULL;
}

int front_port(const struct front *s)
{
	return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void front_close(struct front *s)
{
	if (!s)
		return;
	/* Wakes those that wait: a daemon must not be stopped with suspended connections. */
	delay_free(s->delay);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	wire_free(s->wire);
	counter_release(&s->counter);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
