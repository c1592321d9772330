"""What was said lies apart from the history, which holds its sha256: words, files and the contact as it came."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.tickets.history import Break


def content_digest(text: str, quoted: str, html: str | None) -> str:
    """sha256 of a message's words, in hexadecimal."""
    return _digest("\0".join([text, quoted, html or ""]))


def signature_digest(signature: str) -> str | None:
    """The same of a message's signature, by itself since the words of older messages have it among what is quoted."""
    return _digest(signature) if signature else None


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


REDACTED = "redacted"


@dataclass
class Kept:
    """What is stored of one message, as sha256: words, signature, files and raw contact; and which of those are lost."""

    content: str
    claimed: str
    signature: str | None = None
    files: list[str] = field(default_factory=list)
    raw: str | None = None
    lost: list[str] = field(default_factory=list)


def first_loss(number: int, history: Iterable[Any], kept: Mapping[int, Kept]) -> Break | None:
    """The first event whose message is not what it recorded, or that recorded none; None when all is there."""
    history, told = list(history), set()
    redacted = redactions(history)
    for event in history:
        if "sha256" not in event.facts or "approved" in event.facts:
            continue
        told.add(event.seq)
        reason = _unlike({**event.facts, **redacted.get(event.seq, {})}, kept.get(event.seq))
        if reason:
            return Break(number, event.seq, reason)
    made_up = min(kept.keys() - told, default=None)
    return None if made_up is None else Break(number, made_up, "a message that the history knows nothing of")


def redactions(history: Iterable[Any]) -> dict[int, dict[str, Any]]:
    """By the event of a message what its redactions left of it."""
    found: dict[int, dict[str, Any]] = {}
    for event in history:
        if event.kind == "redacted":
            erased = [*found.get(event.facts["message"], {}).get("erased", ()), *event.facts.get("erased", ())]
            signature = event.facts.get("remains_signature")
            found[event.facts["message"]] = {
                "remains": event.facts["remains"], "signature": signature, "erased": erased, "raw": REDACTED,
            }  # fmt: skip
    return found


def _unlike(facts: Mapping[str, Any], kept: Kept | None) -> str | None:
    if kept is None:
        return "its message is gone"
    if (kept.content, kept.claimed) != (
        facts.get("remains", facts["sha256"]),
        facts["sha256"],
    ) or kept.signature != facts.get("signature"):
        return "its message is not what was written"
    if sorted(kept.files) != sorted(facts.get("files", ())):
        return "the files of its message are not those it had"
    if kept.raw != facts.get("raw") and facts.get("raw") != REDACTED:
        return "the contact as it came is not the one that was read"
    lost = [sha256 for sha256 in kept.lost if sha256 not in facts.get("erased", ())]
    return f"the stored file {lost[0]} is missing or changed" if lost else None
