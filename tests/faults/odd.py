"""One mail of each kind that readers stumble over, ABUSE rows 28 to 37, each with a UUID in its first header."""

import base64
import io
import zipfile

HEAD = "From: odd@customer.test\r\nTo: support@helpdesk.test\r\nSubject: {known}\r\nMIME-Version: 1.0\r\n"


def mail(known, headers="", body="x"):
    head = HEAD.format(known=known).encode()
    return (
        head
        + headers.encode()
        + b"\r\n"
        + (body if isinstance(body, bytes) else body.encode("utf-8", "surrogateescape"))
    )


def encoded_words(known):
    return mail(known, "X-Long: " + "=?utf-8?q?a?= " * 40_000 + "\r\n")


def nested(known):
    lines = []
    for number in range(1000):
        lines += [f"Content-Type: multipart/mixed; boundary=b{number}", "", f"--b{number}"]
    return HEAD.format(known=known).encode() + "\r\n".join([*lines, "Content-Type: text/plain", "", "x", ""]).encode()


def parts(known):
    part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return mail(known, "Content-Type: multipart/mixed; boundary=b\r\n", part * 100_000 + "--b--")


def recipients(known):
    return mail(known, "Cc: ((((, :::::, " + ", ".join(f"p{number}@x.test" for number in range(5000)) + "\r\n")


def message_id(known):
    return mail(known, "Message-ID: <@@[\r\n")


def charset(known):
    return mail(known, "Content-Type: text/plain; charset=x-evil\r\n", b"\x00\xff\xfe\xed\xa0\x80 caf\xe9 +ADw-")


def long(known):
    return mail(known, "Content-Type: text/html\r\n", "<div>" * 50_000 + "y" * 1_000_000 + "<!--")


def bomb(known):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 20_000_000)
    coded = base64.encodebytes(held.getvalue()).decode()
    part = "--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return mail(known, "Content-Type: multipart/mixed; boundary=b\r\n", f"{part}{coded}--b--")


def broken(known):
    headers = (
        "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n"
    )
    return mail(known, headers, "--b\r\n\r\n!!!!\n--bb\r--b")


def date(known):
    return mail(known, "Date: Mon, 1 Jan 99999 00:00:00 +0000\r\n")


ODD = [encoded_words, nested, parts, recipients, message_id, charset, long, bomb, broken, date]
