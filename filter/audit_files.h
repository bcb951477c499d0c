/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_files: inputs that may be folders of shards, as a plain list of files: a folder stands
 * for the JSONL and JSON files below it (.zst and .gz too), sorted by path.
 *
 *	char **files = audit_files_list(operands, &err);
 *	audit_files_free(files);
 */
#ifndef FILTER_AUDIT_FILES_H
#define FILTER_AUDIT_FILES_H

#include "cli/msg.h"

/* NULL-terminated. NULL: 66, a folder cannot be read or holds none. */
char **audit_files_list(char *const *paths, struct err *err);
void audit_files_free(char **files);

#endif
