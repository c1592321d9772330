"""Mails made for the tests, and the reading of them."""

from email.header import Header

from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.mail.read import Mail, read

KEY = "k" * 32
OWN = OwnAddresses("desk.example.kz", frozenset({"help@desk.example.kz"}), KEY)
HEADER = {
    "From": "Айгуль Сейтова <aigul@client.example>",
    "To": "help@desk.example.kz",
    "Subject": "Вопрос по счёту",
    "Date": "Tue, 03 Mar 2026 09:15:00 +0500",
    "Message-ID": "<m1@client.example>",
    "MIME-Version": "1.0",
}


def make(
    text: str | bytes = "Здравствуйте!", charset: str = "utf-8", subtype: str = "plain", **fields: str | None
) -> bytes:
    """A raw mail; *fields* replace or add header fields, None takes one away."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    header = (
        HEADER | {"Content-Type": f"text/{subtype}; charset={charset}", "Content-Transfer-Encoding": "8bit"} | given
    )
    lines = [f"{name}: {encoded(value)}" for name, value in header.items() if value is not None]
    body = text.encode(charset) if isinstance(text, str) else text
    return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n" + body


def encoded(value: str) -> str:
    """A field as a mail program would send it: names and subjects in encoded words."""
    if value.isascii():
        return value
    name, bracket, address = value.partition(" <")
    return Header(name, "utf-8", maxlinelen=10_000).encode() + bracket + address


def multipart(*parts: str | bytes, kind: str = "mixed", **fields: str | None) -> bytes:
    """A raw mail of these parts, each with its own header."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    body = b"".join(b"--edge\n" + part + b"\n" for part in raw) + b"--edge--\n"
    return make(body, **{"Content_Type": f'multipart/{kind}; boundary="edge"', **fields})


def seen(raw: bytes) -> Mail:
    return read(raw, OWN)
