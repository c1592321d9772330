"""No, a wrong or another channel's signature, an empty secret, a downgraded algorithm: 401, one body, one timing."""

import base64
import hashlib
import hmac
import statistics
import time

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.channels.chat.channels import make_bot, make_webhook
from tests.channels.chat.signing import KEY, message, sign
from tests.making import MINUTE

pytestmark = pytest.mark.once

BODY = message()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def _right():
    return sign(BODY, now())["webhook-signature"]


def _downgraded(kind):
    headers = sign(BODY, now())
    signed = f"evt-1.{headers['webhook-timestamp']}.".encode() + BODY
    weak = {
        "sha1": "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha1).digest()).decode(),
        "md5": "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.md5).digest()).decode(),
        "none": "none,",
        "v0": headers["webhook-signature"].replace("v1,", "v0,"),
        "bare": headers["webhook-signature"].removeprefix("v1,"),
        "hex": "v1," + hmac.new(KEY, signed, hashlib.sha256).hexdigest(),
    }
    return {**headers, "webhook-signature": weak[kind]}


WRONG = {
    "none": lambda: ("/hooks/site", {}),
    "garbage": lambda: ("/hooks/site", {**sign(BODY, now()), "webhook-signature": "v1,AAAA"}),
    "cut": lambda: ("/hooks/site", {**sign(BODY, now()), "webhook-signature": _right()[:-2]}),
    "of another channel": lambda: ("/hooks/other", sign(BODY, now())),
    "of an empty secret": lambda: ("/hooks/empty", sign(BODY, now(), key=b"")),
    "of no channel": lambda: ("/hooks/nobody", sign(BODY, now())),
    "of yesterday": lambda: ("/hooks/site", sign(BODY, now() - 6 * MINUTE)),
    "of a bot": lambda: ("/hooks/bot", {"x-telegram-bot-api-secret-token": "wrong"}),
    "of a bot, none": lambda: ("/hooks/bot", {}),
    **{f"downgraded to {kind}": (lambda kind=kind: ("/hooks/site", _downgraded(kind)))
       for kind in ("sha1", "md5", "none", "v0", "bare", "hex")},
}  # fmt: skip


@pytest.fixture
def client(app):
    make_webhook("site")
    make_webhook("other", secret=OTHER)
    make_webhook("empty", secret="")
    make_bot("bot")
    return app.test_client()


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_every_wrong_signature_gets_the_same_answer_and_leaves_nothing(client, wrong):
    url, headers = wrong()
    answer = client.post(url, data=BODY, headers=headers, content_type="application/json")
    assert (answer.status_code, answer.get_json()) == (401, {"error": "The signature does not fit."})
    assert db.session.scalar(select(func.count(Inbox.id))) == 0


def test_the_right_one_gets_in(client):
    assert (
        client.post("/hooks/site", data=BODY, headers=sign(BODY, now()), content_type="application/json").status_code
        == 204
    )


def test_an_unknown_channel_takes_as_long_as_a_wrong_signature(client):
    def seconds(url):
        began = time.perf_counter()
        client.post(url, data=BODY, headers=sign(BODY, now(), key=b"w" * 32), content_type="application/json")
        return time.perf_counter() - began

    pairs = [(seconds("/hooks/site"), seconds("/hooks/nobody")) for _ in range(60)]
    known, unknown = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert 1 / 2 < known / unknown < 2
