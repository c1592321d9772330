"""Runs the suite on SQLite and on PostgreSQL: `python -m tests.both [pytest arguments]`. Both must pass.

Without arguments it runs in pieces, the largest first, one more at once than there are cores: many tests wait for a process
or for a deadline, and no core is idle because one database is through before the other.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from tempfile import TemporaryDirectory

DATABASES = ("sqlite", "postgresql")
LARGE = ("abuse", "services", "browser", "faults", "web")  # folders with a piece of their own
NOTHING = 5  # pytest found no test: what needs no database runs beside one of the two only


def main(arguments: list[str]) -> int:
    """0 when all pieces pass; else says which did not."""
    began = time.monotonic()
    jobs = list(product([("", arguments)] if arguments else _pieces(), DATABASES))
    with TemporaryDirectory() as templates, ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        codes = list(pool.map(partial(_run, templates), jobs))
    failed = [_name(job) for job, code in zip(jobs, codes, strict=True) if code not in (0, NOTHING)]
    print(f"== {', '.join(failed) or 'nothing'} failed, in {time.monotonic() - began:.0f} s")
    return max((code for code in codes if code != NOTHING), default=NOTHING, key=abs)


Job = tuple[tuple[str, list[str]], str]


def _pieces() -> list[tuple[str, list[str]]]:
    """All of the suite, each test once."""
    rest = [f"--ignore=tests/{name}" for name in LARGE]
    return [(name, [f"tests/{name}"]) for name in LARGE] + [("rest", rest)]


def _name(job: Job) -> str:
    (piece, _), database = job
    return f"{database} {piece}".strip()


def _run(templates: str, job: Job) -> int:
    """The exit code of a piece; its lines come out as they are written, each with the name of the piece."""
    (_, words), database = job
    told = {"HELPDESK_TEST_ON": database, "HELPDESK_TEST_TEMPLATES": templates}
    environment = {**os.environ, **_compiled(), **told}
    command = [sys.executable, "-m", "pytest", *words]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as started:
        for line in started.stdout or ():
            print(f"{_name(job)}: {line}", end="", flush=True)
    return started.returncode


def _compiled() -> dict[str, str]:
    """Who wants no compiled files beside the sources has them in the environment, as hundreds of processes are started."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": os.path.join(sys.prefix, "compiled")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
