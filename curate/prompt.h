/* SPDX-License-Identifier: Apache-2.0
 *
 * prompt: a text with places in it, `{question}`, `{options}`, `{caption}`, `{number}`,
 * `{language}`. Filled in one pass, so a caption that holds "{question}" stays as it is. The
 * hash of the template is the prompt_id that records carry.
 *
 *	struct prompt p;
 *	prompt_init(&p, text);
 *	prompt_fill(&p, (struct prompt_value[]){ { "question", q }, { NULL } }, &out);
 *	prompt_release(&p);
 */
#ifndef CURATE_PROMPT_H
#define CURATE_PROMPT_H

#include "cli/msg.h"

struct buf;

struct prompt {
	char *text;
	char id[33];
};

struct prompt_value {
	const char *name;	/* NULL ends a list */
	const char *text;
};

void prompt_init(struct prompt *p, const char *text);
int prompt_load(struct prompt *p, const char *path, struct err *err);	/* a file of at most 1 MB */
void prompt_release(struct prompt *p);

/* Appends. A place without a value stays as written. */
void prompt_fill(const struct prompt *p, const struct prompt_value *values, struct buf *out);

/* 0 if the template has the place {name}; else -1 and err names it. */
int prompt_needs(const struct prompt *p, const char *name, struct err *err);

#endif
