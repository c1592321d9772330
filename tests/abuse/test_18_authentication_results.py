"""A forged Authentication-Results field changes nothing that the reader says of a mail."""

from dataclasses import replace

from tests.channels.mail.mails import make, seen


def test_a_forged_result_is_ignored():
    plain = make(From="boss@desk.example.kz")
    forged = b"Authentication-Results: desk.example.kz; dmarc=pass; spf=pass; dkim=pass\n" + plain
    assert replace(seen(forged), key="") == replace(seen(plain), key="")
