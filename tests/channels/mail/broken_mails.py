"""Mails of every form the reader knows, made by chance from a seed, and broken at any byte."""

import base64
import random
from struct import pack

WORDS = [
    "Здравствуйте",
    "возврат",
    "қайтару",
    "Kündigung",
    "返金",
    "refund>",
    "wrote:",
    "--",
    "\u202e\u200b",
    "https://a.example/?b=c",
    "a@b.example",
    "5.1.1",
    "On",
    "Mon,",
    "2",
    "Mar",
    "2026",
    "at",
    "10:00",
    "From:",
    "От:",
    "Кімнен:",
    "Sent:",
    "Тема:",
    "-----Original",
    "Message-----",
    "user",
    "unknown",
    "С",
    "уважением,",
    "-----BEGIN",
    "PGP",
    "MESSAGE-----",
    "cid:1",
    "&#xd800;",
    "&nbsp;",
    "<b>",
    "</div>",
    "<blockquote>",
    "<!--",
    "<style>",
    "=20",
    "=\n",
    "\n\n",
    ">",
    ">>",
    "\t",
    "\x00",
]
CHARSETS = [
    "utf-8",
    "koi8-r",
    "windows-1251",
    "cp866",
    "utf-7",
    "utf-16",
    "iso-2022-jp",
    "gb2312",
    "kz-1048",
    "x-unknown",
    "us-ascii",
    "hz",
]
KINDS = [
    "text/plain",
    "text/html",
    "text/calendar",
    "text/rfc822-headers",
    "message/rfc822",
    "message/delivery-status",
    "image/png",
    "html",
    "message/disposition-notification",
    "message/feedback-report",
    "application/ms-tnef",
    "application/pkcs7-mime",
    "application/pdf",
]
GROUPS = (
    "mixed", "alternative", "related", "digest", "signed; protocol=application/pgp-signature", "encrypted",
    "report; report-type=delivery-status", "report; report-type=disposition-notification",
)  # fmt: skip
ENCODINGS = ("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "")
FIELDS = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Return-Path",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "Content-Disposition",
    "Content-ID",
    "X-Failed-Recipients",
    "Sender",
    "Delivered-To",
    "X-Original-From",
]
PIECES = (
    *(b"\0", b"\xff\xfe", b"\r", b"\n\n", b"=?utf-8?b?", b"?=", b'"', b"<", b">", b"--edge\n", b"boundary=", b"%00"),
    *(b"charset=utf-7", b"Content-Type: multipart/mixed; boundary=edge\n", b"&#xd800;", b"+2AA-", b"(", b":", b"=\n"),
    *(
        b"BEGIN:VEVENT\n",
        b"DTSTART;TZID=a:20260101T000000\n",
        b"\xff\xff\xff\x7f",
        b"begin 644 a\n",
        b"@" * 50,
        b"(" * 200,
    ),
    *(b"<div>" * 300, b"> " * 300, b"filename*0*=utf-8''%D0", b";" * 300, b"From: a@b.example\n" * 20, b"=?a?q?" * 100),
)


def mail(number: int) -> bytes:
    """The mail of this number, broken in up to thirty places."""
    chance = random.Random(number)
    raw = bytearray(part(chance, 0, header(chance)))
    for _ in range(chance.choice((0, 1, 3, 30))):
        damage(chance, raw)
    return bytes(raw)


def damage(chance: random.Random, raw: bytearray) -> None:
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(5):
        case 0:
            raw[at:at] = chance.choice(PIECES)
        case 1:
            raw[at : at + chance.randrange(20)] = chance.randbytes(chance.randrange(4))
        case 2:
            del raw[at : at + chance.randrange(200)]
        case 3:
            raw[at:at] = raw[at : at + chance.randrange(2000)] * chance.randrange(1, 5)
        case _:
            raw[at : at + 1] = bytes([chance.randrange(256)])


def header(chance: random.Random) -> bytes:
    return b"".join(
        f"{name}: ".encode() + value(chance) + b"\n" for name in chance.sample(FIELDS, chance.randrange(2, 12))
    )


def value(chance: random.Random) -> bytes:
    words = text(chance, chance.randrange(1, 8)).replace("\n", "\n ")
    if chance.random() < 0.3:
        charset = chance.choice(CHARSETS)
        return f"=?{charset}?b?{base64.b64encode(encoded(words, charset)).decode()}?= <a@b.example>".encode()
    return chance.choice(
        (words, f'"{words}" <a@b.example>, b@c.example', f"<{chance.randrange(99)}.x@desk.example.kz>")
    ).encode()


def text(chance: random.Random, count: int) -> str:
    return chance.choice((" ", "\n", "")).join(chance.choices(WORDS, k=count))


def encoded(words: str, charset: str) -> bytes:
    try:
        return words.encode(charset, "replace")
    except (LookupError, UnicodeError):
        return words.encode()


def part(chance: random.Random, depth: int, above: bytes = b"") -> bytes:
    if depth < 4 and chance.random() < 0.4:
        edge = chance.choice(("edge", f"e{depth}", "=_a'b"))
        kind = chance.choice(GROUPS)
        inner = b"".join(f"--{edge}\n".encode() + part(chance, depth + 1) + b"\n" for _ in range(chance.randrange(4)))
        return (
            above + f'Content-Type: multipart/{kind}; boundary="{edge}"\n\n'.encode() + inner + f"--{edge}--\n".encode()
        )
    kind, charset, encoding = chance.choice(KINDS), chance.choice(CHARSETS), chance.choice(ENCODINGS)
    head = f"Content-Type: {kind}; charset={charset}{chance.choice(('', '; name=winmail.dat', '; format=flowed; delsp=yes'))}\n"
    data = content(chance, kind, charset)
    data = base64.encodebytes(data) if encoding == "base64" else data
    return above + head.encode() + f"Content-Transfer-Encoding: {encoding}\n\n".encode() + data


def content(chance: random.Random, kind: str, charset: str) -> bytes:
    if kind == "message/rfc822":
        return part(chance, 3, header(chance))
    if kind == "application/ms-tnef":
        return pack("<IH", 0x223E9F78, 1) + b"".join(piece(chance) for _ in range(chance.randrange(6)))
    if kind.startswith(("message/", "text/calendar")):
        names = (
            "Final-Recipient",
            "Action",
            "Status",
            "Original-Message-ID",
            "Disposition",
            "BEGIN",
            "SUMMARY",
            "DTSTART",
            "END",
        )
        return "".join(f"{chance.choice(names)}:{text(chance, 3)}\n" for _ in range(chance.randrange(12))).encode()
    return encoded(text(chance, chance.choice((0, 5, 60, 600))), charset)


def piece(chance: random.Random) -> bytes:
    data = chance.randbytes(chance.randrange(60))
    name = chance.choice((0x9002, 0x8010, 0x800F, 0x9005, 0x9007, 0x8011))
    return pack("<BHHI", 2, name, chance.randrange(9), chance.choice((len(data), 2**31))) + data + b"\0\0"
