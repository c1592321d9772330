"""What an import would do is said beforehand, and nothing is written for it."""

import pytest

from helpdesk.services import ledger
from tests.archives import bring_in, mbox, old, rehearse
from tests.making import make_mailbox, make_team


@pytest.fixture
def support(app):
    return make_mailbox(make_team())


def test_a_large_mail_is_not_written_into_the_blob_store(support, config, tmp_path):
    done = rehearse(support, mbox(tmp_path / "old.mbox", old(1, text="word " * ledger.INLINE)))
    assert done.filed == 1
    assert [path for path in config.blobs.rglob("*") if path.is_file()] == []


def test_an_automatic_mail_of_a_talk_that_is_here_already_would_be_filed(support, tmp_path):
    bring_in(support, mbox(tmp_path / "a", old(1)))
    both = mbox(tmp_path / "b", old(1), old(2, answers=[1], Auto_Submitted="auto-replied"))
    done = rehearse(support, both)
    assert (done.there, done.filed, done.refused, len(done.tickets)) == (1, 1, {}, 1)


def test_a_mail_of_ours_to_nobody_else_would_be_refused(support, tmp_path):
    done = rehearse(support, mbox(tmp_path / "old.mbox", old(1, support.address, support.address)))
    assert (done.filed, done.refused) == (0, {"own": 1})
