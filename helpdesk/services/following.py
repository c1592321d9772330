"""Following a ticket: being told when its customer writes and when it is solved, as long as one may see it."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, select

from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import HEARD_OF, ticket_for, transaction
from helpdesk.tickets.following import Following
from helpdesk.tickets.models import Event, Ticket

BATCH = 200
UNTOLD = Ticket.event_count > Following.told_seq


def follows(ticket: Ticket, by: Person) -> bool:
    """Whether this person follows it."""
    mine = exists().where(Following.ticket_id == ticket.id, Following.person_id == by.id)
    return ticket.followed and bool(db.session.scalar(select(mine)))


def follow(number: int, *, by: Person) -> None:
    """Hear of it from now on; once is enough."""
    with transaction():
        begin(ticket_for(by, number, lock=True), by)


def begin(ticket: Ticket, person: Person) -> None:
    """The same within a transaction that has the ticket."""
    if not follows(ticket, person):
        ticket.followed = True
        db.session.add(Following(person=person, ticket=ticket, since=now(), told_seq=ticket.event_count))


def unfollow(number: int, *, by: Person) -> None:
    """Hear of it no longer."""
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        theirs = delete(Following).where(Following.ticket_id == ticket.id)
        db.session.execute(theirs.where(Following.person_id == by.id))
        ticket.followed = bool(db.session.scalar(select(exists().where(Following.ticket_id == ticket.id))))


def bring(ticket: Ticket, other: Ticket) -> None:
    """Who followed a ticket follows the one that it was brought into; within a transaction that has both."""
    query = select(Person).join(Following, Following.person_id == Person.id).where(Following.ticket_id == ticket.id)
    for person in db.session.scalars(query).all() if ticket.followed else ():
        begin(other, person)


def mention(ticket: Ticket, people: Sequence[Person], *, by: Person) -> None:
    """Tell people that a note speaks of them, and let them follow; within a transaction that has the ticket."""
    with Tellers(now()) as tellers:
        for person in people:
            begin(ticket, person)
            tellers.notify(person, ticket, "mentioned", {"name": by.name}, mailed=False)


def has_news() -> bool:
    """Whether somebody is to be told of something."""
    query = select(Following.id).join(Ticket, Ticket.id == Following.ticket_id).where(UNTOLD)
    return db.session.scalar(query.limit(1)) is not None


def tell() -> int:
    """Tell followers what happened since they were told last, each once; how many tickets that were."""
    told = 0
    while True:
        with transaction():
            many = _tell_some()
        told += many
        if many < BATCH:
            return told


def _tell_some() -> int:
    query = select(Following, Ticket).join(Ticket, Ticket.id == Following.ticket_id).where(UNTOLD)
    locked = (
        query.order_by(Following.id)
        .limit(BATCH)
        .with_for_update(of=Following, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rows = [(following, ticket) for following, ticket in db.session.execute(locked)]
    happened = _happened([ticket.id for _, ticket in rows])
    with Tellers(now()) as tellers:
        for following, ticket in rows:
            _tell(following, ticket, [one for one in happened if one.ticket_id == ticket.id], tellers)
            following.told_seq = ticket.event_count
    return len(rows)


def _happened(tickets: Sequence[int]) -> Sequence[Event]:
    query = select(Event).where(Event.ticket_id.in_(tickets), Event.kind.in_(HEARD_OF))
    return db.session.scalars(query.order_by(Event.seq)).all() if tickets else ()


def _tell(following: Following, ticket: Ticket, happened: Sequence[Event], tellers: Tellers) -> None:
    """One line for each kind of news, nothing of what they did themselves, and nothing of what they may not see."""
    person, span = following.person, range(following.told_seq + 1, ticket.event_count + 1)
    news = dict.fromkeys(HEARD_OF[one.kind] for one in happened if one.seq in span and one.actor_id != person.id)
    if person.active and may(person.role, "see", person.team_ids, ticket.team_id):
        for kind in news:
            tellers.notify(person, ticket, kind, mailed=False)
