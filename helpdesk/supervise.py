"""Processes under one roof: started together, brought back when they die, gone when this process is gone."""

import contextlib
import ctypes
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import IO

PR_SET_PDEATHSIG = 1
SOON = 5.0
LONGEST_PAUSE = 30.0
GRACE = 10.0


def die_with(parent: int) -> None:
    """Let the kernel kill this process when *parent* dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@dataclass
class Part:
    """One process. *ready* matches the line it says once it works; a *quiet* one is heard only when it dies.

    One that runs *once* is let go when it is done.
    """

    name: str
    command: list[str]
    ready: str = "^ready$"
    quiet: bool = False
    once: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float | None = None
    is_ready: bool = False
    deaths: int = 0
    unfinished: bytes = b""
    pipes: dict[int, IO[bytes]] = field(default_factory=dict)
    said: "deque[str]" = field(default_factory=lambda: deque(maxlen=5))

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Keeps its parts alive until told to stop; *on_ready* hears of each part that begins to work."""

    on_ready: Callable[[Part], None]
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False
    pipes: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def add(self, *parts: Part) -> None:
        """Start these, too."""
        for part in parts:
            self.parts.append(part)
            self.start(part)

    def start(self, part: Part) -> None:
        """Start one process in its own group, so that a Ctrl-C reaches only the supervisor."""
        process = subprocess.Popen(
            part.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        part.pipes[process.stdout.fileno()] = process.stdout
        self.pipes.register(process.stdout, selectors.EVENT_READ, part)
        part.process, part.started_at, part.start_at, part.is_ready = process, time.monotonic(), None, False

    def run(self) -> None:
        """Listen and revive until SIGINT, SIGTERM or SIGHUP; then stop everything, the first part last."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop_soon)
        while not self.stopping:
            self.listen(0.1)
            for part in list(self.parts):
                self.look_after(part)
        self.stop()

    def wait_until_ready(self, name: str, seconds: float) -> None:
        """Give one part the machine for itself until it works, but not for ever."""
        patience = time.monotonic() + seconds
        while time.monotonic() < patience and any(part.alive and not part.is_ready for part in self.named(name)):
            self.listen(0.05)

    def named(self, name: str) -> list[Part]:
        """The parts of this name."""
        return [part for part in self.parts if part.name == name]

    def stop_soon(self, *_: object) -> None:
        """Stop; asked a second time, stop hard."""
        if self.stopping:
            self.kill(self.parts)
        self.stopping = True

    def listen(self, seconds: float) -> None:
        """Read what the parts say."""
        for key, _ in self.pipes.select(seconds):
            part: Part = key.data
            chunk = os.read(key.fd, 65536)
            if not chunk:
                self.pipes.unregister(key.fileobj)
                part.pipes.pop(key.fd).close()
            self.hear(part, chunk)

    def hear(self, part: Part, chunk: bytes) -> None:
        """Pass whole lines on."""
        *lines, part.unfinished = (part.unfinished + chunk).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if not part.is_ready and re.search(part.ready, text):
                part.is_ready = True
                self.on_ready(part)
            elif part.quiet:
                part.said.append(text)
            else:
                say(part.name, text)

    def look_after(self, part: Part) -> None:
        """Notice a death, and bring the dead back: at once, or later and later when it dies again and again."""
        if part.start_at is not None and time.monotonic() >= part.start_at:
            self.start(part)
        elif part.process is not None and part.start_at is None and not part.alive:
            self.bury(part)

    def bury(self, part: Part) -> None:
        """Say how a part ended and when it starts again."""
        code = part.process.returncode if part.process else 0
        if part.once and code == 0:
            self.parts.remove(part)
            return
        for line in part.said:
            say(part.name, line)
        part.said.clear()
        part.deaths = part.deaths + 1 if time.monotonic() - part.started_at < SOON else 0
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (part.deaths - 2)) if part.deaths > 1 else 0.0
        often = f" {part.deaths} times in a row" if part.deaths > 1 else ""
        say(part.name, f"ended ({ending(code)}){often}; starting again" + (f" in {pause:.1f} s" if pause else ""))
        part.start_at = time.monotonic() + pause

    def stop(self) -> None:
        """Stop the parts, those started last first and the very first one at the end; who does not go is killed."""
        first, *others = self.parts
        for group in (others[::-1], [first]):
            for part in group:
                if part.process and part.alive:
                    part.process.terminate()
            self.wait(group)
            self.kill(group)
        self.hush()

    def hush(self) -> None:
        """Hear no more."""
        for part in self.parts:
            for pipe in part.pipes.values():
                pipe.close()
            part.pipes.clear()
        self.pipes.close()

    def wait(self, parts: Iterable[Part]) -> None:
        """Wait until these are gone, for a while."""
        patience = time.monotonic() + GRACE
        while any(part.alive for part in parts) and time.monotonic() < patience:
            self.listen(0.05)

    def kill(self, parts: Iterable[Part]) -> None:
        """Kill what is left of these, with their own children."""
        for part in parts:
            if part.process:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait()


def ending(code: int) -> str:
    """How a process ended, for people."""
    return f"signal {-code}" if code < 0 else f"exit {code}"


def say(name: str, text: str) -> None:
    """One line on stderr, with the part's name before it."""
    print(f"{name:9} {text}", file=sys.stderr, flush=True)
