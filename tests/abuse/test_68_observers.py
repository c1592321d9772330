"""Whoever only reads changes nothing: not by a page, not by a service, not by mail, and nothing is given to them."""

import re

import pytest

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import desk, handover, intake, linking, macros, merging, roster, selection, timeline
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.tokens import token
from tests.making import HOUR, arrive, eml, make, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def clerk(team):
    return make_staff("observer", [team], name="Olga Petrova")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def numbers(team):
    box = make_mailbox(team)
    for sender in ("marat@customer.test", "dana@customer.test"):
        arrive(box, eml(sender=sender))
    intake.file_waiting()
    return [ticket.number for ticket in db.session.query(Ticket).order_by(Ticket.id)]


@pytest.mark.once
def test_no_service_changes_anything_for_them(clerk, ana, numbers, team):
    macro = make(Macro(kind="macro", name="Cup", body="", actions={"tags": ["cup"]}, team_id=team.id))
    one, other = numbers
    version = db.session.query(Ticket).filter_by(number=one).one().version
    acts = [
        lambda: desk.take(one, by=clerk),
        lambda: desk.reply(one, text="Dear", by=clerk),
        lambda: desk.note(one, text="Seen", by=clerk),
        lambda: desk.change_tags(one, to=["cup"], by=clerk),
        lambda: desk.solve(one, by=clerk),
        lambda: linking.link(one, other, kind="related", by=clerk),
        lambda: merging.merge(one, other, by=clerk),
        lambda: macros.apply(one, macro.id, by=clerk, version=version),
        lambda: selection.add_tags({one: version}, tags=["cup"], by=clerk),
        lambda: desk.open_ticket(customer=ana, team_id=team.id, subject="Cup", text="Called", by=clerk),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
        db.session.rollback()
    assert {ticket.version for ticket in db.session.query(Ticket)} == {version}


def test_they_read_the_list_and_the_ticket_and_find_nothing_to_press_there(as_, clerk, numbers):
    client = as_(clerk)
    queue, ticket = client.get("/queue").text, client.get(f"/tickets/{numbers[0]}").text
    assert f'href="/tickets/{numbers[0]}"' in queue
    assert "Internal note" not in ticket
    assert ">Reply" not in ticket
    personal = r"/sign-out|/profile|/queue/saved|/help|/notices|/presence"
    for page in (queue, ticket):
        doors = re.findall(r'(?:formaction|method="post" action)="([^"]+)"', page)
        assert [door for door in doors if not re.match(personal, door)] == []


def test_nothing_is_given_to_them(clerk, ana, numbers, team):
    root = make_staff("administrator", [team])
    with pytest.raises(NotAllowed, match="only reads"):
        desk.assign(numbers[0], to=clerk.id, by=root)
    db.session.rollback()
    with pytest.raises(NotAllowed, match="only reads"):
        handover.offer(numbers[0], to=clerk.id, note="Call back.", by=root)
    db.session.rollback()
    with pytest.raises(Conflict, match="only reads"):
        roster.add_shifts(person_id=clerk.id, team_id=team.id, hours=[(now(), now() + HOUR)], by=root)
    db.session.rollback()
    assert clerk.id not in [one.id for one in timeline.colleagues(team.id, now())]


def test_who_reads_only_from_now_on_is_not_on_duty_any_more(clerk, team):
    make_shift(clerk, team, now() - HOUR)
    assert clerk.id not in roster.duty(now())


def test_their_mail_into_a_ticket_is_refused_and_kept(clerk, numbers):
    ticket = db.session.query(Ticket).filter_by(number=numbers[0]).one()
    address = clerk.contact("email").value
    bound, before = token(ticket.secret, settings().secret_key, address), ticket.head
    arrive(db.session.query(Channel).one(), eml(sender=address, In_Reply_To=f"<1.{bound}@helpdesk.example>"))
    intake.file_waiting()
    row = db.session.query(Inbox).order_by(Inbox.id.desc()).first()
    assert (row.state, row.reason) == ("refused", "outsider")
    db.session.refresh(ticket)
    assert ticket.head == before
