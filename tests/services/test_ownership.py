"""Who owns a ticket, whatever several people do to it: a model in a few lines foretells it, step by step."""

from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from helpdesk.errors import HelpdeskError
from helpdesk.services import desk, handover
from helpdesk.services.database import db
from tests.making import make_mailbox, make_staff, make_team
from tests.oracle import Oracle

PEOPLE = {"ana": "A", "bea": "AB", "cid": "B", "lead": "AB", "admin": ""}
ROLES = {"lead": "supervisor", "admin": "administrator"}
STEPS = st.one_of(
    st.tuples(st.sampled_from(["take", "accept", "refuse", "solve", "reopen", "close", "reply", "reply_and_solve"])),
    st.tuples(st.just("offer"), st.sampled_from(list(PEOPLE))),
    st.tuples(st.just("assign"), st.sampled_from([*PEOPLE, None])),
    st.tuples(st.just("move"), st.sampled_from("AB")),
)


@dataclass(frozen=True)
class Model:
    """What is to be known of a ticket to foretell its owner; *waiting* is the (giver, receiver) of an open offer."""

    team: str = "A"
    owner: str | None = None
    status: str = "open"
    waiting: tuple[str | None, str] | None = None

    def after(self, by, step, *to):
        """The ticket after a step; as it was when the step is refused."""
        if self.team not in PEOPLE[by] and by != "admin":
            return self
        then = getattr(self, step)(by, *to)
        return then if then.stands else replace(then, waiting=None)

    @property
    def stands(self):
        giver, receiver = self.waiting or (None, "admin")
        return self.status == "open" and self.owner == giver and self.team in PEOPLE[receiver]

    def owned(self, who):
        fits = who is None or self.team in PEOPLE[who]
        return replace(self, owner=who) if fits and self.status != "closed" else self

    def take(self, by):
        return self.owned(by)

    def assign(self, by, to):
        return self.owned(to) if by == to or by in ROLES else self

    def offer(self, by, to):
        may = (by == self.owner or by in ROLES) and to != self.owner and self.team in PEOPLE[to]
        return replace(self, waiting=(self.owner, to)) if may and self.status == "open" else self

    def accept(self, by):
        return replace(self, owner=by, waiting=None) if self.decides(by) and self.team in PEOPLE[by] else self

    def refuse(self, by):
        return replace(self, waiting=None) if self.decides(by) else self

    def decides(self, by):
        return self.waiting is not None and (by == self.waiting[1] or by in ROLES)

    def move(self, _by, to):
        stays = self.owner is None or to in PEOPLE[self.owner]
        moved = replace(self, team=to, owner=self.owner if stays else None)
        return moved if stays or self.status != "closed" else self

    def solve(self, _by):
        return replace(self, status="solved") if self.status == "open" else self

    def reopen(self, _by):
        return replace(self, status="open")

    def close(self, _by):
        return replace(self, status="closed")

    def reply(self, by):
        return self if self.owner else self.owned(by)

    def reply_and_solve(self, by):
        return self.reply(by).solve(by)


@dataclass
class World:
    """The desk with its people and teams."""

    oracle: Oracle
    people: dict
    teams: dict

    def ticket(self):
        by, team = self.people["lead"], self.teams["A"]
        return desk.open_ticket(customer=self.people["marat"], team_id=team.id, subject="x", text="x", by=by).number

    def does(self, number, by, step, *to):
        """One step through the use cases of the desk; refusals are no steps."""
        person = self.people[by]
        with suppress(HelpdeskError):
            if step in ("accept", "refuse"):
                self.decides(number, step, person)
            elif step in ("offer", "assign"):
                note = {"note": "Call back."} if step == "offer" else {}
                act = handover.offer if step == "offer" else desk.assign
                act(number, to=to[0] and self.people[to[0]].id, by=person, **note)
            elif step == "move":
                desk.change_team(number, to=self.teams[to[0]].id, by=person)
            elif step.startswith("reply"):
                desk.reply(number, text="Hello.", by=person, then="solve" if step.endswith("solve") else "")
            else:
                getattr(desk, step)(number, by=person)

    def decides(self, number, step, person):
        newest = text("SELECT max(offer.id) FROM offer JOIN ticket ON ticket.id = ticket_id WHERE number = :number")
        offer_id = db.session.scalar(newest, {"number": number}) or 0
        decide = {"accept": handover.accept, "refuse": lambda offer, by: handover.refuse(offer, reason="No.", by=by)}
        decide[step](offer_id, by=person)

    def sees(self, number):
        """The ticket as it is stored; with two waiting offers there would be two."""
        names = {person.id: name for name, person in self.people.items()} | {None: None}
        ((team, owner, status, offer, giver, receiver),) = self.oracle.rows(
            "SELECT team.name, owner_id, status, offer.id, from_id, to_id FROM ticket JOIN team ON team.id = team_id"
            f" LEFT JOIN offer ON ticket_id = ticket.id AND state = 'offered' WHERE number = {number}"
        )
        waiting = (names[giver], names[receiver]) if offer else None
        return Model(team, names[owner], {"new": "open"}.get(status, status), waiting)


@pytest.fixture
def world(app, config):
    teams = {name: make_team(name) for name in "AB"}
    make_mailbox(teams["A"])
    make_mailbox(teams["B"], "b@helpdesk.test")
    people = {
        name: make_staff(ROLES.get(name, "agent"), teams=[teams[team] for team in member], name=name)
        for name, member in PEOPLE.items()
    }
    people["marat"] = make_staff(None, name="marat", login=None)
    return World(Oracle(config), people, teams)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(list(PEOPLE)), STEPS), min_size=25, max_size=35))
@example([("admin", ("take",)), ("admin", ("reply",)), ("lead", ("offer", "bea")), ("admin", ("accept",))])
@example([("lead", ("offer", "bea")), ("ana", ("reply",)), ("bea", ("accept",))])
@example([("ana", ("take",)), ("ana", ("offer", "bea")), ("ana", ("reply_and_solve",)), ("bea", ("accept",))])
@example([("bea", ("take",)), ("bea", ("offer", "ana")), ("bea", ("move", "B")), ("bea", ("move", "A"))])
@example([("ana", ("take",)), ("ana", ("offer", "bea")), ("ana", ("offer", "lead")), ("bea", ("accept",))])
def test_the_owner_is_who_the_model_says_with_at_most_one_offer_waiting(world, steps):
    number, model = world.ticket(), Model()
    for by, step in steps:
        world.does(number, by, *step)
        model = model.after(by, *step)
        assert world.sees(number) == model, (by, *step)


def test_the_histories_of_all_that_lead_to_what_is_stored(world):
    number = world.ticket()
    for by, *step in [
        ("lead", "offer", "bea"), ("bea", "accept"), ("bea", "offer", "ana"), ("bea", "move", "B"), ("cid", "take"),
        ("lead", "assign", None), ("bea", "reply_and_solve"), ("lead", "reopen"), ("bea", "close"),
    ]:  # fmt: skip
        world.does(number, by, *step)
    assert world.oracle.problems() == []
