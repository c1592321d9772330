"""Bodies that are too large, too deep or no JSON, with a right signature: 400 or 413, and nothing is kept."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign

pytestmark = pytest.mark.once

BODIES = {
    "10 MB": (b" " * 10_000_000, 413),
    "a little over 1 MB": (message("x" * 1_048_576), 413),
    "100,000 levels": (b"[" * 100_000, 400),
    "the same key twice": (b'{"type": "a", "type": "message.created"}', 400),
    "NaN": (b'{"type": NaN}', 400),
    "an int of 5,000 digits": (b'{"a": ' + b"1" * 5000 + b"}", 400),
    "bad UTF-8": (b'{"type": "\xc3\x28"}', 400),
    "a byte order mark": (b"\xef\xbb\xbf" + message(), 400),
    "nothing": (b"", 400),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
def test_the_body_is_refused_and_not_kept(app, body, status):
    make_webhook("site")
    answer = app.test_client().post(
        "/hooks/site", data=body, headers=sign(body, now()), content_type="application/json"
    )
    assert (answer.status_code, "error" in answer.get_json()) == (status, True)
    assert db.session.scalar(select(func.count(Inbox.id))) == 0


def test_another_type_of_content_and_another_method_are_refused(app):
    client = app.test_client()
    assert client.post("/hooks/site", data=b"{}", content_type="text/plain").status_code == 415
    assert client.get("/hooks/site").status_code == 405
