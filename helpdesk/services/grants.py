"""What mailboxes were granted by sign-in services: asked for, kept sealed, renewed before it ends by one at a time."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from helpdesk.channels import oauth
from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant, SignInService
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import administrators, leases, reach, sign_in_services
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.secrets import open_, seal
from helpdesk.services.store import get, permit, transaction

EARLY = timedelta(minutes=2)  # before its end a token is renewed
LEASE = 30.0  # seconds after which another renews when this one died
PATIENCE = 15.0  # seconds to wait for somebody else's renewal
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


def of(channel_id: int) -> Grant | None:
    """What a mailbox was granted."""
    return db.session.get(Grant, channel_id, populate_existing=True)


def ask(channel_id: int, *, by: Person) -> tuple[str, str, str]:
    """The address at which somebody lets us into a mailbox; the state and the verifier to remember until they are back."""
    permit(by, "administer")
    channel: Channel = get(Channel, channel_id)
    row = sign_in_services.service(str(channel.settings.get("auth") or ""))
    state, verifier = oauth.fresh_state(), oauth.fresh_verifier()
    url = oauth.question(
        sign_in_services.place(row), sign_in_services.client(row), back=sign_in_services.back(), state=state,
        verifier=verifier, address=channel.settings.get("imap_user") or channel.address,
    )  # fmt: skip
    return url, state, verifier


def given(channel_id: int, *, code: str, verifier: str, by: Person) -> Channel:
    """Somebody let us in: turn the code into tokens and keep them."""
    permit(by, "administer")
    channel: Channel = get(Channel, channel_id)
    row = sign_in_services.service(str(channel.settings.get("auth") or ""))
    body = oauth.exchange(sign_in_services.client(row), back=sign_in_services.back(), code=code, verifier=verifier)
    tokens = _asked(row, body)
    if not tokens.refresh:
        raise Conflict("The service gave no lasting sign-in; take our access away there, then sign in again.")
    with transaction():
        db.session.execute(delete(Grant).where(Grant.channel_id == channel_id))
        db.session.add(_grant(channel_id, row.kind, tokens))
        db.session.execute(update(Channel).where(Channel.id == channel_id).values(error=""))
    changed("channel.granted", by, channel=channel_id, service=row.kind)
    return channel


def _grant(channel_id: int, kind: str, tokens: oauth.Tokens) -> Grant:
    at = now()
    return Grant(
        channel_id=channel_id, service=kind, tokens=seal({"access": tokens.access, "refresh": tokens.refresh}),
        access_until=at + timedelta(seconds=tokens.seconds), granted_at=at, renewed_at=at, refused="",
    )  # fmt: skip


def forget(channel_id: int) -> None:
    """Throw away what was granted, within the caller's transaction: it was for another server or another name."""
    db.session.execute(delete(Grant).where(Grant.channel_id == channel_id))


def token(channel_id: int) -> str:
    """An access token that is good for a while; Conflict when somebody has to sign in again."""
    return _fresh(channel_id) or _renewed(channel_id)


def _fresh(channel_id: int) -> str:
    """The kept token while it is good, else empty."""
    grant = of(channel_id)
    if grant is None:
        raise Conflict("Nobody has signed in to this mailbox; sign in on its page under Channels.")
    if grant.refused:
        raise Conflict("The sign-in to this mailbox has ended ({error}); sign in again.", error=grant.refused)
    return open_(grant.tokens)["access"] if grant.access_until > now() + EARLY else ""


def _renewed(channel_id: int) -> str:
    """Renew it, or wait for whoever does."""
    name, holder, until = f"grant:{channel_id}", f"{leases.me()}:{uuid.uuid4().hex[:8]}", time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if leases.take(name, holder, LEASE):
            try:
                return _fresh(channel_id) or _renew(channel_id)
            finally:
                leases.release(name, holder)
        time.sleep(0.2)
        if found := _fresh(channel_id):
            return found
    raise Conflict("The sign-in is just being renewed; it is tried again.")


def _renew(channel_id: int) -> str:
    grant = db.session.get_one(Grant, channel_id)
    row, tokens, granted_at = sign_in_services.service(grant.service), open_(grant.tokens), grant.granted_at
    body = oauth.renewal(sign_in_services.client(row), sign_in_services.place(row), tokens["refresh"])
    db.session.rollback()
    fresh = _asked(row, body, ended=lambda error: _refused(channel_id, granted_at, error))
    kept = {"access": fresh.access, "refresh": fresh.refresh or tokens["refresh"]}
    at = now()
    with transaction():
        values = {"tokens": seal(kept), "access_until": at + timedelta(seconds=fresh.seconds), "renewed_at": at}
        mine = _set(channel_id, granted_at, values)
    return fresh.access if mine else token(channel_id)


def _refused(channel_id: int, granted_at: datetime, error: oauth.Denied) -> None:
    """Nothing but a new sign-in helps: say so at the mailbox, and tell the administrators."""
    with transaction():
        if _set(channel_id, granted_at, {"refused": str(error)[:500]}):
            known = db.session.get_one(Channel, channel_id)
            administrators.tell_sign_in_again(known.name, channel_id)


def _set(channel_id: int, granted_at: datetime, values: Json) -> bool:
    """Note what came of a renewal; False when somebody has signed in anew meanwhile, of which it says nothing."""
    mine = update(Grant).where(Grant.channel_id == channel_id, Grant.granted_at == granted_at).values(values)
    noted = db.session.execute(mine.returning(Grant.channel_id), execution_options={"synchronize_session": False})
    return noted.first() is not None


def _asked(
    row: SignInService, body: bytes, *, ended: Callable[[oauth.Denied], None] | None = None
) -> oauth.Tokens:  # fmt: skip
    """The tokens that the service gives for a form; Conflict when it gives none."""
    url, private = sign_in_services.place(row).token_url, sign_in_services.private(row.kind)
    db.session.rollback()
    try:
        answer = reach.post(url, FORM, body, handing_over=_always, allow_private=private)
        return oauth.meaning(answer.text)
    except (reach.Unreached, reach.Unanswered) as error:
        raise Conflict("The sign-in service does not answer: {error}", error=str(error)) from error
    except oauth.Denied as error:
        if error.ended and ended is not None:
            ended(error)
            raise Conflict(
                "The sign-in to this mailbox has ended ({error}); sign in again.", error=str(error)
            ) from error
        raise Conflict("The sign-in service refused us: {error}", error=str(error)) from error


def _always() -> bool:
    return True
