"""Telling the administrators of what only they can mend: a line for each in their page, and one mail about all of it."""

from collections.abc import Callable, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import selectinload

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services import bulk
from helpdesk.services.database import db
from helpdesk.services.digest import delivery
from helpdesk.services.instant import now
from helpdesk.services.store import many, promise, settings
from helpdesk.tickets.models import Delivery, Notice

SIGN_IN_AGAIN = {
    "ru": "Ящик {mailbox}: нужно войти заново, почта не читается и не отправляется",
    "en": "Mailbox {mailbox}: sign in again, mail is neither read nor sent",
}
SEVERAL = {"ru": "Почтовые ящики, о которых есть новости: {count}", "en": "Mailboxes with news: {count}"}


def tell_sign_in_again(mailbox: str, channel_id: int) -> None:
    """Tell them that nothing else helps a mailbox, within the caller's transaction."""
    facts, place = {"mailbox": mailbox, "channel": channel_id}, f"/admin/mailboxes/{channel_id}"
    tell("sign_in_again", [facts], lambda language: [SIGN_IN_AGAIN[language].format(mailbox=mailbox)], place)


def tell(kind: str, news: Sequence[Json], lines: Callable[[str], list[str]], place: str) -> None:
    """Tell each of them, within the caller's transaction; *lines* says it in a language, *place* is where to mend it.

    The mail leaves by a mailbox that is well when it leaves.
    """
    at, people = now(), _administrators()
    rows = [{"person_id": one.id, "ticket_id": None, "kind": kind, "at": at} for one in people]
    bulk.put(Notice, [{**row, "facts": facts} for row in rows for facts in news])
    found = [(one, address.value) for one in people if not one.demo and (address := one.contact("email"))]
    letters = [delivery("mail", None, address, _content(one, lines, place), at) for one, address in found]
    many(insert(Delivery.__table__), letters)  # type: ignore[arg-type]
    if letters:
        promise("workers.outbound.deliver")


def _administrators() -> Sequence[Person]:
    query = select(Person).where(Person.role == Role.ADMINISTRATOR, Person.active).order_by(Person.id)
    return db.session.scalars(query.options(selectinload(Person.contacts))).all()


def _content(person: Person, lines: Callable[[str], list[str]], place: str) -> Json:
    language = "en" if person.locale == "en" else "ru"
    said = lines(language)
    subject = said[0] if len(said) == 1 else SEVERAL[language].format(count=len(said))
    return {"subject": subject[:200], "text": "\n".join([*said, "", f"{settings().base_url}{place}", ""])}
