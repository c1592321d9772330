"""A mailbox looked at layer by layer, as far as it goes: name, port, certificate, sign-in, folder. Nothing there is touched."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from helpdesk.channels import hosts
from helpdesk.channels.mail import imap, probe_troubles, smtp
from helpdesk.channels.mail.tls import Server
from helpdesk.errors import HelpdeskError

STEPS = {
    "imap": ("name", "port", "certificate", "sign_in", "folder"),
    "smtp": ("name", "port", "certificate", "sign_in"),
}
TOTAL = 18.0  # seconds for everything
KNOCK = 8.0  # seconds for the port to answer
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Layer:
    """One step: *state* is ok, failed or waiting; *facts* are what was found, *refusal* what to do about it."""

    protocol: str
    step: str
    state: str
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    refusal: HelpdeskError | None = None


def probe(reading: Server | None, folder: str, sending: Server | None, *, seconds: float = TOTAL) -> list[Layer]:
    """Every layer of both servers, each server in a thread of its own; over after so many seconds, whatever they do."""
    walks = [_Walk("imap", reading, folder)] if reading else []
    walks += [_Walk("smtp", sending)] if sending else []
    until = time.monotonic() + seconds
    for walk in walks:
        walk.thread.start()
    for walk in walks:
        walk.thread.join(max(0.0, until - time.monotonic()))
    return [layer for walk in walks for layer in walk.end()]


def hang_up(links: Sequence[socket.socket]) -> None:
    """Whoever waits at the other end of these hears that the line is broken."""
    for link in list(links):
        with suppress(OSError):
            socket.socket.shutdown(link, socket.SHUT_RDWR)


class _Walk:
    """One server, as far as it goes."""

    def __init__(self, protocol: str, server: Server, folder: str = "") -> None:
        self.links: list[socket.socket] = []
        self.protocol, self.folder = protocol, folder
        self.server = replace(server, dialled=self.links.append)
        self.layers: list[Layer] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def end(self) -> list[Layer]:
        """Hang up, and say of each step what came of it."""
        self.over.set()
        layers = list(self.layers)
        hang_up(self.links)
        left = STEPS[self.protocol][len(layers) :]
        if left and all(layer.state == "ok" for layer in layers):
            slow = probe_troubles.too_slow(self.server)
            layers, left = [*layers, Layer(self.protocol, left[0], "failed", refusal=slow)], left[1:]
        return [*layers, *(Layer(self.protocol, step, "waiting") for step in left)]

    def _run(self) -> None:
        with ExitStack() as stack, suppress(*probe_troubles.KNOWN):
            for step in STEPS[self.protocol]:
                if self.over.is_set() or not self._step(step, stack):
                    break

    def _step(self, step: str, stack: ExitStack) -> bool:
        """Take one step and note what came of it; False when it goes no further."""
        act: Callable[[ExitStack], Mapping[str, Any]] = getattr(self, f"_{step}")
        begun = time.monotonic()
        try:
            facts, refusal = act(stack), None
        except probe_troubles.KNOWN as error:
            facts, refusal = NOTHING, probe_troubles.said(step, error, self.server, self.folder)
        state = "failed" if refusal else "ok"
        self.layers.append(Layer(self.protocol, step, state, time.monotonic() - begun, facts, refusal))
        return refusal is None

    def _name(self, _stack: ExitStack) -> Mapping[str, Any]:
        self.addresses: Sequence[str] = self.server.addresses()
        return {"addresses": len(set(self.addresses))}

    def _port(self, _stack: ExitStack) -> Mapping[str, Any]:
        hosts.dial(self.addresses, self.server.port, KNOCK).close()
        return NOTHING

    def _certificate(self, stack: ExitStack) -> Mapping[str, Any]:
        self.client: Any = stack.enter_context((imap if self.protocol == "imap" else smtp).secured(self.server))
        link = self.client.socket() if self.protocol == "imap" else self.client.sock
        return {"until": _end(link)} if isinstance(link, ssl.SSLSocket) else NOTHING

    def _sign_in(self, _stack: ExitStack) -> Mapping[str, Any]:
        (imap if self.protocol == "imap" else smtp).sign_in(self.client, self.server)
        return NOTHING

    def _folder(self, _stack: ExitStack) -> Mapping[str, Any]:
        try:
            return {"count": imap.select(self.client, self.folder, readonly=True).count}
        except imap.NoFolder as error:
            raise probe_troubles.OtherFolders([name for _flags, _parent, name in self.client.list_folders()]) from error


def _end(link: ssl.SSLSocket) -> datetime | None:
    """When the certificate ends."""
    end = (link.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(end)), UTC) if end else None
