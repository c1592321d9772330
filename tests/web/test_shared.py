"""Fragments are written once for all who ask at one moment, and never from before the last news."""

import threading
import time

import pytest

from helpdesk.web import shared as module
from helpdesk.web.shared import Shared

pytestmark = pytest.mark.once


@pytest.fixture
def shared():
    found = Shared()
    found.told()
    return found


@pytest.fixture
def written(shared):
    """Asks for a fragment, and says how often one was written so far."""
    count = []

    def ask(key="team 1"):
        shared(key, lambda: str(count.append(key)))
        return len(count)

    return ask


def test_who_sees_the_same_gets_the_same(written):
    assert (written(), written()) == (1, 1)


def test_who_sees_something_else_gets_their_own(written):
    assert (written(), written("team 2")) == (1, 2)


def test_after_news_it_is_written_anew(shared, written):
    written()
    shared.told()
    assert written() == 2


def test_what_is_told_of_while_it_is_written_is_in_the_next(shared, written):
    shared("team 1", lambda: str(shared.told()))
    assert written() == 1


def test_it_is_not_given_for_long(written, monkeypatch):
    written()
    monkeypatch.setattr(module, "LONGEST", 0.0)
    assert written() == 2


def test_while_nobody_listens_everybody_gets_their_own(shared, written):
    shared.told_at = None
    assert (written(), written()) == (1, 2)


def test_many_who_ask_at_one_moment_wait_for_one(shared):
    count = []

    def slowly():
        count.append(time.sleep(0.1))
        return "rows"

    asking = [threading.Thread(target=shared, args=("team 1", slowly)) for _ in range(20)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(count) == 1
