"""Telling staff: a line in the page, and a mail for what can't wait."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import LEADS, Role
from helpdesk.people.roster import members, on_duty
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Notice, Ticket
from helpdesk.tickets.tokens import fresh_secret, token

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


def told_of(ticket: Ticket, language: str, kind: str, facts: Mapping[str, str]) -> str:
    """What happened, in a line."""
    threshold, clock = facts.get("threshold", ""), CLOCKS[language].get(facts.get("clock", ""), "")
    minutes = int(threshold) // 60 if threshold.startswith("+") else 0
    return SUBJECTS[language, kind].format(number=ticket.number, clock=clock, threshold=threshold, minutes=minutes)


class Tellers:
    """Tells people about tickets at one instant; who is on duty is looked up once a team."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._duty: dict[int, list[Person]] = {}
        self._leads: dict[int, list[Person]] = {}
        self._mailboxes: dict[int, int | None] = {}

    def notify(self, person: Person, ticket: Ticket, kind: str, *, mailed: bool = True, **facts: str) -> None:
        """One line in this person's page; a mail too if it is to be *mailed* and they have an address."""
        self._note(person, ticket, kind, facts)
        if mailed:
            subject = told_of(ticket, _language(person), kind, facts)
            self._mail(person, ticket, subject, f"{ticket.subject}\n\n{_link(ticket)}\n")

    def offer(self, person: Person, tickets: Sequence[Ticket]) -> None:
        """One line in this person's page for each ticket that they are offered, and one mail that lists them all."""
        if len(tickets) == 1:
            self.notify(person, tickets[0], "offered")
            return
        for ticket in tickets:
            self._note(person, ticket, "offered", {})
        lines = [f"{ticket.number} {ticket.subject}\n{_link(ticket)}\n" for ticket in tickets]
        real_first = min(tickets, key=lambda ticket: ticket.demo)
        self._mail(person, real_first, SEVERAL[_language(person)].format(count=len(tickets)), "\n".join(lines))

    def _note(self, person: Person, ticket: Ticket, kind: str, facts: Json) -> None:
        db.session.add(Notice(person_id=person.id, ticket_id=ticket.id, kind=kind, facts=facts, at=self.at))

    def owner_on_duty(self, ticket: Ticket) -> Person | None:
        """The owner, if they are at work."""
        return next((person for person in self._on_duty(ticket.team_id) if person.id == ticket.owner_id), None)

    def stand_ins(self, ticket: Ticket) -> list[Person]:
        """Who leads the team on duty; all its leads when none of them is."""
        return [person for person in self._on_duty(ticket.team_id) if person.supervises] or self.leads(ticket)

    def of_role(self, ticket: Ticket, role: str) -> list[Person]:
        """Everybody of this role in the ticket's team; administrators are at home in all of them."""
        everywhere = select(Person).where(Person.role == role, Person.active).order_by(Person.name, Person.id)
        return list(db.session.scalars(everywhere if role == Role.ADMINISTRATOR else members(ticket.team_id, [role])))

    def _on_duty(self, team_id: int) -> list[Person]:
        if team_id not in self._duty:
            self._duty[team_id] = list(db.session.scalars(on_duty(self.at, team_id)))
        return self._duty[team_id]

    def leads(self, ticket: Ticket) -> list[Person]:
        """All who lead the ticket's team."""
        team_id = ticket.team_id
        if team_id not in self._leads:
            self._leads[team_id] = list(db.session.scalars(members(team_id, LEADS)))
        return self._leads[team_id]

    def _mail(self, person: Person, ticket: Ticket, subject: str, text: str) -> None:
        address = person.contact("email")
        if address is None:
            return
        db.session.add(
            Delivery(
                ticket_id=ticket.id,
                channel="mail",
                channel_id=self._mailbox(ticket),
                kind="notice",
                recipient=address.value,
                key=f"{token(fresh_secret(), settings().secret_key)}@{settings().own_host}",
                content={"subject": subject, "text": text},
                promised_at=self.at,
                next_try_at=self.at,
            )
        )

    def _mailbox(self, ticket: Ticket) -> int | None:
        """The mailbox that notices of this ticket leave by: its own, else its team's, else any."""
        if ticket.team_id not in self._mailboxes:
            query = select(Channel.id).where(Channel.kind == "mail", Channel.active)
            self._mailboxes[ticket.team_id] = db.session.scalar(
                query.order_by(Channel.team_id != ticket.team_id, Channel.id).limit(1)
            )
        return self._mailboxes[ticket.team_id]


def _language(person: Person) -> str:
    return "en" if person.locale == "en" else "ru"


def _link(ticket: Ticket) -> str:
    return f"{settings().base_url}/tickets/{ticket.number}"
