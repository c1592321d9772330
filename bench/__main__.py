"""Measures this product on this machine, each figure beside a floor of the same run: `python -m bench --help`."""

import argparse
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    arriving,
    breaches,
    deadlines,
    fetching,
    figures,
    filing,
    firing,
    pages,
    reading,
    simulating,
    starting,
    watching,
)
from bench.figures import Figure
from bench.places import DATABASES, Place

BENCHES = {
    "reading": reading.measure,
    "filing": filing.measure,
    "fetching": fetching.measure,
    "arriving": arriving.measure,
    "pages": pages.measure,
    "breaches": breaches.measure,
    "firing": firing.measure,
    "starting": starting.measure,
    "deadlines": deadlines.measure,
    "simulating": simulating.measure,
    "watching": watching.measure,
}
PACKAGES = ("sqlalchemy", "psycopg", "flask", "granian", "rq")


def main() -> None:
    """Measure what is asked for, one after the other, and tell each figure as soon as it is there."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # so that what was started is stopped, too
    measured: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o711)
        places = {name: Place(name, _made(folder / name), stack) for name in asked.database or DATABASES}
        print(circumstances(), file=sys.stderr)
        for name in asked.name or BENCHES:
            for figure in BENCHES[name](places, asked.size, _tell):
                measured.append(figure)
                print(figures.line(figure), file=sys.stderr if asked.json else sys.stdout, flush=True)
    if asked.json:
        print(figures.as_json(measured))


def circumstances() -> str:
    """Machine, versions and instant, for whoever compares."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {load}, Python {platform.python_version()}, {versions}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(BENCHES)}; all by default"
    )
    parser.add_argument("--json", action="store_true", help="figures as JSON on stdout, the table on stderr")
    parser.add_argument("--size", type=int, default=100_000, help="open tickets in the database (100000)")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one; both by default")
    asked = parser.parse_args()
    if unknown := set(asked.name) - set(BENCHES):
        parser.error(f"There is no {', '.join(sorted(unknown))}; choose from {', '.join(BENCHES)}.")
    return asked


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o755)
    return folder


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
