"""Every test gets a fresh, migrated database and a real Valkey.

HELPDESK_TEST_ON is sqlite or postgresql for one half of a run on both; without it everything runs on SQLite.
"""

import gc
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from redis import Redis

from helpdesk import make_app
from helpdesk.config import Config
from helpdesk.services import schema
from helpdesk.services.database import db
from tests import compiled, servers
from tests.dovecot import dovecot  # noqa: F401
from tests.sink import sink  # noqa: F401

property_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("unhurried")
compiled.keep()
HALF = os.environ.get("HELPDESK_TEST_ON", "")
ON = HALF or "sqlite"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run on both, what is the same on both runs beside SQLite, and what touches no database beside PostgreSQL."""
    others = {item for item in items if HALF and HALF not in _halves(item)}
    config.hook.pytest_deselected(items=list(others))
    items[:] = [item for item in items if item not in others]


def pytest_collection_finish() -> None:
    """What was imported stays, so it is not looked through for garbage again and again."""
    gc.freeze()


def _halves(item: pytest.Item) -> tuple[str, ...]:
    if "fresh_database" not in item.fixturenames:  # type: ignore[attr-defined]
        return ("postgresql",)
    return ("sqlite",) if item.get_closest_marker("once") else ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A short path, because sockets lie in it; in memory where there is some, because hundreds of databases do too."""
    memory = Path("/dev/shm")
    path = (memory if os.access(memory, os.W_OK) else Path("/tmp")) / f"hd-{secrets.token_hex(4)}"
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[str]:
    place = folder / "valkey"
    place.mkdir()
    with servers.valkey(place) as url:
        yield url


Fresh = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def fresh_database(folder: Path, valkey: str) -> Iterator[Fresh]:
    """Gives a database with all tables by its URL, and drops it afterwards; a copy of one that was migrated once."""
    with (_sqlite if ON == "sqlite" else _postgresql)(folder, valkey) as fresh:
        yield fresh


@contextmanager
def _sqlite(folder: Path, valkey: str) -> Iterator[Fresh]:
    template = folder / "template.db"
    _migrate(f"sqlite:///{template}", folder, valkey)

    @contextmanager
    def fresh() -> Iterator[str]:
        path = Path(shutil.copy(template, folder / f"{secrets.token_hex(6)}.db"))
        yield f"sqlite:///{path}"
        for file in folder.glob(f"{path.name}*"):
            file.unlink()

    yield fresh


@contextmanager
def _postgresql(folder: Path, valkey: str) -> Iterator[Fresh]:
    place = folder / "pg"
    place.mkdir()
    with servers.postgresql(place) as url:
        servers.administer(url, "CREATE DATABASE template")
        _migrate(url.format(database="template"), folder, valkey)

        @contextmanager
        def fresh() -> Iterator[str]:
            name = f"t{secrets.token_hex(6)}"
            servers.administer(url, f"CREATE DATABASE {name} TEMPLATE template STRATEGY file_copy")
            yield url.format(database=name)
            servers.administer(url, f"DROP DATABASE {name} WITH (FORCE)")

        yield fresh


@contextmanager
def copied(database: str) -> Iterator[str]:
    """A copy of a database that nobody is at, by its URL, dropped afterwards."""
    name = f"t{secrets.token_hex(6)}"
    if database.startswith("sqlite"):
        path = Path(database.removeprefix("sqlite:///"))
        yield f"sqlite:///{shutil.copy(path, path.with_name(f'{name}.db'))}"
        for file in path.parent.glob(f"{name}.db*"):
            file.unlink()
        return
    server, _, rest = database.partition("@/")
    original, _, host = rest.partition("?")
    url = f"{server}@/{{database}}?{host}"
    servers.administer(url, f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY file_copy")
    yield url.format(database=name)
    servers.administer(url, f"DROP DATABASE {name} WITH (FORCE)")


def settings(folder: Path, database: str, redis: str) -> Config:
    """Settings for one test."""
    return Config(
        var=folder, database_url=database, redis_url=redis, secret_key="k" * 32, base_url="http://127.0.0.1:8470",
        own_host="helpdesk.test", undo_seconds=0,
    )  # fmt: skip


def _migrate(database: str, folder: Path, redis: str) -> None:
    app = make_app(settings(folder, database, redis))
    with app.app_context():
        schema.migrate()
        db.engine.dispose()


@pytest.fixture(scope="session")
def templates(folder: Path) -> Path:
    """Templates compiled once a run, also for its other pieces, because every test has an application of its own."""
    place = Path(os.environ.get("HELPDESK_TEST_TEMPLATES", folder / "templates"))
    place.mkdir(exist_ok=True)
    return place


@pytest.fixture
def config(tmp_path: Path, valkey: str, fresh_database: Fresh, templates: Path) -> Iterator[Config]:
    (tmp_path / "templates").symlink_to(templates)
    with fresh_database() as database:
        yield settings(tmp_path, database, valkey)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The application with an empty database and an empty queue, inside its context; its doors are in tests/web."""
    with Redis.from_url(config.redis_url) as client:
        client.flushall()
    app = make_app(config)
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["bell"].close()
