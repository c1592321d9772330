"""Every page, in both languages, light and dark, wide and narrow: nothing breaks, nothing leaks, everybody can use it."""

from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import update

from helpdesk.people.models import Person
from helpdesk.services.database import db
from tests.browser.furniture import Furniture
from tests.making import make_staff

pytestmark = pytest.mark.once

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}
LOOKS = [("ru", "light", WIDE), ("en", "dark", NARROW)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="package")
def furniture(running):
    with running.app.app_context():
        yield Furniture()


def addresses(there):
    """The pages of an administrator: full, empty, found, late."""
    return [
        "/queue", "/queue?tag=none", "/queue/reasons", "/admin/reasons", "/help", "/news", "/drafts", f"/tickets/{there.talk}",
        f"/tickets/{there.tickets['late']}", f"/tickets/{there.tickets['late']}/deadlines", "/shift", "/shift/hanging",
        "/board", "/lookup?q=4471", "/intake", "/intake?tab=approval", "/intake?tab=blocks", f"/calls/{there.calls.id}", "/admin/people",
        f"/admin/people/{there.lead.id}", "/admin/shifts", "/my-shifts",
        f"/admin/patterns/team/{there.team.id}", f"/admin/roster-files/{there.team.id}", "/admin/forwarding",
        f"/admin/channels/{there.box.id}", "/admin/calendars/new",
        "/admin/mailboxes/new", f"/admin/mailboxes/{there.box.id}", f"/admin/mailboxes/{there.box.id}/old-mail",
        "/admin/sign-in-services",
        "/admin/triggers", f"/admin/triggers/{there.trigger}", f"/admin/triggers/{there.trigger}/log", f"/admin/teams/{there.team.id}",
        f"/admin/policies/{there.policy.id}", f"/admin/simulations/{there.simulation}", "/admin/policies?ticket=1",
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_every_page_fits_and_can_be_used_by_everybody(desk, furniture, language, theme, size):
    page = desk.sign_in(furniture.lead, viewport=size, reduced_motion="reduce")
    choose(page, lang=language, theme=theme)
    wrong = [finding for address in addresses(furniture) for finding in findings(page, address, size)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_the_door_fits_and_can_be_used_by_everybody(desk, language, theme, size):
    page = desk.visitor(viewport=size, reduced_motion="reduce")
    choose(page, lang=language, theme=theme)
    assert list(findings(page, "/sign-in", size)) == []


@pytest.fixture
def hats(running):
    """While there are demo staff, every page has a bar about it."""
    with running.app.app_context():
        staff = [make_staff(role, demo=True) for role in ("agent", "supervisor")]
        yield
        gone = update(Person).where(Person.id.in_([person.id for person in staff]))
        db.session.execute(gone.values(role=None, active=False))
        db.session.commit()


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_the_bar_over_demo_data_fits_and_can_be_used_by_everybody(desk, furniture, hats, language, theme, size):
    page = desk.sign_in(furniture.lead, viewport=size, reduced_motion="reduce")
    choose(page, lang=language, theme=theme)
    assert list(findings(page, "/queue", size)) == []


def choose(page, **look):
    """Language and theme, as the links in the page's corner set them."""
    page.goto(f"/sign-in?{urlencode(look)}")


def findings(page, address, size):
    """What is wrong with a page: by the rules, and where it must be scrolled sideways."""
    page.set_viewport_size(size)
    page.goto(address)
    yield from [f"{address}: {one['id']} at {one['nodes'][0]['target']}" for one in violations(page)]
    for other in (WIDE, NARROW):
        page.set_viewport_size(other)
        over = page.evaluate(OVERFLOW)
        yield from [f"{address}: {over} px wider than {other['width']}"] if over > 0 else []


def violations(page):
    return Axe().run(page, options=RULES).response["violations"]
