/* SPDX-License-Identifier: Apache-2.0
 *
 * See facts.h. Nothing here comes from `runs`: clocks and retries must not change an export.
 */
#include "store/facts.h"

#include <string.h>

#include "store/cell.h"

static const struct {
	const char *role, *sql;
} roles[] = {
	{ "generate",
	  "SELECT model FROM replies UNION SELECT model FROM questions ORDER BY 1" },
	{ "blind", "SELECT DISTINCT model FROM tallies WHERE pass = 'blind' ORDER BY 1" },
	{ "sight", "SELECT DISTINCT model FROM tallies WHERE pass = 'sight' ORDER BY 1" },
	{ "control", "SELECT DISTINCT model FROM tallies WHERE pass = 'control' ORDER BY 1" },
	{ "caption", "SELECT DISTINCT model FROM captioned ORDER BY 1" },
	{ "judge",
	  "SELECT DISTINCT judge ->> 'model' FROM scores WHERE judge <> '' ORDER BY 1" },
};

/* What the names of stand-ins for models begin with. */
#define SIMULATED "sim-"

/* One pass over the captions, which are long, serves models and prompts. */
#define CAPTIONED "DROP TABLE IF EXISTS temp.captioned; CREATE TEMP TABLE captioned AS " \
	"SELECT DISTINCT model, prompt_id FROM captions"

#define RULES "SELECT DISTINCT rule FROM questions ORDER BY 1"
#define PROMPTS "SELECT prompt_id FROM replies UNION SELECT prompt_id FROM captioned " \
	"UNION SELECT prompt_id FROM tallies " \
	"UNION SELECT origin ->> 'prompt_id' FROM questions " \
	"UNION SELECT judge ->> 'prompt_id' FROM scores WHERE judge <> '' ORDER BY 1"
#define SEEDS "SELECT DISTINCT seed FROM tallies ORDER BY 1"
#define FUNNEL "SELECT step, count FROM funnel ORDER BY number"
#define REASONS "SELECT ifnull(reason, verdict), count(*) FROM questions " \
	"WHERE verdict <> 'keep' GROUP BY 1 ORDER BY 2 DESC, 1"

/* Column 0 of all rows that is not null; numbers stay numbers, to the last digit. */
static cJSON *read_list(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	cJSON *list = cJSON_CreateArray();
	const char *text;
	int got = -1;

	while (stmt && (got = db_step(db, stmt, err)) > 0) {
		text = cell_text(stmt, 0);
		if (!text || !*text)
			continue;
		cJSON_AddItemToArray(list, sqlite3_column_type(stmt, 0) == SQLITE_INTEGER ?
				     cJSON_CreateRaw(text) : cJSON_CreateString(text));
	}
	sqlite3_finalize(stmt);
	if (got == 0)
		return list;
	cJSON_Delete(list);
	return NULL;
}

static cJSON *read_counts(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = db_prepare(db, sql, err);
	cJSON *list = cJSON_CreateArray(), *item;
	int got = -1;

	while (stmt && (got = db_step(db, stmt, err)) > 0) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "step", cell_text(stmt, 0));
		cJSON_AddRawToObject(item, "count", cell_text(stmt, 1));
		cJSON_AddItemToArray(list, item);
	}
	sqlite3_finalize(stmt);
	if (got == 0)
		return list;
	cJSON_Delete(list);
	return NULL;
}

static int read_models(struct facts *facts, struct db *db, struct err *err)
{
	const cJSON *name;
	cJSON *list;
	size_t i;

	facts->models = cJSON_CreateObject();
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		list = read_list(db, roles[i].sql, err);
		if (!list)
			return -1;
		cJSON_ArrayForEach(name, list)
			facts->simulated |= !strncmp(name->valuestring, SIMULATED,
						       strlen(SIMULATED));
		if (cJSON_GetArraySize(list))
			cJSON_AddItemToObject(facts->models, roles[i].role, list);
		else
			cJSON_Delete(list);
	}
	return 0;
}

int facts_read(struct facts *facts, struct db *db, struct err *err)
{
	*facts = (struct facts){ 0 };
	if (!db_exec(db, CAPTIONED, err) && !read_models(facts, db, err) &&
	    (facts->rules = read_list(db, RULES, err)) &&
	    (facts->prompt_ids = read_list(db, PROMPTS, err)) &&
	    (facts->seeds = read_list(db, SEEDS, err)) &&
	    (facts->funnel = read_counts(db, FUNNEL, err)) &&
	    (facts->reasons = read_counts(db, REASONS, err)))
		return 0;
	facts_release(facts);
	return -1;
}

void facts_release(struct facts *facts)
{
	cJSON_Delete(facts->models);
	cJSON_Delete(facts->rules);
	cJSON_Delete(facts->prompt_ids);
	cJSON_Delete(facts->seeds);
	cJSON_Delete(facts->funnel);
	cJSON_Delete(facts->reasons);
	*facts = (struct facts){ 0 };
}
