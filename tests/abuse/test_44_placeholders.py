"""A placeholder for something secret, foreign or internal is refused when it is saved, with the ones that may be used."""

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import channels
from helpdesk.services.database import db
from helpdesk.tickets.placeholders import UnknownPlaceholder
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

REFUSED = [
    "{ticket.secret}", "{ticket.head}", "{customer.password_hash}", "{agent.login}", "{agent.email}", "{ticket.note}",
    "{mailbox.secrets}", "{mailbox.settings}", "{config}", "{customer.name.__class__}", "{Ticket.number}", "{agent}",
    "{internal-note}", "{ agent.name }", "{ticket.примечание}",
]  # fmt: skip


@pytest.fixture
def boss(app):
    return make_staff("administrator")


@pytest.fixture
def form(boss):
    return {"name": "Support", "address": "support@helpdesk.test", "team": str(make_team().id)}


@pytest.mark.parametrize("placeholder", REFUSED)
def test_an_unknown_placeholder_is_refused_by_name(as_, boss, form, placeholder):
    answer = as_(boss).post("/admin/channels/new/mail", data={**form, "signature": f"Regards, {placeholder}"})
    assert answer.status_code == 422
    shown = placeholder if " " in placeholder else placeholder.strip("{}")
    assert f"{shown} stands for nothing here; you may use {{agent.name}}" in answer.text
    assert db.session.scalar(select(Channel.id)) is None


def test_a_signature_has_other_placeholders_than_a_name(as_, boss, form):
    answer = as_(boss).post("/admin/channels/new/mail", data={**form, "from_name": "{ticket.number}"})
    assert answer.status_code == 422
    assert as_(boss).post("/admin/channels/new/mail", data={**form, "from_name": "{agent}, help"}).status_code == 303


def test_doubled_braces_are_only_braces(as_, boss, form):
    answer = as_(boss).post("/admin/channels/new/mail", data={**form, "signature": "{{internal-note}}"})
    assert answer.status_code == 303


def test_no_other_door_lets_it_in(app, boss):
    known = {"name": "S", "team_id": make_team().id, "address": "s@helpdesk.test", "secrets": {}, "by": boss}
    with pytest.raises(UnknownPlaceholder):
        channels.save(None, kind="mail", settings={"signature": "{ticket.secret}"}, **known)
