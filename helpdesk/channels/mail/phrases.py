"""What mail programs write around quotations and signatures, in the languages of the desk's customers.

Every pattern is in lower case and is matched against text in lower case: that is several times faster.
"""

import re

MONTHS = (
    r"jan|feb|m[aä]r|apr|may|ma[ij]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic|f[eé]v|avr|ao[uû]|d[eé]c"
    r"|gen|giu|lug"
    r"|set|ott|mag|sty|lut|kwi|cze|lip|sie|wrz|pa[zź]|lis|gru|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
    r"|қаң|ақп|нау|сәу|мам|мау|шіл|там|қыр|қаз|қар|жел|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру"
    r"|сту|сак|кра|чэр|ліп|жні|кас|ліс|сне"
)
DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)\b|\b\d{4}[./-]\d{1,2}[./-]\d{1,2}\b|\d{4}\s?[年년]"
    rf"|\b\d{{1,2}}(?:\.|st|nd|rd|th)?,?\s{{1,3}}(?:de\s|i\s)?(?:{MONTHS})[^\W\d]{{0,12}}\.?,?\s{{0,3}}(?:de\s)?\d{{4}}"
    rf"|\b(?:{MONTHS})[^\W\d]{{0,12}}\.?\s{{1,3}}\d{{1,2}}(?:st|nd|rd|th)?,?\s{{1,3}}(?:at\s)?\d{{2,4}}"
    rf"|\b\d{{4}}\s?(?:г|ж)?\.?,?\s?(?:ж(?:ылы|ылғы)|г(?:ода)?)?\.?\s?\d{{1,2}}[\s-]{{0,3}}(?:{MONTHS})"
)
SOME_DATE = re.compile(
    rf"\b\d{{1,2}}\.?\s{{1,3}}(?:{MONTHS})|\b(?:{MONTHS})[^\W\d]{{0,12}}\.?\s{{1,3}}\d{{1,2}}\b"
    r"|\b\d{1,2}[./]\d{1,2}\b|\b\d\d?:\d\d\b"
)
TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b|\d\s?[時时시点]")
ADDRESS = re.compile(r"[^\s<>\[\]()]{1,256}@[^\s<>\[\]()]{1,256}\w")
WROTE_WORDS = (
    r"\b(?:wrote|writes|écrit|escribi[óo]|escreveu|schrieb|schreef|skrev|scritto|scrisse|kirjoitti|írta|yazdı"
    r"|viết|a scris"
    r"|napisał(?:\(?a\)?)?|napsal(?:\(?a\)?)?|написа[вл](?:\(?л?а\)?)?|пишет|писа[вл](?:\(?л?а\)?)?|сообщил(?:\(?а\)?)?"
    r"|пише|напісаў|напісала|піша|жазды|жазған|жазады|γράψει)(?!\w)|写道|寫道|のメール|書きました|작성|씀|כתב"
)
WROTE = re.compile(WROTE_WORDS)
WROTE_LAST = re.compile(rf"(?:{WROTE_WORDS})[\s\-–—_*.…]*$")
ATTRIBUTION_START = re.compile(
    r"(?=.*\d)[\s\-–—_*\"'«]{0,12}"
    r"(?:(?:on|am|le|el|il|em|op|den|dne|w dniu|dnia|vào|in data)\s|\d"
    r"|[^\W\d_]{2,12}[.,]{0,2}\s{1,3}(?:den\s)?\d|[^\W\d_]{2,12},\s)"
)
LABELS = {
    "from": "from|от|от кого|отправитель|von|de|da|van|fra|från|od|від|від кого|ад|ад каго|кімнен|жіберуші|kimden"
    "|lähettäjä|feladó|afzender|expéditeur|remitente|mittente|odesílatel|发件人|寄件者|差出人|보낸 ?사람",
    "date": "sent|date|дата|отправлено|дата отправки|gesendet|datum|envoyé(?: le)?|enviado(?: el| em)?|fecha"
    "|data|inviato"
    "|verzonden|sendt|dato|skickat|wysłano|надіслано|дата надсилання|адпраўлена|жіберілді|жіберілген(?: күні| уақыты)?"
    "|күні|tarih|gönderildi|lähetetty|odesláno|elküldve|发送时间|日期|送信日時|日時|보낸 ?날짜",
    "to": "to|кому|получатель|an|à|a|para|per|aan|til|till|do|каму|кімге|алушы|kime|vastaanottaja|címzett|komu"
    "|收件人|宛先|받는 ?사람",
    "cc": "cc|bcc|kopie|копия|копія|копія|көшірме(?:сі)?|reply-to|importance|важность|вложения|attachments?|抄送",
    "subject": "subject|тема|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|тэма|тақырып(?:ы)?|konu"
    "|aihe|předmět|tárgy|主题|件名|제목",
}
LABEL = re.compile(
    r"[\s>*_|]{0,8}(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items())
    + r")\s?[*_]{0,2}\s?[:：][*_]{0,2}\s?"
)
PASSED_ON = (
    r"forward|пересыл|переслан|переадрес|weitergeleitet|reenviad|transféré|inoltrat|doorgestuurd|қайта жіберілген|転送"
    r"|videresendt|vidarebefordra"
)
ORIGINAL = (
    r"original|исходн|первоначальн|ursprüng|origine|oorspronkelijk|вихідн|бастапқы|түпнұсқа|зыходн|wiadomość"
    r"|元のメッセージ|原始"
)
SEPARATOR = re.compile(
    rf"[\s*_]{{0,8}}[-_=—–~]{{2,}}\s*[^-_=—–~]{{0,40}}?(?:{PASSED_ON}"
    rf"|{ORIGINAL})[^-_=—–~]{{0,60}}[-_=—–~]{{2,}}[\s*_]*$"
)
FORWARDED = re.compile(PASSED_ON)
BEGIN_FORWARDED = re.compile(
    r"(?:begin forwarded message|пересылаемое сообщение|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|начало (?:пересылаемого|переадресованного|пересланного) (?:сообщения|письма)"
    r"|début du message (?:transféré|réexpédié)"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato|қайта жіберілген хаттың басы"
    r"|початок (?:переспрямованого|пересланого) (?:повідомлення|листа))\s*:?\s*$"
)
STARTS = (  # of lines without colon, address and rule that BEGIN_FORWARDED or REPLY_ABOVE match
    *("begin ", "начало ", "пересылаемое", "anfang ", "début ", "inicio ", "inizio ", "қайта ", "початок "),
    *("please", "type", "write", "enter", "add your", "reply", "respond", "answer", "antwort"),
    *("пожалуйста", "пишите", "напишите", "введите", "оставьте", "отвечайте", "вводите", "осы", "бұл"),
)
RULE = re.compile(r"\s*(?:[-_=*—–]{4,}|[-_] ?(?:[-_] ?){8,})\s*$")
TITLED_RULE = re.compile(r"\s*[-_=*—–]{3,}\s*(?:[^-_=*\s][^-_=*]{0,50})?[-_=*—–]{3,}\s*$")
REPLY_ABOVE = re.compile(
    r"\W*(?:please )?(?:(?:type|write|enter|add) your (?:reply|response|answer)|reply|respond"
    r"|answer)s?\b.{0,30}\babove\b.{0,60}$"
    r"|\W*(?:пожалуйста, ?)?(?:пишите|напишите|введите|оставьте|отвечайте|вводите)\b.{0,30}\b(?:выше|над)\b.{0,60}$"
    r"|\W*(?:осы|бұл) (?:жолдан|сызықтан) жоғары.{0,60}$|\W*antworte?n? (?:sie )?(?:bitte )?(?:über|oberhalb).{0,60}$"
)
SENT_FROM = re.compile(
    r"(?:<[^>]{0,200}>)?\W{0,3}(?:sent (?:from|via|with|using)\b|get outlook for|(?:получить|скачать|загрузить) outlook"
    r"|отправлено (?:с|из|через|от)\b|послано (?:с|из)\b|написано (?:с|из)\b|надіслано (?:з|із|за)\b|адпраўлена з\b"
    r"|outlook .{2,30} (?:жүктеп )?алу|holen sie sich outlook|télécharger outlook|obtener outlook"
    r"|von meinem .{2,40} gesendet|gesendet (?:von|mit)\b|diese nachricht wurde von meinem"
    r"|envoyé (?:de|depuis|à partir)\b|enviado (?:desde|de|do|a partir)\b|inviato dal?\b|verstuurd vanaf"
    r"|verzonden (?:vanaf|met)|sendt fra|skickat från|wysłan[eo] z\b|lähetetty|odesláno z)"
)
SENT_FROM_KAZAKH = re.compile(r".{2,60}(?:нан|нен|дан|ден|тан|тен) жіберіл(?:ді|ген)?\W*$")
REGARDS = re.compile(
    r"(?:с (?:глубоким |большим |искренним )?уважением|с наилучшими(?: пожеланиями)?|с благодарностью и уважением"
    r"|всего (?:самого )?(?:доброго|хорошего|наилучшего)|regards|sincerely(?: yours)?|yours (?:sincerely"
    r"|faithfully|truly)"
    r"|(?:best|kind|warm|kindest|warmest|many)(?: best| kind)? (?:regards|wishes)|құрметпен|ізгі (?:тілекпен|ниетпен)"
    r"|з повагою|з найкращими побажаннями|з павагай|mit freundlichen? gr(?:ü|ue)(?:ß|ss)(?:en)?|(?:viele|beste"
    r"|liebe|freundliche) grüße"
    r"|cordialement|bien cordialement|atentamente|saludos(?: cordiales)?|cordiali saluti|distinti saluti"
    r"|met vriendelijke groet(?:en)?|atenciosamente|z poważaniem|s pozdravem)(?P<rest>[\s,.!-]*[^\n]{0,60})$"
)
DISCLAIMER = re.compile(
    r"(?:(?:this|the information (?:contained )?in this) (?:e-?mail|message|communication|transmission)\b.{0,150}?"
    r"(?:confidential|intended|privileged|attachment)|confidentiality notice|disclaimer\s*:"
    r"|(?:настоящее|данное|это|эта) (?:электронное )?(?:сообщение|письмо|информация)\b.{0,150}?(?:конфиденц"
    r"|предназнач|приложени)"
    r"|(?:осы|бұл) (?:электрондық )?(?:хат|хабарлама)\b.{0,150}?(?:құпия|арналған)|diese (?:e-?mail"
    r"|nachricht)\b.{0,120}?vertraulich"
    r"|ce (?:message|courriel|mail)\b.{0,120}?confidentiel|este (?:mensaje|correo)\b.{0,120}?confidencial"
    r"|(?:це|цей) (?:повідомлення|лист)\b.{0,120}?(?:конфіденц|призначен))"
)
DELIMITER = re.compile(r"\s{0,2}(?:--|—|–|___?|- -)\s?$")
INITIALS = re.compile(r"\s{0,3}[^\W\d_]{0,4}>")
DIRECTION_MARKS = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
LINK = re.compile(r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,64}\.\w")
OPENINGS = {  # the first two letters of all that SENT_FROM, REGARDS and DISCLAIMER match
    *("с ", "вс", "re", "si", "yo", "be", "ki", "wa", "ma", "құ", "із", "з ", "mi", "vi", "li", "fr", "co", "bi"),
    *("at", "sa", "di", "me", "z ", "s ", "se", "ge", "по", "ск", "за", "от", "на", "ад", "ou", "ho", "té", "ob"),
    *("vo", "en", "in", "ve", "wy", "lä", "od", "th", "да", "эт", "ос", "бұ", "ce", "es", "це"),
}
