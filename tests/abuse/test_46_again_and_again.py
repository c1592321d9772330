"""The same delivery twice, and a hundred times at once: one message, and every answer is a yes."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign

BODY = message()


def test_twice_is_once(app):
    make_webhook("site")
    answers = [_post(app) for _ in range(2)]
    assert answers == [204, 204]
    assert _kept() == 1


def test_a_hundred_at_once_are_once(app):
    make_webhook("site")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: _apart(app), range(100)))
    assert answers == [204] * 100
    assert _kept() == 1


def _apart(app):
    with app.app_context():
        return _post(app)


def _post(app):
    headers = sign(BODY, now())
    return (
        app.test_client().post("/hooks/site", data=BODY, headers=headers, content_type="application/json").status_code
    )


def _kept():
    db.session.rollback()
    return db.session.scalar(select(func.count(Inbox.id)))
