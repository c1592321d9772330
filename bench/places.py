"""Where is measured: a temporary folder with a Valkey, and databases that are filled once and copied for each round."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg
import sqlalchemy
from flask import Flask
from sqlalchemy import text

from bench import filling, settled
from helpdesk import make_app
from helpdesk.config import Config
from helpdesk.services import schema
from helpdesk.services.database import db
from tests import servers

DATABASES = ("sqlite", "postgresql")
KEY = "k" * 32


@dataclass
class Place:
    """One kind of database: how it is made, and what has been filled. Closed with its *stack*."""

    database: str
    folder: Path
    stack: ExitStack
    filled: dict[tuple[int, int], str] = field(default_factory=dict)
    copies: int = 0

    @cached_property
    def redis(self) -> str:
        """A Valkey of its own."""
        folder = self.folder / "valkey"
        folder.mkdir()
        return self.stack.enter_context(servers.valkey(folder))

    @cached_property
    def server(self) -> str:
        """A private PostgreSQL with Debian's settings: it syncs each commit."""
        folder = self.folder / "pg"
        folder.mkdir()
        return self.stack.enter_context(servers.postgresql(folder, options=""))

    @property
    def title(self) -> str:
        """The database with its version."""
        if self.database == "sqlite":
            return f"SQLite {sqlalchemy.create_engine('sqlite://').dialect.dbapi.sqlite_version}, WAL, synchronous=FULL"  # type: ignore[union-attr]
        plain = self.server.format(database="postgres").replace("+psycopg", "")
        with psycopg.connect(plain) as connection:
            shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")]  # type: ignore[index]
            return (
                f"PostgreSQL {connection.info.server_version // 10000}, fsync {shown[0]}, synchronous_commit {shown[1]}"
            )

    def copy(self, size: int, solved: int = 0) -> Config:
        """A fresh copy of a database with that many open tickets, *solved* times as many that are solved, and a folder beside it."""
        if (size, solved) not in self.filled:
            self.filled[size, solved] = self._fill(size, solved)
        self.copies += 1
        var = self.folder / f"var{self.copies}"
        var.mkdir()
        return self._settings(var, self._copied(self.filled[size, solved], f"copy{self.copies}"))

    def _settings(self, var: Path, url: str) -> Config:
        return Config(
            var=var, database_url=url, redis_url=self.redis, secret_key=KEY, base_url="http://127.0.0.1:8470",
            own_host="helpdesk.example",
        )  # fmt: skip

    def _fill(self, size: int, solved: int) -> str:
        name = f"filled{size}x{solved}"
        if self.database == "postgresql":
            servers.administer(self.server, f"CREATE DATABASE {name}")
            url = self.server.format(database=name)
        else:
            url = f"sqlite:///{self.folder / name}.db"
        with desk(self._settings(self.folder, url)):
            schema.migrate()
            filling.fill(size)
            settled.settle(solved)
            if self.database == "sqlite":
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return url

    def _copied(self, url: str, name: str) -> str:
        if self.database == "postgresql":
            template = url.partition("@/")[2].partition("?")[0]
            servers.administer(self.server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
            servers.administer(self.server, "CHECKPOINT")
            return self.server.format(database=name)
        path = shutil.copy(url.removeprefix("sqlite:///"), self.folder / f"{name}.db")
        with open(path, "rb") as file:
            os.fsync(file.fileno())
        return f"sqlite:///{path}"

    def drop(self, config: Config) -> None:
        """Throw a copy away."""
        shutil.rmtree(config.var)
        if self.database == "postgresql":
            name = config.database_url.partition("@/")[2].partition("?")[0]
            servers.administer(self.server, f"DROP DATABASE {name}")
        else:
            for path in self.folder.glob(f"{Path(config.database_url).name}*"):
                path.unlink()


@contextmanager
def desk(config: Config) -> Iterator[Flask]:
    """The product without its pages, in its context."""
    app = make_app(config)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
            app.extensions["bell"].close()
