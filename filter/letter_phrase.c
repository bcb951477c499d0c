/* SPDX-License-Identifier: Apache-2.0
 *
 * See letter_phrase.h. To teach a language, add rows. Phrases that begin or end with a letter
 * of a script with spaces match whole words only.
 */
#include "filter/letter_phrase.h"

#include <string.h>

#include "curate/mcq_text.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

/* Scripts that put spaces between words; their words must match whole. */
static bool is_spaced(const char *at)
{
	unsigned char c = (unsigned char)*at;

	return c < 0x80 ? mcq_text_alpha(c) : c < 0xe0;
}

static size_t match(const char *at, const char *end, const char *phrase)
{
	size_t len;
	const char *last;

	len = strlen(phrase);
	if ((size_t)(end - at) < len || memcmp(at, phrase, len))
		return 0;
	for (last = phrase + len - 1; last > phrase && ((unsigned char)*last & 0xc0) == 0x80; )
		last--;
	if (at + len < end && is_spaced(last) && is_spaced(at + len) &&
	    mcq_text_wordy(at + len, end))
		return 0;
	return len;
}

static size_t match_any(const char *at, const char *end, const char *const *rows, size_t count)
{
	size_t i, len, best = 0;

	for (i = 0; i < count && at < end; i++) {
		if (*rows[i] != *at)	/* nearly all rows end here */
			continue;
		len = match(at, end, rows[i]);
		if (len > best)
			best = len;
	}
	return best;
}

/* Words start at the text's start and behind anything that is no letter. */
static bool starts_word(const char *start, const char *at)
{
	const char *p = at - 1;

	if (at == start || !is_spaced(at))
		return true;
	while (p > start && ((unsigned char)*p & 0xc0) == 0x80)
		p--;
	return !is_spaced(p) || !mcq_text_wordy(p, at);
}

static bool contains_any(const char *at, const char *end, const char *const *rows, size_t count)
{
	const char *p;

	for (p = at; p < end; p++)
		if (((unsigned char)*p & 0xc0) != 0x80 && starts_word(at, p) &&
		    match_any(p, end, rows, count))
			return true;
	return false;
}

size_t letter_phrase_before(const char *at, const char *end)
{
	static const char *const rows[] = {
		"i choose", "i pick", "i select", "i'd choose", "i would choose", "i'd pick",
		"i'd select", "i would select", "i would pick", "i'd go with",
		"i would go with", "i'll go with", "i will go with", "i go with", "go with",
		"i'd say", "i would say", "i say", "i'll say", "i think it is", "i think it's",
		"i think", "i believe it is", "i believe it's", "i believe", "i guess",
		"my guess is", "my best guess is", "best guess is", "best guess:", "guess:",
		"my choice is", "my choice:", "my pick is", "my selection is",
		"correct option is", "correct choice is", "correct one is", "best option is",
		"best choice is", "right option is", "right choice is", "right one is", "it is",
		"it's", "it must be", "it has to be", "it should be", "must be", "would be",
		"so", "so it is", "so it's", "therefore", "thus", "hence", "choose", "select",
		"selected:", "choice:", "option:", "select option", "correct option:",
		"correct choice:", "points to", "corresponds to", "matches", "是", "选择", "選擇",
		"选", "選", "应选", "故选", "故選", "应为", "应该是", "所以是", "因此是", "正确的是", "正解は", "正解:",
		"答えは", "解答は", "回答は", "選択肢は", "정답은", "정답:", "정답", "답은", "답:", "선택:", "ich wähle",
		"ich würde", "es ist", "richtig ist", "korrekt ist", "die richtige option ist",
		"je choisis", "je pense que c'est", "c'est", "c'est la", "la bonne option est",
		"la bonne est", "elijo", "escojo", "creo que es", "la opción correcta es",
		"la correcta es", "es la", "la opción", "scelgo", "è la",
		"l'opzione corretta è", "penso sia", "escolho", "a opção correta é",
		"a alternativa correta é", "é a", "я выбираю", "выбираю", "это",
		"правильный вариант", "верный вариант", "wybieram", "poprawna odpowiedź to",
		"to", "ik kies", "het is", "jag väljer", "det är", "svaret är", "rätt svar är",
		"svaret er", "svaret:", "chọn", "doğru cevap", "cevap", "adalah",
		"saya memilih",
	};

	return match_any(at, end, rows, COUNT(rows));
}

size_t letter_phrase_filler(const char *at, const char *end)
{
	static const char *const rows[] = {
		"option", "choice", "letter", "answer", "the", "choice is", "most likely",
		"likely", "probably", "definitely", "clearly", "therefore", "indeed", "simply",
		"option is", "the option", "that", "that the answer is", "选项", "選項", "项", "選択肢",
		"オプション", "选择", "option:", "la", "le", "el", "der", "die", "das", "a", "o", "il",
		"l'option", "la réponse", "la respuesta", "antwort", "buchstabe", "option n°",
		"lettre", "lettera", "opción", "opção", "alternativa", "opzione", "вариант",
		"буква", "ответ", "답", "보기", "câu", "phương án", "pilihan", "opsi", "seçenek",
		"\\text", "\\boxed", "\\mathrm", "\\mathbf", "\\textbf", "probablement",
		"wahrscheinlich", "probablemente", "наверное", "вероятно", "final answer",
		"应该是", "是", "为", "lautet", "absolutely", "certainly", "obviously",
		"undoubtedly", "definitiv", "sicherlich", "eindeutig", "certainement",
		"assurément", "sin duda", "definitivamente", "sicuramente", "com certeza",
		"certamente", "точно", "конечно", "определённо", "肯定是", "一定是", "绝对是", "当然是",
		"間違いなく", "もちろん", "확실히", "당연히",
	};

	return match_any(at, end, rows, COUNT(rows));
}

size_t letter_phrase_link(const char *at, const char *end)
{
	static const char *const rows[] = {
		"is", "would be", "should be", "must be", "will be", "has to be", "seems to be",
		"appears to be", "was", "might well be", ":", "=", "->", "→", "-", "–", "—",
		"est", "es", "ist", "lautet", "wäre", "è", "é", "sería", "seria", "serait",
		"sarebbe", "är", "er", "on", "jest", "to", "je", "este", "是", "为", "為", "应该是",
		"应该为", "应为", "应是", "选", "選", "选择", "は", "은", "는", "là", "adalah", "هي", "هو",
		"है", "คือ", "olan", "：",
	};

	return match_any(at, end, rows, COUNT(rows));
}

bool letter_phrase_after(const char *at, const char *end)
{
	static const char *const rows[] = {
		"is correct", "is right", "is the correct", "is the right", "is the answer",
		"is the best", "is the most", "is most likely", "is my answer", "is my choice",
		"is accurate", "is the only correct", "is therefore correct",
		"is clearly correct", "must be correct", "must be right", "must be the",
		"seems correct", "seems right", "seems to be correct", "seems the most",
		"appears correct", "would be correct", "would be the correct",
		"would be the best", "fits best", "matches best", "best matches", "best fits",
		"best describes", "it is", "is what is", "选项正确", "选项是正确", "项正确", "项是正确",
		"选项是对的", "是正确", "是正確", "正确", "正確", "是对的", "是對的", "为正确", "是答案", "对", "が正解",
		"が正しい", "が答え", "が適切", "です", "だと思います", "だ", "가 정답", "이 정답", "가 맞", "이 맞", "입니다",
		"번이 정답", "예요", "이다", "est correct", "est correcte", "est la bonne",
		"est la réponse", "est exact", "es correct", "es correcta", "es la respuesta",
		"es la correcta", "es la opción correcta", "ist richtig", "ist korrekt",
		"ist die richtige", "ist die antwort", "stimmt", "è corretta", "è giusta",
		"è la risposta", "è quella corretta", "è corretto", "está correta",
		"está certa", "é a resposta", "é a correta", "é correta", "é a certa", "верно",
		"верный", "правильный", "является правильным", "- правильный", "— правильный",
		"jest poprawna", "is juist", "är rätt", "doğru", "là đúng", "là đáp án",
	};
	const char *p = at + mcq_text_space(at, end);

	return match_any(p, end, rows, COUNT(rows)) > 0;
}

bool letter_phrase_reason(const char *at, const char *end)
{
	static const char *const rows[] = {
		"since", "because", "given", "based on", "due to", "as", "judging by", "因为",
		"由于", "既然", "因為", "由於", "puisque", "comme", "vu que", "étant donné", "da",
		"weil", "como", "ya que", "dado que", "puesto que", "porque", "poiché",
		"siccome", "visto que", "já que", "так как", "поскольку", "omdat", "aangezien",
		"eftersom", "ponieważ", "karena",
	};

	return match_any(at, end, rows, COUNT(rows)) > 0;
}

bool letter_phrase_denies(const char *at, const char *end)
{
	static const char *const rows[] = {
		"not", "isn't", "don't think", "doubt", "if", "whether", "unless", "suppose",
		"assuming", "neither", "nor", "never", "cannot be", "can't be", "wasn't",
		"ruled out", "rule out", "eliminate", "exclude", "incorrect", "wrong", "could",
		"might", "may", "maybe", "perhaps", "不", "不是", "如果", "假如", "排除", "除非", "错误",
		"可能", "nicht", "falsch", "wenn", "pas", "faux", "n'est", "ne", "incorrecta",
		"falsa", "non", "sbagliata", "não", "incorreta", "не", "неверно", "если",
		"ではない", "もし", "아니", "만약", "nie", "niet", "inte", "ikke", "değil", "không",
		"bukan",
	};

	return contains_any(at, end, rows, COUNT(rows));
}

bool letter_phrase_not(const char *at, const char *end)
{
	static const char *const rows[] = {
		"not", "isn't", "wasn't", "can't", "cannot", "won't", "wouldn't", "never", "不",
		"非", "nicht", "kein", "pas", "n'est", "no es", "no era", "no puede", "non",
		"não", "не", "ではない", "nie", "niet", "inte", "ikke", "değil", "không", "bukan",
		"ليس", "ليست", "नहीं",
	};

	return contains_any(at, end, rows, COUNT(rows));
}

size_t letter_phrase_not_behind(const char *at, const char *end)
{
	static const char *const rows[] = {
		"가 아니라", "이 아니라", "가 아니고", "이 아니고", "가 아니", "이 아니", "는 아니", "은 아니",
		"가 아닙", "이 아닙", "가 아닌", "이 아닌", "는 아닙", "은 아닙",
		"ではなく", "じゃなく", "でなく", "ではない", "ではあり", "değil", "नहीं",
	};

	return match_any(at, end, rows, COUNT(rows));
}

size_t letter_phrase_instead(const char *at, const char *end)
{
	static const char *const rows[] = {
		"but", "but rather", "but instead", "而是", "而应是", "而應是", "sondern", "mais",
		"mais bien", "sino", "sino la", "bensì", "ma", "mas", "mas sim", "а", "maar",
		"utan", "lecz", "tylko", "mà là", "melainkan", "بل",
	};

	return match_any(at, end, rows, COUNT(rows));
}

bool letter_phrase_corrects(const char *at, const char *end)
{
	static const char *const rows[] = {
		"wait", "actually", "correction", "on second thought", "i mean", "sorry",
		"rather", "let me reconsider", "let me re-evaluate", "scratch that", "hold on",
		"no,", "hmm", "i made a mistake", "my mistake", "upon closer", "on closer",
		"looking again", "i correct myself", "correcting", "corrected", "re-examining",
		"reconsidering", "等等", "不对", "更正", "其实", "重新", "纠正", "抱歉", "再看", "いや", "訂正",
		"待って", "아니", "다시", "정정", "moment", "korrektur", "eigentlich", "warte",
		"attendez", "en fait", "correction :", "espera", "corrección", "en realidad",
		"aspetta", "anzi", "na verdade", "espere", "correção", "погоди", "точнее",
		"на самом деле", "исправ",
	};

	return contains_any(at, end, rows, COUNT(rows));
}

bool letter_phrase_negates(const char *at, const char *end)
{
	static const char *const rows[] = {
		"not", "no", "isn't", "aren't", "wasn't", "weren't", "don't", "doesn't",
		"didn't", "can't", "cannot", "never", "neither", "nor", "without", "none",
		"instead of", "rather than", "except", "unlike", "nothing", "hardly", "不", "没",
		"沒", "无", "無", "非", "nicht", "kein", "keine", "pas", "ne", "aucun", "sin",
		"ninguno", "non", "nessun", "não", "sem", "nenhum", "не", "нет", "ни", "ない",
		"ません", "아니", "않", "없", "nie", "niet", "geen", "inte", "ikke", "if", "maybe",
		"might", "could", "may", "perhaps", "either", "可能", "?", "？",
	};

	return contains_any(at, end, rows, COUNT(rows));
}

static const char *const no_image[] = {
	"cannot see", "can't see", "can not see", "unable to see", "not able to see",
	"unable to view", "cannot view", "can't view", "can not view", "not able to view",
	"don't see an image", "do not see an image", "don't see any image",
	"do not see any image", "don't see the image", "no image", "there is no image",
	"no picture", "no photo", "provide the image", "provide an image",
	"provide me with the image", "provide a picture", "upload the image", "upload an image",
	"share the image", "attach the image", "send the image", "image is not provided",
	"image was not provided", "image is missing", "image not provided",
	"image wasn't provided", "image isn't provided", "image has not been",
	"access to the image", "access to images", "access to an image", "access the image",
	"access to any image", "ability to see", "ability to view", "ability to process images",
	"text-based", "view images", "see images", "process images", "image didn't",
	"image did not", "看不到", "看不见", "没有图片", "没有图像", "未提供图片", "未提供图像", "请提供图片", "请提供图像",
	"请上传", "无法查看", "无法看到", "没有看到", "没看到图", "請提供圖片", "無法查看", "je ne vois pas",
	"je ne peux pas voir", "aucune image", "fournir l'image", "bild nicht sehen",
	"kein bild", "keine bilder sehen", "sehe kein", "bild hochladen", "no puedo ver",
	"no veo", "ninguna imagen", "proporcione la imagen", "no hay imagen",
	"non posso vedere", "non vedo", "nessuna immagine", "não consigo ver", "não posso ver",
	"não vejo", "nenhuma imagem", "не вижу", "не могу увидеть", "нет изображения",
	"предоставьте изображение", "画像が見え", "画像を見ることが", "画像がありません", "画像が提供", "이미지를 볼 수 없",
	"이미지가 없", "이미지를 제공", "nie widzę", "kan de afbeelding niet",
};

static const char *const unknown[] = {
	"cannot be determined", "can't be determined", "can not be determined",
	"cannot determine", "can't determine", "unable to determine", "possible to determine",
	"impossible to determine", "cannot be answered", "can't be answered",
	"can not be answered", "can not answer", "cannot answer", "can't answer",
	"unable to answer", "not able to answer", "not enough information", "not enough info",
	"insufficient information", "not sufficient information", "insufficient context",
	"not enough context", "enough information", "does not provide", "doesn't provide",
	"does not mention", "doesn't mention", "does not specify", "doesn't specify",
	"does not describe", "doesn't describe", "does not indicate", "doesn't indicate",
	"does not include", "doesn't include", "does not contain", "doesn't contain",
	"does not say", "doesn't say", "does not state", "doesn't state", "not specified",
	"not mentioned", "not stated", "not described", "not provided", "no information",
	"no mention", "i don't know", "i do not know", "cannot tell", "can't tell",
	"can not tell", "impossible to tell", "impossible to know", "no way to know",
	"no way of knowing", "cannot say", "can't say", "without the image", "without seeing",
	"without an image", "without viewing", "cannot be inferred", "cannot infer",
	"can't infer", "cannot be known", "i am not sure", "i'm not sure", "undeterminable",
	"indeterminate", "unanswerable", "n/a", "cannot know", "无法确定", "无法判断", "无法回答", "不能确定",
	"不能判断", "不能回答", "信息不足", "没有提到", "没有提及", "未提及", "未提到", "没有足够", "没有提供", "未提供", "不知道",
	"无法得知", "无法从", "無法確定", "無法判斷", "無法回答", "未說明", "未说明", "没有说明", "不确定",
	"impossible de déterminer", "pas assez d'informations", "ne mentionne pas",
	"ne précise pas", "je ne sais pas", "ne peut pas être déterminé",
	"impossible de répondre", "ne peux pas répondre", "informations insuffisantes",
	"ne peux pas déterminer", "nicht beantwort", "nicht beantwortet werden",
	"kann nicht bestimmt werden", "nicht bestimmt werden", "nicht genügend informationen",
	"nicht erwähnt", "weiß nicht", "weiß es nicht", "lässt sich nicht", "nicht feststellen",
	"nicht angegeben", "keine information", "keine angabe", "nicht bestimmen",
	"no se puede determinar", "no puedo determinar", "no puedo responder",
	"no se puede responder", "suficiente información", "no se menciona", "no menciona",
	"no lo sé", "no sé", "no se especifica", "no es posible determinar",
	"non è possibile determinare", "impossibile determinare", "informazioni insufficienti",
	"non posso rispondere", "non lo so", "non è specificato", "non menziona",
	"não é possível determinar", "informações insuficientes", "não posso determinar",
	"não sei", "não menciona", "não é mencionado", "não consigo responder",
	"невозможно определить", "не могу определить", "недостаточно информации", "не указано",
	"не упоминается", "не знаю", "нельзя определить", "невозможно ответить",
	"не могу ответить", "判断できません", "判断できない", "わかりません", "分かりません", "情報が不足", "特定できません",
	"回答できません", "答えられません", "記載されていません", "不明です", "言及されていません", "알 수 없", "판단할 수 없", "정보가 부족",
	"확인할 수 없", "답할 수 없", "모르겠", "언급되지 않", "nie można określić", "nie wiem",
	"kan niet worden bepaald", "weet het niet", "belirlenemez", "bilmiyorum",
	"không thể xác định", "không đủ thông tin", "không biết", "tidak dapat ditentukan",
	"tidak tahu", "لا يمكن تحديد", "لا أعرف",
};

static const char *const policy[] = {
	"can't help with", "cannot help with", "can not help with", "can't help you with",
	"unable to help with", "can't assist", "cannot assist", "can not assist",
	"unable to assist", "not able to assist", "not able to help", "can't comply",
	"cannot comply", "i won't", "i will not", "i must decline", "i have to decline",
	"against my", "cannot fulfill", "can't fulfill", "cannot engage", "violates",
	"cannot provide that", "can't provide that", "can't discuss", "cannot discuss",
	"can't identify people", "cannot identify people", "can't identify individuals",
	"can't identify real people", "identify the person", "identify individuals",
	"can't provide assistance", "cannot provide assistance", "not comfortable",
	"can't do that", "cannot do that", "cannot process this request",
	"无法协助", "不能协助", "无法提供帮助", "无法提供协助", "无法帮助", "不能帮助", "无法满足",
	"違反", "违反", "拒绝回答", "je ne peux pas vous aider", "je ne peux pas aider",
	"dabei kann ich nicht helfen", "kann ich nicht helfen", "kann dabei nicht helfen",
	"no puedo ayudar", "non posso aiutar", "não posso ajudar", "не могу помочь",
	"お手伝いできません", "お答えできません", "応じられません", "도와드릴 수 없", "도울 수 없",
	"nie mogę pomóc", "kan ik niet helpen",
};

static const char *const not_shown[] = {
	"does not show", "doesn't show", "do not show", "don't show", "did not show",
	"does not depict", "doesn't depict", "not shown", "isn't shown", "not visible",
	"isn't visible", "not depicted", "isn't depicted", "not pictured", "not displayed",
	"cannot be seen", "can't be seen", "can not be seen", "没有显示", "未显示", "並未顯示", "沒有顯示",
	"未顯示", "没有展示", "未展示", "没有出现", "看不出", "写っていません", "写っていない", "映っていません",
	"示されていません", "見当たりません", "나와 있지 않", "보이지 않", "나타나 있지 않", "표시되어 있지 않",
	"ne le montre pas", "ne montre pas", "ne la montre pas", "n'est pas visible",
	"n'apparaît pas", "ne se voit pas", "nicht zu sehen", "nicht zu erkennen",
	"zeigt das nicht", "zeigt es nicht", "zeigt dies nicht", "nicht sichtbar",
	"nicht abgebildet", "no lo muestra", "no muestra", "no se ve", "no se muestra",
	"no aparece", "non lo mostra", "non mostra", "non si vede", "non è visibile",
	"não mostra", "não o mostra", "não aparece", "não se vê", "não é visível",
	"не видно", "не показано", "не показывает", "nie widać", "nie pokazuje",
	"niet te zien", "niet zichtbaar", "syns inte", "görünmüyor", "gösterilmiyor",
	"không hiển thị", "không cho thấy", "tidak terlihat", "tidak menunjukkan",
};

/* "Not shown" says something about the question only where it speaks of the picture. */
static const char *const picture[] = {
	"image", "images", "picture", "pictures", "photo", "photograph", "screenshot", "figure",
	"图", "圖", "照片", "画像", "写真", "画面", "이미지", "사진", "그림", "l'image", "la photo", "bild",
	"foto", "abbildung", "imagen", "imagem", "immagine", "l'immagine", "изображение",
	"изображении", "изображения", "фото", "картинке", "картинка", "рисунке", "zdjęciu",
	"zdjęcie", "obrazie", "obrazku", "afbeelding", "plaatje", "bilden", "resim", "resimde",
	"görselde", "görsel", "ảnh", "hình", "gambar",
};

enum letter_phrase letter_phrase_excuse(const char *at, const char *end)
{
	if (contains_any(at, end, no_image, COUNT(no_image)))
		return PHRASE_NO_IMAGE;
	if (contains_any(at, end, policy, COUNT(policy)))
		return PHRASE_POLICY;
	if (contains_any(at, end, unknown, COUNT(unknown)))
		return PHRASE_UNKNOWN;
	if (contains_any(at, end, not_shown, COUNT(not_shown)) &&
	    contains_any(at, end, picture, COUNT(picture)))
		return PHRASE_NOT_SHOWN;
	return PHRASE_NONE;
}
