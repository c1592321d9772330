"""A chat that posts signed JSON: Standard Webhooks, both ways. docs/webhook.md is its contract."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from helpdesk.channels.chat import payload
from helpdesk.channels.chat.payload import Malformed
from helpdesk.channels.incoming import Incoming, Reason, Sender
from helpdesk.errors import NotAllowed, Refused

WINDOW = 300
PREFIX = "whsec_"
SHORTEST_KEY = 24
SIGNATURES = 16
CREATED = "message.created"
ANSWERED = "message.answered"
EVENT_ID = re.compile(r"[!-~]{1,200}")
STAMP = re.compile(r"[0-9]{1,12}")


def verify(secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
    """Raise NotAllowed unless *body* was signed with *secret* within the last (or next) five minutes of *at*."""
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    key = _key(secret)
    wanted = _signature(key, event_id, stamp, body).encode()
    given = headers.get("webhook-signature", "").split(" ")[:SIGNATURES]
    right = [hmac.compare_digest(one.encode("utf-8", "replace"), wanted) for one in given]
    if not (any(right) and key and EVENT_ID.fullmatch(event_id) and _fresh(stamp, at)):
        raise NotAllowed("The signature does not fit.")


def key(headers: Mapping[str, str], _body: bytes) -> str:
    """What is equal for the same event however often it is posted."""
    return headers["webhook-id"]


def read(raw: bytes) -> Incoming:
    """The message in *raw*; Refused when the event carries none, Malformed when it breaks the contract."""
    event = payload.load(raw)
    if payload.words(event, "type") != CREATED:
        raise Refused(Reason.DROP)
    data = payload.part(event, "data")
    files = _files(data)
    text = "\n".join([*filter(None, [payload.words(data, "text").strip()]), *(f"📎 {name}" for name in files)])
    if not text:
        raise Refused(Reason.EMPTY)
    sender, message = payload.part(data, "sender"), payload.line(data, "message")
    return Incoming(
        channel="chat",
        key=message or hashlib.sha256(raw).hexdigest(),
        sender=_sender(data, sender),
        text=text,
        at=_instant(payload.words(event, "timestamp")),
        facts=_facts(data, sender, files),
    )


def answer(content: Mapping[str, Any], key: str, secret: str, at: datetime) -> tuple[dict[str, str], bytes]:
    """Signed headers and body that carry *content* ({text, conversation, ticket, author}) back under a fixed *key*."""
    data = {name: content.get(name) for name in ("conversation", "text", "ticket", "author")}
    event = {"type": ANSWERED, "timestamp": at.astimezone(UTC).isoformat(), "data": data}
    body = json.dumps(event, ensure_ascii=False).encode()
    stamp = str(int(at.timestamp()))
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": _signature(_key(secret), key, stamp, body),
    }
    return headers, body


def _key(secret: str) -> bytes:
    """The bytes to sign with; none for a secret that is missing, misspelt or too short to trust."""
    try:
        decoded = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if secret.startswith(PREFIX) and len(decoded) >= SHORTEST_KEY else b""


def _signature(key: bytes, event_id: str, stamp: str, body: bytes) -> str:
    signed = hmac.new(key, f"{event_id}.{stamp}.".encode("utf-8", "replace") + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def _fresh(stamp: str, at: datetime) -> bool:
    return bool(STAMP.fullmatch(stamp)) and abs(at.timestamp() - int(stamp)) <= WINDOW


def _sender(data: dict[str, Any], sender: dict[str, Any]) -> Sender:
    """Who wrote: the chat's own id, else its conversation, because phone and e-mail are only what they typed there."""
    known, *claimed = (payload.line(sender, field, 400) for field in ("id", "phone", "email"))
    named = next(filter(None, [payload.line(sender, "name"), known, *claimed]), "")
    if not (known or any(claimed)):
        raise Malformed('"sender" needs "id", "phone" or "email".')
    return Sender(name=named, kind="chat", address=known or f"conversation/{payload.line(data, 'conversation')}")


def _files(data: dict[str, Any]) -> list[str]:
    names = data.get("attachments") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Malformed('"attachments" must be a list of names.')
    return [payload.one_line(name) for name in names[:100]]


def _facts(data: dict[str, Any], sender: dict[str, Any], files: list[str]) -> dict[str, object]:
    conversation = payload.line(data, "conversation")
    if not conversation:
        raise Malformed('"conversation" is missing.')
    claimed = {name: payload.line(sender, name) for name in ("phone", "email")}
    facts = {"conversation": conversation, "message": payload.line(data, "message"), "files": files, **claimed}
    return {name: value for name, value in facts.items() if value}


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
