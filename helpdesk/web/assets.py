"""Bootstrap and htmx out of their wheels, addresses that change with the content, the visitor's theme and language."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, send_file
from flask.typing import ResponseReturnValue

YEAR = 365 * 24 * 3600
LANGUAGES = ("ru", "en")
THEMES = ("light", "dark")
CHOICES = {"lang": LANGUAGES, "theme": THEMES}
BOOTSTRAP = Path(str(files("flask_bootstrap"))) / "static" / "bootstrap5"
FILES = {
    "bootstrap_css": BOOTSTRAP / "css" / "bootstrap.min.css",
    "bootstrap_js": BOOTSTRAP / "js" / "bootstrap.min.js",
    "htmx": Path(str(files("js_lib_htmx"))) / "static" / "htmx" / "htmx.min.js",
}

FILES_BY_ENDPOINT = {f"assets.{name}": path for name, path in FILES.items()}

blueprint = Blueprint("assets", __name__, url_prefix="/assets")


def _server(name: str) -> Callable[[], ResponseReturnValue]:
    def serve() -> ResponseReturnValue:
        return send_file(FILES[name])

    return serve


for _name, _path in FILES.items():
    blueprint.add_url_rule(f"/{_path.name}", endpoint=_name, view_func=_server(_name))


@blueprint.app_url_defaults
def stamp(endpoint: str, values: dict[str, Any]) -> None:
    """Put the content's hash into the address of every file we serve."""
    if endpoint == "static" or endpoint in FILES_BY_ENDPOINT:
        digest = _digest(endpoint, values.get("filename", ""), current_app.static_folder or "")
        if digest:
            values["v"] = digest


@blueprint.after_app_request
def keep(response: Response) -> Response:
    """A file asked for by its hash never changes: browsers may keep it for a year."""
    ours = request.endpoint == "static" or request.blueprint == blueprint.name
    if ours and "v" in request.args and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@blueprint.after_app_request
def remember(response: Response) -> Response:
    """`?lang=en` and `?theme=dark` on any page hold from then on."""
    for name, known in CHOICES.items():
        if request.args.get(name) in known:
            response.set_cookie(name, request.args[name], max_age=YEAR, samesite="Lax", secure=request.is_secure)
    return response


@blueprint.app_context_processor
def look() -> dict[str, Any]:
    return {"theme": theme(), "languages": LANGUAGES, "here_with": here_with}


def theme() -> str:
    return _choice("theme") or ""


def chosen_language() -> str | None:
    """What was chosen in this browser."""
    return _choice("lang")


def forget_language(response: Response) -> Response:
    """Let the person's own language hold in this browser, too."""
    response.delete_cookie("lang", samesite="Lax", secure=request.is_secure)
    return response


def language() -> str:
    """What was chosen, or what the browser asks for."""
    return _choice("lang") or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def here_with(**changes: str) -> str:
    """The address of this page with *changes* in its query."""
    return f"{request.path}?{urlencode({**request.args.to_dict(), **changes})}"


def _choice(name: str) -> str | None:
    wanted = request.args.get(name) or request.cookies.get(name)
    return wanted if wanted in CHOICES[name] else None


@lru_cache(maxsize=256)
def _digest(endpoint: str, filename: str, static: str) -> str:
    """Read once: files change with the program, and it is started anew then."""
    path = FILES_BY_ENDPOINT.get(endpoint) or Path(static) / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""
