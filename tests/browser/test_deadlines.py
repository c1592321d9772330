"""A supervisor asks what one hour instead of four would have meant, an administrator saves it, and the ticket explains."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.services import desk as service
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, make_policy, make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once

WORDS = {
    "en": {
        "ask": "Count them anew", "late": "1 more would be late, now it is 0.", "moves": "1 deadline moves",
        "recompute": "All that is open counted anew", "save": "Save the draft", "anew": "counted anew from its start",
        "night": "At night", "why": "Why this deadline?",
    },
    "ru": {
        "ask": "Пересчитать", "late": "Просроченных станет больше на 1, сейчас 0.", "moves": "сдвинется 1 срок",
        "recompute": "Пересчитать всё открытое с начала", "save": "Сохранить черновик", "anew": "пересчитаны с начала",
        "night": "Ночью", "why": "Почему такой срок?",
    },
}  # fmt: skip


@pytest.fixture(params=["en", "ru"])
def told(request):
    return {"language": request.param, **WORDS[request.param]}


@pytest.fixture
def team(desk):
    return make_team()


@pytest.fixture
def policy(team):
    """Four hours around the clock."""
    targets = {"first_response": None, "answer": None, "resolution": 4 * 3600}
    return make_policy(targets, name=f"For {team.name}", when={"team": [team.name]})


@pytest.fixture
def tickets(team, policy):
    """One of the day before, solved after two hours, and one of half an hour ago that is open."""
    agent, customer = make_staff(teams=[team]), make_staff(None, login=None, name="Marat")
    wanted = {"subject": "The parcel", "text": "It fails.", "team_id": team.id, "by": agent, "customer": customer}
    numbers = []
    for at in (now() - 26 * HOUR, now() - 30 * MINUTE):
        with pretend(at):
            numbers.append(service.open_ticket(**wanted).number)
    with pretend(now() - 24 * HOUR):
        service.solve(numbers[0], by=agent)
    return numbers


def test_one_hour_instead_of_four_is_asked_about_saved_and_explained(desk, team, policy, tickets, told):
    supervisor, administrator = make_staff("supervisor", [team]), make_staff("administrator", [team])
    page = desk.sign_in(supervisor)
    page.goto(f"/admin/policies/{policy.id}?lang={told['language']}")
    see_when_it_is_due(page, told)
    ask(page, told)
    expect(page.get_by_role("button", name=told["save"])).to_have_count(0)
    page = desk.sign_in(administrator)
    page.goto(f"/admin/policies/{policy.id}?lang={told['language']}")
    ask(page, told)
    page.get_by_label(told["recompute"]).check()
    page.get_by_role("button", name=told["save"]).click()
    page.wait_for_url(f"**/admin/policies/{policy.id}")
    check_explained(page, tickets[1], told)


def see_when_it_is_due(page, told):
    """The table follows what is typed, before anything is saved."""
    page.locator("#came").fill("2026-12-04T17:50")
    due = page.locator("#due")
    expect(due.locator(".dl-big")).to_contain_text("21:50")
    page.locator("[name=any-resolution]").fill("1 h")
    expect(due.locator(".dl-big")).to_contain_text("18:50")
    expect(due).to_contain_text(told["night"])
    page.locator("[name=any-resolution]").fill("soon")
    expect(due.locator(".ink-late")).to_be_visible()


def ask(page, told):
    """What one hour would have meant, counted by a worker while the page waits."""
    page.locator("[name=any-resolution]").fill("1 h")
    page.get_by_role("button", name=told["ask"]).click()
    page.wait_for_url("**/admin/simulations/*")
    expect(page.get_by_text(told["late"])).to_be_visible()
    expect(page.get_by_text(re.compile(told["moves"])).first).to_be_visible()


def check_explained(page, number, told):
    """The open ticket is due an hour after it came, and says by which version."""
    row = select(Clock).join(Ticket, Ticket.id == Clock.ticket_id).where(Ticket.number == number)
    eventually(lambda: target_of(row) == 3600)
    page.goto(f"/tickets/{number}/deadlines")
    expect(page.get_by_role("heading", name=told["why"])).to_be_visible()
    expect(page.locator("#e-ver").locator("xpath=ancestor::section")).to_contain_text(told["anew"])


def target_of(query):
    db.session.rollback()
    return db.session.scalar(query).target_seconds
