"""Mailgun's HTTP API: the whole mail as it is, to one recipient (POST /v3/<domain>/messages.mime)."""

import base64
import json
import secrets
from dataclasses import dataclass

from helpdesk.channels.outcome import Outcome, failed, later, sent

API_URL = "https://api.mailgun.net"
LATER = (401, 403, 404, 408, 425, 429)  # ours to mend, or theirs: the mail itself may still be taken


@dataclass(frozen=True)
class Request:
    """What is to be posted where."""

    url: str
    headers: dict[str, str]
    body: bytes


def request(api_url: str, domain: str, key: str, recipient: str, raw: bytes) -> Request:
    """The request that hands *raw* over for *recipient*."""
    boundary = secrets.token_hex(20)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="to"\r\n\r\n{recipient}\r\n'.encode(),
        f'--{boundary}\r\nContent-Disposition: form-data; name="message"; filename="message.eml"\r\n'.encode(),
        b"Content-Type: message/rfc822\r\n\r\n", raw, f"\r\n--{boundary}--\r\n".encode(),
    ]  # fmt: skip
    signed = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"authorization": f"Basic {signed}", "content-type": f"multipart/form-data; boundary={boundary}"}
    return Request(f"{api_url.rstrip('/')}/v3/{domain}/messages.mime", headers, b"".join(parts))


def judged(status: int, text: bytes) -> Outcome:
    """What an answer means."""
    words = f"{status} {_said(text)}".strip()[:500]
    if 200 <= status < 300:
        return sent(words)
    return later(words) if status in LATER or status >= 500 else failed(words)


def _said(text: bytes) -> str:
    try:
        known = json.loads(text)
    except (ValueError, RecursionError):
        known = None
    said = known.get("message") if isinstance(known, dict) else text.decode("utf-8", "replace")
    return " ".join(str(said or "").split())[:300]
