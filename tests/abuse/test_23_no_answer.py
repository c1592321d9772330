"""Whatever marks a machine forbids an automatic answer; `Auto-Submitted: no` is a human."""

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-generated"),
        ("Auto-Submitted", "auto-notified"),
        ("Precedence", "bulk"),
        ("Precedence", "list"),
        ("Precedence", "junk"),
        ("Precedence", "auto_reply"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Autoreply", "yes"),
        ("List-Id", "<l.example>"),
        ("Return-Path", "<>"),
        ("Content-Type", "multipart/report; boundary=b"),
        ("From", "MAILER-DAEMON@client.example"),
    ],
)
def test_a_machine_gets_no_answer(name, value):
    assert not seen(make(**{name: value})).may_answer


def test_a_second_field_of_the_same_name_counts_as_well():
    assert not seen(b"Precedence: first-class\nPrecedence: bulk\n" + make()).may_answer


def test_a_human_who_says_so_is_answered():
    assert seen(make(Auto_Submitted="no")).may_answer
