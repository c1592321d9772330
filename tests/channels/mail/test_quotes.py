import pytest

from tests.channels.mail.mails import make, seen

NEW = "Спасибо, всё заработало."
QUOTED = "> Попробуйте войти ещё раз.\n> Поддержка"

ATTRIBUTIONS = [
    "вт, 3 мар. 2026 г. в 09:15, Поддержка <help@desk.example.kz>:",
    "03.03.2026 9:15, Поддержка пишет:",
    "3 марта 2026 г., в 9:15, Поддержка <help@desk.example.kz> написал(а):",
    "Вторник, 3 марта 2026, 9:15 +05:00 от Поддержка <help@desk.example.kz>:",
    "2026 ж. 3 наурыз, сс 09:15 Қолдау <help@desk.example.kz> жазды:",
    "вт, 3 бер. 2026 р. о 09:15 Підтримка <help@desk.example.kz> пише:",
    "аўт, 3 сак 2026 г. у 09:15 Падтрымка <help@desk.example.kz> піша:",
    "On Tue, Mar 3, 2026 at 9:15 AM Support <help@desk.example.kz> wrote:",
    "On Tue, Mar 3, 2026 at 9:15 AM The Support Team Of The Desk\n<help@desk.example.kz> wrote:",
    "Am Di., 3. März 2026 um 09:15 Uhr schrieb Support <help@desk.example.kz>:",
    "Le mar. 3 mars 2026 à 09:15, Support <help@desk.example.kz> a écrit :",
    "El mar, 3 mar 2026 a las 9:15, Soporte (<help@desk.example.kz>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 09:15 Supporto <help@desk.example.kz> ha scritto:",
    "Op di 3 mrt 2026 om 09:15 schreef Support <help@desk.example.kz>:",
    "wt., 3 mar 2026 o 09:15 Wsparcie <help@desk.example.kz> napisał(a):",
    "2026年3月3日(火) 9:15 Support <help@desk.example.kz>:",
]
HEADERS = [
    ("От", "Отправлено", "Кому", "Тема"),
    ("Кімнен", "Жіберілді", "Кімге", "Тақырып"),
    ("Від", "Надіслано", "Кому", "Тема"),
    ("From", "Sent", "To", "Subject"),
    ("Von", "Gesendet", "An", "Betreff"),
    ("De", "Envoyé", "À", "Objet"),
    ("*From*", "*Sent*", "*To*", "*Subject*"),
]
SEPARATORS = [
    "-----Original Message-----",
    "-------- Исходное сообщение --------",
    "--- Пересылаемое сообщение ---",
    "-------- Бастапқы хат --------",
    "Begin forwarded message:",
    "## Пожалуйста, пишите ответ выше этой линии ##",
]


def split(text: str) -> tuple[str, str]:
    mail = seen(make(text))
    return mail.reply_text, mail.quoted_text


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_and_its_quotation_are_not_new(attribution):
    assert split(f"{NEW}\n\n{attribution}\n\n{QUOTED}\n") == (NEW, f"{attribution}\n\n{QUOTED}")


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_answer_below_the_quotation_is_new(attribution):
    assert split(f"{attribution}\n{QUOTED}\n\n{NEW}") == (NEW, f"{attribution}\n{QUOTED}")


@pytest.mark.parametrize("labels", HEADERS)
def test_a_header_block_and_all_below_it_is_not_new(labels):
    author, sent, to, subject = labels
    block = f"{author}: Поддержка <help@desk.example.kz>\n{sent}: 3 марта 2026 г. 9:15\n{to}: Айгуль\n{subject}: Вход"
    old = f"________________________________\n{block}\n\nПопробуйте ещё раз."
    assert split(f"{NEW}\n\n{old}") == (NEW, old)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_below_a_separator_all_is_older(separator):
    assert split(f"{NEW}\n\n{separator}\nПопробуйте ещё раз.") == (NEW, f"{separator}\nПопробуйте ещё раз.")


def test_answers_between_quoted_lines_are_new():
    text = "> Какая версия?\n\nДвенадцатая.\n\n> Какая система?\n\nWindows."
    assert split(text) == ("Двенадцатая.\n\nWindows.", "> Какая версия?\n\n> Какая система?")


def test_a_long_quoted_line_that_was_broken_stays_quoted():
    quoted = "> " + "длинная строка цитаты " * 4 + "\nпереносится\n> и идёт дальше"
    assert split(f"{NEW}\n\n{quoted}")[0] == NEW


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nАйгуль Сейтова\nТОО «Пример»",
        "С уважением,\nАйгуль Сейтова\nгл. бухгалтер",
        "Құрметпен, Айгүл",
        "З повагою,\nОксана",
        "Best regards,\nAigul",
        "Mit freundlichen Grüßen\nAigul",
        "Отправлено с iPhone",
        "Sent from my phone",
        "Менің телефонымнан жіберілді",
        "Получить Outlook для Android",
        "Настоящее сообщение конфиденциально и предназначено только адресату.",
        "_____________________________________\nusers mailing list\nhttps://lists.example.org/users",
    ],
)
def test_a_signature_is_not_new(signature):
    written = seen(make(f"{NEW}\n\n{signature}")).written
    assert (written.new, written.quoted, written.signature) == (NEW, "", signature.replace("-- ", "--"))


def test_a_signature_is_told_from_the_quotation_above_or_below_it():
    mark, below = "-- \nАйгуль Сейтова", f"{ATTRIBUTIONS[0]}\n{QUOTED}"
    for text in (f"{NEW}\n\n{mark}\n\n{below}", f"{below}\n\n{NEW}\n\n{mark}"):
        written = seen(make(text)).written
        assert (written.new, written.quoted, written.signature) == (NEW, below, mark.replace("-- ", "--"))


@pytest.mark.parametrize(
    "text",
    [
        "С уважением отношусь к вам, но ответа жду неделю.",
        "Сделайте так:\n- раз\n- два\n-- и три",
        "Вчера в 10:15 мастер пишет:\nприду завтра. И не пришёл.",
        "На табличке напишите:\nОт: родителей\nКому: учителю\nТема: спасибо",
        "Regards from the whole team are all I get, no answer!",
        "Итого: 5 < 7, а 9 > 8.",
        "2026-03-03 10:15:00 ERROR нет связи\n2026-03-03 10:16:00 ERROR нет связи",
    ],
)
def test_what_only_looks_like_a_quotation_is_new(text):
    assert split(text) == (text, "")


def test_a_mail_that_is_only_forwarded_has_the_forwarded_text():
    text = "------- Forwarded message ------\nFrom: A <a@b.example>\nDate: 3 Mar 2026\nSubject: x\n\nПомогите."
    assert split(text)[0] == "Помогите."


def test_html_quotations_are_told_apart():
    page = (
        "<div>Спасибо, всё заработало.</div>"
        "<div class='gmail_quote'><div class='gmail_attr'>03.03.2026, Поддержка:<br></div>"
        "<blockquote>Попробуйте ещё раз.</blockquote></div>"
    )
    mail = seen(make(page, subtype="html"))
    assert (mail.reply_text, mail.quoted_text) == (NEW, "03.03.2026, Поддержка:\n\n> Попробуйте ещё раз.")


def test_no_line_is_lost_and_none_is_doubled():
    text = f"{NEW}\n{ATTRIBUTIONS[0]}\n{QUOTED}\n\nЕщё вопрос.\n-- \nАйгуль"
    written = seen(make(text)).written
    assert sorted("\n".join(split(text)).split()) == sorted(text.split())
    assert sorted(f"{written.new}\n{written.quoted}\n{written.signature}".split()) == sorted(text.split())
