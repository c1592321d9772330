import base64

import pytest

from tests.channels.mail.mails import make, multipart, seen

PNG = base64.b64encode(b"\x89PNG picture").decode()
TEXT = "Content-Type: text/plain; charset=utf-8\n\nСмотрите вложение.\n"


def file(disposition: str, kind: str = "application/pdf", extra: str = "") -> str:
    return (
        f"Content-Type: {kind}\nContent-Disposition: {disposition}\nContent-Transfer-Encoding: base64\n{extra}\n{PNG}\n"
    )


def test_text_and_file_are_told_apart():
    mail = seen(multipart(TEXT, file('attachment; filename="акт.pdf"')))
    assert mail.reply_text == "Смотрите вложение."
    assert [(one.filename, one.content, one.inline) for one in mail.attachments] == [
        ("акт.pdf", b"\x89PNG picture", False)
    ]


def test_an_image_shown_by_the_html_is_inline_and_one_that_is_not_is_a_file():
    html = 'Content-Type: text/html; charset=utf-8\n\n<p>Вот: <img src="cid:shown@x"></p>'
    shown = file("inline; filename=a.png", "image/png", "Content-ID: <shown@x>\n")
    other = file("inline; filename=b.png", "image/png", "Content-ID: <other@x>\n")
    mail = seen(multipart(html, shown, other, kind="related"))
    assert [(one.filename, one.inline, one.cid) for one in mail.attachments] == [
        ("a.png", True, "shown@x"),
        ("b.png", False, "other@x"),
    ]


def test_alternatives_are_one_body():
    html = "Content-Type: text/html; charset=utf-8\n\n<p>Смотрите <b>вложение</b>.</p>"
    mail = seen(multipart(TEXT, html, kind="alternative"))
    assert (mail.reply_text, mail.html) == ("Смотрите вложение.", "<p>Смотрите <b>вложение</b>.</p>")


def test_an_empty_plain_alternative_hides_nothing():
    html = "Content-Type: text/html; charset=utf-8\n\n<p>Только здесь.</p>"
    assert seen(multipart("Content-Type: text/plain\n\n \n", html, kind="alternative")).reply_text == "Только здесь."


def test_all_texts_of_a_mixed_mail_are_read_in_order():
    second = "Content-Type: text/html; charset=utf-8\n\n<p>Второе.</p>"
    assert seen(multipart(TEXT, second, TEXT)).reply_text == "Смотрите вложение.\n\nВторое.\n\nСмотрите вложение."


def test_a_forwarded_mail_is_a_file_named_by_its_subject():
    inner = make("Внутри", Subject="Старое письмо").decode()
    mail = seen(multipart(TEXT, "Content-Type: message/rfc822\n\n" + inner))
    assert [(one.filename, one.content_type) for one in mail.attachments] == [("Старое письмо.eml", "message/rfc822")]
    assert mail.reply_text == "Смотрите вложение."


def test_an_invitation_is_a_file():
    invitation = "Content-Type: text/calendar; method=REQUEST; name=invite.ics\n\nBEGIN:VCALENDAR\n"
    assert [one.filename for one in seen(multipart(TEXT, invitation, kind="alternative")).attachments] == ["invite.ics"]


def test_a_signature_is_a_file_and_the_signed_text_is_read():
    signature = "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----"
    mail = seen(multipart(TEXT, signature, kind="signed"))
    assert (mail.reply_text, len(mail.attachments)) == ("Смотрите вложение.", 1)


@pytest.mark.parametrize(
    "body",
    [
        b"--edge\nContent-Type: text/plain\n\nkept",
        b"kept, although there is no delimiter at all",
        b"--edge\nContent-Type: text/plain\n\nkept\n--edge",
    ],
)
def test_missing_delimiters_lose_nothing(body):
    assert seen(make(body, Content_Type="multipart/mixed; boundary=edge")).reply_text.startswith("kept")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.b64encode("Привет".encode()).rstrip(b"=")),
        ("base64", b"0J/RgNC4\n!!\n0LLQtdGC"),
        ("BASE64", base64.b64encode("Привет".encode())),
        ("quoted-printable", b"=D0=9F=D1=80=D0=B8=D0=\n=B2=D0=B5=D1=82"),
        ("x-uuencode", b'begin 644 a\n,T)_1@-"XT++0M=&"\n`\nend\n'),
        ("nonsense", "Привет".encode()),
    ],
)
def test_transfer_encodings_right_and_broken(encoding, body):
    assert seen(make(body, Content_Transfer_Encoding=encoding)).reply_text == "Привет"


def test_format_flowed_is_joined_again():
    raw = make(
        "Первая строка \nидёт дальше.\n\n> цитата \n> тоже\n-- \nИмя",
        Content_Type="text/plain; charset=utf-8; format=flowed",
    )
    mail = seen(raw)
    assert (mail.reply_text, mail.quoted_text) == ("Первая строка идёт дальше.", "> цитата тоже\n--\nИмя")
