"""How long `make run` takes until the page answers, on a new folder and on one that exists."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, Tell
from bench.places import Place
from bench.visiting import Visitor
from tests.processes import free_port

PROJECT = Path(__file__).resolve().parents[1]
ROUNDS, LONGEST = 3, 600.0
BARE = ["-m", "bench.bare_page"]


def measure(_places: dict[str, Place], _size: int, tell: Tell) -> Iterator[Figure]:
    """Everything with demo data, on SQLite; the bare page's start beside it."""
    tell("make run")
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(number) for number in range(ROUNDS)]
        first = [_run(place) for place in places[1:]] + [_run(places[0], wait_for="demo data are there")]
        again = [_run(places[0]) for _ in range(ROUNDS)]
    bare = min(_bare() for _ in range(ROUNDS))
    for what, seconds in (("a new folder", first), ("a folder with the demo", again)):
        note = f"best of {', '.join(f'{one:.2f}' for one in seconds)}"
        yield Figure(f"make run until the page answers, {what}", min(seconds), "s", "sqlite", 0, "≤ 3", note)
    yield Figure("a bare Flask page until it answers (floor)", bare, "s")


def _run(var: Path, wait_for: str = "") -> float:
    """Start, wait for the page and what is said, and stop."""
    port = free_port()
    var.mkdir(exist_ok=True)
    environment = {**os.environ, "HELPDESK_VAR": str(var / "var"), "HELPDESK_PORT": str(port)}
    begun = time.perf_counter()
    with (var / "said").open("w") as said:
        running = subprocess.Popen(
            ["make", "--silent", "run"], cwd=PROJECT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        seconds = _answered(port, "/sign-in") - begun
        _until_it_says(var / "said", wait_for)
    finally:
        os.killpg(running.pid, signal.SIGINT)
        running.wait(60)
    return seconds


def _bare() -> float:
    port, begun = free_port(), time.perf_counter()
    running = subprocess.Popen([sys.executable, *BARE, str(port)], cwd=PROJECT, stdout=subprocess.DEVNULL)
    try:
        return _answered(port, "/") - begun
    finally:
        running.terminate()
        running.wait()


def _answered(port: int, path: str) -> float:
    """The instant of the first page."""
    Visitor(port).ask(path)
    return time.perf_counter()


def _until_it_says(path: Path, what: str) -> None:
    patience = time.perf_counter() + LONGEST
    while not re.search(what, path.read_text()):
        assert time.perf_counter() < patience, f"It does not say {what!r}"
        time.sleep(0.1)
