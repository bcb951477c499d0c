/* SPDX-License-Identifier: Apache-2.0
 *
 * See endpoint.h.
 */
#include "curate/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/buf.h"

#define SECRET_MAX 65536
#define SECRET_LEAST 8		/* bytes; a shorter header is no key */
#define TELLING 12		/* bytes of a key's beginning that are too much to show */

/* A list that lost what it held would be asked without a key. */
static void add_header(struct endpoint *s, const char *line)
{
	struct curl_slist *longer = curl_slist_append(s->headers, line);

	if (!longer)
		out_of_memory();
	s->headers = longer;
}

static int check_url(CURLU *u, const char *base, struct err *err)
{
	char *scheme = NULL, *password = NULL, *user = NULL;
	CURLUcode code = curl_url_set(u, CURLUPART_URL, base, 0);
	int result = 0;

	if (!code)
		code = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (code == CURLUE_OUT_OF_MEMORY)
		out_of_memory();
	if (code || (strcmp(scheme, "http") && strcmp(scheme, "https")))
		result = err_set(err, EXIT_USAGE,
				 "'%s' is no server URL such as http://localhost:8000/v1", base);
	else if (curl_url_get(u, CURLUPART_PASSWORD, &password, 0) != CURLUE_NO_PASSWORD ||
		 curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_NO_USER)
		result = err_set(err, EXIT_USAGE,
				 "a URL with a user or password in it shows in the process list; "
				 "use OPENAI_API_KEY or --header-file");
	curl_free(scheme);
	curl_free(password);
	curl_free(user);
	return result;
}

static int make_url(struct endpoint *s, const char *base, struct err *err)
{
	static const char end[] = "/chat/completions";
	CURLU *u = curl_url();
	char *path = NULL;
	struct buf url;
	size_t n;

	if (!u)
		out_of_memory();
	if (check_url(u, base, err)) {
		curl_url_cleanup(u);
		return -1;
	}
	buf_init(&url, BUF_NO_MAX);
	buf_adds(&url, base);
	while (url.len && url.data[url.len - 1] == '/')
		url.data[--url.len] = '\0';
	if (!curl_url_get(u, CURLUPART_PATH, &path, 0) && !strcmp(path, "/"))
		buf_adds(&url, "/v1");
	n = strlen(end);
	if (url.len < n || strcmp(url.data + url.len - n, end))
		buf_adds(&url, end);
	s->url = buf_take(&url);
	curl_free(path);
	curl_url_cleanup(u);
	return 0;
}

/* A small file as text; what stands in it is never repeated in a message. */
static char *read_secret(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text = xcalloc(1, SECRET_MAX + 2);
	size_t n = file ? fread(text, 1, SECRET_MAX + 1, file) : 0;
	bool unread = !file || (n == 0 && ferror(file)), odd = n > SECRET_MAX || strlen(text) < n;

	if (unread || odd) {
		err_set(err, unread ? EXIT_NOINPUT : EXIT_DATA, unread ? "cannot read '%s':" :
			"'%s' is too long or has a NUL byte, which no key and no header has", path);
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/*
 * A core file would hold the secrets. The limit does not bind a core_pattern that is a pipe;
 * a process that is not dumpable gives none at all, and nobody but root reads its memory.
 */
static void no_core_files(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int add_key(struct endpoint *s, const char *key, const char *from, struct err *err)
{
	struct buf header;
	size_t len = strcspn(key, "\r\n");

	if (!len)
		return 0;
	if (key[len + strspn(key + len, "\r\n")] || len > SECRET_MAX)
		return err_set(err, EXIT_DATA, "%s holds more than one line, which is no key", from);
	no_core_files();
	buf_init(&header, BUF_NO_MAX);
	buf_printf(&header, "Authorization: Bearer %.*s", (int)len, key);
	add_header(s, header.data);
	buf_release(&header);
	return 0;
}

static int add_header_lines(struct endpoint *s, char *text, const char *path, struct err *err)
{
	char *line, *rest = text;

	no_core_files();
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!strchr(line, ':') || *line == ':')
			return err_set(err, EXIT_DATA, "'%s' has a line that is no 'Name: value'",
				       path);
		add_header(s, line);
	}
	return 0;
}

static int add_secrets(struct endpoint *s, const char *key_env, const char *key_file,
		       const char *header_file, struct err *err)
{
	const char *key = getenv(key_env ? key_env : "OPENAI_API_KEY");
	char *text;
	int result;

	if (key_env && !key)
		return err_set(err, EXIT_USAGE, "the environment variable '%s' is not set", key_env);
	if (key_file) {
		text = read_secret(key_file, err);
		result = text ? add_key(s, text, key_file, err) : -1;
		free(text);
	} else {
		result = key ? add_key(s, key, key_env ? key_env : "OPENAI_API_KEY", err) : 0;
	}
	if (result || !header_file)
		return result;
	text = read_secret(header_file, err);
	result = text ? add_header_lines(s, text, header_file, err) : -1;
	free(text);
	return result;
}

int endpoint_init(struct endpoint *s, const char *base, const char *key_env, const char *key_file,
		const char *header_file, struct err *err)
{
	*s = (struct endpoint){ .url = NULL };
	add_header(s, "Content-Type: application/json");
	add_header(s, "Expect:");
	if (make_url(s, base, err) || add_secrets(s, key_env, key_file, header_file, err)) {
		endpoint_release(s);
		return -1;
	}
	return 0;
}

void endpoint_release(struct endpoint *s)
{
	free(s->url);
	curl_slist_free_all(s->headers);
	*s = (struct endpoint){ .url = NULL };
}

static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static void hide(const char *secret, char *text)
{
	static const char mark[] = "[...]";
	size_t len = strlen(secret), n;

	if (len < SECRET_LEAST)
		return;
	for (; *text; text++) {
		n = common(secret, text);
		if (n < len && n < TELLING)
			continue;
		memmove(text + strlen(mark), text + n, strlen(text + n) + 1);
		memcpy(text, mark, strlen(mark));
		text += strlen(mark) - 1;
	}
}

void endpoint_hide(const struct endpoint *s, char *text)
{
	const struct curl_slist *h;
	const char *value;

	for (h = s->headers->next; h; h = h->next) {	/* the first is the content's type */
		value = strchr(h->data, ':') + 1;
		value += strspn(value, " \t");
		if (!strncasecmp(h->data, "authorization:", 14))	/* Bearer, Basic */
			value += strcspn(value, " \t");
		hide(value + strspn(value, " \t"), text);
	}
}
