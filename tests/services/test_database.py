"""The session between two transactions."""

from sqlalchemy import text

from helpdesk.services.database import db, end_reading
from helpdesk.services.store import transaction
from tests.making import make_team


def rename(team_id, name):
    """What another process does meanwhile."""
    with db.engine.connect() as connection:
        connection.execution_options(writes=True).execute(
            text("UPDATE team SET name = :name WHERE id = :id"), {"name": name, "id": team_id}
        )
        connection.commit()


def test_what_was_read_before_is_read_anew(app):
    team = make_team("Coupons")
    db.session.refresh(team)
    rename(team.id, "Refunds")
    end_reading()
    assert team.name == "Refunds"


def test_a_connection_that_was_lost_is_replaced(app):
    team = make_team("Coupons")
    end_reading()
    assert db.session.scalar(text("SELECT 1")) == 1
    if db.engine.dialect.name == "postgresql":  # SQLite is a file, there is nothing to lose
        db.session.connection().connection.driver_connection.close()
    end_reading()
    assert team.name == "Coupons"


def test_what_was_changed_and_never_kept_is_gone(app):
    team = make_team("Coupons")
    team.name = "Refunds"
    end_reading()
    assert team.name == "Coupons"


def test_a_transaction_sees_what_others_wrote_since(app):
    team = make_team("Coupons")
    db.session.refresh(team)
    rename(team.id, "Refunds")
    with transaction():
        assert team.name == "Refunds"
