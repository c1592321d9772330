"""Signing in: passwords by argon2, sessions that end on the server, one-time links, throttled guesses."""

import hashlib
import secrets
from datetime import timedelta

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.people.models import Person, SignIn, SignInLink
from helpdesk.people.roles import Role
from helpdesk.services import browsers, guesses
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings, transaction

LINK_LIVES = timedelta(hours=24)
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
NAP = timedelta(minutes=5)  # a session is written to at most that often
SIGNED_IN = (
    select(SignIn, Person)
    .join(Person, Person.id == SignIn.person_id)
    .where(SignIn.token_hash == bindparam("token_hash"))
    .options(joinedload(Person.memberships))
)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1000
log = structlog.get_logger()

hasher = PasswordHasher()
# The hash of something nobody knows: it is checked for unknown logins, so that they take as long as known ones. Making
# one at import would cost every process half a second.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bzMHwobTO1cepLQLDwAbJQ$9OdcBwL1LMV7+j75nmQmP+w1cFp7hq4WV/Ra5so6nQ4"


def sign_in(login: str, password: str, *, address: str, browser: str = "") -> str:
    """The token of a new session for the right password; *browser* is what browsers.remembered gave it to keep.

    Raises NotAllowed for a wrong one, Throttled after ten wrong guesses at a login or fifty from an address in a
    quarter of an hour; the count falls by itself, so nobody is locked out for good.
    """
    login = login.strip().casefold()[:200]
    guess = guesses.begin(login, address, browsers.known(browser, login))
    person = db.session.scalar(select(Person).where(Person.login == login, Person.active, Person.role.is_not(None)))
    if not _right(person, password) or person is None:
        raise NotAllowed("The login or the password is wrong. Try again, or ask an administrator for a sign-in link.")
    with transaction():
        guesses.was_right(guess, login)
        return _begin(person.id)


def _right(person: Person | None, password: str) -> bool:
    stored = person.password_hash if person is not None and person.password_hash else NOBODY
    try:
        return hasher.verify(stored, password[:LONGEST_PASSWORD]) and stored != NOBODY
    except VerificationError:
        return False


def _begin(person_id: int, **facts: int) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(SignIn(token_hash=_hash(token), person_id=person_id, started_at=now(), seen_at=now(), facts=facts))
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_link(person: Person) -> str:
    """The address of a page that signs *person* in, once, within a day."""
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.add(SignInLink(token_hash=_hash(token), person_id=person.id, expires_at=now() + LINK_LIVES))
    return f"{settings().base_url}/sign-in/link/{token}"


def redeem(token: str) -> str:
    """The token of a new session for a link that was not used yet."""
    with transaction():
        use = update(SignInLink).where(
            SignInLink.token_hash == _hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now()
        )
        person_id = db.session.scalar(use.values(used_at=now()).returning(SignInLink.person_id))
        if person_id is None or not db.session.get_one(Person, person_id).active:
            raise NotAllowed("This link was used already or is too old. Ask an administrator for a new one.")
        return _begin(person_id)


def person_of(token: str) -> Person | None:
    """Who is signed in with this token; None when the session ended, slept too long, or the person may no longer.

    Every few minutes it is written down that the session is in use.
    """
    found = db.session.execute(SIGNED_IN, {"token_hash": _hash(token)}).unique().first()
    if found is None:
        return None
    session, person = found
    alive = session.ended_at is None and now() < min(session.seen_at + IDLE, session.started_at + LONGEST)
    if not (alive and person.active and person.staff):
        return None
    if session.seen_at < now() - NAP:
        _seen(session.id)
    return person


def _seen(session_id: int) -> None:
    with transaction():
        slept = update(SignIn).where(SignIn.id == session_id, SignIn.seen_at < now() - NAP)
        db.session.execute(slept.values(seen_at=now()), execution_options={"synchronize_session": False})


def wearer(token: str) -> Person | None:
    """The administrator who is signed in with this token, also under the hat of somebody of the demo."""
    session = db.session.scalar(select(SignIn).where(SignIn.token_hash == _hash(token), SignIn.ended_at.is_(None)))
    if session is None:
        return None
    person = db.session.get_one(Person, session.facts.get("hat_of", session.person_id))
    return person if person.active and person.role == Role.ADMINISTRATOR else None


def hats(token: str) -> list[Person]:
    """As whom an administrator may look at the demo: themselves, and one of its people for each role."""
    own = wearer(token)
    if own is None:
        return []
    demo = select(Person).where(Person.demo, Person.active, Person.role.is_not(None)).order_by(Person.id)
    by_role = {person.role: person for person in reversed(db.session.scalars(demo).all())}
    return [by_role[role] for role in Role if role in by_role] + [own]


def wear(token: str, person_id: int) -> str:
    """The token of a new session under another hat; the one before ends. Raises NotAllowed for any other person."""
    with transaction():
        own = wearer(token)
        if own is None or person_id not in [hat.id for hat in hats(token)]:
            raise NotAllowed("Only an administrator looks at the demo as one of its people.")
        sign_out_of = update(SignIn).where(SignIn.token_hash == _hash(token))
        db.session.execute(sign_out_of.values(ended_at=now()))
        return _begin(person_id) if person_id == own.id else _begin(person_id, hat_of=own.id)


def sign_out(token: str) -> None:
    """End the session here, and so everywhere."""
    with transaction():
        db.session.execute(update(SignIn).where(SignIn.token_hash == _hash(token)).values(ended_at=now()))


def set_password(person: Person, password: str, *, stay: str = "") -> None:
    """Give somebody a password; all their sessions end, but that of the token *stay*."""
    if len(password) < SHORTEST_PASSWORD:
        raise Conflict("The password is too short; use at least {shortest} characters.", shortest=SHORTEST_PASSWORD)
    with transaction():
        db.session.get_one(Person, person.id).password_hash = hasher.hash(password[:LONGEST_PASSWORD])
        _end_all(person.id, stay)
    log.info("password.set", person=person.id)


def change_password(person: Person, *, before: str, after: str, token: str, address: str) -> None:
    """Change one's own password, knowing the one before if there is one; one's other sessions end."""
    if person.password_hash:
        guess = guesses.begin(person.login or "", address)
        if not _right(person, before):
            raise NotAllowed(
                "The password you have now is another one. Type it again, or ask an administrator for help."
            )
        with transaction():
            guesses.was_right(guess, person.login or "")
    set_password(person, after, stay=token)


def learn_language(person: Person, language: str) -> None:
    """Remember the language of somebody who has never chosen one."""
    if not person.locale:
        with transaction():
            db.session.get_one(Person, person.id).locale = language


def end_sessions(person_id: int) -> None:
    """Sign somebody out everywhere."""
    with transaction():
        _end_all(person_id)


def _end_all(person_id: int, stay: str = "") -> None:
    open_ones = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    db.session.execute(open_ones.where(SignIn.token_hash != _hash(stay)).values(ended_at=now()))
