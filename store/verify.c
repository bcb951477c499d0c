/* SPDX-License-Identifier: Apache-2.0
 *
 * See verify.h. One pass over each file: sums of its bytes, then (unpacked) sums of the rows
 * and the rows themselves.
 */
#include "store/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "store/digest.h"
#include "store/folder.h"
#include "store/verify_rows.h"

#define MANIFEST_MAX (64u << 20)

struct check {
	const char *path;
	struct verify_report *report;
	cJSON *manifest;
	struct verify_rows *rows;
};

static void fault(struct check *c, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct check *c, const char *name, const char *format, ...)
{
	va_list ap;

	c->report->faults++;
	buf_printf(&c->report->text, "%s: ", name);
	va_start(ap, format);
	buf_vprintf(&c->report->text, format, ap);
	va_end(ap);
	buf_addc(&c->report->text, '\n');
}

static const char *text_of(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

/* -1: the manifest does not say. */
static int64_t number_of(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

static void compare_sums(struct check *c, const char *name, const cJSON *want,
			 const struct digest_text *got, const char *of)
{
	if (number_of(want, "bytes") != got->bytes)
		fault(c, name, "%s %lld bytes, not the %lld of the manifest", of,
		      (long long)got->bytes, (long long)number_of(want, "bytes"));
	else if (strcmp(text_of(want, "xxh3_128"), got->xxh3))
		fault(c, name, "%s other bytes: XXH3 is %s, not %s", of, got->xxh3,
		      text_of(want, "xxh3_128"));
	else if (strcmp(text_of(want, "sha256"), got->sha256))
		fault(c, name, "%s other bytes: SHA-256 is %s, not %s", of, got->sha256,
		      text_of(want, "sha256"));
}

static bool is_inside(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..");
}

/* -1: it could not even be read. */
static int check_sums(struct check *c, const char *name, const cJSON *want)
{
	struct digest_text got;
	struct err err;
	char *path = NULL;
	struct buf full;
	struct stat st;
	int result;

	buf_init(&full, BUF_NO_MAX);
	buf_printf(&full, "%s/%s", c->path, name);
	path = full.data;
	c->report->files++;
	if (!is_inside(name)) {
		fault(c, name, "is no name inside the folder");
		result = -1;
	} else if (stat(path, &st)) {
		fault(c, name, "is missing");
		result = -1;
	} else if (!S_ISREG(st.st_mode)) {
		fault(c, name, "is no regular file");
		result = -1;
	} else {
		result = digest_file(path, &got, &err);
		if (result)
			fault(c, name, "%s", err.text);
		else
			compare_sums(c, name, want, &got, "has");
	}
	buf_release(&full);
	return result;
}

static void check_shard(struct check *c, const cJSON *shard)
{
	const cJSON *plain = cJSON_GetObjectItemCaseSensitive(shard, "uncompressed");
	const char *name = text_of(shard, "name");
	struct verify_shard found;
	struct buf path;
	struct err err;

	if (check_sums(c, name, cJSON_GetObjectItemCaseSensitive(shard, "file")))
		return;
	buf_init(&path, BUF_NO_MAX);
	buf_printf(&path, "%s/%s", c->path, name);
	if (verify_rows_read(c->rows, path.data, &found, &err)) {
		fault(c, name, "%s", err.text);
	} else {
		compare_sums(c, name, plain, &found.plain, "unpacks to");
		if (found.rows != number_of(shard, "rows"))
			fault(c, name, "has %lld rows, not the %lld of the manifest",
			      (long long)found.rows, (long long)number_of(shard, "rows"));
	}
	c->report->rows += found.rows;
	buf_release(&path);
}

static bool is_listed(const cJSON *list, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
		if (!strcmp(text_of(item, "name"), name))
			return true;
	return false;
}

/* What lies in a folder of the export and is not in the manifest. */
static void check_strangers(struct check *c, const char *inner, const cJSON *list)
{
	struct dirent *entry;
	struct buf name;
	DIR *dir;

	buf_init(&name, BUF_NO_MAX);
	buf_printf(&name, "%s/%s", c->path, inner);
	dir = opendir(name.data);
	while (dir && (entry = readdir(dir))) {
		buf_clear(&name);
		buf_printf(&name, "%s%s%s", inner, *inner ? "/" : "", entry->d_name);
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(name.data, FOLDER_MANIFEST) && strcmp(name.data, FOLDER_DATA) &&
		    !is_listed(list, name.data))
			fault(c, name.data, "is not in the manifest");
	}
	if (dir)
		closedir(dir);
	buf_release(&name);
}

static cJSON *read_manifest(const char *path, struct err *err)
{
	struct buf name, text;
	cJSON *json = NULL;
	ssize_t n = -1;
	int fd;

	buf_init(&name, BUF_NO_MAX);
	buf_init(&text, MANIFEST_MAX);
	buf_printf(&name, "%s/" FOLDER_MANIFEST, path);
	fd = open(name.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);	/* a fifo is no manifest */
	while (fd >= 0 && buf_room(&text, 65536) &&
	       (n = read(fd, text.data + text.len, 65536)) > 0)
		text.len += (size_t)n;
	if (fd < 0 || n < 0) {
		err_set(err, EXIT_NOINPUT, "cannot read '%s':", name.data);
	} else {
		json = cJSON_ParseWithLength(text.data, text.len);
		if (!json || strcmp(text_of(json, "made_by"), "capqa export")) {
			err_set(err, EXIT_DATA, "'%s' is no manifest of capqa export",
				name.data);
			cJSON_Delete(json);
			json = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	buf_release(&name);
	buf_release(&text);
	return json;
}

int verify_folder(const char *path, struct verify_report *report, struct err *err)
{
	struct check c = { .path = path, .report = report };
	const cJSON *item, *shards, *files;
	int64_t rows;

	c.manifest = read_manifest(path, err);
	if (!c.manifest)
		return -1;
	c.rows = verify_rows_new();
	shards = cJSON_GetObjectItemCaseSensitive(c.manifest, "shards");
	files = cJSON_GetObjectItemCaseSensitive(c.manifest, "files");
	if (!cJSON_GetArraySize(shards))
		fault(&c, FOLDER_MANIFEST, "lists no shards");
	cJSON_ArrayForEach(item, shards)
		check_shard(&c, item);
	cJSON_ArrayForEach(item, files)
		check_sums(&c, text_of(item, "name"),
			   cJSON_GetObjectItemCaseSensitive(item, "file"));
	rows = number_of(c.manifest, "rows");
	if (rows != report->rows)
		fault(&c, FOLDER_MANIFEST, "says %lld rows in all, the shards have %lld",
		      (long long)rows, (long long)report->rows);
	check_strangers(&c, FOLDER_DATA, shards);
	check_strangers(&c, "", files);
	verify_rows_free(c.rows);
	cJSON_Delete(c.manifest);
	return 0;
}
