"""Telling staff: a line in the page, and a mail for what can't wait."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import selectinload

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import LEADS, Role
from helpdesk.people.roster import members, on_duty
from helpdesk.services.database import db
from helpdesk.services.digest import Storm, delivery
from helpdesk.services.store import many, promise, settings
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
}
SEVERAL = {"ru": "Вам передают заявки: {count}", "en": "Tickets offered to you: {count}"}


def told_of(ticket: Any, language: str, kind: str, facts: Mapping[str, str]) -> str:
    """What happened, in a line."""
    threshold, clock = facts.get("threshold", ""), CLOCKS[language].get(facts.get("clock", ""), "")
    minutes = int(threshold) // 60 if threshold.startswith("+") else 0
    return SUBJECTS[language, kind].format(number=ticket.number, clock=clock, threshold=threshold, minutes=minutes)


class Tellers:
    """Tells people about tickets at one instant, all at once when it is left; who is on duty is looked up once a team.

    A ticket is anything with the id, number, subject, team_id, owner_id and demo of one.
    """

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._notices: list[Json] = []
        self._deliveries: list[Json] = []
        self._storm = Storm(at)
        self._duty: dict[int, dict[int | None, Person]] = {}
        self._stand_ins: dict[int, list[Person]] = {}
        self._leads: dict[int, list[Person]] = {}
        self._mailboxes: dict[int, int | None] = {}

    def __enter__(self) -> "Tellers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._write()

    def _write(self) -> None:
        many(insert(Notice.__table__), self._notices)  # type: ignore[arg-type]
        many(insert(Delivery.__table__), self._deliveries)  # type: ignore[arg-type]
        self._storm.write()
        if self._deliveries:
            promise("workers.outbound.deliver")

    def notify(self, person: Person, ticket: Any, kind: str, *, mailed: bool = True, **facts: str) -> None:
        """One line in this person's page; a mail too if it is to be *mailed* and they have an address."""
        self._note(person, ticket, kind, facts)
        address = person.contact("email") if mailed else None
        if address is not None:
            self._tell("mail", self._mailbox(ticket), address.value, ticket, _language(person), kind, facts)

    def post(self, name: str, channel_id: int, ticket: Any, kind: str, **facts: str) -> None:
        """One line in the chat of that name."""
        self._tell("webhook", channel_id, name, ticket, "ru", kind, facts)

    def _tell(
        self, way: str, channel_id: int | None, recipient: str, ticket: Any, language: str, kind: str, facts: Json
    ) -> None:
        subject = told_of(ticket, language, kind, facts)
        if (
            kind != "offered"
            and not ticket.demo
            and self._storm.takes(way, channel_id, recipient, language, kind, subject)
        ):
            return
        text = f"{subject}\n{_link(ticket)}" if way == "webhook" else f"{ticket.subject}\n\n{_link(ticket)}\n"
        self._promise(way, channel_id, recipient, ticket, {"subject": subject, "text": text})

    def offer(self, person: Person, tickets: Sequence[Ticket]) -> None:
        """One line in this person's page for each ticket that they are offered, and one mail that lists them all."""
        if len(tickets) == 1:
            self.notify(person, tickets[0], "offered")
            return
        for ticket in tickets:
            self._note(person, ticket, "offered", {})
        address = person.contact("email")
        if address is None:
            return
        lines = [f"{ticket.number} {ticket.subject}\n{_link(ticket)}\n" for ticket in tickets]
        real_first = min(tickets, key=lambda ticket: ticket.demo)
        content = {"subject": SEVERAL[_language(person)].format(count=len(tickets)), "text": "\n".join(lines)}
        self._promise("mail", self._mailbox(real_first), address.value, real_first, content)

    def _note(self, person: Person, ticket: Any, kind: str, facts: Json) -> None:
        self._notices.append(
            {"person_id": person.id, "ticket_id": ticket.id, "kind": kind, "facts": facts, "at": self.at}
        )

    def _promise(self, way: str, channel_id: int | None, recipient: str, ticket: Any, content: Json) -> None:
        self._deliveries.append(delivery(way, channel_id, recipient, content, self.at) | {"ticket_id": ticket.id})

    def owner_on_duty(self, ticket: Any) -> Person | None:
        """The owner, if they are at work."""
        return self._on_duty(ticket.team_id).get(ticket.owner_id)

    def stand_ins(self, ticket: Any) -> list[Person]:
        """Who leads the team on duty; all its leads when none of them is."""
        team_id = ticket.team_id
        if team_id not in self._stand_ins:
            here = [person for person in self._on_duty(team_id).values() if person.supervises]
            self._stand_ins[team_id] = here or self.leads(ticket)
        return self._stand_ins[team_id]

    def of_role(self, ticket: Any, role: str) -> list[Person]:
        """Everybody of this role in the ticket's team; administrators are at home in all of them."""
        everywhere = select(Person).where(Person.role == role, Person.active).order_by(Person.name, Person.id)
        return _people(everywhere if role == Role.ADMINISTRATOR else members(ticket.team_id, [role]))

    def _on_duty(self, team_id: int) -> dict[int | None, Person]:
        if team_id not in self._duty:
            self._duty[team_id] = {person.id: person for person in _people(on_duty(self.at, team_id))}
        return self._duty[team_id]

    def leads(self, ticket: Any) -> list[Person]:
        """All who lead the ticket's team."""
        team_id = ticket.team_id
        if team_id not in self._leads:
            self._leads[team_id] = _people(members(team_id, LEADS))
        return self._leads[team_id]

    def _mailbox(self, ticket: Any) -> int | None:
        """The mailbox that notices of this ticket leave by: its own, else its team's, else any."""
        if ticket.team_id not in self._mailboxes:
            query = select(Channel.id).where(Channel.kind == "mail", Channel.active)
            self._mailboxes[ticket.team_id] = db.session.scalar(
                query.order_by(Channel.team_id != ticket.team_id, Channel.id).limit(1)
            )
        return self._mailboxes[ticket.team_id]


def _people(query: Select[Person]) -> list[Person]:
    return list(db.session.scalars(query.options(selectinload(Person.contacts))))


def _language(person: Person) -> str:
    return "en" if person.locale == "en" else "ru"


def _link(ticket: Any) -> str:
    return f"{settings().base_url}/tickets/{ticket.number}"
