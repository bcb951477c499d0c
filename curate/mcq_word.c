/* SPDX-License-Identifier: Apache-2.0
 *
 * See mcq_word.h. To teach it a language, add rows; case is ignored in every script.
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

/* Words that begin with an ASCII letter, and all others: each search sees one half. */
static const struct row ascii_rows[] = {
	/* English */
	{ "question", WORD_QUESTION }, { "q", WORD_QUESTION }, { "mcq", WORD_QUESTION },
	{ "multiple choice question", WORD_QUESTION },
	{ "multiple-choice question", WORD_QUESTION }, { "problem", WORD_QUESTION },
	{ "query", WORD_QUESTION }, { "stem", WORD_QUESTION }, { "options", WORD_OPTIONS },
	{ "choices", WORD_OPTIONS }, { "answer choices", WORD_OPTIONS },
	{ "answer options", WORD_OPTIONS }, { "possible answers", WORD_OPTIONS },
	{ "alternatives", WORD_OPTIONS }, { "option", WORD_OPTION },
	{ "choice", WORD_OPTION }, { "answer", WORD_ANSWER }, { "ans", WORD_ANSWER },
	{ "correct answer", WORD_ANSWER }, { "the correct answer", WORD_ANSWER },
	{ "the answer", WORD_ANSWER }, { "the right answer", WORD_ANSWER },
	{ "right answer", WORD_ANSWER }, { "correct option", WORD_ANSWER },
	{ "the correct option", WORD_ANSWER }, { "correct choice", WORD_ANSWER },
	{ "the correct choice", WORD_ANSWER }, { "final answer", WORD_ANSWER },
	{ "expected answer", WORD_ANSWER }, { "best answer", WORD_ANSWER },
	{ "correct", WORD_ANSWER }, { "solution", WORD_ANSWER },
	{ "gold answer", WORD_ANSWER }, { "ground truth", WORD_ANSWER },
	{ "gold", WORD_ANSWER }, { "right option", WORD_ANSWER },
	{ "correct response", WORD_ANSWER }, { "correct letter", WORD_ANSWER },
	{ "answer letter", WORD_ANSWER }, { "answers", WORD_ANSWERS },
	{ "answer key", WORD_ANSWERS }, { "key", WORD_ANSWERS },
	{ "correct answers", WORD_ANSWERS }, { "the correct answers", WORD_ANSWERS },
	{ "answers key", WORD_ANSWERS }, { "solutions", WORD_ANSWERS },
	{ "answer keys", WORD_ANSWERS }, { "answer sheet", WORD_ANSWERS },
	{ "explanation", WORD_EXPLAIN }, { "reason", WORD_EXPLAIN },
	{ "reasoning", WORD_EXPLAIN }, { "rationale", WORD_EXPLAIN },
	{ "justification", WORD_EXPLAIN }, { "analysis", WORD_EXPLAIN },
	{ "note", WORD_EXPLAIN }, { "evidence", WORD_EXPLAIN },
	{ "brief explanation", WORD_EXPLAIN }, { "visual evidence", WORD_EXPLAIN },
	{ "why", WORD_EXPLAIN }, { "hint", WORD_EXPLAIN }, { "explain", WORD_EXPLAIN },
	{ "difficulty", WORD_META }, { "category", WORD_META }, { "type", WORD_META },
	{ "question type", WORD_META }, { "topic", WORD_META }, { "skill", WORD_META },
	{ "level", WORD_META }, { "difficulty level", WORD_META }, { "focus", WORD_META },
	{ "tags", WORD_META }, { "image", WORD_META }, { "skill tested", WORD_META },
	/* German */
	{ "frage", WORD_QUESTION }, { "aufgabe", WORD_QUESTION },
	{ "optionen", WORD_OPTIONS }, { "antwortmöglichkeiten", WORD_OPTIONS },
	{ "auswahlmöglichkeiten", WORD_OPTIONS }, { "antworten zur auswahl", WORD_OPTIONS },
	{ "antwort", WORD_ANSWER }, { "richtige antwort", WORD_ANSWER },
	{ "die richtige antwort", WORD_ANSWER }, { "korrekte antwort", WORD_ANSWER },
	{ "lösung", WORD_ANSWER }, { "richtig", WORD_ANSWER }, { "antworten", WORD_ANSWERS },
	{ "lösungen", WORD_ANSWERS }, { "antwortschlüssel", WORD_ANSWERS },
	{ "lösungsschlüssel", WORD_ANSWERS }, { "erklärung", WORD_EXPLAIN },
	{ "begründung", WORD_EXPLAIN }, { "erläuterung", WORD_EXPLAIN },
	{ "schwierigkeit", WORD_META }, { "kategorie", WORD_META },
	/* French */
	{ "choix", WORD_OPTIONS }, { "propositions", WORD_OPTIONS },
	{ "choix de réponses", WORD_OPTIONS }, { "réponse", WORD_ANSWER },
	{ "reponse", WORD_ANSWER }, { "bonne réponse", WORD_ANSWER },
	{ "la bonne réponse", WORD_ANSWER }, { "réponse correcte", WORD_ANSWER },
	{ "la réponse correcte", WORD_ANSWER }, { "la réponse", WORD_ANSWER },
	{ "réponses", WORD_ANSWERS }, { "corrigé", WORD_ANSWERS },
	{ "explication", WORD_EXPLAIN }, { "difficulté", WORD_META },
	/* Spanish */
	{ "pregunta", WORD_QUESTION }, { "opciones", WORD_OPTIONS },
	{ "opción", WORD_OPTION }, { "alternativas", WORD_OPTIONS },
	{ "respuesta", WORD_ANSWER }, { "respuesta correcta", WORD_ANSWER },
	{ "la respuesta correcta", WORD_ANSWER }, { "la respuesta", WORD_ANSWER },
	{ "solución", WORD_ANSWER }, { "respuestas", WORD_ANSWERS },
	{ "clave de respuestas", WORD_ANSWERS }, { "explicación", WORD_EXPLAIN },
	{ "justificación", WORD_EXPLAIN }, { "dificultad", WORD_META },
	/* Portuguese */
	{ "pergunta", WORD_QUESTION }, { "questão", WORD_QUESTION },
	{ "opções", WORD_OPTIONS }, { "opção", WORD_OPTION }, { "alternativa", WORD_OPTION },
	{ "resposta", WORD_ANSWER }, { "resposta correta", WORD_ANSWER },
	{ "a resposta correta", WORD_ANSWER }, { "resposta certa", WORD_ANSWER },
	{ "respostas", WORD_ANSWERS }, { "gabarito", WORD_ANSWERS },
	{ "explicação", WORD_EXPLAIN }, { "justificativa", WORD_EXPLAIN },
	/* Italian */
	{ "domanda", WORD_QUESTION }, { "opzioni", WORD_OPTIONS },
	{ "opzione", WORD_OPTION }, { "risposta", WORD_ANSWER },
	{ "risposta corretta", WORD_ANSWER }, { "la risposta corretta", WORD_ANSWER },
	{ "risposta esatta", WORD_ANSWER }, { "risposte", WORD_ANSWERS },
	{ "spiegazione", WORD_EXPLAIN },
	/* Dutch, Scandinavian, Finnish */
	{ "vraag", WORD_QUESTION }, { "opties", WORD_OPTIONS }, { "antwoord", WORD_ANSWER },
	{ "juiste antwoord", WORD_ANSWER }, { "correcte antwoord", WORD_ANSWER },
	{ "antwoorden", WORD_ANSWERS }, { "uitleg", WORD_EXPLAIN },
	{ "fråga", WORD_QUESTION }, { "alternativ", WORD_OPTIONS }, { "svar", WORD_ANSWER },
	{ "rätt svar", WORD_ANSWER }, { "förklaring", WORD_EXPLAIN },
	{ "spørgsmål", WORD_QUESTION }, { "spørsmål", WORD_QUESTION },
	{ "korrekt svar", WORD_ANSWER }, { "riktig svar", WORD_ANSWER },
	{ "kysymys", WORD_QUESTION }, { "vaihtoehdot", WORD_OPTIONS },
	{ "vastaus", WORD_ANSWER }, { "oikea vastaus", WORD_ANSWER },
	/* Slavic and the neighbours */
	{ "pytanie", WORD_QUESTION }, { "opcje", WORD_OPTIONS },
	{ "odpowiedzi", WORD_OPTIONS }, { "odpowiedź", WORD_ANSWER },
	{ "poprawna odpowiedź", WORD_ANSWER }, { "prawidłowa odpowiedź", WORD_ANSWER },
	{ "wyjaśnienie", WORD_EXPLAIN }, { "otázka", WORD_QUESTION },
	{ "možnosti", WORD_OPTIONS }, { "odpověď", WORD_ANSWER },
	{ "správná odpověď", WORD_ANSWER }, { "vysvětlení", WORD_EXPLAIN },
	{ "opțiuni", WORD_OPTIONS }, { "răspuns", WORD_ANSWER },
	{ "răspuns corect", WORD_ANSWER }, { "kérdés", WORD_QUESTION },
	{ "válasz", WORD_ANSWER }, { "helyes válasz", WORD_ANSWER },
	/* Turkish, Arabic, Persian, Hebrew */
	{ "soru", WORD_QUESTION }, { "seçenekler", WORD_OPTIONS }, { "cevap", WORD_ANSWER },
	{ "doğru cevap", WORD_ANSWER }, { "yanıt", WORD_ANSWER },
	{ "açıklama", WORD_EXPLAIN },
	/* South and South-East Asia */
	{ "câu hỏi", WORD_QUESTION }, { "câu", WORD_QUESTION }, { "lựa chọn", WORD_OPTIONS },
	{ "các lựa chọn", WORD_OPTIONS }, { "trả lời", WORD_ANSWER },
	{ "giải thích", WORD_EXPLAIN }, { "pertanyaan", WORD_QUESTION },
	{ "soal", WORD_QUESTION }, { "pilihan", WORD_OPTIONS }, { "opsi", WORD_OPTIONS },
	{ "jawaban", WORD_ANSWER }, { "jawaban yang benar", WORD_ANSWER },
	{ "jawaban benar", WORD_ANSWER }, { "penjelasan", WORD_EXPLAIN },
};

static const struct row other_rows[] = {
	/* Chinese */
	{ "问题", WORD_QUESTION }, { "题目", WORD_QUESTION }, { "问", WORD_QUESTION },
	{ "題目", WORD_QUESTION }, { "單選題", WORD_QUESTION }, { "单选题", WORD_QUESTION },
	{ "选择题", WORD_QUESTION }, { "選擇題", WORD_QUESTION }, { "题干", WORD_QUESTION },
	{ "选项", WORD_OPTIONS }, { "選項", WORD_OPTIONS }, { "备选项", WORD_OPTIONS },
	{ "答案", WORD_ANSWER }, { "正确答案", WORD_ANSWER }, { "正確答案", WORD_ANSWER },
	{ "正确选项", WORD_ANSWER }, { "正確選項", WORD_ANSWER }, { "参考答案", WORD_ANSWER },
	{ "參考答案", WORD_ANSWER }, { "标准答案", WORD_ANSWER }, { "答", WORD_ANSWER },
	{ "正确的答案", WORD_ANSWER }, { "答案选项", WORD_ANSWER }, { "本题答案", WORD_ANSWER },
	{ "答案汇总", WORD_ANSWERS }, { "答案列表", WORD_ANSWERS }, { "答案一览", WORD_ANSWERS },
	{ "所有答案", WORD_ANSWERS }, { "答案表", WORD_ANSWERS }, { "解析", WORD_EXPLAIN },
	{ "解释", WORD_EXPLAIN }, { "解釋", WORD_EXPLAIN }, { "说明", WORD_EXPLAIN },
	{ "說明", WORD_EXPLAIN }, { "理由", WORD_EXPLAIN }, { "分析", WORD_EXPLAIN },
	{ "原因", WORD_EXPLAIN }, { "依据", WORD_EXPLAIN }, { "答案解析", WORD_EXPLAIN },
	{ "难度", WORD_META }, { "類型", WORD_META }, { "类型", WORD_META }, { "题型", WORD_META },
	{ "考点", WORD_META },
	/* Japanese */
	{ "質問", WORD_QUESTION }, { "問題", WORD_QUESTION }, { "設問", WORD_QUESTION },
	{ "問い", WORD_QUESTION }, { "問", WORD_QUESTION }, { "選択肢", WORD_OPTIONS },
	{ "正解", WORD_ANSWER }, { "答え", WORD_ANSWER }, { "解答", WORD_ANSWER },
	{ "回答", WORD_ANSWER }, { "正答", WORD_ANSWER }, { "正しい答え", WORD_ANSWER },
	{ "解説", WORD_EXPLAIN }, { "根拠", WORD_EXPLAIN }, { "難易度", WORD_META },
	/* Korean */
	{ "질문", WORD_QUESTION }, { "문제", WORD_QUESTION }, { "문항", WORD_QUESTION },
	{ "문", WORD_QUESTION }, { "선택지", WORD_OPTIONS }, { "보기", WORD_OPTIONS },
	{ "옵션", WORD_OPTIONS }, { "정답", WORD_ANSWER }, { "답", WORD_ANSWER },
	{ "답변", WORD_ANSWER }, { "올바른 답", WORD_ANSWER }, { "정답표", WORD_ANSWERS },
	{ "설명", WORD_EXPLAIN }, { "해설", WORD_EXPLAIN }, { "이유", WORD_EXPLAIN },
	{ "난이도", WORD_META },
	/* Slavic and the neighbours */
	{ "вопрос", WORD_QUESTION }, { "задание", WORD_QUESTION },
	{ "варианты ответа", WORD_OPTIONS }, { "варианты ответов", WORD_OPTIONS },
	{ "варианты", WORD_OPTIONS }, { "вариант", WORD_OPTION }, { "ответ", WORD_ANSWER },
	{ "правильный ответ", WORD_ANSWER }, { "верный ответ", WORD_ANSWER },
	{ "ответы", WORD_ANSWERS }, { "правильные ответы", WORD_ANSWERS },
	{ "объяснение", WORD_EXPLAIN }, { "пояснение", WORD_EXPLAIN },
	{ "обоснование", WORD_EXPLAIN }, { "питання", WORD_QUESTION },
	{ "варіанти", WORD_OPTIONS }, { "відповідь", WORD_ANSWER },
	{ "правильна відповідь", WORD_ANSWER }, { "пояснення", WORD_EXPLAIN },
	{ "întrebare", WORD_QUESTION }, { "întrebarea", WORD_QUESTION },
	{ "ερώτηση", WORD_QUESTION }, { "επιλογές", WORD_OPTIONS },
	{ "απάντηση", WORD_ANSWER }, { "σωστή απάντηση", WORD_ANSWER },
	/* Turkish, Arabic, Persian, Hebrew */
	{ "سؤال", WORD_QUESTION }, { "السؤال", WORD_QUESTION }, { "الخيارات", WORD_OPTIONS },
	{ "الإجابة", WORD_ANSWER }, { "الجواب", WORD_ANSWER },
	{ "الإجابة الصحيحة", WORD_ANSWER }, { "الشرح", WORD_EXPLAIN },
	{ "التفسير", WORD_EXPLAIN }, { "پرسش", WORD_QUESTION }, { "گزینه‌ها", WORD_OPTIONS },
	{ "پاسخ", WORD_ANSWER }, { "پاسخ صحیح", WORD_ANSWER }, { "שאלה", WORD_QUESTION },
	{ "תשובה", WORD_ANSWER }, { "תשובה נכונה", WORD_ANSWER },
	{ "אפשרויות", WORD_OPTIONS },
	/* South and South-East Asia */
	{ "प्रश्न", WORD_QUESTION }, { "विकल्प", WORD_OPTIONS }, { "उत्तर", WORD_ANSWER },
	{ "सही उत्तर", WORD_ANSWER }, { "व्याख्या", WORD_EXPLAIN },
	{ "đáp án", WORD_ANSWER }, { "đáp án đúng", WORD_ANSWER },
	{ "คำถาม", WORD_QUESTION }, { "ตัวเลือก", WORD_OPTIONS }, { "คำตอบ", WORD_ANSWER },
	{ "คำตอบที่ถูกต้อง", WORD_ANSWER },
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
	};
	const char *next;
	size_t i, len;

	for (i = 0; i < sizeof(common) / sizeof(*common); i++) {
		len = strlen(common[i].word);
		next = at + len;
		if (!may_start(at, common[i].word) || !match(at, end, common[i].word))
			continue;
		if ((size_t)(end - at) == len + 1 ||
		    ((size_t)(end - at) > len && ((unsigned char)next[*next == ' '] >= 0x80 ||
			    mcq_text_alpha((unsigned char)next[*next == ' ']))))
			continue;
		*used = len;
		return common[i].kind;
	}
	return WORD_NONE;
}

enum mcq_word mcq_word_find(const char *at, const char *end, size_t *used)
{
	const struct row *rows = ascii_rows;
	size_t i, len, count = sizeof(ascii_rows) / sizeof(*ascii_rows);
	enum mcq_word kind;

	*used = 0;
	if (end - at < 2 || (unsigned char)*at < 'A')
		return WORD_NONE;
	/* "A) ..." and the like: the one word of one letter is tried, nothing else */
	if ((unsigned char)*at < 0x80 && (unsigned char)at[1] < 0x80 &&
	    !mcq_text_alpha((unsigned char)at[1])) {
		*used = *at == 'q' || *at == 'Q';
		return *used ? WORD_QUESTION : WORD_NONE;
	}
	kind = find_common(at, end, used);
	if (kind != WORD_NONE)
		return kind;
	if ((unsigned char)*at >= 0x80) {
		rows = other_rows;
		count = sizeof(other_rows) / sizeof(*other_rows);
	}
	for (i = 0; i < count; i++) {
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
