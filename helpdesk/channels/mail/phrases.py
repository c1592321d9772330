"""What mail programs write around quotations and signatures, in the languages of the desk's customers."""

import re

MONTHS = (
    r"jan|feb|m[aä]r|apr|may|ma[ij]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic|f[eé]v|avr|ao[uû]|d[eé]c|gen|giu|lug|set|ott"
    r"|mag|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|қаң|ақп|нау|сәу|мам|мау|шіл|там|қыр|қаз|қар|жел"
    r"|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|сту|сак|кра|тра|чэр|ліп|жні|кас|ліс|сне|sty|lut|kwi|cze|lip|sie|wrz|pa[zź]|lis|gru"
)
DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)\b|\b\d{4}[./-]\d{1,2}[./-]\d{1,2}\b|\d{4}\s?[年년]"
    rf"|\b\d{{1,2}}(?:\.|st|nd|rd|th)?,?\s+(?:de\s+|i\s+)?(?:{MONTHS})[^\W\d]*\.?,?\s*(?:de\s+)?\d{{4}}"
    rf"|\b(?:{MONTHS})[^\W\d]*\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:at\s+)?\d{{2,4}}"
    rf"|\b\d{{4}}\s*(?:г|ж)?\.?,?\s*(?:ж(?:ылы|ылғы)|г(?:ода)?)?\.?\s*\d{{1,2}}[\s-]*(?:{MONTHS})",
    re.IGNORECASE,
)
SOME_DATE = re.compile(
    rf"\b\d{{1,2}}\.?\s+(?:{MONTHS})[^\W\d]*|\b(?:{MONTHS})[^\W\d]*\.?\s+\d{{1,2}}\b|\b\d{{1,2}}[./]\d{{1,2}}\b|\b\d\d?:\d\d\b",
    re.IGNORECASE,
)
TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b|\d\s?[時时시点]")
ADDRESS = re.compile(r"[^\s<>\[\]()]+@[^\s<>\[\]()]+\w")
WROTE = re.compile(
    r"\b(?:wrote|writes|écrit|escribi[óo]|escreveu|schrieb|schreef|skrev|scritto|scrisse|napisał(?:\(?a\)?)?|napsal(?:\(?a\)?)?"
    r"|kirjoitti|írta|yazdı|viết|a scris|написал(?:\(?а\)?)?|пишет|писал(?:\(?а\)?)?|сообщил(?:\(?а\)?)?|пише|писав(?:\(?ла\)?)?|написа[вл](?:\(?л?а\)?)?"
    r"|напісаў|напісала|піша|жазды|жазған|жазады|γράψει)(?!\w)|写道|寫道|のメール|書きました|작성|씀|כתב",
    re.IGNORECASE,
)
LABELS = {
    "from": "from|от|от кого|отправитель|von|de|da|van|fra|från|od|від|від кого|ад|ад каго|кімнен|жіберуші|kimden|lähettäjä|feladó|afzender"
    "|expéditeur|remitente|mittente|odesílatel|发件人|寄件者|差出人|보낸 ?사람",
    "date": "sent|date|дата|отправлено|дата отправки|gesendet|datum|envoyé(?: le)?|enviado(?: el| em)?|fecha|data|inviato|verzonden|sendt|dato|skickat"
    "|wysłano|надіслано|дата надсилання|адпраўлена|жіберілді|жіберілген(?: күні| уақыты)?|күні|tarih|gönderildi|lähetetty|odesláno|elküldve"
    "|发送时间|日期|送信日時|日時|보낸 ?날짜",
    "to": "to|кому|получатель|an|à|a|para|per|aan|til|till|do|каму|кімге|алушы|kime|vastaanottaja|címzett|komu|收件人|宛先|받는 ?사람",
    "cc": "cc|bcc|kopie|копия|копія|копія|көшірме(?:сі)?|reply-to|importance|важность|вложения|attachments?|抄送",
    "subject": "subject|тема|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|тэма|тақырып(?:ы)?|konu|aihe|předmět|tárgy|主题|件名|제목",
}
LABEL = re.compile(
    r"[\s>*_|]{0,8}(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in LABELS.items())
    + r")\s?[*_]{0,2}\s?[:：][*_]{0,2}\s?",
    re.IGNORECASE,
)
PASSED_ON = (
    r"original|forward|исходн|пересыл|переслан|переадрес|первоначальн|ursprüng|weitergeleitet|origine|reenviad|transféré|inoltrat"
    r"|oorspronkelijk|doorgestuurd|вихідн|переслан|бастапқы|түпнұсқа|қайта жіберілген|зыходн|videresendt|vidarebefordra|wiadomość|元のメッセージ|原始|転送"
)
SEPARATOR = re.compile(
    rf"[\s*_]*[-_=—–~]{{2,}}\s*[^-_=—–~]{{0,40}}(?:{PASSED_ON})[^-_=—–~]{{0,60}}[-_=—–~]{{2,}}[\s*_]*$", re.IGNORECASE
)
BEGIN_FORWARDED = re.compile(
    r"\s*(?:begin forwarded message|начало (?:пересылаемого|переадресованного|пересланного) (?:сообщения|письма)|пересылаемое сообщение"
    r"|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|inizio messaggio inoltrato|початок (?:переспрямованого|пересланого) (?:повідомлення|листа)|қайта жіберілген хаттың басы)\s*:?\s*$",
    re.IGNORECASE,
)
RULE = re.compile(r"\s*(?:[-_=*—–]{4,}|[-_] ?(?:[-_] ?){8,})\s*$")
REPLY_ABOVE = re.compile(
    r"\W*(?:please )?(?:(?:type|write|enter|add) your (?:reply|response|answer)|reply|respond|answer)s?\b.{0,30}\babove\b.{0,60}$"
    r"|\W*(?:пожалуйста, ?)?(?:пишите|напишите|введите|оставьте|отвечайте|вводите)\b.{0,30}\b(?:выше|над)\b.{0,60}$"
    r"|\W*(?:осы|бұл) (?:жолдан|сызықтан) жоғары.{0,60}$|\W*antworte?n? (?:sie )?(?:bitte )?(?:über|oberhalb).{0,60}$",
    re.IGNORECASE,
)
SENT_FROM = re.compile(
    r"\s*(?:<[^>]{0,200}>)?\W{0,3}(?:sent (?:from|via|with|using)\b|get outlook for|(?:получить|скачать|загрузить) outlook|outlook .{2,30} (?:жүктеп )?алу|holen sie sich outlook|télécharger outlook|obtener outlook|отправлено (?:с|из|через|от)\b|послано (?:с|из)\b|написано (?:с|из)\b"
    r"|надіслано (?:з|із|за)\b|адпраўлена з\b|von meinem .{2,40} gesendet|gesendet (?:von|mit)\b|diese nachricht wurde von meinem"
    r"|envoyé (?:de|depuis|à partir)\b|enviado (?:desde|de|do|a partir)\b|inviato da(?:l)?\b|verstuurd vanaf|verzonden (?:vanaf|met)|sendt fra|skickat från"
    r"|wysłan[eo] z\b|lähetetty|odesláno z|.{2,40} (?:құрылғысынан|телефонынан|қолданбасынан|поштасынан) жіберілген|.{2,30}(?:-?дан|-?ден|-?тан|-?тен|нан|нен) жіберілд?і?)",
    re.IGNORECASE,
)
REGARDS = re.compile(
    r"\s*(?:с (?:глубоким |большим |искренним )?уважением|с наилучшими(?: пожеланиями)?|с благодарностью и уважением|всего (?:самого )?(?:доброго|хорошего|наилучшего)"
    r"|(?:best|kind|warm|kindest|warmest|many)(?: best| kind)? (?:regards|wishes)|regards|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)"
    r"|құрметпен|ізгі (?:тілекпен|ниетпен)|з повагою|з найкращими побажаннями|з павагай|mit freundlichen? gr(?:ü|ue)(?:ß|ss)(?:en)?"
    r"|(?:viele|beste|liebe|freundliche) grüße|cordialement|bien cordialement|atentamente|saludos(?: cordiales)?|cordiali saluti|distinti saluti"
    r"|met vriendelijke groet(?:en)?|atenciosamente|z poważaniem|s pozdravem)(?P<rest>[\s,.!-]*(?:[^\n]{0,60}))$",
    re.IGNORECASE,
)
DELIMITER = re.compile(r"\s{0,2}(?:--|—|–|___?|- -)\s?$")
INITIALS = re.compile(r"\s{0,3}[^\W\d_]{0,4}>")

WROTE_LAST = re.compile(rf"(?:{WROTE.pattern})[\s\-–—_*.…]*$", re.IGNORECASE)
ATTRIBUTION_START = re.compile(
    r"[\s\-–—_*\"'«]{0,12}(?:on|am|le|el|il|em|op|den|dne|w dniu|dnia|vào|in data|de|na|\d|[^\W\d_]{2,12}\.?,?\s+\d"
    r"|(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|нд|дс|сс|бс|жм|сн|жс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
    r"|дүйсенбі|сейсенбі|сәрсенбі|бейсенбі|жұма|сенбі|жексенбі|понеділок|вівторок|середа|четвер|п.ятниця|субота|неділя|аўторак|пят|чац|ндз"
    r"|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|ma|to|la|ti|ke|pe|su)[^\W\d_]{0,8}[.,]?\s+)\b",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"forward|пересыл|переслан|переадрес|weitergeleitet|reenviad|transféré|inoltrat|doorgestuurd|қайта жіберілген|転送",
    re.IGNORECASE,
)
TITLED_RULE = re.compile(r"\s*[-_=*—–]{3,}\s*(?:[^-_=*\s][^-_=*]{0,50})?[-_=*—–]{3,}\s*$")
DISCLAIMER = re.compile(
    r"\W*(?:(?:this|the information (?:contained )?in this) (?:e-?mail|message|communication|transmission)\b.{0,150}?(?:confidential|intended|privileged|attachment)"
    r"|(?:настоящее|данное|это|эта) (?:электронное )?(?:сообщение|письмо|информация)\b.{0,150}?(?:конфиденц|предназнач|приложени)"
    r"|(?:осы|бұл) (?:электрондық )?(?:хат|хабарлама)\b.{0,150}?(?:құпия|арналған)|diese (?:e-?mail|nachricht)\b.{0,120}?vertraulich"
    r"|ce (?:message|courriel|mail)\b.{0,120}?confidentiel|este (?:mensaje|correo)\b.{0,120}?confidencial"
    r"|(?:це|цей) (?:повідомлення|лист)\b.{0,120}?(?:конфіденц|призначен)|confidentiality notice|disclaimer\s*:)",
    re.IGNORECASE,
)
DIRECTION_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
