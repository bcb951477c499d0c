/* SPDX-License-Identifier: Apache-2.0
 *
 * See audit_files.h.
 */
#include "filter/audit_files.h"

#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buf.h"

struct files {
	char **items;
	size_t count, cap;
};

static void add(struct files *f, const char *path)
{
	f->items = xgrow(f->items, &f->cap, f->count + 1, sizeof(*f->items));
	f->items[f->count++] = xstrdup(path);
	f->items[f->count] = NULL;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !strcmp(name + n - s, suffix);
}

static bool is_shard(const char *name)
{
	static const char *const suffixes[] = {
		".jsonl", ".json", ".ndjson", ".jsonl.zst", ".json.zst", ".jsonl.gz", ".json.gz"
	};
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (ends_in(name, suffixes[i]))
			return true;
	return false;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_folder(struct files *f, const char *path, struct err *err)
{
	char *roots[] = { (char *)path, NULL };
	size_t before = f->count;
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int result = tree ? 0 : -1;

	while (!result && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
		    entry->fts_info == FTS_DC)
			result = -1;
		else if (entry->fts_info == FTS_F && is_shard(entry->fts_name))
			add(f, entry->fts_path);
	}
	if (tree)
		fts_close(tree);
	if (result)
		return err_set(err, EXIT_NOINPUT, "cannot read the folder '%s':", path);
	if (f->count == before)
		return err_set(err, EXIT_NOINPUT, "no .jsonl or .json file (.zst, .gz) below '%s'",
			       path);
	return 0;
}

char **audit_files_list(char *const *paths, struct err *err)
{
	struct files f = { 0 };
	struct stat st;

	f.items = xgrow(NULL, &f.cap, 0, sizeof(*f.items));
	f.items[0] = NULL;
	for (; *paths; paths++) {
		if (strcmp(*paths, "-") && !stat(*paths, &st) && S_ISDIR(st.st_mode)) {
			if (add_folder(&f, *paths, err)) {
				audit_files_free(f.items);
				return NULL;
			}
		} else {
			add(&f, *paths);
		}
	}
	return f.items;
}

void audit_files_free(char **files)
{
	size_t i;

	for (i = 0; files && files[i]; i++)
		free(files[i]);
	free(files);
}
