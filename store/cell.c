/* SPDX-License-Identifier: Apache-2.0
 *
 * See cell.h.
 */
#include "store/cell.h"

#include <stdbool.h>
#include <string.h>

#include "cli/buf.h"

void cell_bind_bytes(sqlite3_stmt *stmt, int at, const char *text, size_t len)
{
	if (sqlite3_bind_text(stmt, at, text, (int)len, SQLITE_TRANSIENT) == SQLITE_NOMEM)
		out_of_memory();
}

void cell_bind(sqlite3_stmt *stmt, int at, const char *text)
{
	if (text)
		cell_bind_bytes(stmt, at, text, strlen(text));
	else
		sqlite3_bind_null(stmt, at);
}

void cell_copy(sqlite3_stmt *to, int at, sqlite3_stmt *row, int column)
{
	if (sqlite3_bind_value(to, at, sqlite3_column_value(row, column)) == SQLITE_NOMEM)
		out_of_memory();
}

const char *cell_text(sqlite3_stmt *stmt, int column)
{
	bool there = sqlite3_column_type(stmt, column) != SQLITE_NULL;
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	if (there && !text)
		out_of_memory();
	return text;
}

const char *cell_bytes(sqlite3_stmt *stmt, int column, size_t *len)
{
	const char *bytes = sqlite3_column_blob(stmt, column);

	*len = (size_t)sqlite3_column_bytes(stmt, column);
	if (!bytes && sqlite3_errcode(sqlite3_db_handle(stmt)) == SQLITE_NOMEM)
		out_of_memory();
	return bytes ? bytes : "";
}
