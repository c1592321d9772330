"""DKIM: a mail is signed with a mailbox's own key, and everybody can read the other half of it in the name service."""

import base64
import re

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048
SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SPACES = re.compile(r"\s+")


def make_key() -> str:
    """A new private key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def record(key: str) -> str:
    """What the name service must say, so that others can check what this key signed."""
    loaded = serialization.load_pem_private_key(key.encode(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = loaded.public_key().public_bytes(serialization.Encoding.DER, form)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def name(selector: str, domain: str) -> str:
    """Where the name service must say it."""
    return f"{selector}._domainkey.{domain}"


def same(one: str, other: str) -> bool:
    """Whether two records hold the same key."""
    return _public(one) == _public(other) != ""


def _public(text: str) -> str:
    tags = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    return SPACES.sub("", {name.strip(): value for name, value in tags.items()}.get("p", ""))


def signed(raw: bytes, selector: str, domain: str, key: str) -> bytes:
    """The mail with its signature before it."""
    way = (b"relaxed", b"relaxed")
    return bytes(dkim.sign(raw, selector.encode(), domain.encode(), key.encode(), canonicalize=way)) + raw
