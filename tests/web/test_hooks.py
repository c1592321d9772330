"""The door for machines: what the other side is told."""

import json

import pytest
from sqlalchemy import func, select, text

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from tests.channels.chat.channels import make_bot, make_webhook
from tests.channels.chat.signing import message, sign

pytestmark = pytest.mark.once

BODY = message()


def post(app, url="/hooks/site", body=BODY, **headers):
    return app.test_client().post(url, data=body, headers=headers or sign(body, now()), content_type="application/json")


@pytest.fixture
def gone(app):
    """The ledger's table, for a while."""
    with transaction():
        db.session.execute(text("ALTER TABLE inbox RENAME TO inbox_gone"))

    def back():
        with transaction():
            db.session.execute(text("ALTER TABLE inbox_gone RENAME TO inbox"))

    return back


def test_what_cannot_be_kept_is_not_said_yes_to_and_comes_again(app, gone):
    make_webhook("site")
    answer = post(app)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    gone()
    assert post(app).status_code == 204
    assert db.session.scalar(select(func.count(Inbox.id))) == 1


def test_a_channel_is_found_by_a_name_in_any_letters(app):
    make_webhook("Чат сайта")
    assert post(app, "/hooks/Чат сайта").status_code == 204


def test_telegram_is_told_yes_for_anything_of_its_own(app):
    make_bot("bot")
    body = json.dumps({"update_id": 5, "something_new": {}}).encode()
    assert post(app, "/hooks/bot", body, **{"X-Telegram-Bot-Api-Secret-Token": "s3cret"}).status_code == 204


def test_no_cookie_is_set_and_no_form_token_is_asked_for(app):
    make_webhook("site")
    answer = post(app)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (204, False)


def test_a_broken_contract_is_explained_to_the_sender(app):
    make_webhook("site")
    answer = post(app, body=message(conversation=""))
    assert (answer.status_code, answer.get_json()) == (400, {"error": '"conversation" is missing.'})
