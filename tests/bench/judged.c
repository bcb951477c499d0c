/* SPDX-License-Identifier: Apache-2.0
 *
 * Question records as they come from select: with the tallies of four blind and four sighted
 * trials, 1.8 KB a line. Of ten, one is an exact copy of an earlier one (same image), one a
 *near copy: a word of its question is another. Numbers come from one seed.
 *
 *	judged COUNT >judged.jsonl
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 1;

/* SplitMix64 */
static uint64_t mixed(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t draw(uint64_t *from)
{
	return mixed(*from += 0x9e3779b97f4a7c15u);
}

static const char *word(uint64_t *from)
{
	static const char *const words[] = {
		"lamp",	   "table",  "window",	 "bottle", "chair",   "paper",	"garden",
		"yellow",  "wooden", "narrow",	 "street", "bicycle", "market", "basket",
		"painted", "open",   "closed",	 "small",  "large",   "brass",	"woollen",
		"leather", "broken", "polished", "silver", "curtain", "ladder", "bridge",
		"harbour", "sign",   "poster",	 "mirror", "shelf",   "candle", "carpet",
		"engine",  "tower",  "field",	 "fence",  "barrel",  "bucket", "letter",
		"number",  "shadow", "flag",	 "roof",   "door",    "wheel",	"stone",
		"river"
	};

	return words[draw(from) % (sizeof(words) / sizeof(*words))];
}

static void tally(const char *model, uint64_t *from)
{
	int t;

	printf("[{\"model\":\"%s\",\"prompt_id\":\"%016llx\",\"seed\":0,\"temperature\":0,"
	       "\"abstain\":false,"
	       "\"orders\":\"balanced\",\"rotations\":4,\"asked\":4,\"valid\":4,\"correct\":1,"
	       "\"abstained\":0,"
	       "\"unparsed\":0,\"refused\":0,\"failed\":0,\"early\":false,\"full\":true,"
	       "\"trials\":[",
	       model, (unsigned long long)mixed(7));
	for (t = 0; t < 4; t++)
		printf("%s{\"order\":[2,0,3,1],\"said\":\"%c\",\"pick\":2,\"outcome\":"
		       "\"wrong\",\"call\":\"%016llx%016llx\"}",
		       t ? "," : "", 'A' + t, (unsigned long long)draw(from),
		       (unsigned long long)draw(from));
	printf("]}]");
}

/* text: what the words come from; id: what makes the record its own; other: a changed word. */
static void question(uint64_t text, uint64_t id, int other)
{
	uint64_t image = mixed(text / 5), own = mixed(id), say = mixed(text + 1), k;

	printf("{\"question_id\":\"%016llx%016llx\",\"image_id\":\"%016llx%016llx\",\"image\":"
	       "\"photos/%llu.jpg\",\"question\":\"",
	       (unsigned long long)draw(&own), (unsigned long long)draw(&own),
	       (unsigned long long)image, (unsigned long long)mixed(image),
	       (unsigned long long)(text / 5));
	printf("Which of these stands");
	for (k = 0; k < 18; k++)
		printf(" %s", other && k == 17 ? (word(&say), "elsewhere") : word(&say));
	printf("?\",\"options\":[");
	for (k = 0; k < 4; k++) {
		printf("%s\"A %s", k ? "," : "", word(&say));
		printf(" %s", word(&say));
		printf(" %s %llu\"", word(&say), (unsigned long long)k);
	}
	printf("],\"answer\":\"B\",\"from\":{\"model\":\"writer\",\"prompt_id\":\"p\",\"call\":"
	       "\"%016llx%016llx\",\"rule\":\"markdown\",\"index\":%llu,\"start\":10,\"end\":"
	       "190},\"blind\":",
	       (unsigned long long)draw(&own), (unsigned long long)draw(&own),
	       (unsigned long long)(text % 5));
	tally("blind-model", &own);
	printf(",\"sight\":");
	tally("sight-model", &own);
	printf(",\"verdict\":\"keep\",\"reason\":null,\"rule\":\"visual>0.75 text<0.25 n=4 "
	       "panel=1\"}\n");
}

int main(int argc, char **argv)
{
	uint64_t i, count = argc == 2 ? strtoull(argv[1], NULL, 10) : 0, of;

	for (i = 0; i < count; i++) {
		of = i >= 10 && i % 10 >= 8 ? (draw(&state) % (i / 10)) * 10 : i;
		question(of, i, i >= 10 && i % 10 == 9);
	}
	return fflush(stdout) || ferror(stdout);
}
