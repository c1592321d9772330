"""A browser without a browser: a client that is signed in as somebody."""

from contextvars import Context

import pytest
from flask import has_app_context
from flask.testing import FlaskClient

from helpdesk import web
from helpdesk.services import sign_in
from helpdesk.services.database import db


class Client(FlaskClient):
    """Each request stands alone, as on a server, though the test around it has the application's context."""

    def open(self, *args, **kwargs):
        if not has_app_context():
            return super().open(*args, **kwargs)
        db.session.rollback()
        answer = Context().run(super().open, *args, **kwargs)
        db.session.rollback()
        return answer


@pytest.fixture
def app(app):
    """The application with its doors."""
    web.init_app(app)
    return app


@pytest.fixture
def as_(app):
    """A test client signed in as a person; forms need no token here."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Client

    def signed_in(person):
        client = app.test_client()
        address = sign_in.issue_link(person).removeprefix(app.config["HELPDESK"].base_url)
        assert client.post(address).status_code == 302
        return client

    return signed_in
