"""Runs the suite on SQLite and on PostgreSQL, side by side: `python -m tests.both [pytest arguments]`. Both must pass."""

import os
import subprocess
import sys
import tempfile
from typing import IO


def main(arguments: list[str]) -> int:
    """0 when both runs pass; the second one's output follows the first one's."""
    with tempfile.TemporaryFile() as later:
        second = _start("postgresql", arguments, later)
        print("== tests on sqlite", flush=True)
        codes = [_start("sqlite", arguments).wait(), second.wait()]
        later.seek(0)
        print("== tests on postgresql", flush=True)
        sys.stdout.buffer.write(later.read())
    return max(codes, key=abs)


def _start(database: str, arguments: list[str], output: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "HELPDESK_TEST_ON": database}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, env=environment, stdout=output, stderr=output and subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
