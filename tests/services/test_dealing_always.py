"""Whatever comes, is solved, put back or paused for: who is dealt a ticket was there and had room, and nothing waits in vain."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.services import breaks, dealing, desk, intake, taking
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_shift, make_staff, make_team

PEOPLE = 3
STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "come", "solve", "skip", "pend", "rest", "back"]), st.integers(0, PEOPLE - 1)),
    min_size=4, max_size=14,
)  # fmt: skip


class Book:
    """What an honest clerk would have written down, by who has which ticket and who is there."""

    def __init__(self, people, most):
        self.people, self.most = people, most
        self.holds, self.there = {one.id: [] for one in people}, {one.id for one in people}
        self.row, self.waits, self.put_back = [one.id for one in people], [], set()

    def skip(self, one):
        """They put back their newest one, and take the first that they may have."""
        number = self.holds[one].pop()
        self.put_back.add((number, one))
        self.waits.append(number)
        taken = next((other for other in sorted(self.waits) if (other, one) not in self.put_back), None)
        if taken is not None:
            self.waits.remove(taken)
            self.holds[one].append(taken)

    def deal(self):
        """The pile goes round: each ticket to the first in the row who may have it, and they go to its end."""
        for number in sorted(self.waits):
            could = [
                one for one in self.row
                if one in self.there and len(self.holds[one]) < self.most and (number, one) not in self.put_back
            ]  # fmt: skip
            if could:
                self.row.remove(could[0])
                self.row.append(could[0])
                self.holds[could[0]].append(number)
                self.waits.remove(number)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, most=st.integers(1, 2))
def test_tickets_are_dealt_as_an_honest_clerk_would(app, steps, most):
    team = make_team(dealing="turns", most_open=most)
    people = [make_staff(teams=[team]) for _ in range(PEOPLE)]
    for person in people:
        make_shift(person, team)
    box, book = make_mailbox(team, f"box{team.id}@helpdesk.test"), Book(people, most)
    for minute, (step, who) in enumerate(steps):
        with pretend(now() + minute * timedelta(seconds=1)):
            act(step, people[who], box, book)
            dealing.deal_out()
        book.deal()
        assert owned(team) == {number: one for one in book.holds for number in book.holds[one]}


def act(step, person, box, book):
    """Do one step, and write it down."""
    mine = book.holds[person.id]
    if step == "come":
        arrive(box, eml())
        intake.file_waiting()
        book.waits.append(db.session.scalar(select(Ticket.number).order_by(Ticket.id.desc()).limit(1)))
    elif step in ("rest", "back") and (person.id in book.there) == (step == "rest"):
        if step == "rest":
            breaks.begin("rest", by=person)
        else:
            breaks.end(by=person)
        book.there ^= {person.id}
    elif step == "solve" and mine:
        desk.solve(mine.pop(), by=person)
    elif step == "pend" and mine:
        desk.pend(mine.pop(), by=person)
    elif step == "skip" and mine:
        taking.skip(mine[-1], reason="Not mine", by=person)
        book.skip(person.id)


def owned(team):
    db.session.rollback()
    query = select(Ticket.number, Ticket.owner_id).where(
        Ticket.team_id == team.id, Ticket.owner_id.is_not(None), Ticket.open, Ticket.status == "open"
    )
    return dict(db.session.execute(query).all())
