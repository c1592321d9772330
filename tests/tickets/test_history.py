"""The hash chain: whatever is done to a stored history, the first row that is not what was written is named."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.tickets import actions
from helpdesk.tickets.history import GENESIS, Break, digest, first_break
from tests.making import MINUTE, MONDAY
from tests.tickets.plain import NOON, make_person, make_team, make_ticket, opened, story

NUMBER = 7


@dataclass(frozen=True)
class Row:
    """A stored event."""

    seq: int
    at: datetime
    recorded_at: datetime
    actor_id: int | None
    kind: str
    facts: dict
    hash: str = ""


def written(count=6, number=NUMBER):
    """A history as it was written, and its head."""
    rows, head = [], GENESIS
    for seq in range(1, count + 1):
        row = Row(seq, MONDAY + seq * MINUTE, MONDAY + seq * MINUTE, 3, "noted", {"n": seq})
        head = digest(head, number, row)
        rows.append(replace(row, hash=head))
    return rows, head


def broken(rows, head, count=6):
    found = first_break(NUMBER, rows, count=count, head=head)
    return found and found.seq


def rewritten(rows, index, **change):
    """A row changed by somebody who knows how hashes are made, with all that come after it."""
    head, forged = rows[index - 1].hash if index else GENESIS, list(rows)
    forged[index] = replace(rows[index], **change)
    for place in range(index, len(forged)):
        head = digest(head, NUMBER, forged[place])
        forged[place] = replace(forged[place], hash=head)
    return forged


def test_the_hash_is_sha256_of_the_one_before_and_the_row_as_compact_json_in_utc():
    east = timezone(timedelta(hours=5))
    then, later = datetime(2026, 9, 14, 14, tzinfo=east), datetime(2026, 9, 14, 10, 0, 0, 5, UTC)
    row = Row(2, then, later, None, "noted", {"ё": 1, "a": "б"})
    canonical = (
        '[7,2,"2026-09-14T09:00:00.000000+00:00","2026-09-14T10:00:00.000005+00:00",null,"noted",{"a":"б","ё":1}]'
    )
    assert digest("ab", 7, row) == hashlib.sha256(f"ab{canonical}".encode()).hexdigest()


def test_what_the_verbs_record_is_a_whole_chain_that_ends_at_the_tickets_head():
    team = make_team("Coupons")
    ticket, ana = opened(make_ticket(team)), make_person("Ana", team)
    for verb in (actions.take, actions.pend, actions.resume, actions.solve):
        verb(ticket, by=ana, at=NOON)
    assert first_break(ticket.number, story(ticket), count=ticket.event_count, head=ticket.head) is None


def test_a_whole_history_has_no_break():
    rows, head = written()
    assert broken(rows, head) is None


CHANGES = [
    {"at": NOON},
    {"recorded_at": NOON},
    {"actor_id": 4},
    {"actor_id": None},
    {"kind": "solved"},
    {"facts": {}},
    {"facts": {"n": "1"}},
    {"hash": "f" * 64},
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("index", range(6))
def test_a_changed_row_is_named(index, change):
    rows, head = written()
    rows[index] = replace(rows[index], **change)
    assert broken(rows, head) == index + 1


@pytest.mark.parametrize("index", range(6))
def test_a_missing_row_is_named(index):
    rows, head = written()
    del rows[index]
    assert broken(rows, head) == index + 1


@pytest.mark.parametrize("index", range(6))
def test_a_missing_row_is_named_also_when_the_others_were_counted_anew(index):
    rows, head = written()
    left = [replace(row, seq=seq) for seq, row in enumerate(rows[:index] + rows[index + 1 :], 1)]
    assert broken(left, head) == index + 1


@pytest.mark.parametrize("index", range(5))
def test_rows_that_changed_places_are_named(index):
    rows, head = written()
    rows[index], rows[index + 1] = replace(rows[index + 1], seq=index + 1), replace(rows[index], seq=index + 2)
    assert broken(rows, head) == index + 1


def test_a_row_put_in_at_the_end_is_named():
    rows, head = written()
    more = Row(7, NOON, NOON, 3, "solved", {})
    assert broken([*rows, replace(more, hash=digest(head, NUMBER, more))], head) == 7


def test_a_history_without_rows_lacks_its_first():
    _, head = written()
    assert broken([], head) == 1


@pytest.mark.parametrize("index", range(6))
def test_rewriting_all_hashes_from_a_row_on_does_not_reach_the_tickets_head(index):
    rows, head = written()
    assert broken(rewritten(rows, index, kind="solved"), head) == 6


def test_the_history_of_one_ticket_is_not_that_of_another():
    rows, head = written(number=NUMBER + 1)
    assert broken(rows, head) == 1


def test_the_break_says_what_is_wrong_in_a_sentence():
    rows, head = written()
    assert first_break(NUMBER, rows[:4], count=6, head=head) == Break(
        NUMBER, 5, "the history ends at event 4, the ticket knows of 6"
    )


FACTS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4)


@given(FACTS, st.randoms())
def test_the_order_in_which_facts_are_kept_does_not_matter(facts, chance):
    names = list(facts)
    chance.shuffle(names)
    one, other = (Row(1, NOON, NOON, 1, "noted", known) for known in (facts, {name: facts[name] for name in names}))
    assert digest(GENESIS, 1, one) == digest(GENESIS, 1, other)
