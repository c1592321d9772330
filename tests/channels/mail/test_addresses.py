import pytest

from helpdesk.channels.mail.addresses import parse


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("Анна <a@b.example>", [("Анна", "a@b.example")]),
        ('"Ким, Анна" <a@b.example>, c@d.example', [("Ким, Анна", "a@b.example"), ("", "c@d.example")]),
        ("=?utf-8?B?0JDQvdC90LA=?= <a@b.example>", [("Анна", "a@b.example")]),
        ('"=?utf-8?B?0JDQvdC90LA=?=" <a@b.example>', [("Анна", "a@b.example")]),
        ("=?utf-8?Q?Kim,_Anna?= <a@b.example>", [("Kim, Anna", "a@b.example")]),
        ("=?utf-8?Q?Anna_<a@b.example>?=", [("Anna", "a@b.example")]),
        ("a@b.example (Anna Kim)", [("Anna Kim", "a@b.example")]),
        ("Everybody: a@b.example, c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ('"ceo@corp.example" <x@evil.example>', [("ceo@corp.example", "x@evil.example")]),
        ("<>, b@c.example", [("", "b@c.example")]),
        ("<mailto:a@b.example>", [("", "a@b.example")]),
        ("<@relay.example:a@b.example>", [("", "a@b.example")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("", []),
    ],
)
def test_address_lists(value, people):
    assert [(person.name, person.address) for person in parse(value)] == people
