/* SPDX-License-Identifier: Apache-2.0
 *
 * mcq_think: where a model's reasoning ends and its reply begins. Servers without a reasoning
 * parser leave "<think>...</think>" in the text, and templates that open the tag in the
 * prompt leave only the closing one.
 */
#ifndef CURATE_MCQ_THINK_H
#define CURATE_MCQ_THINK_H

#include <stdbool.h>

#include "curate/mcq_text.h"

/*
 * The reply without its reasoning: what follows the last closing tag, up to an opening tag
 * that is never closed (*thinking is then true). Chat templates' end marks come off as well.
 */
struct mcq_text mcq_think_skip(struct mcq_text reply, bool *thinking);

#endif
