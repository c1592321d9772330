"""How many mails are read a second, in this process and apart, beside the bare parse of the standard library."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from bench import words
from bench.figures import Figure, Tell
from bench.places import KEY, Place
from helpdesk.channels.mail.apart import Allowance, Apart, Letter
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.mail.read import incoming, read
from helpdesk.collector import settle

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
OWN = OwnAddresses("helpdesk.example", frozenset({"support@helpdesk.example"}), KEY)
DIFFERENT = 500
ROUNDS = 5
TOGETHER = 50  # mails read at once, as many as are filed together
HOPS = (
    "from mail-ej1-f{n}.customer.example (mail-ej1-f{n}.customer.example [192.0.2.{n}]) by mx.helpdesk.example (Postfix)"
    " with ESMTPS id 4XkT{n} for <support@helpdesk.example>; Mon, 14 Sep 2026 12:00:00 +0000 (UTC)",
    "by mail-ej1-f{n}.customer.example with SMTP id a640c{n} for <support@helpdesk.example>; Mon, 14 Sep 2026 11:59:58 +0000",
)


def measure(_places: dict[str, Place], _size: int, _tell: Tell) -> Iterator[Figure]:
    """Both kinds of mail by turns, the best of some rounds each; no database is asked."""
    for what, make in (("plain, 4 KB", plain), ("multipart, 60 KB", multipart)):
        mails = [make(number) for number in range(DIFFERENT)]
        bare, ours, apart = _rates(mails)
        note = f"{ours / bare:.2f} of the bare parse, {sum(map(len, mails)) // len(mails):,} bytes each"
        yield Figure(f"reading, {what}", ours, "1/s", target="≥ 0.5 of it", note=note)
        yield Figure(f"reading, {what}, in the child that may be killed", apart, "1/s", note=f"{TOGETHER} at once")
        yield Figure(f"reading, {what}, email.message_from_bytes (floor)", bare, "1/s", note="and all parts decoded")


def _rates(mails: list[bytes]) -> list[float]:
    """The bare parse, our reader, and our reader in its child."""
    reader = Apart(Allowance())
    settle()  # as in every process of the product
    letters = [Letter(mail, NOON) for mail in mails]
    parts = [letters[at : at + TOGETHER] for at in range(0, len(letters), TOGETHER)]
    ways: tuple[Callable[[], Any], ...] = (
        lambda: _each(_bare, mails),
        lambda: _each(lambda mail: incoming(read(mail, OWN), received=NOON), mails),
        lambda: _each(lambda part: reader.read_all(part, OWN), parts),
    )
    try:
        rounds = [[_seconds(way) for way in ways] for _ in range(ROUNDS)]
    finally:
        reader.close()
    return [len(mails) / min(seconds) for seconds in zip(*rounds, strict=True)]


def _each(work: Callable[[Any], Any], items: Sequence[Any]) -> None:
    for item in items:
        work(item)


def _bare(raw: bytes) -> None:
    for part in message_from_bytes(raw).walk():
        if not part.is_multipart():
            part.get_payload(decode=True)


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def plain(number: int) -> bytes:
    """A letter in Russian or English; every other one answers and quotes."""
    mail = _addressed(number)
    mail.set_content(_text(number, 3000))
    return mail.as_bytes()


def multipart(number: int) -> bytes:
    """A letter in both forms with a picture shown in it and a document."""
    chance, mail = random.Random(number), _addressed(number)
    text = _text(number, 4000)
    page = "".join(f'<p style="margin:0cm;font-size:11pt">{line}<br></p>\n' for line in text.splitlines())
    mail.set_content(text)
    mail.add_alternative(f"<html><body>{page}<img src='cid:logo'></body></html>", subtype="html")
    mail.get_payload()[1].add_related(chance.randbytes(8_000), "image", "png", cid="<logo>", filename="logo.png")  # type: ignore[index, union-attr]
    mail.add_attachment(chance.randbytes(22_000), maintype="application", subtype="pdf", filename="договор.pdf")
    return mail.as_bytes()


def _text(number: int, size: int) -> str:
    if number % 4 < 2:
        return words.letter(number, size)
    quoted = "\n".join(f"> {line}" for line in words.letter(number + 4, size // 2).splitlines())
    return f"{words.letter(number, size // 2)}\n\nOn Mon, 1 Sep 2025 at 10:00, <support@helpdesk.example> wrote:\n{quoted}\n"


def _addressed(number: int) -> EmailMessage:
    mail = EmailMessage()
    for hop in HOPS:
        mail["Received"] = hop.format(n=number % 200)
    mail["DKIM-Signature"] = (
        f"v=1; a=rsa-sha256; d=customer.example; s=s{number}; h=from:to:subject; bh=abc; b={'Q' * 300}"
    )
    mail["From"], mail["To"] = f"{words.name(number)} <{words.address(number)}>", "Support <support@helpdesk.example>"
    mail["Subject"], mail["Date"] = words.subject(number), NOON
    mail["Message-ID"], mail["References"] = f"<{number}@customer.example>", f"<{number}.1@helpdesk.example>"
    mail["X-Mailer"] = "Mail 16.0"
    return mail
