"""Every page, in both languages, light and dark, wide and narrow: nothing breaks, nothing leaks, everybody can use it."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from helpdesk import create_app
from helpdesk.people.models import Person
from helpdesk.services.database import db
from tests.browser.axe import violations
from tests.browser.furniture import Furniture
from tests.making import make_staff

pytestmark = pytest.mark.once

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
LOOKS = [("ru", "light", WIDE), ("en", "dark", NARROW)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="package")
def furniture(running):
    with running.app.app_context():
        yield Furniture()


def addresses(there):
    """The pages of an administrator: full, empty, found, late, missing."""
    box, team, talk = there.box.id, there.team.id, there.talk
    return [
        "/queue", "/queue?tag=none", "/queue/reasons", "/queue/skips", "/help", "/news", "/drafts", "/profile", "/nowhere",
        "/tickets/new", f"/tickets/{talk}", f"/tickets/{talk}/macros", f"/tickets/{talk}/macros/{there.macro}",
        f"/tickets/{talk}/merge", f"/tickets/{talk}/split", f"/tickets/{talk}/forward", f"/tickets/{there.tickets['late']}",
        f"/tickets/{there.tickets['late']}/deadlines", "/shift", "/shift/hanging", "/my-shifts", "/board", "/lookup?q=4471",
        "/intake", "/intake?tab=approval", "/intake?tab=blocks", f"/calls/{there.calls.id}", "/admin/people", "/admin/people/new",
        f"/admin/people/{there.lead.id}", "/admin/shifts", f"/admin/shifts/{team}/{week(there.shift)}/{there.shift.id}",
        f"/admin/patterns/team/{team}", f"/admin/patterns/{there.pattern}", f"/admin/roster-files/{team}", "/admin/forwarding",
        "/admin/teams", "/admin/teams/new", f"/admin/teams/{team}", "/admin/reasons", "/admin/macros", "/admin/macros/new",
        f"/admin/macros/{there.macro}", "/admin/channels", "/admin/channels/new/webhook", f"/admin/channels/{box}",
        "/admin/mailboxes/new", f"/admin/mailboxes/{box}", f"/admin/mailboxes/{box}/old-mail", "/admin/sign-in-services",
        "/admin/triggers", "/admin/triggers/new", f"/admin/triggers/{there.trigger}", f"/admin/triggers/{there.trigger}/log",
        "/admin/calendars", "/admin/calendars/new", f"/admin/calendars/{there.calendar}", "/admin/policies?ticket=1",
        "/admin/policies/new", f"/admin/policies/{there.policy.id}", f"/admin/simulations/{there.simulation}", "/demo/removal",
    ]  # fmt: skip


def week(shift):
    """The week of a shift as it stands in addresses."""
    return (shift.starts_at - timedelta(days=shift.starts_at.weekday())).date().isoformat()


PARTS = (
    "board.now desk.notices desk.rows shift.hanging_rows shift.rows ticket.facts ticket.head ticket.thread live.stream "
    "ticket.original ticket.file intake.raw forwarding.table roster_files.table admin_rules.days static doors.health "
    "assets.bootstrap_css assets.bootstrap_js assets.htmx"
)
ELSEWHERE = "doors.home admin.show calls.show mailbox_sign_in.leave mailbox_sign_in.back"
DOORS = "doors.sign_in doors.link"


@pytest.fixture
def routes(running):
    """What the product answers to, as it says itself."""
    app = create_app(running.config)
    yield app.url_map
    app.extensions["bell"].close()


def test_every_page_is_among_them_and_parts_files_and_ways_elsewhere_are_known(routes, furniture):
    asked = routes.bind("desk.test")
    seen = {asked.match(url)[0] for one in addresses(furniture) if (url := one.partition("?")[0]) != "/nowhere"}
    known = {*PARTS.split(), *ELSEWHERE.split(), *DOORS.split()}
    assert seen | known == {rule.endpoint for rule in routes.iter_rules() if "GET" in rule.methods}


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_every_page_fits_and_can_be_used_by_everybody(desk, furniture, language, theme, size):
    page = desk.sign_in(furniture.lead, viewport=size, reduced_motion="reduce")
    choose(page, lang=language, theme=theme)
    wrong = [finding for address in addresses(furniture) for finding in findings(page, address, theme, size)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
def test_the_door_fits_and_can_be_used_by_everybody(desk, language, theme, size):
    page = desk.visitor(viewport=size, reduced_motion="reduce")
    choose(page, lang=language, theme=theme)
    assert list(findings(page, "/sign-in", theme, size)) == []


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
    assert list(findings(page, "/queue", theme, size)) == []


def choose(page, **look):
    """Language and theme, as the links in the page's corner set them."""
    page.goto(f"/sign-in?{urlencode(look)}")


def findings(page, address, theme, size):
    """What is wrong with a page: by the rules, in both themes, and where it must be scrolled sideways."""
    page.set_viewport_size(size)
    page.goto(address, wait_until="domcontentloaded")
    yield from [f"{address}: {one}" for one in violations(page, theme)]
    for other in (WIDE, NARROW):
        page.set_viewport_size(other)
        over = page.evaluate(OVERFLOW)
        yield from [f"{address}: {over} px wider than {other['width']}"] if over > 0 else []
