"""What holds of every ticket, whatever the verbs did to it and in whatever order."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.errors import HelpdeskError
from helpdesk.tickets import actions, voiding
from tests.making import MINUTE, MONDAY
from tests.oracle import chain, differences, state_of
from tests.tickets.plain import make_person, make_team, make_ticket, opened, said, story

COUPONS, REFUNDS = make_team("Coupons"), make_team("Refunds")
ANA, BEA, CID = make_person("Ana", COUPONS), make_person("Bea", COUPONS, REFUNDS), make_person("Cid", REFUNDS)
STAFF = st.sampled_from([ANA, BEA, CID])
MANY = settings(max_examples=100, deadline=None)


def verbs(names, **more):
    """Verbs of staff with the arguments they take."""
    return st.tuples(st.sampled_from(names.split()), STAFF, st.fixed_dictionaries(more))


def words(names, *outcomes):
    """What customers and machines say, by post or by phone."""
    more = [{"outcome": outcome} for outcome in outcomes] or [{}]
    return st.tuples(
        st.sampled_from(names.split()), st.none(), st.sampled_from([{"said": said("And?"), **one} for one in more])
    )


STEPS = st.one_of(
    verbs("take pend hold resume solve reopen close waive_answer junk unjunk"),
    verbs("reply note", said=st.just(said("Hello."))),
    verbs("assign", to=STAFF | st.none()),
    verbs("change_team", to=st.sampled_from([COUPONS, REFUNDS])),
    verbs("change_priority", to=st.sampled_from(["low", "normal", "urgent"])),
    verbs("change_subject", to=st.sampled_from("ab")),
    verbs("change_tags", to=st.lists(st.sampled_from("ab"))),
    words("receive receive_automatic"),
    words("log_call", "call_in_missed", "call_in_answered"),
)


@st.composite
def tickets(draw):
    """A ticket after up to twenty steps of staff and customer; what is refused is no step."""
    ticket = opened(make_ticket(COUPONS))
    for minute, (verb, by, more) in enumerate(draw(st.lists(STEPS, max_size=20)), 1):
        with suppress(HelpdeskError):
            getattr(voiding if "junk" in verb else actions, verb)(
                ticket, by=by or ticket.customer, at=MONDAY + minute * MINUTE, **more
            )
    return ticket


@MANY
@given(tickets())
def test_the_history_leads_to_the_state(ticket):
    told = state_of((event.kind, event.facts) for event in story(ticket))
    owner = ticket.owner and ticket.owner.id
    stored = (ticket.status, owner, ticket.team.name, ticket.priority, ticket.subject, None, ticket.tags, ticket.open)
    assert list(differences(ticket.number, told, stored)) == []


@MANY
@given(tickets())
def test_the_history_is_one_whole_chain(ticket):
    rows = [(one.seq, one.at, one.recorded_at, one.actor_id, one.kind, one.facts, one.hash) for one in story(ticket)]
    assert chain(ticket.number, rows) == (ticket.event_count, ticket.head)


@MANY
@given(tickets())
def test_an_owner_is_of_the_team_and_an_ended_ticket_waits_for_nobody(ticket):
    assert ticket.owner is None or ticket.team.id in ticket.owner.team_ids
    assert ticket.open == (ticket.status not in ("solved", "closed")) == (ticket.solved_at is None)
    assert ticket.open or ticket.waiting_since is None


@MANY
@given(tickets())
def test_the_version_counts_what_staff_did(ticket):
    assert ticket.version == 1 + sum(event.actor_id != ticket.customer.id for event in story(ticket))


@MANY
@given(tickets())
def test_junk_and_back_is_as_if_nothing_had_been(ticket):
    with suppress(HelpdeskError):
        voiding.unjunk(ticket, by=ANA, at=MONDAY + 60 * MINUTE)
    before = (ticket.status, ticket.open, ticket.solved_at, ticket.waiting_since, ticket.owner, ticket.voided)
    voiding.junk(ticket, by=ANA, at=MONDAY + 61 * MINUTE)
    assert (ticket.status, ticket.open) == ("closed", False)
    voiding.unjunk(ticket, by=BEA, at=MONDAY + 62 * MINUTE)
    assert (ticket.status, ticket.open, ticket.solved_at, ticket.waiting_since, ticket.owner, ticket.voided) == before
