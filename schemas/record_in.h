/* SPDX-License-Identifier: Apache-2.0
 *
 * record_in: what record's own files share. A record is a table of members, and behind it, in the
 * same memory, the line they point into and room for texts: of members that are set, and decoded
 * ones. What has no room there has memory of its own.
 */
#ifndef SCHEMAS_RECORD_IN_H
#define SCHEMAS_RECORD_IN_H

#include "schemas/record.h"

struct member {
	const char *key;	/* between the quotes; of a known one the table's, else as written */
	size_t key_len;
	const char *value;
	size_t value_len;
	char *owned;		/* the new text of a member that was set, else NULL */
	char *name;		/* the name of an unknown member that was set, else NULL */
	char *text;		/* decoded string, made on demand */
	size_t text_len;
	cJSON *json;		/* parsed value, made on demand */
	int known;		/* place in the kind's table, or -1 */
};

struct rec {
	enum rec_kind kind;
	struct member *members;
	size_t count, cap;
	bool tight;	/* what was not set stands in the line as it is to be written */
	bool changed;	/* something was set or dropped */
	bool identified;	/* caption_id is of rec_identify, and nothing was set or dropped since */
	char *room, *end;	/* what is left of it */
	unsigned letters;	/* first ones of all keys, one bit each */
	struct member inside[];		/* `members`, until they are too many; the line; the room */
};

#endif
