"""To: full of parentheses or colons, 5,000 recipients: read, addresses as well as they go."""

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize(
    "value", ["(" * 400_000, ":" * 2000, '"' * 9999, "<" * 9999, "a@" * 9999, "\\" * 9999, ";,<>" * 999]
)
def test_nonsense_in_to_does_no_harm(value):
    assert seen(make(To=value)).reply_text == "Здравствуйте!"


def test_of_5000_recipients_the_first_are_known():
    many = ", ".join(f"person{n}@client.example" for n in range(5000))
    mail = seen(make(To=many))
    assert mail.to[0].address == "person0@client.example"
    assert len(mail.to) > 200
