"""The signed-in person of a request: the cookie carries a token, the server keeps the session."""

from flask import session
from flask_login import UserMixin, login_user, logout_user

from helpdesk.people.models import Person
from helpdesk.services import sign_in
from helpdesk.web import assets

OFFER = "offer_password"  # in the cookie while a password is offered


class Visitor(UserMixin):
    """Who is signed in, as Flask-Login wants it: known by the session's token, so that each sign-in is its own."""

    def __init__(self, token: str, person: Person) -> None:
        self.id = token
        self.person = person


def load(token: str) -> Visitor | None:
    """The visitor of a token, None when their session has ended."""
    person = sign_in.person_of(token)
    return Visitor(token, person) if person is not None else None


def begin(token: str) -> None:
    """Let this browser be known by a fresh session; nothing of the one before is kept."""
    session.clear()
    visitor = load(token)
    if visitor is not None:
        login_user(visitor)
        sign_in.learn_language(visitor.person, assets.language())


def offer_password() -> None:
    """Offer a password to who came in by a link and has none, until they say no."""
    session[OFFER] = True


def offers_password(person: Person) -> bool:
    """Whether a password is still offered."""
    return OFFER in session and not person.password_hash


def no_password() -> None:
    """Offer it no more."""
    session.pop(OFFER, None)


def end(token: str) -> None:
    """End the session on the server and in the browser."""
    sign_in.sign_out(token)
    logout_user()
    session.clear()
