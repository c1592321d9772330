"""Signs as the other side does, with nothing of ours."""

import base64
import hashlib
import hmac
import json

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def sign(body, at, event_id="evt-1", key=KEY):
    """The three headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def message(text="The coupon does not work", conversation="c-1", **more):
    """A message.created event; *more* goes into data."""
    sender = {"id": "u-7", "name": "Aigul"}
    data = {"conversation": conversation, "message": "m-1", "sender": sender, "text": text, **more}
    return json.dumps({"type": "message.created", "timestamp": "2026-09-14T09:00:00Z", "data": data}).encode()
