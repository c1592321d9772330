"""The policies can be asked which of them a ticket gets, and say whose tickets they take."""

import re
from html import unescape

import pytest

from helpdesk.errors import NotAllowed
from helpdesk.services import desk, trying
from helpdesk.services.store import transaction
from tests.making import make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def root(team):
    return make_staff("administrator", [team])


@pytest.fixture
def client(as_, root):
    return as_(root)


@pytest.fixture
def ticket(team, root):
    """One that came while there was only the policy "Wide"."""
    make_policy(name="Wide", position=900)
    customer = make_staff(None, name="Marat", login=None)
    with transaction():
        customer.tags = ["VIP"]
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=root)


def asked(client, number, language="en"):
    """What the page says, without markup."""
    page = client.get(f"/admin/policies?ticket={number}&lang={language}")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page.text, flags=re.DOTALL)))


def policies(**named):
    for place, (name, when) in enumerate(named.items(), 1):
        make_policy(name=name, position=place, when=when)


def test_a_ticket_has_its_policy_and_what_it_would_get_today_is_said_with_what_stands_against_the_others(
    client, ticket
):
    policies(Refunds={"team": ["Refunds", "Returns"], "priority": ["high"]}, Tagged={"tag": ["VIP"]})
    page = asked(client, ticket.number)
    assert "#1 has «Wide», version 1." in page
    assert "Refunds version 1 team: wants Refunds, Returns, the ticket has Coupons" in page
    assert "priority: wants High, the ticket has Normal" in page
    assert "Tagged version 1 fits, and holds" in page
    assert "Wide version 1 fits, but comes too late" in page


def test_what_a_ticket_has_nothing_of_is_said_so_in_both_languages(client, ticket):
    policies(Late={"reason": ["late"], "tag": ["staff"]})
    assert "reason: wants late, the ticket has none" in asked(client, 1)
    russian = asked(client, 1, "ru")
    assert "У заявки №1 — «Wide», версия 1." in russian
    assert "тематика: нужно «late», у заявки нет" in russian
    assert "подходит и действует" in russian


def test_a_ticket_that_nothing_fits_has_no_deadlines(client, ticket):
    with transaction():
        ticket.policy_version_id = None
    policies(Other={"channel": ["telegram"]})
    client.post("/admin/policies/1/active", data={"active": "0"})
    page = asked(client, 1)
    assert "#1 has no policy." in page
    assert "channel: wants Telegram, the ticket has By hand" in page
    assert "None fits: a new ticket like it would have no deadlines." in page
    assert "Wide version" not in page


@pytest.mark.parametrize("typed", ["%231", "№ 1", " 1"])
def test_a_number_is_read_as_people_write_it(client, ticket, typed):
    assert "#1 has «Wide»" in asked(client, typed)


@pytest.mark.parametrize(
    ("typed", "status", "english", "russian"),
    [("77", 404, "There is no ticket #77, or it belongs to another team.", "Заявки №77 нет, или она у другой команды."),
     ("the last", 422, "Write a ticket's number.", "Напишите номер заявки."),
     ("9" * 30, 422, "Write a ticket's number.", "Напишите номер заявки.")],
)  # fmt: skip
def test_what_is_no_ticket_is_said_in_a_sentence(client, ticket, typed, status, english, russian):
    assert client.get(f"/admin/policies?ticket={typed}").status_code == status
    assert (english in asked(client, typed), russian in asked(client, typed, "ru")) == (True, True)


def test_a_policy_that_loses_some_of_its_tickets_says_to_which(client, team):
    policies(Coupons={"team": ["Coupons"]}, Mail={"channel": ["mail"]}, Rest={})
    page = asked(client, "")
    assert page.count("above takes some of its tickets") == 1
    assert "Mail «Coupons» above takes some of its tickets" in page
    assert "часть её заявок заберёт «Coupons», она выше" in asked(client, "", "ru")


def test_who_is_never_reached_or_switched_off_takes_nothing(client, team):
    policies(Mail={"channel": ["mail"]}, Both={"channel": ["mail"], "team": ["A"]}, High={"priority": ["high"]})
    client.post("/admin/policies/1/active", data={"active": "0"})
    assert "«Both» above takes some" in asked(client, "")
    client.post("/admin/policies/1/active", data={"active": "1"})
    page = asked(client, "")
    assert "«Mail» above takes some" in page
    assert "«Both» above" not in page


def test_agents_may_not_ask_even_when_the_door_is_passed(ticket):
    with pytest.raises(NotAllowed):
        trying.tried(1, by=make_staff("agent"))


def test_a_supervisor_of_another_team_does_not_find_the_ticket(as_, ticket):
    client = as_(make_staff("supervisor", [make_team("Others")]))
    assert client.get(f"/admin/policies?ticket={ticket.number}").status_code == 404
