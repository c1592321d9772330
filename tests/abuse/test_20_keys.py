"""Same Message-ID and another body, no Message-ID twice: different mails. The same raw mail twice: one."""

from tests.channels.mail.mails import make, seen


def test_another_body_under_the_same_message_id_is_another_mail():
    first, second = seen(make("Раз")), seen(make("Два"))
    assert first.message_id == second.message_id
    assert first.key != second.key


def test_the_same_raw_mail_is_the_same():
    assert seen(make()).key == seen(make()).key


def test_without_message_id_the_body_tells_mails_apart():
    assert seen(make("Раз", Message_ID=None)).key != seen(make("Два", Message_ID=None)).key
