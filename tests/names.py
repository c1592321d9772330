"""A name service of our own: answers what a test has put into it, over UDP on loopback."""

import socket
import threading
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


@contextmanager
def running(records):
    """Serve *records*, {(name, kind): [text, …]}, and let everything in this process ask here; whatever else is not there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(door, records))
        thread.start()
        try:
            with asking(door.getsockname()[1]):
                yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
                bell.sendto(b"", door.getsockname())
            thread.join(10)


@contextmanager
def asking(port):
    """Let this process ask the name service at *port*."""
    before, resolver = dns.resolver.default_resolver, dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    dns.resolver.default_resolver = resolver
    try:
        yield
    finally:
        dns.resolver.default_resolver = before


def _serve(door, records):
    with suppress(OSError):
        while True:
            raw, peer = door.recvfrom(4096)
            if not raw:
                return
            door.sendto(_answer(dns.message.from_wire(raw), records).to_wire(), peer)


def _answer(asked, records):
    question = asked.question[0]
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.RA
    name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
    found = records.get((name, kind), [])
    if found:
        answer.answer.append(dns.rrset.from_text(question.name, 60, question.rdclass, question.rdtype, *found))
    else:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
