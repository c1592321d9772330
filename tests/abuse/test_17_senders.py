"""Two From fields, a list, a name that is an address, <>, groups, none: one answer, the real address, no crash."""

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ('"ceo@corp.example" <x@evil.example>', "ceo@corp.example", "x@evil.example"),
        ("first@client.example, second@client.example", "", "first@client.example"),
        ("Group: a@client.example, b@client.example;", "", "a@client.example"),
        ("Анна <>", None, None),
        ("<>", None, None),
        ("undisclosed:;", None, None),
    ],
)
def test_the_real_address_is_shown(value, name, address):
    sender = seen(make(From=value)).sender
    assert (sender and sender.name, sender and sender.address) == (name, address)


def test_of_two_from_fields_the_first_counts():
    raw = b"From: first@client.example\n" + make(From="second@client.example")
    assert seen(raw).sender.address == "first@client.example"


def test_sender_and_return_path_never_replace_from():
    mail = seen(make(Sender="x@evil.example", Return_Path="<y@evil.example>"))
    assert mail.sender.address == "aigul@client.example"


def test_a_mail_without_from_is_read_and_not_answered():
    mail = seen(make(From=None))
    assert (mail.sender, mail.may_answer) == (None, False)
