"""A browser without a browser: a client that is signed in as somebody."""

import pytest

from helpdesk.services import sign_in


@pytest.fixture
def as_(app):
    """A test client signed in as a person; forms need no token here."""
    app.config["WTF_CSRF_ENABLED"] = False

    def signed_in(person):
        client = app.test_client()
        address = sign_in.issue_link(person).removeprefix(app.config["HELPDESK"].base_url)
        assert client.post(address).status_code == 302
        return client

    return signed_in
