"""Signed tokens that let an answer find its ticket: a 128-bit secret of the ticket, whom it was sent to, and an HMAC.

The token is lower-case base32, so that it survives mail servers that fold case: 26 characters of secret, 5 that only the
addressee's address gives, 13 of HMAC. One that is bound to nobody has no addressee and 16 of HMAC: so were all of them
before, and they lie in customers' mailboxes.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.people.contacts import normal

SECRET = 26
TAG = 5
MAC = 16
BOUND_MAC = 13
TOKEN = re.compile(r"(?<![a-z2-7])([a-z2-7]{44}|[a-z2-7]{42})(?![a-z2-7])", re.IGNORECASE)
BROKEN = re.compile(r"(?<![a-z2-7])([a-z2-7]{26})[a-z2-7]{0,40}(?![a-z2-7])", re.IGNORECASE)


@dataclass(frozen=True)
class Signed:
    """What a rightly signed token says: the ticket's *secret*, and a *tag* of the address it was sent to, if any."""

    secret: str
    tag: str

    def is_for(self, address: str, key: str) -> bool:
        """Was it sent to this address?"""
        return bool(self.tag) and hmac.compare_digest(self.tag, _tag(self.secret, key, address))


def fresh_secret() -> str:
    """A new secret for a ticket."""
    return _base32(secrets.token_bytes(16))


def token(secret: str, key: str, addressee: str = "") -> str:
    """The secret with its signature for one *addressee*, as it stands in reply addresses and Message-IDs."""
    body = secret + (_tag(secret, key, addressee) if addressee else "")
    return body + _mac(body, key)


def signed_in(text: str, key: str) -> Signed | None:
    """What the first rightly signed token in *text* says, or None."""
    for found in TOKEN.finditer(text[:2000]):
        candidate = found[1].lower()
        body = candidate[: -MAC if len(candidate) == SECRET + MAC else -BOUND_MAC]
        if hmac.compare_digest(candidate[len(body) :], _mac(body, key)):
            return Signed(body[:SECRET], body[SECRET:])
    return None


def secret_in(text: str, key: str) -> str | None:
    """The secret of the first rightly signed token in *text*, or None."""
    found = signed_in(text, key)
    return found.secret if found else None


def unproved_in(text: str) -> Iterator[str]:
    """What may be the secrets of tickets, in tokens that are cut or not rightly signed; they open nothing."""
    return (found[1].lower() for found in BROKEN.finditer(text[:2000]))


def _tag(secret: str, key: str, address: str) -> str:
    text = f"addressee:{secret}:{normal('email', address)}"
    return _base32(hmac.digest(key.encode(), text.encode("utf-8", "replace"), "sha256"))[:TAG]


def _mac(body: str, key: str) -> str:
    digest = _base32(hmac.digest(key.encode(), b"ticket:" + body.encode(), "sha256"))
    return digest[: MAC if len(body) == SECRET else BOUND_MAC]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
