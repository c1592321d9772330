"""Runs the suite on SQLite and then on PostgreSQL: `python -m tests.both [pytest arguments]`. Both must pass."""

import os
import subprocess
import sys

DATABASES = ("sqlite", "postgresql")


def main(arguments: list[str]) -> int:
    """0 when both runs pass."""
    return max([_run(database, arguments) for database in DATABASES])


def _run(database: str, arguments: list[str]) -> int:
    print(f"== tests on {database}", flush=True)
    environment = {**os.environ, "HELPDESK_TEST_ON": database}
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
