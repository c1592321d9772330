"""What most commands stand in: the settings, the database, and one plain sentence when they are not right."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from helpdesk.config import BadSetting, Config, from_environment

if TYPE_CHECKING:
    from flask import Flask


def config() -> Config:
    """The settings; a bad one is a sentence and exit 1."""
    try:
        return from_environment(os.environ)
    except (BadSetting, OSError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def product() -> Iterator["Flask"]:
    """The product without its pages, in its context. Refusals and database trouble are one sentence and exit 1."""
    from sqlalchemy.exc import SQLAlchemyError

    from helpdesk import make_app
    from helpdesk.errors import HelpdeskError

    settings = config()
    try:
        app = make_app(settings)
        with app.app_context():
            yield app
    except HelpdeskError as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database does not do it: {first_line(error)} (helpdesk doctor)") from error


def first_line(error: Exception) -> str:
    """What went wrong, in one line."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def tell(text: str) -> None:
    """A message for people."""
    print(text, file=sys.stderr, flush=True)
