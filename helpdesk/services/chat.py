"""Answers go back to chats: to a webhook's URL, to Telegram."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from helpdesk.channels.chat import telegram, webhook
from helpdesk.channels.outcome import Outcome, failed, later, sent, unknown
from helpdesk.errors import NotAllowed
from helpdesk.orm import Json
from helpdesk.services import reach
from helpdesk.services.instant import now

TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")
LATER = (408, 425, 429)
Secrets = Mapping[str, str]


def post_webhook(
    content: Json, key: str, settings: Json, secrets: Secrets, handing_over: Callable[[], bool]
) -> Outcome:
    """Post *content* ({text, conversation, ticket, author}) to the answer URL; the same *key* is the same answer."""
    url = settings.get("answer_url", "")
    if not url:
        return failed("This webhook has no answer URL.")
    headers, body = webhook.answer(content, key, secrets.get("secret", ""), now())
    try:
        answer = reach.post(url, headers, body, handing_over=handing_over, allow_private=_private(settings))
    except NotAllowed as refusal:
        return failed(str(refusal))
    except reach.Unreached as error:
        return later(str(error))
    except reach.Unanswered as error:
        return later(str(error)) if error.waited else unknown(str(error))
    return _judged(answer, _words(answer.text))


def post_telegram(
    content: Json, _key: str, settings: Json, secrets: Secrets, handing_over: Callable[[], bool]
) -> Outcome:
    """Send *content* ({text, conversation}) with sendMessage, in pieces when it is long.

    Telegram knows no idempotency key: silence after sending is unknown, and what broke off between two pieces failed.
    """
    token = secrets.get("token", "")
    if not TOKEN.fullmatch(token):
        return failed("This bot has no token.")
    url = f"{settings.get('api_url') or telegram.API_URL}/bot{token}/sendMessage"
    bodies = telegram.answers(content)
    for number, body in enumerate(bodies):
        outcome = _piece(url, body, settings, handing_over if number == 0 else _goes_on)
        if outcome.state != "sent":
            return outcome if number == 0 else failed(f"{number} of {len(bodies)} parts were sent; {outcome.reason}")
    return sent("Telegram has it.")


def _piece(url: str, body: bytes, settings: Json, handing_over: Callable[[], bool]) -> Outcome:
    headers = {"content-type": "application/json"}
    try:
        answer = reach.post(url, headers, body, handing_over=handing_over, allow_private=_private(settings))
    except NotAllowed as refusal:
        return failed(str(refusal))
    except reach.Unreached as error:
        return later(str(error))
    except reach.Unanswered as error:
        return unknown(str(error))
    return _judged(answer, _description(answer.text))


def _goes_on() -> bool:
    return True


def _judged(answer: reach.Answer, words: str) -> Outcome:
    reason = f"{answer.status} {words}".strip()
    if 200 <= answer.status < 300:
        return sent(reason)
    if answer.status in LATER or answer.status >= 500:
        return later(reason)
    return failed(reason)


def _words(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").replace("\0", "").split())[:300]


def _description(text: bytes) -> str:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return _words(text)
    return _words(str(said.get("description", "")).encode()) if isinstance(said, dict) else ""


def _private(settings: Json) -> bool:
    return settings.get("allow_private") is True
