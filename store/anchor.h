/* SPDX-License-Identifier: Apache-2.0
 *
 * anchor: names that outlive a power cut. fsync of a file keeps its bytes; the name it was given,
 * by creating or renaming it, is kept by fsync of the folder that holds the name.
 *
 *	fdatasync(fd);
 *	rename("set.jsonl.partial", "set.jsonl");
 *	anchor_name("set.jsonl", &err);
 */
#ifndef STORE_ANCHOR_H
#define STORE_ANCHOR_H

#include "cli/msg.h"

/*
 * The names in this folder; or in the one that `path` lies in. -1: err is filled (74). A file
 * system that syncs no folders, or a folder that may not be read, is no fault: what could be
 * done is done.
 */
int anchor_folder(const char *path, struct err *err);
int anchor_name(const char *path, struct err *err);

#endif
