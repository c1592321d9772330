"""Handover with acceptance: nothing changes hands until somebody says yes, and each offer is decided once."""

import pytest

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.tickets import actions, handover
from tests.tickets.plain import NOON, kinds, make_person, make_team, make_ticket, opened, story

COUPONS, REFUNDS = make_team("Coupons"), make_team("Refunds")
ANA, BEA, LEA = (make_person(name, COUPONS, REFUNDS) for name in ("Ana", "Bea", "Lea"))


@pytest.fixture
def ticket():
    ticket = opened(make_ticket(COUPONS))
    actions.take(ticket, by=ANA, at=NOON)
    return ticket


@pytest.fixture
def offer(ticket):
    return offered(ticket)


def offered(ticket, to=BEA):
    return handover.offer(ticket, to=to, note="Call back.", by=ANA, at=NOON)


def test_an_offer_changes_no_owner(ticket, offer):
    assert (ticket.owner, offer.giver, offer.receiver, offer.state) == (ANA, ANA, BEA, "offered")


def test_the_history_keeps_from_whom_to_whom_and_why_but_not_the_note(ticket, offer):
    facts = {"old_id": ANA.id, "new_id": BEA.id, "old": "Ana", "new": "Bea", "why": "asked"}
    assert (kinds(ticket)[-1], story(ticket)[-1].facts) == ("handover_offered", facts)


def test_an_accepted_offer_makes_its_receiver_the_owner(ticket, offer):
    handover.accept(offer, by=BEA, at=NOON)
    assert (ticket.owner, offer.state, offer.decided_at) == (BEA, "accepted", NOON)
    assert kinds(ticket)[-2:] == ["handover_accepted", "assigned"]


def test_a_lead_who_accepts_is_the_receiver(ticket, offer):
    handover.accept(offer, by=LEA, at=NOON)
    assert (ticket.owner, offer.receiver) == (LEA, LEA)


def test_a_refused_offer_leaves_the_owner_and_keeps_the_reason(ticket, offer):
    handover.refuse(offer, reason="I leave too.", by=BEA, at=NOON)
    assert (ticket.owner, offer.state, offer.reason) == (ANA, "refused", "I leave too.")
    assert story(ticket)[-1].facts == {"reason": "I leave too."}


def test_a_withdrawn_offer_leaves_the_owner(ticket, offer):
    handover.withdraw(offer, by=ANA, at=NOON, why="offered anew")
    assert (ticket.owner, offer.state) == (ANA, "withdrawn")


DECISIONS = {
    "accepted": lambda offer: handover.accept(offer, by=BEA, at=NOON),
    "refused": lambda offer: handover.refuse(offer, reason="No.", by=BEA, at=NOON),
    "withdrawn": lambda offer: handover.withdraw(offer, by=ANA, at=NOON, why="x"),
}


@pytest.mark.parametrize("second", DECISIONS)
@pytest.mark.parametrize("first", DECISIONS)
def test_an_offer_is_decided_once(ticket, offer, first, second):
    DECISIONS[first](offer)
    before = (ticket.owner, kinds(ticket))
    with pytest.raises(Conflict):
        DECISIONS[second](offer)
    assert (offer.state, ticket.owner, kinds(ticket)) == (first, *before)


def test_with_nobody_to_take_it_the_offer_has_no_receiver(ticket):
    assert offered(ticket, to=None).receiver is None


@pytest.mark.parametrize("end", [actions.solve, actions.close])
def test_what_has_ended_is_not_handed_over(ticket, end):
    end(ticket, by=ANA, at=NOON)
    with pytest.raises(Conflict):
        offered(ticket)


def test_its_owner_is_not_offered_it(ticket):
    with pytest.raises(Conflict):
        offered(ticket, to=ANA)


def test_nobody_outside_the_team_is_offered_it(ticket):
    with pytest.raises(NotAllowed):
        offered(ticket, to=make_person("Stranger", REFUNDS))


def test_an_offer_stands_while_nothing_else_has_happened(offer):
    assert handover.stands(offer)


@pytest.mark.parametrize(
    "act",
    [
        lambda ticket: actions.solve(ticket, by=ANA, at=NOON),
        lambda ticket: actions.assign(ticket, to=LEA, by=LEA, at=NOON),
        lambda ticket: actions.assign(ticket, to=None, by=LEA, at=NOON),
        lambda ticket: actions.change_team(ticket, to=make_team("Third"), by=LEA, at=NOON),
    ],
)
def test_an_offer_falls_with_what_it_rested_on(ticket, offer, act):
    act(ticket)
    assert not handover.stands(offer)


def test_an_offer_falls_when_its_receiver_is_not_in_the_new_team(ticket):
    waiting = offered(ticket, to=make_person("Coupons only", COUPONS))
    actions.change_team(ticket, to=REFUNDS, by=ANA, at=NOON)
    assert (ticket.owner, handover.stands(waiting)) == (ANA, False)
