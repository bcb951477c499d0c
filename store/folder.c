/* SPDX-License-Identifier: Apache-2.0
 *
 * See folder.h. Only names an export writes are ever removed: manifest.json, README.md, the
 * small files of some formats, and data/ with its *.jsonl.zst, *.json and *.tar.
 */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buf.h"
#include "store/anchor.h"

static const char *const shard_ends[] = { ".jsonl.zst", ".json", ".tar" };
static const char *const top_files[] = { FOLDER_MANIFEST, FOLDER_CARD, FOLDER_INFO,
					 FOLDER_LABELS };
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct folder {
	char *path, *partial;
	int lock;	/* the partial folder, open and locked */
};

static char *join(const char *a, const char *between, const char *b)
{
	struct buf path;

	buf_init(&path, BUF_NO_MAX);
	buf_printf(&path, "%s%s%s", a, between, b);
	return buf_take(&path);
}

static bool is_shard(const char *name)
{
	size_t n = strlen(name), m, i;

	for (i = 0; i < COUNT(shard_ends); i++) {
		m = strlen(shard_ends[i]);
		if (n > m && !strcmp(name + n - m, shard_ends[i]))
			return true;
	}
	return false;
}

static bool is_top_name(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(top_files); i++)
		if (!strcmp(name, top_files[i]))
			return true;
	return !strcmp(name, FOLDER_DATA);
}

/*
 * Are all names in the folder such as `known` says? -1: there is no such folder. *count is how
 * many there are; `stranger` (of NAME_MAX + 1 bytes) gets the first that is not.
 */
static int look(const char *path, bool (*known)(const char *), int *count, char *stranger)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int good = 1;

	*count = 0;
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		++*count;
		if (known(entry->d_name) || !good)
			continue;
		snprintf(stranger, NAME_MAX + 1, "%s", entry->d_name);
		good = 0;
	}
	closedir(dir);
	return good;
}

static bool is_signed(const char *path)
{
	char *manifest = join(path, "/", FOLDER_MANIFEST), text[256];
	struct stat st;
	FILE *file = !stat(manifest, &st) && S_ISREG(st.st_mode) ? fopen(manifest, "re") : NULL;
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	free(manifest);
	return strstr(text, FOLDER_SIGN) != NULL;
}

/* Nothing, an empty folder or an export of ours may be replaced. */
static int check_replaceable(const char *path, bool must_be_signed, struct err *err)
{
	char *data = join(path, "/", FOLDER_DATA), stranger[NAME_MAX + 1];
	int count, inner, result = 0;
	struct stat st;

	if (lstat(path, &st) && errno == ENOENT)
		goto out;
	if (look(path, is_top_name, &count, stranger) < 0)
		result = err_set(err, EXIT_OUTPUT, "cannot write folder '%s':", path);
	else if (look(path, is_top_name, &count, stranger) == 0 ||
		 look(data, is_shard, &inner, stranger) == 0)
		result = err_set(err, EXIT_OUTPUT, "folder '%s' holds '%s', which is no part "
				 "of an export; choose another folder", path, stranger);
	else if (must_be_signed && count && !is_signed(path))
		result = err_set(err, EXIT_OUTPUT, "folder '%s' is no export of capqa; choose "
				 "another folder", path);
out:
	free(data);
	return result;
}

static void empty_export(const char *path)
{
	char *data = join(path, "/", FOLDER_DATA);
	DIR *dir = opendir(data);
	struct dirent *entry;
	char *name;
	size_t i;

	while (dir && (entry = readdir(dir)))
		if (is_shard(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(data);
	free(data);
	for (i = 0; i < COUNT(top_files); i++) {
		name = join(path, "/", top_files[i]);
		unlink(name);
		free(name);
	}
}

static void remove_export(const char *path)
{
	empty_export(path);
	rmdir(path);
}

static void folder_free(struct folder *f)
{
	if (f->lock >= 0)
		close(f->lock);
	free(f->path);
	free(f->partial);
	free(f);
}

/* Without slashes at the end; a link, "." and ".." stand for the folder they lead to. */
static char *plain_path(const char *path)
{
	size_t n = strlen(path);
	char *copy, *real = NULL;
	struct stat st;

	while (n > 1 && path[n - 1] == '/')
		n--;
	copy = xstrndup(path, n);
	if (copy[n - 1] == '.' || (!lstat(copy, &st) && S_ISLNK(st.st_mode)))
		real = realpath(copy, NULL);
	if (!real)
		return copy;
	free(copy);
	return real;
}

static int make_partial(struct folder *f, struct err *err)
{
	char *data;
	int result = 0;

	if (mkdir(f->partial, 0777) && errno != EEXIST)
		return err_set(err, EXIT_OUTPUT, "cannot make folder '%s':", f->partial);
	f->lock = open(f->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0)
		return err_set(err, EXIT_OUTPUT, "cannot open folder '%s':", f->partial);
	if (flock(f->lock, LOCK_EX | LOCK_NB))
		return err_set(err, EXIT_OUTPUT, "another process is writing '%s'", f->partial);
	data = join(f->partial, "/", FOLDER_DATA);
	empty_export(f->partial);	/* what a killed export left */
	if (mkdir(data, 0777))
		result = err_set(err, EXIT_OUTPUT, "cannot make folder '%s':", data);
	free(data);
	return result;
}

/* Killed between the two renames of replace(): the old export goes back to its place. */
static void bring_back(const char *path)
{
	char *aside = join(path, ".old", "");
	struct stat st;

	if (lstat(path, &st) && errno == ENOENT && is_signed(aside))
		rename(aside, path);
	free(aside);
}

struct folder *folder_open(const char *path, struct err *err)
{
	struct folder *f;

	if (!*path) {
		err_set(err, EXIT_OUTPUT, "a folder needs a name");
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->lock = -1;
	f->path = plain_path(path);
	f->partial = join(f->path, ".partial", "");
	bring_back(f->path);
	if (check_replaceable(f->path, true, err) ||
	    check_replaceable(f->partial, false, err) || make_partial(f, err)) {
		folder_free(f);
		return NULL;
	}
	return f;
}

char *folder_path(const struct folder *f, const char *name)
{
	return join(f->partial, "/", name);
}

int folder_write(const struct folder *f, const char *name, const void *bytes, size_t len,
		 struct err *err)
{
	char *path = folder_path(f, name);
	FILE *file = fopen(path, "we");
	int bad = !file;

	if (file) {
		bad = fwrite(bytes, 1, len, file) != len;
		bad |= fflush(file) | fdatasync(fileno(file));
		bad |= fclose(file);
	}
	if (bad)
		err_set(err, EXIT_OUTPUT, "cannot write '%s':", path);
	free(path);
	return bad ? -1 : 0;
}

/*
 * Some file systems cannot exchange two names; there the old folder steps aside first. It is
 * removed when the new names are safe: a power cut between the two would leave neither.
 */
static int replace(const char *path, const char *partial, struct err *err)
{
	char *aside;
	int result = 0;

	if (!rename(partial, path))
		return anchor_name(path, err);	/* there was none, or an empty one */
	if (!renameat2(AT_FDCWD, partial, AT_FDCWD, path, RENAME_EXCHANGE)) {
		result = anchor_name(path, err);
		if (result == 0)
			remove_export(partial);
		return result;
	}
	aside = join(path, ".old", "");
	remove_export(aside);
	if (rename(path, aside) || rename(partial, path))
		result = err_set(err, EXIT_OUTPUT, "cannot rename '%s' to '%s':", partial,
				 path);
	else
		result = anchor_name(path, err);
	if (result == 0)
		remove_export(aside);
	free(aside);
	return result;
}

/* The names of all files in it, before it gets its own. */
static int anchor_all(const struct folder *f, struct err *err)
{
	char *data = join(f->partial, "/", FOLDER_DATA);
	int result = anchor_folder(data, err);

	free(data);
	return result ? result : anchor_folder(f->partial, err);
}

int folder_settle(struct folder *f, struct err *err)
{
	int result = anchor_all(f, err);

	if (result == 0)
		result = check_replaceable(f->path, true, err);
	if (result == 0)
		result = replace(f->path, f->partial, err);
	folder_free(f);
	return result;
}

void folder_abandon(struct folder *f)
{
	if (!f)
		return;
	remove_export(f->partial);
	folder_free(f);
}
