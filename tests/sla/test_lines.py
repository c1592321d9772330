import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.sla.lines import answer_lines, replay_line, time_line

from .hours import week

HOURS = {"tz": "Europe/Berlin", "weekly": week(), "holidays": [], "overrides": {}, "breaks": {}}
MONDAY = "2026-01-05T10:00:00+01:00"


def asked(function, **fields):
    return function(json.dumps(fields))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"op": "deadline", "start": MONDAY, "seconds": 3600}, {"at": "2026-01-05T10:00:00+00:00"}),
        ({"op": "deadline", "start": MONDAY, "seconds": 0.5}, {"at": "2026-01-05T09:00:00.500000+00:00"}),
        ({"op": "elapsed", "start": MONDAY, "end": "2026-01-05T12:00:00Z"}, {"seconds": 10800}),
        ({"op": "is_open", "at": MONDAY}, {"open": True}),
        ({"op": "next_open", "at": "2026-01-04T10:00:00Z"}, {"at": "2026-01-05T08:00:00+00:00"}),
        ({"op": "next_close", "at": MONDAY}, {"at": "2026-01-05T16:00:00+00:00"}),
    ],
)
def test_each_operation_answers_in_utc(question, answer):
    assert asked(time_line, calendar=HOURS, **question) == answer


TICKET = {
    "calendar": HOURS,
    "targets": {"first_response": 3600},
    "pauses": ["pending"],
    "happenings": [{"at": MONDAY, "kind": "opened", "by": "customer"}],
    "until": "2026-01-05T10:30:00+01:00",
}


def test_a_history_is_answered_with_its_clocks():
    assert asked(replay_line, **TICKET) == {
        "clocks": [
            {
                "clock": "first_response",
                "turn": 1,
                "state": "running",
                "started_at": "2026-01-05T09:00:00+00:00",
                "due_at": "2026-01-05T10:00:00+00:00",
                "ended_at": None,
                "used_seconds": 1800,
                "target_seconds": 3600,
                "known_late": False,
            }
        ],
        "next_due_at": "2026-01-05T10:00:00+00:00",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"calendar": 7},
        {"calendar": HOURS | {"tz": "Mars/Olympus"}},
        {"targets": [1]},
        {"targets": {"first_response": "3600"}},
        {"targets": {"first_response": True}},
        {"targets": {"first_response": -1}},
        {"targets": {"first_response": 10**300}},
        {"targets": {"greeting": 60}},
        {"pauses": "pending"},
        {"pauses": [["pending"]]},
        {"happenings": {}},
        {"happenings": [7]},
        {"happenings": [{"at": MONDAY}]},
        {"happenings": [{"at": MONDAY, "kind": "teleported"}]},
        {"happenings": [{"at": MONDAY, "kind": ["opened"]}]},
        {"happenings": [{"at": MONDAY, "kind": "opened"}]},
        {"happenings": [{"at": MONDAY, "kind": "opened", "by": "cat"}]},
        {"happenings": [{"at": MONDAY, "kind": "targets"}]},
        {"happenings": [{"at": MONDAY, "kind": "calendar", "calendar": {}}]},
        {"happenings": [{"kind": "solved"}]},
        {"until": None},
        {"until": "2026-01-05"},
        {"until": "2026-01-05T10:00:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"until": 1767600000},
    ],
)
def test_a_history_that_cannot_be_read_is_answered_with_a_sentence(change):
    assert list(asked(replay_line, **TICKET | change)) == ["error"]


@pytest.mark.parametrize("field", TICKET)
def test_a_missing_field_is_named(field):
    rest = {name: value for name, value in TICKET.items() if name != field}
    assert asked(replay_line, **rest) == {"error": f"The field {field} is missing."}


DEADLINE = '{"op": "deadline", "calendar": null, "start": "2026-01-05T10:00:00Z", "seconds": %s}'


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[1, 2]",
        "null",
        "[" * 100_000,
        '{"op": ' * 20_000,
        '{"op": "guess", "calendar": null}',
        '{"op": ["deadline"], "calendar": null}',
        '{"op": "next_close", "calendar": null, "at": "2026-01-05T10:00:00Z"}',
        DEADLINE % "NaN",
        DEADLINE % "1e999",
        DEADLINE % "-1",
        DEADLINE % "true",
        DEADLINE % '"60"',
        DEADLINE % "99999999999",
        DEADLINE % ("9" * 5000),
        DEADLINE % ("9" * 4000),
        " " * 5_000_000,
        '{"op": "deadline", "calendar": ' + '{"tz": ' * 5000 + "1" + "}" * 5001,
    ],
    ids=lambda line: line[:40],
)
def test_a_hostile_line_is_answered_with_a_sentence(line):
    answer = time_line(line)
    assert list(answer) == ["error"]
    assert len(answer["error"]) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([MONDAY, "mon"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["at", "kind", "tz", "weekly", "mon"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(TICKET)), JSON)
def test_whatever_a_field_holds_there_is_an_answer(field, value):
    answer = asked(replay_line, **TICKET | {field: value})
    assert set(answer) in ({"error"}, {"clocks", "next_due_at"})


@given(st.sampled_from(["op", "calendar", "start", "seconds"]), JSON)
def test_whatever_a_question_holds_there_is_an_answer(field, value):
    question = {"op": "deadline", "calendar": HOURS, "start": MONDAY, "seconds": 60} | {field: value}
    assert set(asked(time_line, **question)) in ({"error"}, {"at"})


def test_every_line_is_answered_in_order_also_bytes_that_are_no_text():
    lines = [b"{}", b"\xff\xfe", (DEADLINE % "60").encode(), b"", b'{"op":\x0b1}']
    out = io.BytesIO()
    answer_lines(io.BytesIO(b"\n".join(lines)), out, time_line)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [next(iter(answer)) for answer in answers] == ["error", "error", "at", "error", "error"]
