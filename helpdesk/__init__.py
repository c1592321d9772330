"""A multichannel helpdesk with deadlines."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from helpdesk.config import Config


def create_app(config: "Config") -> "Flask":
    """The web application, made of its parts; nothing happens at import."""
    from helpdesk import web

    app = make_app(config)
    web.init_app(app)
    return app


def make_app(config: "Config") -> "Flask":
    """The application without its doors: what workers and the command line stand in."""
    from flask import Flask

    from helpdesk import logs
    from helpdesk.services import bell, database

    logs.configure()
    app = Flask("helpdesk", root_path=str(_root()), template_folder="templates", static_folder="static")
    app.config.update(HELPDESK=config, SECRET_KEY=config.secret_key)
    database.init_app(app, config.database_url)
    bell.init_app(app, config.redis_url)
    return app


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
