"""Runs the migrations on the connection it is handed, or on that of the running app."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from helpdesk.orm import Base


def run(connection: Connection) -> None:
    """Migrate on this connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with current_app.extensions["sqlalchemy"].engine.connect() as opened:
        run(opened)
        opened.commit()
