"""Rows of chats, for tests that go through the database."""

from helpdesk.channels.models import Channel
from helpdesk.services.secrets import seal
from tests.channels.chat.signing import SECRET
from tests.making import make, make_team


def make_webhook(name="site", secret=SECRET, team=None, settings=None):
    return _make("webhook", name, {"secret": secret}, team, settings)


def make_bot(name="bot", team=None, settings=None):
    return _make("telegram", name, {"secret_token": "s3cret", "token": "1:abc"}, team, settings)


def _make(kind, name, secrets, team, settings):
    team = team or make_team()
    return make(
        Channel(kind=kind, name=name, team_id=team.id, settings=settings or {}, state={}, secrets=seal(secrets))
    )
