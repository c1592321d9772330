"""What lies in a mailbox is understood the same, whether the server answers plainly or not."""

from helpdesk.channels.mail import imap

PLAIN = [
    b'1 (UID 7 RFC822.SIZE 4321 INTERNALDATE "26-Nov-2026 10:00:00 +0500")',
    b'2 (UID 9 RFC822.SIZE 1 INTERNALDATE " 1-Dec-2026 10:00:00 +0000")',
]
ODD = [b'2 (FLAGS (\\Seen) INTERNALDATE "26-Nov-2026 10:00:00 +0500" RFC822.SIZE 5 UID 8)', b"3 (UID 9 FLAGS ())"]


def test_plain_answers_are_read_as_all_answers_are():
    assert imap._plain(PLAIN) == imap._parsed(PLAIN)
    assert [mail.uid for mail in imap._plain(PLAIN)] == [7, 9]


def test_one_answer_that_is_not_plain_has_all_of_them_parsed():
    assert imap._plain([*PLAIN, *ODD]) == []
    assert [(mail.uid, mail.size) for mail in imap._parsed([*PLAIN, *ODD])] == [(7, 4321), (9, 1), (8, 5)]
