import pytest

from helpdesk.channels.mail.charset import decode
from tests.channels.mail.mails import make, seen

RUSSIAN = "Здравствуйте, у нас второй день не открывается личный кабинет, помогите пожалуйста."
KAZAKH = "Сәлеметсіз бе, екінші күн жеке кабинет ашылмай тұр, өтініш, көмектесіңіздер, рақмет."


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r", "cp866", "iso-8859-5"])
@pytest.mark.parametrize("label", ["", "us-ascii", "utf-8", "windows-1251", "iso-8859-1", "x-nonsense"])
def test_russian_is_read_under_a_false_label(charset, label):
    assert decode(RUSSIAN.encode(charset), label) == RUSSIAN


@pytest.mark.parametrize("label", ["x-cp1251", "CP1251", '"windows-1251"', "win-1251"])
def test_names_of_a_charset_are_known(label):
    assert decode("Ё, №".encode("cp1251"), label) == "Ё, №"


@pytest.mark.parametrize("label", ["kz-1048", "windows-1251", ""])
def test_kazakh_of_eight_bits_is_read(label):
    assert decode(KAZAKH.encode("kz1048"), label) == KAZAKH


@pytest.mark.parametrize(
    ("text", "charset", "label"),
    [
        ("Grüße aus München, größter Ärger", "cp1252", "iso-8859-1"),
        ("Grüße aus München, größter Ärger", "cp1252", ""),
        ("Ça déjà été réglé, à bientôt", "iso-8859-1", "us-ascii"),
        ("テストです", "iso-2022-jp", "iso-2022-jp"),
        ("测试邮件内容", "gb18030", "gb2312"),
        ("Test", "utf-16-le", "utf-16le"),
    ],
)
def test_other_languages_are_left_alone(text, charset, label):
    assert decode(text.encode(charset), label) == text


@pytest.mark.parametrize("label", ["rot13", "base64", "idna", "unicode_escape", "undefined", "hex", "\0", "я" * 50])
def test_what_is_no_charset_is_no_charset(label):
    assert decode(b"plain \\u0041", label) == "plain \\u0041"


def test_a_broken_byte_costs_one_character():
    assert decode(RUSSIAN.encode() + b"\xff" + RUSSIAN.encode(), "utf-8") == RUSSIAN + "�" + RUSSIAN


def test_html_may_name_its_own_charset():
    page = f'<html><head><meta charset="koi8-r"></head><body>{RUSSIAN}</body></html>'.encode("koi8-r")
    assert seen(make(page, Content_Type="text/html")).reply_text == RUSSIAN
