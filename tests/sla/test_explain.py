import json
from datetime import timedelta

from hypothesis import given, settings

from helpdesk.sla.clock import Happening
from helpdesk.sla.explain import Holding, explain
from helpdesk.sla.replay import replay

from .hours import OFFICE, at, calendar
from .test_replay import PAUSES, WITH_UPDATES
from .test_replay_always import UNTIL, histories


def resolution(until, *told, hours=OFFICE):
    history = [Happening(at(when), kind, by, ref=ref) for ref, (when, kind, by) in enumerate(told, 1)]
    return replay(history, {"resolution": 8 * 3600}, PAUSES, hours, at(until)).clocks[0]


def told(stretches):
    return [(row["reason"], row["counted"], row["seconds"] / 3600) for row in stretches]


def test_every_stretch_has_its_reason_and_its_hours():
    hours = calendar(holidays={"2026-01-07": "Christmas"}, breaks={"2026-01-06": [["12:00", "13:00"]]})
    history = ("Mon 15:00", "opened", "customer"), ("Tue 10:00", "pending", "ana"), ("Tue 11:00", "resumed", "customer")
    answer = explain(resolution("Thu 11:00", *history, hours=hours))
    assert told(answer["stretches"]) == [
        ("open", True, 2),
        ("closed", False, 16),
        ("open", True, 1),
        ("paused", False, 1),
        ("open", True, 1),
        ("break", False, 1),
        ("open", True, 4),
        ("closed", False, 7),
        ("holiday", False, 24),
        ("closed", False, 9),
        ("open", True, 2),
    ]
    paused, holiday = answer["stretches"][3], answer["stretches"][8]
    assert (paused["status"], paused["by"], paused["ref"]) == ("pending", "ana", 2)
    assert holiday["name"] == "Christmas"
    assert json.loads(json.dumps(answer)) == answer


def test_the_share_of_each_holder_is_working_time_in_their_hands():
    clock = resolution("Tue 12:00", ("Mon 15:00", "opened", "customer"))
    answer = explain(
        clock,
        [
            Holding("owner", "Ana", at("Mon 16:00"), at("Tue 10:00")),
            Holding("owner", "Boris", at("Tue 10:00"), at("Tue 11:00")),
            Holding("owner", "Ana", at("Tue 11:00")),
            Holding("team", "Support", at("Mon 00:00")),
        ],
    )
    assert answer["shares"] == {
        "owner": [
            {"holder": "Ana", "seconds": 3 * 3600},
            {"holder": "Boris", "seconds": 3600},
            {"holder": None, "seconds": 3600},
        ],
        "team": [{"holder": "Support", "seconds": 5 * 3600}],
    }


def test_what_moves_no_clock_makes_no_new_stretch():
    clock = resolution("Mon 12:00", ("Mon 10:00", "opened", "customer"), ("Mon 11:00", "resumed", "ana"))
    assert told(explain(clock)["stretches"]) == [("open", True, 2)]


@settings(max_examples=80, deadline=None)
@given(histories(), UNTIL)
def test_counted_stretches_and_shares_add_up_to_the_used_time(history, until):
    for clock in replay(history, WITH_UPDATES, PAUSES, OFFICE, until).clocks:
        halves = Holding("owner", "Ana", at("Mon 00:00"), at("Wed 12:00")), Holding("owner", "Boris", at("Wed 12:00"))
        answer = explain(clock, halves)
        counted = sum(row["seconds"] for row in answer["stretches"] if row["counted"])
        assert timedelta(seconds=counted) == clock.used
        assert sum(share["seconds"] for share in answer["shares"]["owner"]) * timedelta(seconds=1) == clock.used
        assert [row["from"] for row in answer["stretches"][1:]] == [row["to"] for row in answer["stretches"][:-1]]
        assert counted <= (until - clock.started_at).total_seconds()
