"""Telling the administrators of what only they can mend: a line in their page, and a mail."""

from sqlalchemy import insert, select

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.digest import delivery
from helpdesk.services.instant import now
from helpdesk.services.store import many, promise, settings
from helpdesk.tickets.models import Delivery, Notice

SUBJECTS = {
    ("ru", "sign_in_again"): "Ящик {mailbox}: нужно войти заново, почта не читается и не отправляется",
    ("en", "sign_in_again"): "Mailbox {mailbox}: sign in again, mail is neither read nor sent",
}


def tell(kind: str, facts: Json) -> None:
    """Tell each of them, within the caller's transaction. *facts* name the channel that it is about."""
    at, deliveries = now(), []
    query = select(Person).where(Person.role == Role.ADMINISTRATOR, Person.active, ~Person.demo)
    for person in db.session.scalars(query):
        db.session.add(Notice(person_id=person.id, ticket_id=None, kind=kind, facts=facts, at=at))
        if address := person.contact("email"):
            language = "en" if person.locale == "en" else "ru"
            deliveries.append(delivery("mail", None, address.value, _content(language, kind, facts), at))
    many(insert(Delivery.__table__), deliveries)  # type: ignore[arg-type]
    if deliveries:
        promise("workers.outbound.deliver")


def _content(language: str, kind: str, facts: Json) -> Json:
    subject = SUBJECTS[language, kind].format(**facts)
    return {"subject": subject, "text": f"{subject}\n\n{settings().base_url}/admin/mailboxes/{facts['channel']}\n"}
