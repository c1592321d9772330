"""What is logged is one escaped line, and holds neither what a customer wrote nor a secret."""

import json

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.services.database import db

CANARY = "canary-7f3a"


def test_an_error_says_where_it_came_from_but_not_with_what(app, capsys):
    def read(mail):
        return int(mail)

    try:
        read(f"Dear {CANARY}")
    except ValueError as error:
        structlog.get_logger().error("broke", error=type(error).__name__, exc_info=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert CANARY not in line
    assert json.loads(line)["trace"][-1].endswith(" read")


def test_line_breaks_and_terminal_codes_are_escaped(app, capsys):
    structlog.get_logger().warning("refused", login="x\r\n2026 [info] fine\x1b[2J")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert json.loads(line)["login"].startswith("x\r\n")


def test_what_a_failed_statement_was_given_stays_out_of_its_error(app):
    with pytest.raises(SQLAlchemyError) as failure:
        db.session.execute(text("INSERT INTO nothing VALUES (:mail)"), {"mail": CANARY})
    assert CANARY not in str(failure.value)
