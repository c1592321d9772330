"""Mail by a provider's API instead of SMTP: the same mail, the same outcomes."""

from collections.abc import Callable

from helpdesk.channels.mail import mailgun
from helpdesk.channels.mail.compose import domain_of
from helpdesk.channels.models import Channel
from helpdesk.channels.outcome import Outcome, later, unknown
from helpdesk.errors import NotAllowed
from helpdesk.services import reach, secrets
from helpdesk.services.database import db

KEY = "api_key"
PATIENCE = 50.0  # seconds for one mail with its files, and the answer


def chosen(channel: Channel) -> bool:
    """Whether this mailbox sends by an API."""
    return channel.settings.get("send_by") == "mailgun"


def post(channel: Channel, recipient: str, raw: bytes, handing_over: Callable[[], bool]) -> Outcome:
    """Hand one mail over; silence afterwards is unknown, because the API knows no key by which it would be one mail."""
    key = secrets.open_(channel.secrets).get(KEY, "")
    if not key:
        return later(f"The key of the provider is missing for {channel.address}; enter it under Channels.")
    url, private = str(channel.settings.get("api_url") or mailgun.API_URL), bool(channel.settings.get("allow_private"))
    wanted = mailgun.request(url, domain_of(channel.address), key, recipient, raw)
    db.session.rollback()
    try:
        answer = reach.post(
            wanted.url, wanted.headers, wanted.body, handing_over=handing_over, allow_private=private, patience=PATIENCE
        )
    except (NotAllowed, reach.Unreached) as error:  # what a name resolves to may change back
        return later(str(error))
    except reach.Unanswered as error:
        return unknown(str(error))
    return mailgun.judged(answer.status, answer.text)
