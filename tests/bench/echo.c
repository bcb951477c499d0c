/* SPDX-License-Identifier: Apache-2.0
 *
 * echo: the loopback target of `make bench`: one thread, epoll, HTTP/1.1 keep-alive. It throws
 * a request's body away and answers each with the same chat completion ("A"), at once or after
 * DELAY ms, so what is measured is the client. No pipelining, Content-Length only.
 *
 *	echo PORT_FILE [DELAY_MS]
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 8192
#define CONNECTIONS 4096
#define EVENTS 256

static const char body[] =
	"{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
	"\"message\":{\"role\":\"assistant\",\"content\":\"A\"},\"finish_reason\":\"stop\"}],"
	"\"usage\":{\"prompt_tokens\":300,\"completion_tokens\":1,\"total_tokens\":301}}";

struct connection {
	char head[HEAD_MAX];
	size_t len;		/* bytes of the head */
	int64_t left;		/* of the body; -1: still in the head */
};

struct due {
	int fd;
	int64_t at_ms;
};

static struct connection connections[CONNECTIONS];
static struct due line[CONNECTIONS];	/* a constant delay keeps it in order */
static size_t first, last;
static char reply[1024];
static size_t reply_len;
static int64_t delay_ms;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void answer(int fd)
{
	if (send(fd, reply, reply_len, MSG_NOSIGNAL) != (ssize_t)reply_len)
		shutdown(fd, SHUT_RDWR);
}

static void body_ended(int fd)
{
	connections[fd].left = -1;
	connections[fd].len = 0;
	if (!delay_ms)
		answer(fd);
	else
		line[last++ % CONNECTIONS] = (struct due){ fd, now_ms() + delay_ms };
}

/* The head is there: what came of the body already counts. */
static void head_ended(int fd, struct connection *c, const char *end)
{
	const char *length = strcasestr(c->head, "\r\nContent-Length:");

	c->left = length ? atoll(length + 17) : 0;
	c->left -= (int64_t)(c->head + c->len - end);
	if (c->left <= 0)
		body_ended(fd);
}

/* false: the connection is over. */
static bool take(int fd)
{
	static char sink[1 << 18];
	struct connection *c = &connections[fd];
	const char *end;
	ssize_t n;

	if (c->left >= 0) {
		n = recv(fd, sink, sizeof(sink), 0);
		c->left -= n > 0 ? n : 0;
		if (n > 0 && c->left <= 0)
			body_ended(fd);
		return n > 0;
	}
	n = recv(fd, c->head + c->len, HEAD_MAX - 1 - c->len, 0);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	c->head[c->len] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (end)
		head_ended(fd, c, end + 4);
	return end || c->len < HEAD_MAX - 1;
}

static void welcome(int server, int epoll)
{
	struct epoll_event e = { .events = EPOLLIN };
	int one = 1;

	e.data.fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	if (e.data.fd < 0)
		return;
	if (e.data.fd >= CONNECTIONS) {
		close(e.data.fd);
		return;
	}
	connections[e.data.fd] = (struct connection){ .left = -1 };
	setsockopt(e.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(epoll, EPOLL_CTL_ADD, e.data.fd, &e);
}

static int listen_on_any(const char *port_file)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(at);
	FILE *file;

	if (bind(server, (struct sockaddr *)&at, sizeof(at)) || listen(server, 1024) ||
	    getsockname(server, (struct sockaddr *)&at, &size) || !(file = fopen(port_file, "w"))) {
		perror("echo");
		exit(1);
	}
	fprintf(file, "%d\n", ntohs(at.sin_port));
	fclose(file);
	return server;
}

int main(int argc, char **argv)
{
	int server, epoll = epoll_create1(EPOLL_CLOEXEC), n, i;
	struct epoll_event e = { .events = EPOLLIN }, events[EVENTS];
	int64_t wait;

	if (argc < 2)
		return 2;
	delay_ms = argc > 2 ? atoi(argv[2]) : 0;
	reply_len = (size_t)snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Type: "
				     "application/json\r\nContent-Length: %zu\r\n\r\n%s",
				     sizeof(body) - 1, body);
	e.data.fd = server = listen_on_any(argv[1]);
	epoll_ctl(epoll, EPOLL_CTL_ADD, server, &e);
	for (;;) {
		wait = first == last ? -1 : line[first % CONNECTIONS].at_ms - now_ms();
		n = epoll_wait(epoll, events, EVENTS, first == last ? -1 : wait > 0 ? (int)wait : 0);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd == server)
				welcome(server, epoll);
			else if (!take(events[i].data.fd))
				close(events[i].data.fd);
		}
		while (first < last && line[first % CONNECTIONS].at_ms <= now_ms())
			answer(line[first++ % CONNECTIONS].fd);
	}
}
