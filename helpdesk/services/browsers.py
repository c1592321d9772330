"""Browsers in which somebody has signed in before: their guesses are counted apart, so that strangers' don't shut them out."""

import hmac
import secrets

from helpdesk.services.store import settings


def remembered(login: str) -> str:
    """What a browser is given to keep once *login* has signed in there."""
    name = secrets.token_urlsafe(16)
    return f"{name}.{_mac(name, login)}"


def known(kept: str, login: str) -> str:
    """The browser's name when *login* has signed in there, by what it keeps; else nothing."""
    name, _dot, mac = kept[:200].partition(".")
    return name if hmac.compare_digest(mac.encode(), _mac(name, login).encode()) else ""


def _mac(name: str, login: str) -> str:
    return hmac.digest(settings().secret_key.encode(), f"browser:{name}:{login}".encode(), "sha256").hex()
