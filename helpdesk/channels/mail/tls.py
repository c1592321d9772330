"""How mail servers are spoken to: encrypted and verified, or in the clear on this very machine."""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from helpdesk.channels import hosts
from helpdesk.errors import Conflict, HelpdeskError

SECURITIES = ("tls", "starttls", "none")
PATIENCE = 30.0  # seconds for each step: connecting, the handshake, each answer
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)


class Unsafe(HelpdeskError):
    """The server can only be reached in a way that would show the password to others."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mail server is and how it is entered; *ca* is a file of certificates to trust instead of the system's.

    With *private* it may be this machine or one of its network. A *token* is shown instead of a password. *dialled* is
    told of every connection, and once more when it is encrypted.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    token: str = field(default="", repr=False)
    private: bool = True
    dialled: Callable[[socket.socket], None] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not named(self.host):
            raise Conflict("{host} is no name of a server; write one such as mail.example.com.", host=self.host)
        if hosts.spelled_oddly(self.host) or not hosts.mail_port(self.port):
            raise self._forbidden()
        if self.security not in SECURITIES:
            raise Unsafe(
                "The security of {host} is {security!r}; choose tls or starttls.",
                host=self.host,
                security=self.security,
            )
        if self.security == "none" and not loopback(self.host):
            raise Unsafe("{host} is another machine; choose tls or starttls.", host=self.host)

    def addresses(self) -> list[str]:
        """Where it is now; Unsafe when it is somewhere that we may not reach, OSError when it is nowhere."""
        try:
            return hosts.judged(self.host, self.port, private=self.private)
        except hosts.Forbidden as error:
            raise self._forbidden() from error

    def dial(self, seconds: float) -> socket.socket:
        """A connection to the very address that was judged, so that the name cannot change its mind in between."""
        link = hosts.dial(self.addresses(), self.port, seconds)
        if self.dialled is not None:
            self.dialled(link)
        return link

    def _forbidden(self) -> Unsafe:
        return Unsafe(
            "{host}, port {port} may not be used. Write the name of a mail server; one in your own network must be "
            "allowed by HELPDESK_PRIVATE_MAIL.",
            host=self.host,
            port=self.port,
        )

    def context(self) -> ssl.SSLContext:
        """Certificates and host names are checked, always."""
        context = ssl.create_default_context(cafile=self.ca or None)
        if self.dialled is not None:
            context.sslsocket_class = _telling(self.dialled)
        return context


def _telling(dialled: Callable[[socket.socket], None]) -> type[ssl.SSLSocket]:
    """The socket that takes the place of a dialled one, whose own end is void from then on: it is told of, too."""

    class Told(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            dialled(self)
            super().do_handshake(block)

    return Told


def named(host: str) -> bool:
    """Whether *host* can be the name or the address of a server."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return True
    try:
        labels = host.removesuffix(".").encode("idna").decode().split(".")
    except UnicodeError:
        return False
    return len(host) <= 253 and all(LABEL.fullmatch(label) for label in labels)


def loopback(host: str) -> bool:
    """Whether *host* is this machine, said so in a way that no name server can change."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
