/* SPDX-License-Identifier: Apache-2.0
 *
 * cell: values into and out of SQLite's statements. SQLite without the memory for a text binds NULL
 * and gives NULL, as if none were there, and a record would be written that lacks it. These end the
 * program instead (71).
 */
#ifndef STORE_CELL_H
#define STORE_CELL_H

#include <stddef.h>

#include <sqlite3.h>

void cell_bind(sqlite3_stmt *stmt, int at, const char *text);		/* copied; NULL binds NULL */
void cell_bind_bytes(sqlite3_stmt *stmt, int at, const char *text, size_t len);	/* copied */

/* The cell of a row, whatever it is, as a parameter; copied. */
void cell_copy(sqlite3_stmt *to, int at, sqlite3_stmt *row, int column);

/* NULL only where the cell is NULL; until the next step. */
const char *cell_text(sqlite3_stmt *stmt, int column);

/* As many bytes, without a NUL behind them, which SQLite would copy them for; not of NULL. */
const char *cell_bytes(sqlite3_stmt *stmt, int column, size_t *len);

#endif
