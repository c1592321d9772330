"""The front door: signing in and out, the start page, and a sign of life."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from marshmallow import Schema, fields, validate

from helpdesk.errors import NotAllowed
from helpdesk.services import sign_in as signing
from helpdesk.services.guesses import Throttled
from helpdesk.web import session
from helpdesk.web.errors import told

bp = Blueprint("doors", __name__)


class SignInForm(Schema):
    """What the sign-in page sends."""

    login = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 1000))
    next = fields.String(load_default="")
    csrf_token = fields.String(load_only=True)


@bp.get("/")
def home() -> ResponseReturnValue:
    """Everybody's day begins at their queue."""
    return redirect(url_for("desk.queue"))


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The page with login and password."""
    if current_user.is_authenticated:
        return redirect(url_for("doors.home"))
    return render_template("doors/sign_in.html", next=local(request.args.get("next", "")))


@bp.post("/sign-in")
def sign_in_now() -> ResponseReturnValue:
    """Sign in with a password."""
    wanted = SignInForm().load(request.form)
    try:
        token = signing.sign_in(
            wanted["login"], wanted["password"], address=request.remote_addr or "", browser=session.browser()
        )
    except NotAllowed as refusal:
        status = 429 if isinstance(refusal, Throttled) else 403
        page = render_template(
            "doors/sign_in.html", next=local(wanted["next"]), error=told(refusal), login=wanted["login"]
        )
        return page, status
    session.begin(token)
    return redirect(local(wanted["next"]) or url_for("doors.home"))


@bp.get("/sign-in/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """Ask for a click before the link is used up: mail scanners open links too."""
    return render_template("doors/link.html", token=token)


@bp.post("/sign-in/link/<token>")
def redeem(token: str) -> ResponseReturnValue:
    """Sign in with a one-time link."""
    session.begin(signing.redeem(token))
    session.offer_password()
    return redirect(url_for("doors.home"))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session on the server."""
    session.end(current_user.id)
    return redirect(url_for("doors.sign_in"))


@bp.get("/healthz")
def health() -> ResponseReturnValue:
    """Whether this process answers."""
    return {"status": "ok"}


def local(target: str) -> str:
    """*target* when it is a path of ours, else nothing."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain and not parts.scheme and not parts.netloc else ""
