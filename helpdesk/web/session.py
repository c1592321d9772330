"""The signed-in person of a request: the cookie carries a token, the server keeps the session."""

from flask import after_this_request, request, session
from flask.wrappers import Response
from flask_login import UserMixin, current_user, login_user, logout_user

from helpdesk.people.models import Person
from helpdesk.services import browsers, sign_in
from helpdesk.services.store import settings
from helpdesk.web import assets

OFFER = "offer_password"  # in the cookie while a password is offered
BROWSER = "browser"  # the cookie by which a browser is known when nobody is signed in
YEAR = 365 * 24 * 3600


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
    """Let this browser be known by a fresh session; the one before ends."""
    if current_user.is_authenticated:
        sign_in.sign_out(current_user.id)
    session.clear()
    visitor = load(token)
    if visitor is not None:
        login_user(visitor)
        sign_in.learn_language(visitor.person, assets.language())
        _remember(visitor.person)


def browser() -> str:
    """What this browser was given to keep when somebody signed in."""
    return request.cookies.get(BROWSER, "")


def _remember(person: Person) -> None:
    kept = browsers.remembered(person.login or "")

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            BROWSER, kept, max_age=YEAR, path="/sign-in", secure=settings().secure_cookies, httponly=True,
            samesite="Lax",
        )  # fmt: skip
        return response


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
