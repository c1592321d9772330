"""An archive that changes while it is imported: somebody reads their mail meanwhile."""

import pytest
from sqlalchemy import func, select

from helpdesk.services import importing
from helpdesk.services.database import db
from helpdesk.tickets.models import Message
from tests.archives import bring_in, old
from tests.making import make_mailbox, make_team


@pytest.fixture
def support(app):
    return make_mailbox(make_team())


@pytest.fixture
def maildir(tmp_path, monkeypatch):
    """A Maildir with mails that nobody has read yet."""
    monkeypatch.setattr(importing, "BATCH", 1)
    for inner in ("cur", "new"):
        (tmp_path / inner).mkdir()
    (tmp_path / "new" / "1600000000.1.host").write_bytes(old(1))
    (tmp_path / "new" / "1600000001.2.host").write_bytes(old(2))
    return tmp_path


def import_while_it_is_read(support, maildir):
    """Import it; after it was counted, and before it is filed, one moves as it does when it is read."""
    with importing.archive("maildir", [maildir]) as (archive, counting):
        list(counting)
        (maildir / "new" / "1600000000.1.host").rename(maildir / "cur" / "1600000000.1.host:2,S")
        return list(importing.import_(archive, importing.Order(support.id)))[-1]


def test_what_has_moved_is_left_out_with_its_place_and_the_reason(support, maildir):
    done = import_while_it_is_read(support, maildir)
    ((place, state, reason),) = done.rejects
    assert (done.filed, done.gone, place, state) == (1, 1, "INBOX/1600000000.1.host", "left out")
    assert reason.startswith("cannot be read: ")


def test_the_next_call_finds_what_had_moved(support, maildir):
    import_while_it_is_read(support, maildir)
    bring_in(support, maildir, kind="maildir")
    assert db.session.scalar(select(func.count()).select_from(Message)) == 2
