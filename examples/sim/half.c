/* SPDX-License-Identifier: Apache-2.0
 *
 * See half.h.
 */
#include "examples/sim/half.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

struct half {
	char *bytes;
	size_t len;		/* what is promised; half of it is sent */
	struct MHD_Connection *connection;
	bool reset;
};

void half_reset(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	/* Linux: connecting a connected TCP socket to nobody sends RST and frees it. */
	if (connect(info->connect_fd, &nobody, sizeof(nobody)))
		shutdown(info->connect_fd, SHUT_RDWR);
}

static ssize_t give(void *about, uint64_t at, char *to, size_t room)
{
	struct half *h = about;
	size_t half = h->len / 2;

	if (at >= half) {
		if (h->reset)
			half_reset(h->connection);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (room > half - at)
		room = half - at;
	memcpy(to, h->bytes + at, room);
	return (ssize_t)room;
}

static void forget(void *about)
{
	struct half *h = about;

	free(h->bytes);
	free(h);
}

struct MHD_Response *half_response(struct MHD_Connection *connection, struct buf *body,
				   bool reset)
{
	struct half *h = xcalloc(1, sizeof(*h));
	struct MHD_Response *response;

	h->len = body->len;
	h->bytes = buf_take(body);
	h->connection = connection;
	h->reset = reset;
	response = MHD_create_response_from_callback(h->len, 16384, give, h, forget);
	if (!response)
		forget(h);
	return response;
}
