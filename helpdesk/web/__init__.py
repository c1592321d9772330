"""Doors for people and programs: each parses, calls one service, answers."""

from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask.wrappers import Response
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import IntegerConverter

from helpdesk.services import instant
from helpdesk.services.database import end_reading
from helpdesk.services.store import settings
from helpdesk.web import (
    access,
    addresses,
    assets,
    context,
    errors,
    format,
    hub,
    icons,
    kept,
    keys,
    prose,
    session,
    shared,
    troubles,
)

DOORS = (
    "doors", "hooks", "desk", "saving", "selection", "opening", "ticket", "drafts", "presence", "following", "acts",
    "trust", "undo", "scheduled", "snoozing", "customer_notes", "macros", "merging", "forwards", "redacting", "linking", "shift",
    "breaks", "my_shifts", "live", "calls", "board", "lookup", "explain", "intake", "profile", "help", "demo",
    "admin", "admin_reasons", "giving", "admin_shifts", "admin_macros", "admin_triggers", "admin_patterns",
    "roster_files", "forwarding", "admin_channels", "admin_mailboxes", "mailbox_sign_in", "admin_sign_in",
    "admin_sending", "admin_rules", "admin_policies", "simulations",
)  # fmt: skip
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; media-src 'self'"
)


def init_app(app: Flask) -> None:
    """Hang all doors, with the look, the language, the session and the guard of each."""
    secure = app.config["HELPDESK"].secure_cookies
    app.config.update(
        MAX_CONTENT_LENGTH=30 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="__Host-helpdesk" if secure else "helpdesk",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_TRANSLATION_DIRECTORIES="helpdesk/translations",
    )
    csrf = CSRFProtect(app)
    LoginManager(app).user_loader(session.load)
    app.url_map.converters["int"] = RowNumber
    app.url_map.merge_slashes = False
    _register(app, csrf)
    app.jinja_env.bytecode_cache = _compiled(app.config["HELPDESK"].templates)
    addresses.init_app(app)
    icons.init_app(app)
    context.speak(app)
    keys.init_app(app)
    format.install(app.jinja_env, _moment)
    kept.install(app.jinja_env, _moment)
    shared.init_app(app)
    hub.init_app(app)
    app.jinja_env.filters.update(trouble=troubles.trouble, prose=prose.prose)
    context.init_app(app)
    errors.init_app(app)
    app.after_request(_harden)
    app.after_request(_done)
    access.init_app(app)


class RowNumber(IntegerConverter):
    """A number in an address that a row may have; a larger one is no address of ours."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **{"max": 2**62, **more})


def _compiled(folder: Path) -> FileSystemBytecodeCache:
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


def _register(app: Flask, csrf: CSRFProtect) -> None:
    app.register_blueprint(assets.blueprint)
    for door in DOORS:
        module = import_module(f"helpdesk.web.{door}")
        app.register_blueprint(module.bp)
        if door == "hooks":
            csrf.exempt(module.bp)


def _moment() -> format.Moment:
    """When, where and in which language this page is read; worked out once a page."""
    moment: format.Moment | None = g.get("moment")
    if moment is None:
        moment = g.moment = format.Moment(instant.now(), zone(), context.language())
    return moment


def zone() -> ZoneInfo:
    """The reader's time zone: their own, else the product's."""
    own = current_user.person.time_zone if current_user.is_authenticated else None
    return ZoneInfo(own or settings().time_zone)


def _done(response: Response) -> Response:
    end_reading()
    return response


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint not in ("static", *assets.FILES_BY_ENDPOINT):
        response.headers.setdefault("Cache-Control", "no-store")
    if settings().secure_cookies:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
