"""Signed tokens that let an answer find its ticket: a 128-bit secret of the ticket and an HMAC over it.

The token is lower-case base32, so that it survives mail servers that fold case: 26 characters of secret, 16 of HMAC.
"""

import base64
import hmac
import re
import secrets

SECRET = 26
MAC = 16
TOKEN = re.compile(r"(?<![a-z2-7])([a-z2-7]{42})(?![a-z2-7])", re.IGNORECASE)


def fresh_secret() -> str:
    """A new secret for a ticket."""
    return _base32(secrets.token_bytes(16))


def token(secret: str, key: str) -> str:
    """The secret with its signature, as it stands in reply addresses and Message-IDs."""
    return secret + _mac(secret, key)


def secret_in(text: str, key: str) -> str | None:
    """The secret of the first rightly signed token in *text*, or None."""
    for found in TOKEN.finditer(text[:2000]):
        candidate = found[1].lower()
        if hmac.compare_digest(candidate[SECRET:], _mac(candidate[:SECRET], key)):
            return candidate[:SECRET]
    return None


def _mac(secret: str, key: str) -> str:
    return _base32(hmac.digest(key.encode(), b"ticket:" + secret.encode(), "sha256"))[:MAC]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
