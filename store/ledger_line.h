/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger_line: one answer as a line of JSON, out and in. In come
 *
 *	our own		{"key":HEX,"model":M,"content":TEXT,"finish_reason":R,"usage":{...},...}
 *	OpenAI's Batch	{"custom_id":HEX,"response":{"status_code":200,"body":{...}},"error":null}
 *			with its error files, where response is null and error says why
 *	vllm run-batch	the same; before 0.4.2 the completion stands directly under response
 *
 * where HEX is the request's key, as --batch-out wrote it. What the server said is read as if
 * it had come over the wire (schemas/chat). No files in here.
 */
#ifndef STORE_LEDGER_LINE_H
#define STORE_LEDGER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/msg.h"
#include "store/answers.h"

struct buf;

/* Appends the line, newline included. */
void ledger_line_write(struct buf *out, const unsigned char key[16], const struct answer *a);

enum ledger_line {
	LEDGER_LINE_ANSWER,
	LEDGER_LINE_EMPTY,	/* an answer without a word: to be asked again, or taken as it is */
	LEDGER_LINE_ERROR,	/* the server has no answer: to be asked again */
	LEDGER_LINE_BAD		/* no such line */
};

/*
 * ANSWER, EMPTY: key and *out, yours to release; asked_at is `time` where the line has none. All
 * but ANSWER: class (at most 40 bytes, a word) and err->text say why; key is set if `*has_key`.
 */
enum ledger_line ledger_line_read(const char *text, size_t len, int64_t time,
				  unsigned char key[16], bool *has_key, struct answer *out,
				  char class[41], struct err *err);

/* The key of a request in a batch's input file, of which the beginning is enough. -1: none. */
int ledger_line_request(const char *text, size_t len, unsigned char key[16]);

#endif
