"""Telling staff: a line in the page, and a mail for what can't wait."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.people.models import Person
from helpdesk.people.roles import LEADS
from helpdesk.people.roster import members, on_duty
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Delivery, Notice, Ticket

CLOCKS = {
    "ru": {"first_response": "первая реакция", "answer": "ответ", "update": "информирование", "resolution": "решение"},
    "en": {"first_response": "first response", "answer": "answer", "update": "update", "resolution": "resolution"},
}
SUBJECTS = {
    ("ru", "warned"): "Срок близко: №{number}, {clock}, израсходовано {threshold}",
    ("en", "warned"): "Deadline near: #{number}, {clock}, {threshold} used",
    ("ru", "breached"): "Срок нарушен: №{number}, {clock}",
    ("en", "breached"): "Deadline missed: #{number}, {clock}",
    ("ru", "offered"): "Вам передают заявку №{number}",
    ("en", "offered"): "Ticket #{number} is offered to you",
}
SEVERAL = {"ru": "Вам передают заявки: {count}", "en": "Tickets offered to you: {count}"}
MAILED = frozenset({"breached", "offered"})


class Tellers:
    """Tells people about tickets at one instant; who is on duty is looked up once a team."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._duty: dict[int, list[Person]] = {}
        self._leads: dict[int, list[Person]] = {}
        self._mailboxes: dict[int, int | None] = {}

    def tell(self, ticket: Ticket, clock: Clock, kind: str, threshold: str) -> None:
        """A warning goes to the owner on duty, a breach to the team's supervisors as well."""
        for person in self._concerned(ticket, breached=kind == "breached"):
            self.notify(person, ticket, kind, clock=clock.kind, threshold=threshold)

    def notify(self, person: Person, ticket: Ticket, kind: str, **facts: str) -> None:
        """One line in this person's page; a mail too when it can't wait and they have an address."""
        db.session.add(Notice(person_id=person.id, ticket_id=ticket.id, kind=kind, facts=facts, at=self.at))
        address = person.contact("email")
        if kind in MAILED and address is not None:
            db.session.add(self._mail(person, address.value, ticket, kind, facts))

    def _concerned(self, ticket: Ticket, *, breached: bool) -> list[Person]:
        """The owner when on duty, else whoever leads the team on duty; all its leads when it is breached."""
        duty = self._on_duty(ticket.team_id)
        told = [person for person in duty if person.id == ticket.owner_id]
        if not told:
            told = [person for person in duty if person.supervises]
        if breached or not told:
            told += [lead for lead in self._leads_of(ticket.team_id) if lead not in told]
        return told

    def _on_duty(self, team_id: int) -> list[Person]:
        if team_id not in self._duty:
            self._duty[team_id] = list(db.session.scalars(on_duty(self.at, team_id)))
        return self._duty[team_id]

    def _leads_of(self, team_id: int) -> list[Person]:
        if team_id not in self._leads:
            self._leads[team_id] = list(db.session.scalars(members(team_id, LEADS)))
        return self._leads[team_id]

    def _mail(self, person: Person, address: str, ticket: Ticket, kind: str, facts: dict[str, str]) -> Delivery:
        language = "ru" if person.locale == "ru" else "en"
        clock = CLOCKS[language].get(facts.get("clock", ""), "")
        subject = SUBJECTS[language, kind].format(
            number=ticket.number, clock=clock, threshold=facts.get("threshold", "")
        )
        return Delivery(
            ticket_id=ticket.id,
            channel="mail",
            channel_id=self._mailbox(ticket),
            kind="notice",
            recipient=address,
            key=f"{uuid.uuid4().hex}@{settings().own_host}",
            content={
                "subject": subject,
                "text": f"{ticket.subject}\n\n{settings().base_url}/tickets/{ticket.number}\n",
            },
            promised_at=self.at,
            next_try_at=self.at,
        )

    def _mailbox(self, ticket: Ticket) -> int | None:
        """The mailbox that notices of this ticket leave by: its own, else its team's, else any."""
        if ticket.team_id not in self._mailboxes:
            query = select(Channel.id).where(Channel.kind == "mail", Channel.active)
            self._mailboxes[ticket.team_id] = db.session.scalar(
                query.order_by(Channel.team_id != ticket.team_id, Channel.id).limit(1)
            )
        return self._mailboxes[ticket.team_id]

    def offer(self, person: Person, tickets: Sequence[Ticket]) -> None:
        """One line in this person's page for each ticket that they are offered, and one mail that lists them all."""
        for ticket in tickets:
            db.session.add(Notice(person_id=person.id, ticket_id=ticket.id, kind="offered", facts={}, at=self.at))
        address = person.contact("email")
        if address is not None:
            first_real = min(tickets, key=lambda ticket: ticket.demo)
            mail = self._mail(person, address.value, first_real, "offered", {})
            mail.content = mail.content if len(tickets) == 1 else _listing(person, tickets)
            db.session.add(mail)


def _listing(person: Person, tickets: Sequence[Ticket]) -> dict[str, str]:
    lines = [f"{one.number} {one.subject}\n{settings().base_url}/tickets/{one.number}\n" for one in tickets]
    subject = SEVERAL["ru" if person.locale == "ru" else "en"]
    return {"subject": subject.format(count=len(tickets)), "text": "\n".join(lines)}
