"""The demo: under which hats an administrator looks at it, and how it is taken away."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Channel
from helpdesk.people.models import Person, Shift, Team
from helpdesk.people.roles import Role
from helpdesk.services import demo
from helpdesk.services.database import db
from helpdesk.services.demo_stage import build
from helpdesk.services.instant import now
from helpdesk.sla.models import PolicyRow
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def admin(app):
    return make_staff(role=Role.ADMINISTRATOR, teams=[make_team()], name="Boss", login="boss")


@pytest.fixture
def stage(admin):
    return build(now() - demo.HOUR, now())


def _hat(role):
    return db.session.scalar(select(Person.id).where(Person.demo, Person.role == role).order_by(Person.id).limit(1))


def test_an_administrator_looks_as_an_agent_and_comes_back(as_, admin, stage):
    client = as_(admin)
    client.post("/demo/hat", data={"person": _hat("agent")})
    assert client.get("/admin/people").status_code == 403
    client.post("/demo/hat", data={"person": admin.id})
    assert client.get("/admin/people").status_code == 200


def test_the_session_before_ends_with_the_change(as_, app, admin, stage):
    client = as_(admin)
    old = client.get_cookie("helpdesk").value
    client.post("/demo/hat", data={"person": _hat("supervisor")})
    thief = app.test_client()
    thief.set_cookie("helpdesk", old)
    assert thief.get("/admin/people").status_code != 200


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_nobody_else_changes_hats(as_, admin, stage, role):
    person = make_staff(role=role, teams=[make_team("Other")], login="eve")
    assert as_(person).post("/demo/hat", data={"person": admin.id}).status_code == 403
    assert as_(person).post("/demo/hat", data={"person": _hat("agent")}).status_code == 403


def test_a_real_colleague_is_no_hat(as_, admin, stage):
    person = make_staff(teams=[make_team("Other")], login="eve")
    assert as_(admin).post("/demo/hat", data={"person": person.id}).status_code == 403


def test_the_demo_goes_when_the_word_is_typed(as_, admin, stage):
    client = as_(admin)
    assert client.post("/demo/removal", data={"sure": "yes"}).status_code == 422
    assert client.post("/demo/removal", data={"sure": "demo"}).status_code == 303
    for kind in (Person, Team, Channel, Shift, PolicyRow):
        assert db.session.scalar(select(func.count()).where(kind.demo)) == 0
    client.get("/queue")
    assert "Demo data" not in client.get("/queue").get_data(as_text=True)
