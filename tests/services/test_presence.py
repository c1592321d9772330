"""Who is at a ticket: told while their tabs say so, to those who may see it, and never a reason to wait."""

import dataclasses

import pytest

from helpdesk import create_app
from helpdesk.errors import NotFound
from helpdesk.services import bell, desk, presence
from helpdesk.services.database import db
from tests.making import make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.fixture
def bob(team):
    return make_staff(teams=[team], name="Bob Braun")


@pytest.fixture
def number(team, ana):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana).number


@pytest.fixture
def told():
    """What open pages are told of presence, as it is said."""
    ears = bell.connection().pubsub(ignore_subscribe_messages=True)
    ears.subscribe(bell.LIVE)
    ears.get_message(timeout=5)
    yield lambda: (ears.get_message(timeout=0.2) or {}).get("data", b"").decode()
    ears.close()


def there(number, by):
    return [(one.name, one.state) for one in presence.others(number, by)]


def test_who_writes_in_one_tab_and_reads_in_another_writes(number, ana, bob):
    presence.speak(number, "one", "writing", by=ana)
    presence.speak(number, "two", "reading", by=ana)
    assert there(number, bob) == [("Ana Seitova", "w")]
    presence.speak(number, "one", "gone", by=ana)
    assert there(number, bob) == [("Ana Seitova", "r")]


def test_nobody_is_told_of_themselves(number, ana, bob):
    assert presence.speak(number, "one", "reading", by=ana) == []
    assert [one.name for one in presence.speak(number, "two", "reading", by=bob)] == ["Ana Seitova"]
    assert there(number, ana) == [("Bob Braun", "r")]


def test_only_what_changes_is_told(number, ana, team, told):
    presence.speak(number, "one", "reading", by=ana)
    assert told() == f'presence {number} {team.id} [[{ana.id},"r","Ana Seitova"]]'
    presence.speak(number, "one", "reading", by=ana)
    assert told() == ""
    presence.speak(number, "one", "gone", by=ana)
    assert told() == f"presence {number} {team.id} []"


def test_a_tab_that_falls_silent_is_gone_and_that_is_told(number, ana, bob, team, told, monkeypatch):
    monkeypatch.setattr(presence, "LASTS", 300)
    presence.speak(number, "one", "reading", by=ana)
    assert told() != ""
    eventually(lambda: not there(number, bob))
    presence.sweep()
    assert told() == f"presence {number} {team.id} []"
    assert bell.connection().zcard(presence.ENDING) == 0


def test_a_tab_lasts_no_longer_than_half_a_minute():
    assert presence.LASTS + 5_000 <= 30_000


def test_nobody_is_at_a_ticket_that_is_not_theirs_to_see(number, bob):
    with pytest.raises(NotFound):
        presence.speak(number, "one", "reading", by=make_staff(teams=[make_team()]))
    assert there(number, bob) == []


def test_without_the_bell_nobody_is_there_and_it_is_not_asked_again_at_once(config, number, ana):
    deaf = create_app(dataclasses.replace(config, redis_url="redis://127.0.0.1:1/0"))
    with deaf.app_context():
        assert presence.speak(number, "one", "reading", by=ana) == []
        assert presence.others(number, ana) == []
        assert "presence_away" in deaf.extensions
        db.session.remove()
        db.engine.dispose()
