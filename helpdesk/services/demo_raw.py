"""What demo customers send, as the bytes that each channel would have brought."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage

from helpdesk.channels.calls.record import Call, write
from helpdesk.services import demo_script
from helpdesk.services.instant import now
from helpdesk.services.store import settings

MINUTE = timedelta(minutes=1)


def own_address() -> str:
    """Where demo customers write to: to this desk, so that it is known as ours."""
    return settings().own_address or f"support@{settings().own_host}"


def _mail(customer: int, subject: str, words: str, number: int, answers: str = "") -> bytes:
    mail = EmailMessage()
    mail["From"] = Address(demo_script.CUSTOMERS[customer], f"customer{customer}", "demo.invalid")
    mail["To"], mail["Subject"] = own_address(), subject
    mail["Message-ID"] = f"<{number}.{len(words)}.{now().timestamp()}@demo.invalid>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
    mail.set_content(f"{words}\n")
    return mail.as_bytes()


def _chat(customer: int, _subject: str, words: str, number: int, _answers: str = "") -> bytes:
    sender = {"id": f"visitor-{customer}", "name": demo_script.CUSTOMERS[customer]}
    data = {"conversation": f"c{customer}", "message": f"m{number}", "sender": sender, "text": words}
    return json.dumps({"type": "message.created", "timestamp": now().isoformat(), "data": data}).encode()


def _telegram(customer: int, _subject: str, words: str, number: int, _answers: str = "") -> bytes:
    person = {"id": 700_000 + customer, "is_bot": False, "first_name": demo_script.CUSTOMERS[customer]}
    chat = {"id": 700_000 + customer, "type": "private", "first_name": demo_script.CUSTOMERS[customer]}
    message = {"message_id": number, "date": int(now().timestamp()), "chat": chat, "from": person, "text": words}
    return json.dumps({"update_id": number, "message": message}).encode()


def _call(customer: int, _subject: str, _words: str, number: int, _answers: str = "") -> bytes:
    started, missed = now() - MINUTE, number % 3 == 0
    call = Call(
        id=f"demo-{number}-{started.timestamp():.0f}", started=started, answered=None if missed else now(), ended=now(),
        caller=f"+7700000{customer:04}", called="+77270000000", direction="in", ring_seconds=60, talk_seconds=None,
        name=demo_script.CUSTOMERS[customer],
    )  # fmt: skip
    return write(call)


def call_to(phone: str, number: int) -> bytes:
    """An answered call to a customer."""
    started = now() - MINUTE
    call = Call(
        id=f"demo-back-{number}-{started.timestamp():.0f}", started=started, answered=now(), ended=now(),
        caller="+77270000000", called=phone, direction="out", ring_seconds=60, talk_seconds=None,
    )  # fmt: skip
    return write(call)


WRITERS: dict[str, Callable[..., bytes]] = {
    "mail": _mail,
    "webhook": _chat,
    "telegram": _telegram,
    "calls": _call,
}
