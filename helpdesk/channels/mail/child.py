"""The process that reads mails, `python -m helpdesk.channels.mail.child SECONDS PATIENCE BYTES` with a socket for stdin.

Each mail has SECONDS of processor time and PATIENCE seconds in all, after which the kernel ends the process, whatever it is
at; beyond BYTES of memory more than it began with, it ends with SWOLLEN. It knows no database and ends with its parent.
"""

import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from struct import Struct

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.mail import read as mail
from helpdesk.channels.mail import wire
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.collector import settle
from helpdesk.errors import Refused

HEAD = Struct("!cI")  # what follows, o, m or i (a mail that staff insist on), and its bytes
SWOLLEN = 12  # what it ends with when its memory does not suffice
WHENEVER = datetime(1970, 1, 1, tzinfo=UTC)


def main() -> None:
    """Answer each mail that comes, until nobody asks any more."""
    seconds, patience, room = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for deadly in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(deadly, signal.SIG_DFL)
    link = socket.socket(fileno=0)
    settle()
    narrow(room)

    def arm(on: int) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds * on)
        signal.setitimer(signal.ITIMER_REAL, patience * on)

    try:
        link.sendall(b"!")
        serve(link, arm)
    except ConnectionError:
        return  # whoever asked was killed
    except MemoryError:
        os._exit(SWOLLEN)


def narrow(room: int) -> None:
    """Let the process grow by that many bytes."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + room
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def serve(link: socket.socket, arm: Callable[[int], None]) -> None:
    """Answer each mail; its time begins when all of it is there, however long its sender was held up."""
    own = OwnAddresses()
    with link.makefile("rb") as asked:
        while head := asked.read(HEAD.size):
            kind, size = HEAD.unpack(head)
            said = asked.read(size)
            if len(said) < size:
                return
            if kind == b"o":
                own = ours(said)
                continue
            arm(1)
            answer = outcome(said, own, mail.contact if kind == b"i" else mail.incoming)
            arm(0)
            link.sendall(answer)


def ours(said: bytes) -> OwnAddresses:
    host, addresses, key, colleagues = json.loads(said)
    return OwnAddresses(host, frozenset(addresses), key, frozenset(colleagues))


def outcome(raw: bytes, own: OwnAddresses, made: Callable[..., Incoming]) -> bytes:
    try:
        incoming = made(mail.read(raw, own), received=WHENEVER)
    except Unreadable as error:
        return wire.packed({"unreadable": error.cause})
    except Refused as refusal:
        return wire.packed({"refused": refusal.reason})
    return wire.packed({"incoming": wire.told(incoming)}, (file.content for file in incoming.attachments))


if __name__ == "__main__":
    main()
