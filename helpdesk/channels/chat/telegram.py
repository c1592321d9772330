"""Telegram's Bot API: an update → Incoming, an answer → a call of sendMessage."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from helpdesk.channels.chat import payload
from helpdesk.channels.chat.payload import Malformed
from helpdesk.channels.incoming import Incoming, Reason, Sender
from helpdesk.errors import NotAllowed, Refused

API_URL = "https://api.telegram.org"
HEADER = "x-telegram-bot-api-secret-token"
LONGEST = 4096
MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")
FILES = {
    "document": "",
    "photo": "jpg",
    "voice": "ogg",
    "audio": "mp3",
    "video": "mp4",
    "video_note": "mp4",
}


def verify(secret: str, headers: Mapping[str, str], _body: bytes, _at: datetime) -> None:
    """Raise NotAllowed unless the request bears the *secret* that was given to setWebhook."""
    given = headers.get(HEADER, "")
    if not hmac.compare_digest(_digest(given), _digest(secret)) or not secret:
        raise NotAllowed("The signature does not fit.")


def key(_headers: Mapping[str, str], body: bytes) -> str:
    """What is equal for the same update however often it is posted."""
    return _update_id(payload.load(body))


def read(raw: bytes) -> Incoming:
    """The message in the update *raw*; Refused when it carries none: a start, a group, a member who came or left."""
    update = payload.load(raw)
    if "callback_query" in update:
        return _pressed(update)
    name = next((name for name in MESSAGES if name in update), None)
    if name is None:
        raise Refused(Reason.DROP)
    message, edited = payload.part(update, name), name.startswith("edited_")
    sender = _sender(message)
    text = _text(message)
    return Incoming(
        channel="chat",
        key=_update_id(update),
        sender=sender,
        text=f"✎ {text}" if edited else text,
        quoted=_quoted(message),
        at=payload.instant(message.get("edit_date" if edited else "date")),
        facts={**_facts(message), **({"edited": True} if edited else {})},
    )


def answers(content: Mapping[str, Any]) -> list[bytes]:
    """Bodies of the sendMessage calls that carry *content* ({text, conversation}); Telegram cuts at 4096."""
    return [
        json.dumps({"chat_id": content["conversation"], "text": piece}).encode() for piece in _pieces(content["text"])
    ]


def _pressed(update: dict[str, Any]) -> Incoming:
    """A button of ours that was pressed says what its data say."""
    query = payload.part(update, "callback_query")
    text = payload.words(query, "data").strip()
    if not text:
        raise Refused(Reason.EMPTY)
    about = payload.part(query, "message")
    person = payload.part(query, "from")
    return Incoming(
        channel="chat",
        key=_update_id(update),
        sender=_person(person),
        text=text,
        facts={**_facts({**about, "from": person}), "button": True},
    )


def _sender(message: dict[str, Any]) -> Sender:
    """Who wrote: a person in private, or a channel in its own name. Groups and machines are refused."""
    chat = payload.part(message, "chat")
    if chat.get("type") == "channel":
        return Sender(name=payload.line(chat, "title") or _id(chat), kind="telegram", address=_id(chat))
    if chat.get("type") != "private":
        raise Refused(Reason.DROP)
    person = payload.part(message, "from")
    if person.get("is_bot") is True:
        raise Refused(Reason.AUTOMATIC)
    return _person(person)


def _person(person: dict[str, Any]) -> Sender:
    names = (payload.line(person, "first_name"), payload.line(person, "last_name"))
    name = " ".join(filter(None, names)) or payload.line(person, "username") or _id(person)
    return Sender(name=name[:200], kind="telegram", address=_id(person))


def _text(message: dict[str, Any]) -> str:
    said = (payload.words(message, "text") or payload.words(message, "caption")).strip()
    if said == "/start" or said.startswith("/start "):
        raise Refused(Reason.DROP)
    lines = [said, _card(message), _place(message), payload.line(payload.part(message, "sticker"), "emoji")]
    text = "\n".join(filter(None, [*lines, *(f"📎 {file['name']}" for file in _files(message))]))
    if not text:
        raise Refused(Reason.EMPTY)
    return text


def _card(message: dict[str, Any]) -> str:
    contact = payload.part(message, "contact")
    return " ".join(filter(None, (payload.line(contact, name) for name in ("first_name", "last_name", "phone_number"))))


def _place(message: dict[str, Any]) -> str:
    venue = payload.part(message, "venue")
    place = payload.part(venue, "location") or payload.part(message, "location")
    if not place:
        return ""
    named = [payload.line(venue, name) for name in ("title", "address")]
    return ", ".join([*filter(None, named), str(place.get("latitude"))[:20], str(place.get("longitude"))[:20]])


def _quoted(message: dict[str, Any]) -> str:
    answered = payload.part(message, "reply_to_message")
    return payload.words(answered, "text") or payload.words(answered, "caption")


def _facts(message: dict[str, Any]) -> dict[str, object]:
    person, contact = payload.part(message, "from"), payload.part(message, "contact")
    own = contact.get("user_id") is not None and contact.get("user_id") == person.get("id")
    facts = {
        "conversation": _id(payload.part(message, "chat")),
        "message": _id(message, "message_id"),
        "username": payload.line(person, "username"),
        "language": payload.line(person, "language_code", 5),
        "phone": payload.line(contact, "phone_number") if own else "",
        "album": payload.line(message, "media_group_id"),
        "files": _files(message),
    }
    return {name: value for name, value in facts.items() if value}


def _files(message: dict[str, Any]) -> list[dict[str, object]]:
    """Files by name and Telegram's id; they stay with Telegram."""
    return [_file(kind, ending, message[kind]) for kind, ending in FILES.items() if message.get(kind)]


def _file(kind: str, ending: str, value: object) -> dict[str, object]:
    """One file; of a photo's sizes the largest, which comes last."""
    file = value[-1] if isinstance(value, list) else value
    if not isinstance(file, dict):
        raise Malformed(f'"{kind}" must be an object.')
    name = payload.line(file, "file_name") or f"{kind}.{ending}".rstrip(".")
    return {"name": name, "id": payload.line(file, "file_id")}


def _update_id(update: dict[str, Any]) -> str:
    return _id(update, "update_id")


def _id(data: dict[str, Any], name: str = "id") -> str:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f'"{name}" must be a whole number.')
    return str(value)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _pieces(text: str) -> Iterator[str]:
    """*text* in pieces that Telegram takes, counted in UTF-16 as Telegram counts, cut at a line or a word."""
    while text:
        piece = _first_piece(text)
        text = text[len(piece) :].lstrip()
        yield piece


def _first_piece(text: str) -> str:
    fitting = text.encode("utf-16-le", "replace")[: 2 * LONGEST].decode("utf-16-le", "ignore")
    if len(fitting) == len(text):
        return text
    cut = max(fitting.rfind("\n"), fitting.rfind(" "))
    return fitting[:cut] if cut > len(fitting) // 2 else fitting
