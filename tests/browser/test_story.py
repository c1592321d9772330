"""The whole way of a mail, as an agent sees it: it comes, is answered, comes back, and its deadline breaks."""

from email.utils import parseaddr

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.services.database import db
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.tokens import secret_in
from tests.making import eml, make_policy, make_staff, make_team
from tests.processes import eventually

SECONDS = 4
TARGETS = {"first_response": 3600, "answer": SECONDS, "update": None, "resolution": 28800}
ASKED = "1.asked@customer.test"
WATCH_FOR_RED = """
new MutationObserver(() => { window.redAt ??= document.querySelector(".trow .sla-late") ? Date.now() : null; })
  .observe(document.body, { childList: true, subtree: true, attributes: true });
"""


@pytest.fixture
def team(desk):
    team = make_team()
    make_policy(TARGETS, when={"team": [team.name]})
    return team


@pytest.fixture
def account(desk, dovecot, team):
    """The team's mailbox."""
    account = dovecot.user()
    desk.connect(team, account)
    return account


@pytest.fixture
def queue(desk, team, account):
    """The team's queue, open before anything comes. It remembers when it turned red, until it is loaded again."""
    page = desk.sign_in(make_staff(teams=[team], name="Ana Seitova"))
    page.evaluate(WATCH_FOR_RED)
    return page


@pytest.fixture
def ticket_page(queue):
    """Another tab beside the queue."""
    return queue.context.new_page()


def test_a_mail_is_answered_comes_back_and_breaks_its_deadline(desk, team, queue, ticket_page, account):
    row = queue.locator(".trow", has_text="The coupon")
    write(account, "My coupon fails.", subject="The coupon", Message_ID=f"<{ASKED}>")
    expect(row).to_be_visible()
    take_and_answer(ticket_page, "Your coupon works again.")
    sent = eventually(lambda: answered(desk, account), 30)
    check_answer(sent, account, one_ticket(team), desk.config.secret_key)
    write_back(account, sent, "Now it fails twice.")
    expect(ticket_page.locator(".msg-in").last).to_contain_text("Now it fails twice.")
    expect(row.locator(".sla-late")).to_be_visible()
    expect(ticket_page.locator(".clock", has_text="Answer").locator(".sla-late")).to_be_visible()
    breach = eventually(lambda: breached(team))
    assert breach.at.isoformat() == breach.facts["due_at"]
    assert queue.evaluate("window.redAt") >= breach.at.timestamp() * 1000
    assert desk.command("history", "verify").returncode == 0


def write(account, text, **headers):
    """The customer writes into the team's mailbox."""
    account.append(eml(sender="Marat <marat@customer.test>", text=text, **{"to": account.name, **headers}))


def take_and_answer(page, text):
    page.goto("/queue")
    page.get_by_role("button", name="Take the next one").click()
    page.get_by_label("Text of the reply").fill(text)
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".msg-out")).to_contain_text(text)


def answered(desk, account):
    """The mail that a person wrote from this mailbox, as the sink got it."""
    sent = (one.mail for one in desk.sink.mails if one.sender == account.name)
    return next((mail for mail in sent if not mail["Auto-Submitted"]), None)


def check_answer(sent, account, ticket, key):
    """It goes from the mailbox to the customer, in their thread, and can be answered."""
    assert parseaddr(sent["From"])[1] == account.name
    assert sent["To"] == "marat@customer.test"
    assert sent["Subject"] == "Re: The coupon"
    assert sent["In-Reply-To"] == f"<{ASKED}>"
    assert sent["References"].split()[0] == f"<{ASKED}>"
    assert secret_in(sent["Message-ID"], key) == secret_in(sent["Reply-To"], key) == ticket.secret


def write_back(account, sent, text):
    """The customer answers as a mail program does."""
    thread = {"In_Reply_To": sent["Message-ID"], "References": f"{sent['References']} {sent['Message-ID']}"}
    write(account, text, to=sent["Reply-To"], subject=sent["Subject"], **thread)


def one_ticket(team):
    """The team's only ticket."""
    db.session.rollback()
    return db.session.scalars(select(Ticket).where(Ticket.team_id == team.id)).one()


def breached(team):
    """The breach in the ticket's history."""
    ticket = one_ticket(team)
    return db.session.scalar(select(Event).where(Event.ticket_id == ticket.id, Event.kind == "breached"))
