"""What every process of the product does first and last."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from helpdesk import make_app
from helpdesk.collector import settle
from helpdesk.config import BadSetting, from_environment


@contextmanager
def product() -> Iterator[Flask]:
    """The product by its settings, in its context; a bad setting is one line and exit 1."""
    try:
        config = from_environment(os.environ)
    except BadSetting as error:
        sys.exit(str(error))
    app = make_app(config)
    settle()
    with app.app_context():
        yield app


def ready() -> None:
    """Tell the supervisor that work begins."""
    print("ready", flush=True)
