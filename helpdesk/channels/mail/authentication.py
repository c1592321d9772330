"""What our own mail server found of a mail's sender: SPF, DKIM and DMARC, from its Authentication-Results (RFC 8601).

Anybody may write such a field into a mail. Only the topmost one that bears the name of our server counts.
"""

import re
from dataclasses import replace
from itertools import chain

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.mail import headers, limits
from helpdesk.channels.mail.read import unix_lines

METHODS = ("spf", "dkim", "dmarc")
PROPERTY = {"spf": "smtp.mailfrom", "dkim": "header.d"}
COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
VALUE = re.compile(r"\b([a-z]+\.[a-z-]+)\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
DEEPEST = 10  # comments within comments

Result = tuple[str, str, str]


def noted(incoming: Incoming, raw: bytes, server: str) -> Incoming:
    """The contact with what our *server* found among its facts; as it is when no server of ours is named."""
    if not server:
        return incoming
    author = str(incoming.facts.get("from") or incoming.sender.address)
    found = _of_sender(findings(raw, server, author), author, incoming)
    return replace(incoming, facts={**incoming.facts, "authentication": found})


def _of_sender(found: dict[str, str], author: str, incoming: Incoming) -> dict[str, str]:
    """Whose From is genuine vouches for nobody whom the mail merely names, as Reply-To of a robot or behind a list."""
    vouched = found["verdict"] != "pass" or author.casefold() == incoming.sender.address.casefold()
    return found if vouched else {**found, "verdict": "none"}


def verdict_of(incoming: Incoming) -> str:
    """Whether the sender is who they say: pass, fail, none when the server says neither; empty when none is named."""
    found = incoming.facts.get("authentication")
    return str(found["verdict"]) if isinstance(found, dict) else ""


def findings(raw: bytes, server: str, author: str) -> dict[str, str]:
    """A verdict, and by method what it was found by."""
    found, _ = headers.split(unix_lines(raw[: 2 * limits.HEADERS]), 0, 2 * limits.HEADERS)
    ours = (
        results for text in found.texts("authentication-results") if (results := _results(text, server)) is not None
    )
    results = next(ours, [])
    told = {method: _best(results, method) for method in METHODS}
    return {"verdict": _verdict(told, results, author.rpartition("@")[2].casefold()), **told}


def _results(text: str, server: str) -> list[Result] | None:
    """Each method with its result and the domain it was found for; None when another server says it."""
    first, *rest = _without_comments(text).split(";")
    name = (first.split() or [""])[0]
    return list(chain.from_iterable(map(_result, rest))) if name.casefold() == server.strip().casefold() else None


def _without_comments(text: str) -> str:
    for _ in range(DEEPEST):
        text, count = COMMENT.subn(" ", text)
        if not count:
            break
    return text


def _result(text: str) -> list[Result]:
    found = RESULT.match(text)
    if not found or found[1].lower() not in METHODS:
        return []
    method = found[1].lower()
    values = {name.lower(): value for name, value in VALUE.findall(text[found.end() :])}
    return [(method, found[2].lower(), values.get(PROPERTY.get(method, ""), "").rpartition("@")[2].casefold())]


def _best(results: list[Result], method: str) -> str:
    told = [result for name, result, _ in results if name == method]
    return "pass" if "pass" in told else (told or ["none"])[0][:20]


def _verdict(told: dict[str, str], results: list[Result], author: str) -> str:
    """DMARC decides; without it a pass for the author's own domain, or else an SPF that fails where DKIM does not pass."""
    if told["dmarc"] in ("pass", "fail"):
        return told["dmarc"]
    if any(result == "pass" and _aligned(domain, author) for method, result, domain in results if method in PROPERTY):
        return "pass"
    return "fail" if told["spf"] in ("fail", "hardfail") and told["dkim"] != "pass" else "none"


def _aligned(domain: str, author: str) -> bool:
    """Whether one is the other or lies under it."""
    shorter, longer = sorted((domain, author), key=len)
    return "." in shorter and (shorter == longer or longer.endswith(f".{shorter}"))
