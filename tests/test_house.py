"""The house stands: the application starts and its database is what the models say."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from helpdesk.orm import Base
from helpdesk.services import schema
from helpdesk.services.database import db


def test_the_migrated_database_is_at_the_newest_revision(app):
    current, newest = schema.revisions()
    assert current == newest


def test_the_migrations_make_what_the_models_say(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _ours})
        assert compare_metadata(context, Base.metadata) == []


def _ours(_object, name, kind, _reflected, _other):
    return not (kind == "table" and name.startswith(("words", "alembic")))


EVERYTHING = """
import importlib, pkgutil, helpdesk
for one in pkgutil.walk_packages(helpdesk.__path__, "helpdesk."):
    if not one.name.endswith("__main__"):
        importlib.import_module(one.name)
"""


@pytest.mark.once
def test_whoever_opens_the_database_knows_all_tables():
    assert _tables("import helpdesk.services.database") == _tables(EVERYTHING)


def _tables(code):
    """The tables that a process of its own knows after running *code*."""
    told = f"{code}\nfrom helpdesk.orm import Base\nprint(sorted(Base.metadata.tables))"
    return subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
