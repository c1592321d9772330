"""A page of Flask with nothing behind it, on the server that the product uses: `python -m bench.bare_page PORT`."""

import os
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from helpdesk.cli.server import THREADS
from helpdesk.supervise import die_with

MAIN = os.getpid()


def page(_target: str) -> Callable[..., Any]:
    """The application, ready to answer."""
    die_with(MAIN)
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>Bare</title><p>Bare</p>")
    print("ready", flush=True)
    return app


if __name__ == "__main__":
    Server(
        "bare", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI, workers=1,
        blocking_threads=THREADS, backpressure=THREADS, log_level=LogLevels.error,
    ).serve(target_loader=page)  # fmt: skip
