import pytest

from helpdesk.channels.mail.headers import parameters
from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("=?utf-8?B?0KHRh9GR0YI=?=", "Счёт"),
        ("=?utf-8?B?0KHRh9GR0YI?=", "Счёт"),
        ("=?koi8-r?Q?=F3=DE=A3=D4?=", "Счёт"),
        ("=?windows-1251?q?=D1=F7=B8=F2_N=BA_7?=", "Счёт Nє 7"),
        ("=?utf-8?B?0KHRhw==?= =?utf-8?B?0ZHRgg==?=", "Счёт"),
        ("=?utf-8?B?0KHRh9E=?=\n =?utf-8?B?kdGC?=", "Счёт"),
        ("=?utf-8?Q?=D0=A1?= and =?utf-8?Q?=D1=91?=", "С and ё"),
        ("=?utf-8*ru?Q?=D0=A1?=", "С"),
        ("=?x-unknown?Q?plain?=", "plain"),
        ("=?utf-8?Q?what?_yes?=", "what? yes"),
        ("no words at all", "no words at all"),
        ("folded\n\tsubject", "folded subject"),
    ],
)
def test_subjects_are_decoded(subject, text):
    assert seen(make(Subject=subject)).subject == text


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r"])
def test_a_raw_subject_is_read_in_its_charset(charset):
    raw = make(Subject="SUBJECT").replace(b"SUBJECT", "Не работает кассовый аппарат".encode(charset))
    assert seen(raw).subject == "Не работает кассовый аппарат"


def test_line_breaks_and_controls_in_an_encoded_word_become_blanks():
    subject = seen(make(Subject="=?utf-8?q?hi=0D=0ABcc:_evil@x=00=E2=80=A8y=E2=80=AEz?=")).subject
    assert subject == "hi Bcc: evil@x� yz"


def test_a_lost_fold_does_not_end_the_header():
    raw = make().replace(b"Subject:", b"X-Trace: one\nlost its fold\nSubject:")
    assert seen(raw).subject == "Вопрос по счёту"


def test_a_line_that_is_no_field_ends_the_header():
    mail = seen(b"From: a@client.example\nSubject: lost\nThe blank line is missing here.\nAnd more.\n")
    assert (mail.subject, mail.reply_text) == ("lost", "The blank line is missing here.\nAnd more.")


def test_the_envelope_line_of_an_mbox_is_no_field():
    assert seen(b"From aigul@client.example Tue Mar  3 09:15:00 2026\n" + make()).subject == "Вопрос по счёту"


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\r\r\n"])
def test_any_line_end_is_understood(ending):
    mail = seen(make("Раз\n\nДва").replace(b"\n", ending))
    assert (mail.subject, mail.reply_text) == ("Вопрос по счёту", "Раз\n\nДва")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=a b.pdf", "a b.pdf"),
        ("attachment; filename*=utf-8''%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("attachment; filename*=windows-1251'ru'%C0%EA%F2.pdf", "Акт.pdf"),
        ("attachment; filename*1*=%D1%82.pdf; filename*0*=utf-8''%D0%90%D0%BA", "Акт.pdf"),
        ('attachment; filename*0="long na"; filename*1="me.txt"', "long name.txt"),
        ('attachment; filename="=?utf-8?B?0JDQutGC?=.pdf"', "Акт.pdf"),
        ("attachment; filename=\"plain.pdf\"; filename*=utf-8''%D0%90.pdf", "А.pdf"),
        (r'attachment; filename="q\"q.txt"', 'q"q.txt'),
    ],
)
def test_file_names_of_rfc_2231_and_of_everybody_else(value, name):
    assert parameters(value)[1]["filename"] == name
