/* SPDX-License-Identifier: Apache-2.0
 *
 * folder: where an export goes. It is written as FOLDER.partial beside its place and changes
 * places with FOLDER in one step when it is complete, so that nobody ever sees half of it. An
 * export that is there is replaced; a folder that holds anything else is left alone.
 *
 *	folder = folder_open("set", &err);
 *	... write folder_path(folder, "README.md") ...
 *	folder_settle(folder, &err);		or folder_abandon(folder)
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stddef.h>

#include "cli/msg.h"

#define FOLDER_MANIFEST "manifest.json"
#define FOLDER_CARD "README.md"
#define FOLDER_DATA "data"
#define FOLDER_INFO "dataset_info.json"
#define FOLDER_LABELS "labels.xml"
#define FOLDER_SIGN "\"made_by\":\t\"capqa export\""	/* in the manifest: this is ours */

struct folder;

struct folder *folder_open(const char *path, struct err *err);

/* Inside the folder under way; yours to free. */
char *folder_path(const struct folder *f, const char *name);

/* Writes a whole file and makes sure it is on disk. */
int folder_write(const struct folder *f, const char *name, const void *bytes, size_t len,
		 struct err *err);

/* Both free it. */
int folder_settle(struct folder *f, struct err *err);
void folder_abandon(struct folder *f);

#endif
