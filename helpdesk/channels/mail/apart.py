"""Reading mail where it can be killed: a mail that burns, hangs or swells costs a child process, never the one that files.

The child is started by the first mail, serves many, and ends with its parent: when nobody holds the other end of its socket.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cache

from helpdesk.channels.incoming import Incoming, Reason
from helpdesk.channels.mail import child, wire
from helpdesk.channels.mail.limits import Cause, Unreadable
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.errors import Refused

START = 60.0  # seconds that a child may take to start, on a machine that has other work
GRACE = 5.0  # seconds that the kernel has to end a child whose time is over
AHEAD = (
    64 * 1024
)  # bytes of mails sent before their turn: the socket holds them, so that neither side waits for the other
KEPT = ("PYTHON", "LANG", "LC_")  # what a child is told of the environment, which holds secrets
BURNT = -signal.SIGPROF
ENDS = {BURNT: Cause.SECONDS, -signal.SIGALRM: Cause.PATIENCE, child.SWOLLEN: Cause.MEMORY}
Outcome = Incoming | Unreadable | Refused


@dataclass(frozen=True)
class Allowance:
    """What one mail may cost: *seconds* of processor time, *patience* seconds in all, *room* bytes of memory."""

    seconds: float = 5.0
    patience: float = 30.0
    room: int = 300 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """A raw mail, the instant at which it was received, and whether staff *insist* that it is a contact."""

    raw: bytes
    received: datetime
    insist: bool = False


class Missing(OSError):
    """The child does not start: it is the machine that ails, not a mail."""


class Died(Exception):
    """The child ended, with *code* or by the signal -*code*, before it answered."""

    def __init__(self, code: int) -> None:
        self.code = code


@cache
def reader(allowance: Allowance) -> "Apart":
    """The one of this process with these limits; closed at its end."""
    made = Apart(allowance)
    atexit.register(made.close)
    return made


class Apart:
    """Reads mails in a child process, for one thread after the other."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.turn = threading.Lock()
        self.child: Child | None = None

    def read_all(self, letters: Sequence[Letter], own: OwnAddresses) -> list[Outcome]:
        """What each mail is, in their order; raises Missing when no child can be had."""
        found: list[Outcome] = []
        with self.turn:
            try:
                while len(found) < len(letters):
                    self._go_on(letters, own, found)
            finally:
                if len(found) < len(letters):
                    self.close()  # what it still answers would be taken for something else
        return found

    def _go_on(self, letters: Sequence[Letter], own: OwnAddresses, found: list[Outcome]) -> None:
        """Read until the end, or until the child dies over a mail."""
        try:
            for outcome in self._alive(own).answers(letters[len(found) :]):
                found.append(outcome)
        except Died as death:
            found.append(self._again(letters[len(found)], own, death))

    def _again(self, letter: Letter, own: OwnAddresses, death: Died) -> Outcome:
        """A child may end for what is no fault of the mail: a busy machine, or the memory that earlier mails took.

        Twice at the same mail, and it is the mail. The processor time is its own at once.
        """
        if death.code != BURNT:
            try:
                return next(self._alive(own).answers([letter]))
            except Died as second:
                death = second
        return Unreadable(ENDS.get(death.code, Cause.DIED))

    def _alive(self, own: OwnAddresses) -> "Child":
        if self.child is None or not self.child.alive:
            self.close()
            self.child = Child(self.allowance)
        self.child.learn(own)
        return self.child

    def close(self) -> None:
        """End the child, if there is one; the next mail starts another."""
        if self.child is not None:
            self.child.end()
        self.child = None


class Child:
    """A running child and the socket to it."""

    def __init__(self, allowance: Allowance) -> None:
        self.link, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = started(theirs, allowance)
            except OSError as error:
                self.link.close()
                raise Missing(f"The program that reads mails can't be started: {error}.") from error
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * AHEAD)
        self.link.settimeout(START)
        self.answered = self.link.makefile("rb")
        self.own: OwnAddresses | None = None
        self.parent = os.getpid()
        self._greet()
        self.link.settimeout(allowance.patience + GRACE)

    def _greet(self) -> None:
        try:
            self._read(1)
        except Died as death:
            self.end()
            raise Missing(f"The program that reads mails does not start; it ended with {death.code}.") from death

    @property
    def alive(self) -> bool:
        """Does it run, and is it ours, not that of a process we were forked from?"""
        return self.parent == os.getpid() and self.process.poll() is None

    def learn(self, own: OwnAddresses) -> None:
        """Tell it what is ours, unless it knows."""
        if own != self.own:
            self._send(b"o", json.dumps([own.host, [*own.addresses], own.key, [*own.colleagues]]).encode())
            self.own = own

    def answers(self, letters: Sequence[Letter]) -> Iterator[Outcome]:
        """What each mail is, in their order; raises Died when the child dies over one."""
        sent = 0
        for at, letter in enumerate(letters):
            sent = self._send_ahead(letters, at, sent)
            yield self._answer(letter.received)

    def _send_ahead(self, letters: Sequence[Letter], at: int, sent: int) -> int:
        """Send the mail whose turn it is, and some small ones behind it; how many were sent."""
        room = AHEAD - sum(len(letter.raw) for letter in letters[at:sent])
        while sent < len(letters) and (sent == at or len(letters[sent].raw) < room):
            room -= len(letters[sent].raw)
            self._send(b"i" if letters[sent].insist else b"m", letters[sent].raw)
            sent += 1
        return sent

    def _answer(self, received: datetime) -> Outcome:
        said_size, kept_size = wire.HEAD.unpack(self._read(wire.HEAD.size))
        said, kept = json.loads(self._read(said_size)), self._read(kept_size)
        if "incoming" in said:
            return wire.untold(said["incoming"], kept, received)
        if "refused" in said:
            return Refused(Reason(said["refused"]))
        return Unreadable(Cause(said["unreadable"]))

    def _send(self, kind: bytes, content: bytes) -> None:
        try:
            self.link.sendall(child.HEAD.pack(kind, len(content)) + content)
        except OSError as error:
            raise Died(self._ended(error)) from error

    def _read(self, size: int) -> bytes:
        try:
            found = self.answered.read(size)
        except OSError as error:
            raise Died(self._ended(error)) from error
        if len(found) < size:
            raise Died(self._ended(EOFError()))
        return found

    def _ended(self, error: Exception) -> int:
        """What it ended with, when the socket told that it did; one that only keeps silent is killed."""
        if not isinstance(error, TimeoutError):
            try:
                return self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                pass
        self.end()
        return -signal.SIGALRM

    def end(self) -> None:
        """Kill it, whatever it is at, unless it is the child of a process that we were forked from."""
        self.link.close()
        self.answered.close()
        if self.parent == os.getpid():
            self.process.kill()
            self.process.wait()


def started(theirs: socket.socket, allowance: Allowance) -> "subprocess.Popen[bytes]":
    call = [sys.executable, "-P", "-m", child.__name__, *map(str, astuple(allowance))]
    return subprocess.Popen(call, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env=environment())


def environment() -> dict[str, str]:
    """Of the environment no more than Python needs."""
    return {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
