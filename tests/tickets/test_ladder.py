"""A ladder is stopped by whoever comes first."""

from types import SimpleNamespace

from helpdesk.tickets.ladder import stop_ladder
from tests.making import HOUR
from tests.tickets.plain import NOON, kinds, make_person, make_team, make_ticket, opened, story

COUPONS = make_team("Coupons")
ANA, BEA = make_person("Ana", COUPONS), make_person("Bea", COUPONS)


def test_a_ladder_is_stopped_once_whoever_comes_second():
    ticket = opened(make_ticket(COUPONS))
    clock = SimpleNamespace(kind="answer", turn=2, started_seq=5, ladder_stopped_at=None)
    stop_ladder(ticket, clock=clock, by=ANA, at=NOON)
    stop_ladder(ticket, clock=clock, by=BEA, at=NOON + HOUR)
    assert kinds(ticket)[1:] == ["ladder_stopped"]
    assert (story(ticket)[-1].facts, clock.ladder_stopped_at) == (
        {"clock": "answer", "turn": 2, "started_seq": 5},
        NOON,
    )
