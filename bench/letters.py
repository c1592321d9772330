"""Mails of 4 KB, half of them answers that bear a signed token, written into the ledger as a mailbox's reader does."""

import random
from datetime import timedelta
from email.message import EmailMessage
from itertools import islice

from sqlalchemy import select

from bench import words
from helpdesk.channels.models import Channel
from helpdesk.people.models import ContactPoint
from helpdesk.services import ledger
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings, transaction
from helpdesk.services.views import OPEN
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.tokens import token

SIZE = 4096
AT_ONCE = 100


def put(count: int, seed: int) -> None:
    """Write *count* mails down: every other one answers a ticket, one in four comes from somebody new."""
    channel = db.session.get_one(Channel, 1)
    mails = [_mail(channel, number, seed, answered) for number, answered in enumerate(_answered(count, seed))]
    rows = iter(
        ledger.prepare(
            channel_id=1, source="mail", key=f"bench:{seed}:{number}", raw=raw, content_key=f"{seed}-{number}"
        )
        for number, raw in enumerate(mails)
    )
    while batch := list(islice(rows, AT_ONCE)):
        with transaction():
            ledger.accept_all(batch)


Answered = tuple[str, str] | None


def _answered(count: int, seed: int) -> list[Answered]:
    """For every other mail the secret of an open ticket and the address of its customer."""
    opened = select(Ticket.id).where(OPEN).order_by(Ticket.id.desc()).limit(1)
    chance, last = random.Random(seed), db.session.scalar(opened) or 0
    numbers = [chance.randint(1, last) for _ in range(count // 2)]
    query = select(Ticket.id, Ticket.secret, ContactPoint.value).join(
        ContactPoint, ContactPoint.person_id == Ticket.customer_id
    )
    found = {row.id: (row.secret, row.value) for row in db.session.execute(query.where(Ticket.id.in_(numbers)))}
    return [found[numbers[number // 2]] if number % 2 else None for number in range(count // 2 * 2)]


def _mail(channel: Channel, number: int, seed: int, answered: Answered) -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Message-ID"] = channel.address, f"<{seed}.{number}@bench.example>"
    mail["Date"] = now() - timedelta(seconds=30)
    if answered is None:
        mail["From"] = f"Somebody <{_sender(number, seed)}>"
        mail["Subject"] = words.subject(number)
        text = words.letter(seed * 100_000 + number, SIZE - 500)
    else:
        secret, address = answered
        mail["From"], mail["Subject"] = f"Customer <{address}>", f"Re: {words.subject(number)}"
        mail["In-Reply-To"] = f"<{number}.{token(secret, settings().secret_key)}@helpdesk.example>"
        text = _answer(seed * 100_000 + number, channel.address)
    mail.set_content(text, cte="8bit")
    return mail.as_bytes()


def _sender(number: int, seed: int) -> str:
    """By turns a customer who is known, and a new one."""
    return words.address(1001 + number) if number % 4 else f"new{seed}.{number}@customer.example"


def _answer(number: int, address: str) -> str:
    quoted = "\n".join(f"> {line}" for line in words.letter(number + 1, SIZE // 2 - 200).splitlines())
    return f"{words.letter(number, SIZE // 2 - 500)}\n\nOn Mon, 1 Sep 2025 at 10:00, <{address}> wrote:\n{quoted}\n"
