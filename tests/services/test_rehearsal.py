"""What an import would do is said beforehand, and nothing is written for it."""

import pytest

from helpdesk.services import ledger
from tests.archives import mbox, old, rehearse
from tests.making import make_mailbox, make_team


@pytest.fixture
def support(app):
    return make_mailbox(make_team())


def test_a_large_mail_is_not_written_into_the_blob_store(support, config, tmp_path):
    done = rehearse(support, mbox(tmp_path / "old.mbox", old(1, text="word " * ledger.INLINE)))
    assert done.filed == 1
    assert [path for path in config.blobs.rglob("*") if path.is_file()] == []
