"""Processes of the product forked from one that has imported it already, so that many can be started and killed."""

import multiprocessing
import os
import runpy
import sys
from contextlib import contextmanager
from importlib import import_module
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from sqlalchemy.orm import configure_mappers

import workers.run  # noqa: F401 - imported once, before the forks
from helpdesk.cli import COMMANDS

for name in sorted(set(COMMANDS.values())):
    import_module(f"helpdesk.cli.{name}")
configure_mappers()
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.warm"])


@contextmanager
def process(config, module, *, first=None, **more):
    """`python -m module` after a call of *first*, when it has said that it works; killed afterwards, if it was not before."""
    from tests.processes import environment

    heard, said = _forks.Pipe(duplex=False)
    started = _forks.Process(target=_run, args=(module, first, environment(config, **more), said), daemon=True)
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


def _run(module, first, environment, said):
    os.environ.update(environment)
    if first is not None:
        first()
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


def command(environment, words, stdin, patience):
    """`helpdesk *words*` run to its end: its exit code, and what it wrote."""
    with TemporaryDirectory() as folder:
        streams = [f"{folder}/{number}" for number in range(3)]
        for stream in streams:
            with open(stream, "wb") as file:
                file.write(stdin if stream == streams[0] else b"")
        started = _forks.Process(target=_command, args=(environment, words, streams))
        started.start()
        started.join(patience)
        assert started.exitcode is not None, f"{words} has not ended within {patience} s"
        return CompletedProcess(words, started.exitcode, *(_content(stream) for stream in streams[1:]))


def _command(environment, words, streams):
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(os.open(stream, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND), number)
    sys.stdin, sys.argv = os.fdopen(0), ["helpdesk", *words]
    runpy.run_module("helpdesk", run_name="__main__")


def _content(path):
    with open(path, "rb") as file:
        return file.read()
