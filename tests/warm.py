"""Processes of the product forked from one that has imported it already, so that many can be started and killed."""

import multiprocessing
import os
import runpy
import sys
from contextlib import contextmanager

from sqlalchemy.orm import configure_mappers

import workers.run  # noqa: F401 - imported once, before the forks

configure_mappers()
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.warm"])


@contextmanager
def process(config, module, **more):
    """`python -m module`, when it has said that it works; killed afterwards, if it was not before."""
    from tests.processes import environment

    heard, said = _forks.Pipe(duplex=False)
    started = _forks.Process(target=_run, args=(module, environment(config, **more), said), daemon=True)
    started.start()
    said.close()
    try:
        with os.fdopen(os.dup(heard.fileno()), "rb") as lines:
            assert lines.readline() == b"ready\n"
            yield started
    finally:
        heard.close()
        started.kill()
        started.join()


def _run(module, environment, said):
    os.environ.update(environment)
    os.dup2(said.fileno(), sys.stdout.fileno())
    sys.modules.pop(module, None)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def outcome(environment, target, *arguments):
    """Call *target* in a process of its own; the exit code, negative for the signal that ended it."""
    started = _forks.Process(target=_call, args=(environment, target, arguments))
    started.start()
    started.join()
    return started.exitcode


def _call(environment, target, arguments):
    os.environ.update(environment)
    target(*arguments)
