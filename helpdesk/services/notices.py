"""Telling staff: a line in the page, and a mail for what can't wait."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any

from sqlalchemy import insert, select

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import bulk
from helpdesk.services.database import db
from helpdesk.services.digest import Storm, delivery
from helpdesk.services.store import many, promise, settings, told
from helpdesk.tickets.models import Delivery, Notice, Ticket

CLOCKS = {
    "ru": {"first_response": "первая реакция", "answer": "ответ", "update": "информирование", "resolution": "решение"},
    "en": {"first_response": "first response", "answer": "answer", "update": "update", "resolution": "resolution"},
}
SUBJECTS = {
    ("ru", "warned"): "Срок близко: №{number}, {clock}, израсходовано {threshold}",
    ("en", "warned"): "Deadline near: #{number}, {clock}, {threshold} used",
    ("ru", "overdue"): "Просрочено на {minutes} мин: №{number}, {clock}",
    ("en", "overdue"): "Overdue by {minutes} min: #{number}, {clock}",
    ("ru", "breached"): "Срок нарушен: №{number}, {clock}",
    ("en", "breached"): "Deadline missed: #{number}, {clock}",
    ("ru", "offered"): "Вам передают заявку №{number}",
    ("en", "offered"): "Ticket #{number} is offered to you",
    ("ru", "untaken"): "Никто не принял заявку №{number}",
    ("en", "untaken"): "Nobody took ticket #{number} over",
    ("ru", "hangs"): "Заявка №{number} повисла: на смене её никто не ведёт",
    ("en", "hangs"): "Ticket #{number} hangs: nobody on duty holds it",
    ("ru", "ruled"): "№{number}: правило «{rule}»",
    ("en", "ruled"): "#{number}: rule «{rule}»",
}
NOTHING: Mapping[str, str] = {}
SEVERAL = {
    ("ru", "offered"): "Вам передают заявки: {count}",
    ("en", "offered"): "Tickets offered to you: {count}",
    ("ru", "hangs"): "Повисшие заявки, на смене их никто не ведёт: {count}",
    ("en", "hangs"): "Tickets that hang, nobody on duty holds them: {count}",
}


def told_of(ticket: Any, language: str, kind: str, facts: Mapping[str, str]) -> str:
    """What happened, in a line."""
    threshold, clock = facts.get("threshold", ""), CLOCKS[language].get(facts.get("clock", ""), "")
    minutes = int(threshold) // 60 if threshold.startswith("+") else 0
    return SUBJECTS[language, kind].format(
        number=ticket.number, clock=clock, threshold=threshold, minutes=minutes, rule=facts.get("rule", "")
    )


class Tellers:
    """Tells people about tickets at one instant, all at once when it is left.

    A ticket is anything with the id, number, subject, team_id and demo of one.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._notices: list[Json] = []
        self._deliveries: list[Json] = []
        self._storm = Storm(at)
        self._readers: dict[Person, tuple[str | None, str]] = {}

    def __enter__(self) -> "Tellers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._write()

    def _write(self) -> None:
        bulk.put(Notice, self._notices)
        told(one["person_id"] for one in self._notices)
        many(insert(Delivery.__table__), self._deliveries)  # type: ignore[arg-type]
        self._storm.write()
        if self._deliveries:
            promise("workers.outbound.deliver")

    def notify(
        self, person: Person, ticket: Any, kind: str, facts: Mapping[str, str] = NOTHING, *, mailed: bool = True
    ) -> None:
        """One line in this person's page; a mail too if it is to be *mailed* and they have an address."""
        self._note(person, ticket, kind, facts)
        address, language = self._reader(person) if mailed else (None, "")
        if address is not None:
            self._tell("mail", self._mailbox(ticket), address, ticket, language, kind, facts)

    def post(self, name: str, channel_id: int, ticket: Any, kind: str, facts: Mapping[str, str]) -> None:
        """One line in the chat of that name."""
        self._tell("webhook", channel_id, name, ticket, "ru", kind, facts)

    def _tell(
        self,
        way: str,
        channel_id: int | None,
        recipient: str,
        ticket: Any,
        language: str,
        kind: str,
        facts: Mapping[str, str],
    ) -> None:
        if kind != "offered" and not ticket.demo:
            gathered = self._storm.takes(way, channel_id, recipient, language)
            if gathered is not None:
                gathered.add(kind, lambda: told_of(ticket, language, kind, facts))
                return
        subject = told_of(ticket, language, kind, facts)
        text = f"{subject}\n{_link(ticket)}" if way == "webhook" else f"{ticket.subject}\n\n{_link(ticket)}\n"
        self._promise(way, channel_id, recipient, ticket, {"subject": subject, "text": text})

    def offer(self, person: Person, tickets: Sequence[Ticket]) -> None:
        """One line in this person's page for each ticket that they are offered, and one mail that lists them all."""
        if len(tickets) == 1:
            self.notify(person, tickets[0], "offered")
            return
        for ticket in tickets:
            self._note(person, ticket, "offered", NOTHING)
        self._list(person, tickets, "offered")

    def hang(self, person: Person, tickets: Sequence[Ticket]) -> None:
        """One line in this person's page for all tickets that hang since now, and one mail that lists them."""
        if len(tickets) == 1:
            self.notify(person, tickets[0], "hangs")
            return
        facts = {"count": len(tickets)}
        self._notices.append(
            {"person_id": person.id, "ticket_id": None, "kind": "hangs", "facts": facts, "at": self.at}
        )
        self._list(person, tickets, "hangs")

    def _list(self, person: Person, tickets: Sequence[Ticket], kind: str) -> None:
        address = person.contact("email")
        if address is None:
            return
        lines = [f"{ticket.number} {ticket.subject}\n{_link(ticket)}\n" for ticket in tickets]
        real_first = min(tickets, key=lambda ticket: ticket.demo)
        content = {"subject": SEVERAL[_language(person), kind].format(count=len(tickets)), "text": "\n".join(lines)}
        self._promise("mail", self._mailbox(real_first), address.value, real_first, content)

    def _note(self, person: Person, ticket: Any, kind: str, facts: Mapping[str, str]) -> None:
        self._notices.append(
            {"person_id": person.id, "ticket_id": ticket.id, "kind": kind, "facts": facts, "at": self.at}
        )

    def _promise(self, way: str, channel_id: int | None, recipient: str, ticket: Any, content: Json) -> None:
        self._deliveries.append(delivery(way, channel_id, recipient, content, self.at) | {"ticket_id": ticket.id})

    def _reader(self, person: Person) -> tuple[str | None, str]:
        """Where a person reads mail, and in which language."""
        if person not in self._readers:
            address = person.contact("email")
            self._readers[person] = address.value if address else None, _language(person)
        return self._readers[person]

    def _mailbox(self, ticket: Any) -> int | None:
        """The mailbox that notices of this ticket leave by: its own, else its team's, else any."""
        return self._mailboxes.get(ticket.team_id, next(iter(self._mailboxes.values()), None))

    @cached_property
    def _mailboxes(self) -> dict[int | None, int]:
        """The first mailbox of each team, the very first one first."""
        query = select(Channel.team_id, Channel.id).where(Channel.kind == "mail", Channel.active)
        found: dict[int | None, int] = {}
        for team_id, channel_id in db.session.execute(query.order_by(Channel.id)):
            found.setdefault(team_id, channel_id)
        return found


def _language(person: Person) -> str:
    return "en" if person.locale == "en" else "ru"


def _link(ticket: Any) -> str:
    return f"{settings().base_url}/tickets/{ticket.number}"
