/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_word.h. To teach it a language, put its words where their bytes sort; case is
 * ignored in every script.
 */
#include "curate/mcq_word.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "curate/mcq_text.h"

struct row {
	const char *word;	/* in lower case */
	enum mcq_word kind;
};

/*
 * Words that begin with an ASCII letter, and all others. All languages together, in the order
 * of their bytes: a search looks only at the words with the right first letter.
 */
static const struct row ascii_rows[] = {
	{ "a resposta correta", WORD_ANSWER }, { "alternativ", WORD_OPTIONS },
	{ "alternativa", WORD_OPTION }, { "alternativas", WORD_OPTIONS },
	{ "alternatives", WORD_OPTIONS }, { "analysis", WORD_EXPLAIN },
	{ "ans", WORD_ANSWER }, { "answer", WORD_ANSWER },
	{ "answer choices", WORD_OPTIONS }, { "answer key", WORD_ANSWERS },
	{ "answer keys", WORD_ANSWERS }, { "answer letter", WORD_ANSWER },
	{ "answer options", WORD_OPTIONS }, { "answer sheet", WORD_ANSWERS },
	{ "answers", WORD_ANSWERS }, { "answers key", WORD_ANSWERS },
	{ "antwoord", WORD_ANSWER }, { "antwoorden", WORD_ANSWERS },
	{ "antwort", WORD_ANSWER }, { "antworten", WORD_ANSWERS },
	{ "antworten zur auswahl", WORD_OPTIONS }, { "antwortmöglichkeiten", WORD_OPTIONS },
	{ "antwortschlüssel", WORD_ANSWERS }, { "aufgabe", WORD_QUESTION },
	{ "auswahlmöglichkeiten", WORD_OPTIONS }, { "açıklama", WORD_EXPLAIN },
	{ "begründung", WORD_EXPLAIN }, { "best answer", WORD_ANSWER },
	{ "bonne réponse", WORD_ANSWER }, { "brief explanation", WORD_EXPLAIN },
	{ "category", WORD_META }, { "cevap", WORD_ANSWER }, { "choice", WORD_OPTION },
	{ "choices", WORD_OPTIONS }, { "choix", WORD_OPTIONS },
	{ "choix de réponses", WORD_OPTIONS }, { "clave de respuestas", WORD_ANSWERS },
	{ "correct", WORD_ANSWER }, { "correct answer", WORD_ANSWER },
	{ "correct answers", WORD_ANSWERS }, { "correct choice", WORD_ANSWER },
	{ "correct letter", WORD_ANSWER }, { "correct option", WORD_ANSWER },
	{ "correct response", WORD_ANSWER }, { "correcte antwoord", WORD_ANSWER },
	{ "corrigé", WORD_ANSWERS }, { "các lựa chọn", WORD_OPTIONS },
	{ "câu", WORD_QUESTION }, { "câu hỏi", WORD_QUESTION },
	{ "die richtige antwort", WORD_ANSWER }, { "difficulty", WORD_META },
	{ "difficulty level", WORD_META }, { "difficulté", WORD_META },
	{ "dificultad", WORD_META }, { "domanda", WORD_QUESTION },
	{ "doğru cevap", WORD_ANSWER },
	{ "erklärung", WORD_EXPLAIN }, { "erläuterung", WORD_EXPLAIN },
	{ "evidence", WORD_EXPLAIN }, { "expected answer", WORD_ANSWER },
	{ "explain", WORD_EXPLAIN }, { "explanation", WORD_EXPLAIN },
	{ "explicación", WORD_EXPLAIN }, { "explication", WORD_EXPLAIN },
	{ "explicação", WORD_EXPLAIN },
	{ "final answer", WORD_ANSWER }, { "focus", WORD_META }, { "frage", WORD_QUESTION },
	{ "fråga", WORD_QUESTION }, { "förklaring", WORD_EXPLAIN },
	{ "gabarito", WORD_ANSWERS }, { "giải thích", WORD_EXPLAIN },
	{ "gold", WORD_ANSWER }, { "gold answer", WORD_ANSWER },
	{ "ground truth", WORD_ANSWER },
	{ "helyes válasz", WORD_ANSWER }, { "hint", WORD_EXPLAIN },
	{ "image", WORD_META },
	{ "jawaban", WORD_ANSWER }, { "jawaban benar", WORD_ANSWER },
	{ "jawaban yang benar", WORD_ANSWER }, { "juiste antwoord", WORD_ANSWER },
	{ "justificación", WORD_EXPLAIN }, { "justification", WORD_EXPLAIN },
	{ "justificativa", WORD_EXPLAIN },
	{ "kategorie", WORD_META }, { "key", WORD_ANSWERS }, { "korrekt svar", WORD_ANSWER },
	{ "korrekte antwort", WORD_ANSWER }, { "kysymys", WORD_QUESTION },
	{ "kérdés", WORD_QUESTION },
	{ "la bonne réponse", WORD_ANSWER }, { "la respuesta", WORD_ANSWER },
	{ "la respuesta correcta", WORD_ANSWER }, { "la risposta corretta", WORD_ANSWER },
	{ "la réponse", WORD_ANSWER }, { "la réponse correcte", WORD_ANSWER },
	{ "level", WORD_META }, { "lösung", WORD_ANSWER }, { "lösungen", WORD_ANSWERS },
	{ "lösungsschlüssel", WORD_ANSWERS }, { "lựa chọn", WORD_OPTIONS },
	{ "mcq", WORD_QUESTION }, { "možnosti", WORD_OPTIONS },
	{ "multiple choice question", WORD_QUESTION },
	{ "multiple-choice question", WORD_QUESTION },
	{ "note", WORD_EXPLAIN },
	{ "odpověď", WORD_ANSWER }, { "odpowiedzi", WORD_OPTIONS },
	{ "odpowiedź", WORD_ANSWER }, { "oikea vastaus", WORD_ANSWER },
	{ "opciones", WORD_OPTIONS }, { "opción", WORD_OPTION }, { "opcje", WORD_OPTIONS },
	{ "opsi", WORD_OPTIONS }, { "opties", WORD_OPTIONS }, { "option", WORD_OPTION },
	{ "optionen", WORD_OPTIONS }, { "options", WORD_OPTIONS },
	{ "opzione", WORD_OPTION }, { "opzioni", WORD_OPTIONS }, { "opção", WORD_OPTION },
	{ "opções", WORD_OPTIONS }, { "opțiuni", WORD_OPTIONS }, { "otázka", WORD_QUESTION },
	{ "penjelasan", WORD_EXPLAIN }, { "pergunta", WORD_QUESTION },
	{ "pertanyaan", WORD_QUESTION }, { "pilihan", WORD_OPTIONS },
	{ "poprawna odpowiedź", WORD_ANSWER }, { "possible answers", WORD_OPTIONS },
	{ "prawidłowa odpowiedź", WORD_ANSWER }, { "pregunta", WORD_QUESTION },
	{ "problem", WORD_QUESTION }, { "propositions", WORD_OPTIONS },
	{ "pytanie", WORD_QUESTION },
	{ "q", WORD_QUESTION }, { "query", WORD_QUESTION }, { "question", WORD_QUESTION },
	{ "question type", WORD_META }, { "questão", WORD_QUESTION },
	{ "rationale", WORD_EXPLAIN }, { "reason", WORD_EXPLAIN },
	{ "reasoning", WORD_EXPLAIN }, { "reponse", WORD_ANSWER },
	{ "resposta", WORD_ANSWER }, { "resposta certa", WORD_ANSWER },
	{ "resposta correta", WORD_ANSWER }, { "respostas", WORD_ANSWERS },
	{ "respuesta", WORD_ANSWER }, { "respuesta correcta", WORD_ANSWER },
	{ "respuestas", WORD_ANSWERS }, { "richtig", WORD_ANSWER },
	{ "richtige antwort", WORD_ANSWER }, { "right answer", WORD_ANSWER },
	{ "right option", WORD_ANSWER }, { "riktig svar", WORD_ANSWER },
	{ "risposta", WORD_ANSWER }, { "risposta corretta", WORD_ANSWER },
	{ "risposta esatta", WORD_ANSWER }, { "risposte", WORD_ANSWERS },
	{ "rätt svar", WORD_ANSWER }, { "réponse", WORD_ANSWER },
	{ "réponse correcte", WORD_ANSWER }, { "réponses", WORD_ANSWERS },
	{ "răspuns", WORD_ANSWER }, { "răspuns corect", WORD_ANSWER },
	{ "schwierigkeit", WORD_META }, { "seçenekler", WORD_OPTIONS },
	{ "skill", WORD_META }, { "skill tested", WORD_META }, { "soal", WORD_QUESTION },
	{ "solución", WORD_ANSWER }, { "solution", WORD_ANSWER },
	{ "solutions", WORD_ANSWERS }, { "soru", WORD_QUESTION },
	{ "spiegazione", WORD_EXPLAIN }, { "správná odpověď", WORD_ANSWER },
	{ "spørgsmål", WORD_QUESTION }, { "spørsmål", WORD_QUESTION },
	{ "stem", WORD_QUESTION }, { "svar", WORD_ANSWER },
	{ "tags", WORD_META }, { "the answer", WORD_ANSWER },
	{ "the correct answer", WORD_ANSWER }, { "the correct answers", WORD_ANSWERS },
	{ "the correct choice", WORD_ANSWER }, { "the correct option", WORD_ANSWER },
	{ "the right answer", WORD_ANSWER }, { "topic", WORD_META },
	{ "trả lời", WORD_ANSWER }, { "type", WORD_META },
	{ "uitleg", WORD_EXPLAIN },
	{ "vaihtoehdot", WORD_OPTIONS }, { "vastaus", WORD_ANSWER },
	{ "visual evidence", WORD_EXPLAIN }, { "vraag", WORD_QUESTION },
	{ "vysvětlení", WORD_EXPLAIN }, { "válasz", WORD_ANSWER },
	{ "why", WORD_EXPLAIN }, { "wyjaśnienie", WORD_EXPLAIN },
	{ "yanıt", WORD_ANSWER },
};

static const struct row other_rows[] = {
	{ "întrebare", WORD_QUESTION }, { "întrebarea", WORD_QUESTION },
	{ "đáp án", WORD_ANSWER }, { "đáp án đúng", WORD_ANSWER },
	{ "απάντηση", WORD_ANSWER }, { "επιλογές", WORD_OPTIONS },
	{ "ερώτηση", WORD_QUESTION }, { "σωστή απάντηση", WORD_ANSWER },
	{ "вариант", WORD_OPTION }, { "варианты", WORD_OPTIONS },
	{ "варианты ответа", WORD_OPTIONS }, { "варианты ответов", WORD_OPTIONS },
	{ "варіанти", WORD_OPTIONS }, { "верный ответ", WORD_ANSWER },
	{ "вопрос", WORD_QUESTION }, { "відповідь", WORD_ANSWER },
	{ "задание", WORD_QUESTION }, { "обоснование", WORD_EXPLAIN },
	{ "объяснение", WORD_EXPLAIN }, { "ответ", WORD_ANSWER }, { "ответы", WORD_ANSWERS },
	{ "питання", WORD_QUESTION }, { "пояснение", WORD_EXPLAIN },
	{ "пояснення", WORD_EXPLAIN }, { "правильна відповідь", WORD_ANSWER },
	{ "правильные ответы", WORD_ANSWERS }, { "правильный ответ", WORD_ANSWER },
	{ "אפשרויות", WORD_OPTIONS }, { "שאלה", WORD_QUESTION }, { "תשובה", WORD_ANSWER },
	{ "תשובה נכונה", WORD_ANSWER }, { "الإجابة", WORD_ANSWER },
	{ "الإجابة الصحيحة", WORD_ANSWER }, { "التفسير", WORD_EXPLAIN },
	{ "الجواب", WORD_ANSWER }, { "الخيارات", WORD_OPTIONS }, { "السؤال", WORD_QUESTION },
	{ "الشرح", WORD_EXPLAIN }, { "سؤال", WORD_QUESTION }, { "پاسخ", WORD_ANSWER },
	{ "پاسخ صحیح", WORD_ANSWER }, { "پرسش", WORD_QUESTION },
	{ "گزینه‌ها", WORD_OPTIONS }, { "उत्तर", WORD_ANSWER }, { "प्रश्न", WORD_QUESTION },
	{ "विकल्प", WORD_OPTIONS }, { "व्याख्या", WORD_EXPLAIN },
	{ "सही उत्तर", WORD_ANSWER }, { "คำตอบ", WORD_ANSWER },
	{ "คำตอบที่ถูกต้อง", WORD_ANSWER }, { "คำถาม", WORD_QUESTION },
	{ "ตัวเลือก", WORD_OPTIONS }, { "依据", WORD_EXPLAIN }, { "分析", WORD_EXPLAIN },
	{ "单选题", WORD_QUESTION }, { "原因", WORD_EXPLAIN }, { "参考答案", WORD_ANSWER },
	{ "參考答案", WORD_ANSWER }, { "問", WORD_QUESTION }, { "問い", WORD_QUESTION },
	{ "問題", WORD_QUESTION }, { "單選題", WORD_QUESTION }, { "回答", WORD_ANSWER },
	{ "备选项", WORD_OPTIONS }, { "所有答案", WORD_ANSWERS },
	{ "本题答案", WORD_ANSWER }, { "标准答案", WORD_ANSWER }, { "根拠", WORD_EXPLAIN },
	{ "正しい答え", WORD_ANSWER }, { "正确的答案", WORD_ANSWER },
	{ "正确答案", WORD_ANSWER }, { "正确选项", WORD_ANSWER },
	{ "正確答案", WORD_ANSWER }, { "正確選項", WORD_ANSWER }, { "正答", WORD_ANSWER },
	{ "正解", WORD_ANSWER }, { "理由", WORD_EXPLAIN }, { "答", WORD_ANSWER },
	{ "答え", WORD_ANSWER }, { "答案", WORD_ANSWER }, { "答案一览", WORD_ANSWERS },
	{ "答案列表", WORD_ANSWERS }, { "答案汇总", WORD_ANSWERS },
	{ "答案表", WORD_ANSWERS }, { "答案解析", WORD_EXPLAIN },
	{ "答案选项", WORD_ANSWER }, { "类型", WORD_META }, { "考点", WORD_META },
	{ "解析", WORD_EXPLAIN }, { "解答", WORD_ANSWER }, { "解説", WORD_EXPLAIN },
	{ "解释", WORD_EXPLAIN }, { "解釋", WORD_EXPLAIN }, { "設問", WORD_QUESTION },
	{ "說明", WORD_EXPLAIN }, { "说明", WORD_EXPLAIN }, { "質問", WORD_QUESTION },
	{ "选择题", WORD_QUESTION }, { "选项", WORD_OPTIONS }, { "選択肢", WORD_OPTIONS },
	{ "選擇題", WORD_QUESTION }, { "選項", WORD_OPTIONS }, { "问", WORD_QUESTION },
	{ "问题", WORD_QUESTION }, { "难度", WORD_META }, { "難易度", WORD_META },
	{ "題目", WORD_QUESTION }, { "類型", WORD_META }, { "题型", WORD_META },
	{ "题干", WORD_QUESTION }, { "题目", WORD_QUESTION }, { "난이도", WORD_META },
	{ "답", WORD_ANSWER }, { "답변", WORD_ANSWER }, { "문", WORD_QUESTION },
	{ "문제", WORD_QUESTION }, { "문항", WORD_QUESTION }, { "보기", WORD_OPTIONS },
	{ "선택지", WORD_OPTIONS }, { "설명", WORD_EXPLAIN }, { "올바른 답", WORD_ANSWER },
	{ "옵션", WORD_OPTIONS }, { "이유", WORD_EXPLAIN }, { "정답", WORD_ANSWER },
	{ "정답표", WORD_ANSWERS }, { "질문", WORD_QUESTION }, { "해설", WORD_EXPLAIN },
};

/* Scripts with spaces between words: there, a letter behind means another, longer word. */
static bool is_spaced(int32_t rune)
{
	return rune < 0x0e00 || (rune >= 0x1e00 && rune < 0x2000);
}

static bool goes_on(int32_t last, const char *p, const char *end)
{
	int32_t next;

	if (!is_spaced(last) || (last < 0x80 && !mcq_text_alpha((unsigned char)last)) ||
	    !mcq_text_rune(p, end, &next) || next < 0)
		return false;
	if (next < 0x80 && mcq_text_digit((unsigned char)next))
		return false;
	return mcq_text_wordy(p, end) && is_spaced(next);
}

static int32_t lower(int32_t rune)
{
	return rune < 0x80 ? mcq_text_lower((unsigned char)rune) : utf8proc_tolower(rune);
}

/* Bytes of `at` that equal `word` (lower case), ignoring case; 0 if they do not. */
static size_t match(const char *at, const char *end, const char *word)
{
	const char *p = at, *w = word, *w_end = word + strlen(word);
	int32_t have, want = 0;
	size_t used, step;

	while (w < w_end && p < end && (unsigned char)*w < 0x80 && *w != ' ') {
		if (mcq_text_lower((unsigned char)*p) != (unsigned char)*w)
			return 0;
		want = *w++;
		p++;
	}
	while (w < w_end) {
		used = mcq_text_rune(p, end, &have);
		if (!used || have < 0)
			return 0;
		step = mcq_text_rune(w, w_end, &want);
		if (want == ' ') {
			step = 1;
			used = mcq_text_space(p, end);
			if (!used || used > 4)
				return 0;
		} else if (have != want && lower(have) != want) {
			return 0;
		}
		p += used;
		w += step;
	}
	return goes_on(want, p, end) ? 0 : (size_t)(p - at);
}

/* A quick look that sorts out nearly all rows. From 0xe0 on scripts have no case. */
static bool may_start(const char *at, const char *word)
{
	unsigned char c = (unsigned char)*at, w = (unsigned char)*word;

	if (c < 0x80)
		return mcq_text_lower(c) == w && (!word[1] || (unsigned char)word[1] >= 0x80 ||
						  mcq_text_lower((unsigned char)at[1]) ==
						  (unsigned char)word[1]);
	if (c >= 0xe0)
		return c == w && at[1] == word[1];
	return c >= 0xc3 && w >= 0xc3 && w < 0xe0;
}

/* The few words that stand in nearly every reply, if no longer one can begin with them. */
static enum mcq_word find_common(const char *at, const char *end, size_t *used)
{
	static const struct row common[] = {
		{ "answer", WORD_ANSWER }, { "question", WORD_QUESTION },
		{ "options", WORD_OPTIONS }, { "explanation", WORD_EXPLAIN },
		{ "correct answer", WORD_ANSWER },
	};
	const char *next;
	size_t i;

	for (i = 0; i < sizeof(common) / sizeof(*common); i++) {
		if (mcq_text_lower((unsigned char)*at) != (unsigned char)*common[i].word)
			continue;
		*used = match(at, end, common[i].word);
		next = at + *used;
		next += next < end && *next == ' ';
		if (*used && (next >= end || ((unsigned char)*next < 0x80 &&
					      !mcq_text_alpha((unsigned char)*next))))
			return common[i].kind;
	}
	*used = 0;
	return WORD_NONE;
}

/* The first row whose word begins with this byte or a later one. */
static size_t first_row(const struct row *rows, size_t count, unsigned char byte)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if ((unsigned char)*rows[middle].word < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum mcq_word mcq_word_find(const char *at, const char *end, size_t *used)
{
	const struct row *rows = ascii_rows;
	size_t i, len, count = sizeof(ascii_rows) / sizeof(*ascii_rows);
	enum mcq_word kind;
	unsigned char first, last;

	*used = 0;
	if (end - at < 2 || (unsigned char)*at < 'A')
		return WORD_NONE;
	first = last = mcq_text_lower((unsigned char)*at);
	/* "A) ..." and the like: the one word of one letter is tried, nothing else */
	if (first < 0x80 && (unsigned char)at[1] < 0x80 &&
	    !mcq_text_alpha((unsigned char)at[1])) {
		*used = first == 'q';
		return *used ? WORD_QUESTION : WORD_NONE;
	}
	kind = find_common(at, end, used);
	if (kind != WORD_NONE)
		return kind;
	if (first >= 0x80) {
		rows = other_rows;
		count = sizeof(other_rows) / sizeof(*other_rows);
	}
	if (first >= 0xc3 && first < 0xe0) {	/* case may change the first byte */
		first = 0xc3;
		last = 0xdf;
	}
	for (i = first_row(rows, count, first); i < count; i++) {
		if ((unsigned char)*rows[i].word > last)
			break;
		if (!may_start(at, rows[i].word))
			continue;
		len = match(at, end, rows[i].word);
		if (len <= *used)
			continue;
		*used = len;
		kind = rows[i].kind;
	}
	return kind;
}

static size_t find_in(const char *at, const char *end, const char *const *words, size_t count)
{
	size_t i, len;

	if (at >= end)
		return 0;
	if (end - at < 2)	/* one byte left: only signs are that short */
		return *at && strchr("&/,+", *at) ? 1 : 0;
	for (i = 0; i < count; i++) {
		if (!may_start(at, words[i]))
			continue;
		len = match(at, end, words[i]);
		if (len)
			return len;
	}
	return 0;
}

#define FIND_IN(at, end, words) find_in(at, end, words, sizeof(words) / sizeof(*(words)))

size_t mcq_word_is(const char *at, const char *end)
{
	static const char *const words[] = {
		"is", "are", "should be", "would be", "est", "es", "ist", "è", "é", "är",
		"jest", "是", "为", "為", "は", "은", "는", "là", "adalah", "هي", "هو",
	};

	return FIND_IN(at, end, words);
}

size_t mcq_word_and(const char *at, const char *end)
{
	static const char *const words[] = {
		"and", "or", "&", "/", ",", "+", "和", "或", "与", "及", "、", "，", "と", "または",
		"et", "ou", "und", "oder", "y", "o", "e", "и", "или", "및", "또는", "와", "과",
	};

	return FIND_IN(at, end, words);
}

size_t mcq_word_because(const char *at, const char *end)
{
	static const char *const words[] = {
		"because", "since", "as", "due to", "based on", "given", "which", "for",
		"因为", "由于", "car", "parce que", "weil", "da", "denn", "porque", "perché",
		"poiché", "ya que", "потому что", "так как", "なぜなら",
	};

	return FIND_IN(at, end, words);
}
