"""A desk of the release before, with rows in it, comes to the newest revision and back."""

import threading
import time

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


def test_whoever_files_while_it_comes_to_the_newest_revision_is_not_ended(app):
    db.session.remove()
    to(command.downgrade, "0007")
    holds, engine, ended = threading.Event(), db.engine, []

    def files():
        with engine.connect().execution_options(writes=True) as connection:
            connection.execute(text("UPDATE message SET id = id WHERE id = 0"))
            holds.set()
            time.sleep(0.3)
            connection.execute(text("UPDATE ticket SET id = id WHERE id = 0"))
            connection.commit()
            ended.append("well")

    thread = threading.Thread(target=files)
    thread.start()
    holds.wait(10)
    schema.migrate()
    thread.join()
    assert (ended, schema.revisions()[0]) == (["well"], schema.revisions()[1])


def to(step, revision):
    config = schema._config()
    with db.engine.connect().execution_options(writes=True) as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        config.attributes["connection"] = connection
        step(config, revision)
        connection.commit()
