"""The web server: Granian with one process, whose threads are enough for three hundred open pages."""

import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from helpdesk import create_app
from helpdesk.collector import settle
from helpdesk.config import Config
from helpdesk.supervise import die_with

THREADS = 400


def serve(config: Config) -> None:
    """Serve pages until told to stop. All is imported before Granian forks, so that a new process is there at once."""
    from helpdesk import web  # noqa: F401

    server = Server(
        "helpdesk",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.0,
        workers_kill_timeout=3,
        log_level=LogLevels.error,
    )
    main = os.getpid()

    def load(_target: str) -> Callable[..., Any]:
        die_with(main)
        app = create_app(config)
        _compile(app)
        settle()
        print("ready", flush=True)
        return app

    server.serve(target_loader=load)


def _compile(app: Flask) -> None:
    """What every page is made of, before the first is asked for."""
    app.jinja_env.get_template("ui/all.html").make_module()
    for name in ("base.html", "doors/sign_in.html"):
        app.jinja_env.get_template(name)
