"""Mail providers that are known by name: their servers, how they are signed in to, and what has to be done there first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

HERE = "127.0.0.1"  # a bridge that a provider asks for runs on this machine, and so may any server


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one server of a mailbox is, and how it is encrypted."""

    host: str
    port: int
    security: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. *ways* to sign in, the best first: oauth2 (with *service*), app_password, password.

    *plus* says that mail to name+anything@ arrives at name@. *names* and *todo* are by language.
    """

    id: str
    names: Mapping[str, str]
    domains: tuple[str, ...]
    mx: tuple[str, ...]
    imap: Spot
    smtp: Spot
    ways: tuple[str, ...]
    service: str
    plus: bool
    todo: Mapping[str, str]


@cache
def providers() -> tuple[Provider, ...]:
    """All that are known."""
    text = (files(__package__) / "providers.json").read_text(encoding="utf-8")
    return tuple(_provider(row) for row in json.loads(text))


def _provider(row: Mapping[str, object]) -> Provider:
    known = dict(row)
    for name in ("domains", "mx", "ways"):
        known[name] = tuple(known[name])  # type: ignore[arg-type]
    for name in ("imap", "smtp"):
        known[name] = Spot(*known[name])  # type: ignore[misc]
    return Provider(names=known.pop("name"), **known)  # type: ignore[arg-type]


def of_domain(domain: str) -> Provider | None:
    """The provider of addresses at *domain*."""
    return next((one for one in providers() if domain.lower() in one.domains), None)


def of_mx(host: str) -> Provider | None:
    """The provider whose server takes the mail of an own domain: the one with the longest part of its name."""
    name = host.lower().rstrip(".")
    found = [(len(part), one) for one in providers() for part in one.mx if f".{name}".endswith(f".{part}")]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def of_server(host: str) -> Provider | None:
    """The provider that a mailbox's server belongs to; this very machine is nobody's."""
    served = (one for one in providers() if one.imap.host != HERE)
    return next((one for one in served if host.lower() in (one.imap.host, one.smtp.host)), None)
