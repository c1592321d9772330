"""Addresses of pages, each built once: a page has a hundred of them, and their parts are matched and quoted one by one."""

from functools import lru_cache
from typing import Any

import flask
from flask import Flask, request


def init_app(app: Flask) -> None:
    """Let templates have them, too."""
    app.jinja_env.globals["url_for"] = url_for


def url_for(endpoint: str, **parts: Any) -> str:
    """The address of a whole endpoint's name on this host, as Flask's own function gives it."""
    return _built(request.root_path, endpoint, tuple(parts.items()))


@lru_cache(maxsize=10_000)
def _built(_root: str, endpoint: str, parts: tuple[tuple[str, Any], ...]) -> str:
    return flask.url_for(endpoint, **dict(parts))
