"""Takes the pictures of screens.md anew, beside `make run` and with its settings: `make screens`."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select

from helpdesk.cli.product import config, product
from helpdesk.people.models import Person, Shift
from helpdesk.services import sign_in
from helpdesk.services.database import db
from helpdesk.services.demo_script import LEAD
from helpdesk.services.instant import now
from helpdesk.tickets.models import Message, Ticket

FOLDER = Path(__file__).parent / "screens"
LOOKS = (("ru", "light", 1366, 768), ("en", "dark", 1366, 768), ("ru", "dark", 1920, 1080), ("en", "light", 390, 844))
ASKS = ("Got it", "Not now")  # what the first page asks newcomers


def main() -> None:
    """What a lead sees of the queue and the roster, and an agent of a ticket and the handover sheet."""
    with product():
        lead = db.session.scalars(select(Person).where(Person.login == LEAD[1])).one()
        agent, ticket = _first_to_go()
        seen = {
            sign_in.issue_link(lead): {"queue": "/queue", "roster": "/admin/shifts"},
            sign_in.issue_link(agent): {"ticket": f"/tickets/{ticket}", "shift": "/shift"},
        }
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for link, pages in seen.items():
            for name, page in _shown(browser, link, pages):
                page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


def _first_to_go() -> tuple[Person, int]:
    """Whose shift ends first, who of these has most to hand over, and their mail of which most was said."""
    at = now()
    held = select(func.count()).where(Ticket.open, Ticket.owner_id == Shift.person_id).scalar_subquery()
    shifts = select(Shift).where(Shift.starts_at <= at, Shift.ends_at > at, held > 0)
    shift = db.session.scalars(shifts.order_by(Shift.ends_at, held.desc()).limit(1)).one()
    said = select(func.count()).where(Message.ticket_id == Ticket.id).scalar_subquery()
    mails = select(Ticket).where(Ticket.open, Ticket.owner_id == shift.person_id, Ticket.channel == "mail")
    return shift.person, db.session.scalars(mails.order_by(said.desc(), Ticket.id).limit(1)).one().number


def _shown(browser: Browser, link: str, pages: dict[str, str]) -> Iterator[tuple[str, Page]]:
    page = browser.new_page(base_url=config().base_url, reduced_motion="reduce")
    page.goto(link)
    page.locator("main button[type=submit]").click()
    page.goto("/queue?lang=en")
    for words in ASKS:
        for button in page.get_by_role("button", name=words, exact=True).all():
            button.click()
            page.wait_for_load_state()
    for language, theme, width, height in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/queue?lang={language}&theme={theme}")
        for name, url in pages.items():
            page.goto(url, wait_until="load")
            yield f"{name}-{width}-{theme}-{language}", page
    page.close()


if __name__ == "__main__":
    main()
