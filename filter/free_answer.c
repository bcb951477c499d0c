/* SPDX-License-Identifier: Apache-2.0
 *
 * See free_answer.h. A reply loses its reasoning and its Markdown; where it states an answer
 * once ("The answer is 12"), only the statement is read.
 */
#include "filter/free_answer.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buf.h"
#include "curate/mcq_think.h"
#include "filter/abstain.h"
#include "filter/free_number.h"
#include "filter/letter_phrase.h"
#include "filter/letter_plain.h"
#include "schemas/anls.h"

#define GOLD_MAX 2000	/* bytes: a right answer is a few words; edits cost its square */
#define REPLY_MAX 8000	/* bytes behind the reasoning: what is longer is no answer */

/* ---- right answers ---- */

static bool is_wordy(const char *text)
{
	size_t len = strlen(text);
	const char *p;

	for (p = text; *p; p++)
		if (mcq_text_wordy(p, text + len))
			return true;
	return false;
}

/* Meant as a number beyond doubt: nothing but digits, separators and signs of money. */
static bool is_numeral(const char *text)
{
	return text[strspn(text, "0123456789.,'%$+- ")] == '\0';
}

static int check_gold(const char *gold, bool number, struct err *err)
{
	if (strlen(gold) > GOLD_MAX)
		return err_set(err, EXIT_DATA, "the right answer is longer than %d bytes", GOLD_MAX);
	if (!is_wordy(gold))
		return err_set(err, EXIT_DATA, "the right answer '%s' says nothing", gold);
	if (mcq_text_alpha((unsigned char)gold[0]) && !gold[1])
		return err_set(err, EXIT_DATA, "the right answer is the letter %s, and there are no "
			       "options", gold);
	if (!number && is_numeral(gold))
		return err_set(err, EXIT_DATA, "the right answer '%s' is no readable number", gold);
	return 0;
}

int free_kind_of(const char *const *golds, size_t count, enum free_kind *kind, struct err *err)
{
	struct free_number n;
	size_t i, numbers = 0;
	bool number;

	for (i = 0; i < count; i++) {
		number = free_number_whole(golds[i], &n);
		if (check_gold(golds[i], number, err))
			return -1;
		numbers += number;
	}
	if (!count)
		return err_set(err, EXIT_DATA, "there is no right answer");
	*kind = numbers == count ? FREE_NUMBER : FREE_TEXT;
	return 0;
}

/* ---- answers ---- */

/* The text behind the only "answer is" or "answer:", if there is one; else the whole. */
static const char *statement(const struct letter_plain *plain)
{
	static const char *const leads[] = { "answer is", "answer:" };
	const char *found = NULL, *p;
	int count = 0;
	size_t i;

	if (!plain->lower.len)
		return "";
	for (i = 0; i < 2; i++) {
		for (p = plain->lower.data; (p = strstr(p, leads[i])); count++)
			found = p += strlen(leads[i]);
	}
	if (count != 1)
		return plain->text.data;
	found = plain->text.data + (found - plain->lower.data);
	return found + strspn(found, " \t\r\n:");
}

static enum free_said read_number(const char *text, const char *const *golds, size_t count,
				  double *credit)
{
	struct free_number n, gold;
	bool comparable = false;
	size_t i;
	int fits;

	if (free_number_read(text, &n) != NUMBER_ONE)
		return FREE_UNPARSED;
	for (i = 0; i < count; i++) {
		free_number_whole(golds[i], &gold);
		fits = free_number_fits(&n, &gold);
		comparable = comparable || fits >= 0;
		if (fits > 0)
			*credit = 1;
	}
	return comparable ? FREE_READ : FREE_UNPARSED;
}

/* What is stated, or the whole as it came: Markdown's marks may belong to it ("C#"). */
static double best(const char *stated, const char *whole, const char *const *golds, size_t count)
{
	double most = 0, one;
	size_t i;

	for (i = 0; i < 2 * count; i++) {
		one = anls(i < count ? stated : whole, golds[i % count]);
		most = one > most ? one : most;
	}
	return most;
}

/* FREE_READ: it excuses itself with nothing. */
static enum free_said excuse(const struct letter_plain *plain)
{
	const char *text = plain->lower.len ? plain->lower.data : "";
	enum letter_phrase phrase = letter_phrase_excuse(text, text + plain->lower.len);

	if (phrase == PHRASE_POLICY)
		return FREE_REFUSED;
	return phrase != PHRASE_NONE || abstain_find(&text, 1) >= 0 ? FREE_ABSTAINED : FREE_READ;
}

static enum free_said read_plain(const struct letter_plain *plain, const char *whole,
				 enum free_kind kind, const char *const *golds, size_t count,
				 double *credit)
{
	enum free_said said = excuse(plain);
	const char *text = statement(plain);
	struct free_number n;

	if (!*text)
		return FREE_UNPARSED;
	if (kind == FREE_NUMBER) {
		if (said == FREE_READ)
			return read_number(text, golds, count, credit);
		/* "it does not say, but there are 3": neither the one nor the other */
		return said == FREE_ABSTAINED && free_number_read(text, &n) != NUMBER_NONE ?
		       FREE_UNPARSED : said;
	}
	*credit = best(text, whole, golds, count);
	if (said != FREE_READ && *credit < 1) {		/* a sign may say "unknown" */
		*credit = 0;
		return said;
	}
	if (text == plain->text.data || strncmp(text, "not ", 4))
		return FREE_READ;
	*credit = 0;
	return FREE_UNPARSED;
}

enum free_said free_answer_read(const char *text, bool cut, enum free_kind kind,
				const char *const *golds, size_t count, double *credit)
{
	enum free_said said;
	struct letter_plain plain;
	struct mcq_text body;
	bool thinking;
	char *whole;

	*credit = 0;
	body = mcq_think_skip((struct mcq_text){ text ? text : "", text ? strlen(text) : 0 },
			      &thinking);
	body = mcq_text_trim(body);
	if (thinking || !body.len || body.len > REPLY_MAX)
		return FREE_UNPARSED;
	letter_plain_init(&plain, body);
	whole = xstrndup(body.at, body.len);
	if (cut)	/* of "1200" there may be "12"; a refusal says so at once */
		said = excuse(&plain) == FREE_REFUSED ? FREE_REFUSED : FREE_UNPARSED;
	else
		said = read_plain(&plain, whole, kind, golds, count, credit);
	letter_plain_release(&plain);
	free(whole);
	return said;
}
