"""Secrets of channels, sealed with the product's key: what lies in the database opens nothing by itself."""

import base64
import hashlib
import json

from cryptography.fernet import Fernet, InvalidToken

from helpdesk.errors import Conflict
from helpdesk.services.store import settings


def seal(secrets: dict[str, str]) -> bytes:
    """The sealed form of these secrets."""
    return _fernet().encrypt(json.dumps(secrets).encode())


def open_(sealed: bytes | None) -> dict[str, str]:
    """The secrets that were sealed; none when nothing was."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet().decrypt(sealed))
    except InvalidToken as error:
        raise Conflict("The secret key has changed since this password was kept; enter the password again.") from error
    return opened


def _fernet() -> Fernet:
    key = hashlib.sha256(b"channel secrets:" + settings().secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
