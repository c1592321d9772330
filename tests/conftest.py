"""Every test gets a fresh, migrated database (SQLite or PostgreSQL, HELPDESK_TEST_ON says which) and a real Valkey."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from jinja2 import FileSystemBytecodeCache
from redis import Redis

from helpdesk import create_app, make_app
from helpdesk.config import Config
from helpdesk.services import schema
from helpdesk.services.database import db
from tests import servers
from tests.dovecot import dovecot  # noqa: F401
from tests.sink import sink  # noqa: F401

property_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("unhurried")
ON = os.environ.get("HELPDESK_TEST_ON", "sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What touches no database, or is the same on both, runs once, beside SQLite."""
    if ON == "postgresql":
        once = [item for item in items if "fresh_database" not in item.fixturenames or item.get_closest_marker("once")]  # type: ignore[attr-defined]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if item not in set(once)]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A short path, because sockets lie in it."""
    path = Path(f"/tmp/hd-{secrets.token_hex(4)}")
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[str]:
    place = folder / "valkey"
    place.mkdir()
    with servers.valkey(place) as url:
        yield url


@pytest.fixture(scope="session")
def fresh_database(folder: Path, valkey: str) -> Iterator[Callable[[], str]]:
    """Makes a database with all tables and returns its URL; a copy of one that was migrated once."""
    with _sqlite(folder, valkey) if ON == "sqlite" else _postgresql(folder, valkey) as make:
        yield make


class _sqlite:
    def __init__(self, folder: Path, valkey: str) -> None:
        self.folder, self.valkey = folder, valkey

    def __enter__(self) -> Callable[[], str]:
        template = self.folder / "template.db"
        _migrate(f"sqlite:///{template}", self.folder, self.valkey)
        return lambda: f"sqlite:///{shutil.copy(template, self.folder / f'{secrets.token_hex(6)}.db')}"

    def __exit__(self, *_: object) -> None:
        return None


class _postgresql:
    def __init__(self, folder: Path, valkey: str) -> None:
        self.folder, self.valkey = folder / "pg", valkey
        self.folder.mkdir()
        self.server = servers.postgresql(self.folder)

    def __enter__(self) -> Callable[[], str]:
        self.url = self.server.__enter__()
        servers.administer(self.url, "CREATE DATABASE template")
        _migrate(self.url.format(database="template"), self.folder.parent, self.valkey)
        return self.copy

    def copy(self) -> str:
        name = f"t{secrets.token_hex(6)}"
        servers.administer(self.url, f"CREATE DATABASE {name} TEMPLATE template STRATEGY file_copy")
        return self.url.format(database=name)

    def __exit__(self, *_: object) -> None:
        self.server.__exit__(None, None, None)


def settings(folder: Path, database: str, redis: str) -> Config:
    """Settings for one test."""
    return Config(
        var=folder, database_url=database, redis_url=redis, secret_key="k" * 32, base_url="http://127.0.0.1:8470",
        own_host="helpdesk.test",
    )  # fmt: skip


def _migrate(database: str, folder: Path, redis: str) -> None:
    app = make_app(settings(folder, database, redis))
    with app.app_context():
        schema.migrate()
        db.engine.dispose()


@pytest.fixture
def config(folder: Path, tmp_path: Path, valkey: str, fresh_database: Callable[[], str]) -> Config:
    return settings(tmp_path, fresh_database(), valkey)


@pytest.fixture(scope="session")
def templates(folder: Path) -> FileSystemBytecodeCache:
    """Templates compiled once a run, because every test has an application of its own."""
    place = folder / "templates"
    place.mkdir()
    return FileSystemBytecodeCache(str(place))


@pytest.fixture
def app(config: Config, templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The whole application with an empty database and an empty queue, inside its context."""
    with Redis.from_url(config.redis_url) as client:
        client.flushall()
    app = create_app(config)
    app.jinja_env.bytecode_cache = templates
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["bell"].close()
