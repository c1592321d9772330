"""A desk of the release before, with rows in it, comes to the newest revision and back."""

from alembic import command
from sqlalchemy import select, text

from helpdesk.services import schema
from helpdesk.services.database import db
from helpdesk.sla.models import CalendarVersion, PolicyVersion
from tests.making import make_policy

BEFORE = "0003"


def test_policies_and_calendars_are_kept_on_the_way_back_and_forth(app):
    make_policy(weekly={"mon": [["09:00", "18:00"]]})
    db.session.remove()
    to(command.downgrade, BEFORE)
    assert schema.revisions()[0] == BEFORE
    schema.migrate()
    assert schema.revisions()[0] == schema.revisions()[1]
    assert db.session.scalar(select(CalendarVersion)).zone is None
    assert db.session.scalar(select(PolicyVersion)).calendar_version is not None


def to(step, revision):
    config = schema._config()
    with db.engine.connect().execution_options(writes=True) as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        config.attributes["connection"] = connection
        step(config, revision)
        connection.commit()
