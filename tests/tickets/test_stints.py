"""Stints: whatever happens to a ticket, they tile its open life, and the history alone leads to the same."""

from hypothesis import given

from helpdesk.tickets import actions, handover
from helpdesk.tickets.stints import derived
from tests.making import MINUTE, MONDAY
from tests.oracle import untiled
from tests.tickets.plain import NOON, make_person, make_ticket, opened, said, story
from tests.tickets.test_always import CID, COUPONS, MANY, REFUNDS, tickets

ANA, BEA = make_person("Ana", COUPONS), make_person("Bea", COUPONS, REFUNDS)
TEAMS = {team.name: team.id for team in (COUPONS, REFUNDS)}


def of(stints):
    return [
        (one.owner_id, one.team_id, one.began_at, one.ended_at, one.began_seq, one.ended_seq) for one in stints
    ]  # fmt: skip


def held(ticket):
    names = {person.id: person.name for person in (ANA, BEA, CID)}
    return [(names.get(one.owner_id, "queue"), one.why) for one in ticket.stints]


@MANY
@given(tickets())
def test_the_stints_tile_the_open_life_of_a_ticket(ticket):
    events = [(one.seq, one.at, one.recorded_at, one.actor_id, one.kind, one.facts, one.hash) for one in story(ticket)]
    row = (ticket.open, ticket.owner and ticket.owner.id, ticket.team.id)
    assert list(untiled(of(ticket.stints), events, TEAMS, row)) == []


@MANY
@given(tickets())
def test_the_history_alone_leads_to_the_same_stints(ticket):
    told = derived(story(ticket), ticket.team.id)
    assert of(told) == of(ticket.stints)
    assert [one.why for one in told] == [one.why for one in ticket.stints]


def test_a_stint_says_why_it_began():
    ticket = opened(make_ticket(COUPONS))
    actions.take(ticket, by=ANA, at=NOON)
    handover.accept(handover.offer(ticket, to=BEA, note="x", by=ANA, at=NOON), by=BEA, at=NOON)
    actions.change_team(ticket, to=REFUNDS, by=BEA, at=NOON)
    assert held(ticket) == [("queue", "opened"), ("Ana", "taken"), ("Bea", "handover"), ("Bea", "team_changed")]


def test_between_its_solution_and_its_reopening_nobody_holds_a_ticket():
    ticket = opened(make_ticket(COUPONS))
    actions.take(ticket, by=ANA, at=MONDAY)
    actions.solve(ticket, by=ANA, at=MONDAY + MINUTE)
    actions.assign(ticket, to=BEA, by=ANA, at=MONDAY + 2 * MINUTE)
    actions.receive(ticket, said("Again."), by=ticket.customer, at=MONDAY + 3 * MINUTE)
    assert [(one.began_at, one.ended_at) for one in ticket.stints[-2:]] == [
        (MONDAY, MONDAY + MINUTE), (MONDAY + 3 * MINUTE, None),
    ]  # fmt: skip
    assert held(ticket)[-1] == ("Bea", "reopened")


def test_a_host_whose_clock_runs_behind_makes_no_stint_that_ends_before_it_began():
    ticket = opened(make_ticket(COUPONS))
    actions.take(ticket, by=ANA, at=NOON)
    actions.solve(ticket, by=ANA, at=NOON - MINUTE)
    assert (ticket.stints[-1].began_at, ticket.stints[-1].ended_at) == (NOON, NOON)
