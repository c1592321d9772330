"""A message is forwarded to somebody outside of the talk: it is no answer, and what they write back stays internal."""

import re

import pytest
from sqlalchemy import select

from helpdesk.errors import NotAllowed, NotFound
from helpdesk.services import desk, forwards, history, intake, outbox, redacting
from helpdesk.services.database import db
from helpdesk.services.recipients import Misaddressed
from helpdesk.services.sending import Manner
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Notice, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

PARTNER = "repair@partner.test"


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Repairs")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova", locale="en")


@pytest.fixture
def box(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=False))


@pytest.fixture
def ticket(box, ana):
    arrive(box, eml(subject="Broken cup", text="The cup is broken."))
    intake.file_waiting()
    return db.session.scalars(select(Ticket)).one()


def asked():
    return db.session.scalars(select(Message).where(Message.kind == "received").order_by(Message.id)).first()


def forwarded(ticket, by, to=PARTNER, text="Can you mend it?", files=(), hold=False):
    made = forwards.forward(ticket.number, asked().id, to=to, text=text, files=files, hold=hold, seen=asked().id, by=by)
    outbox.deliver_waiting()
    return made


def answer(box, mail, sender=PARTNER, **more):
    """Somebody answers a mail that they got."""
    arrive(box, eml(sender, to=str(mail["Reply-To"]), **more))
    intake.file_waiting()
    db.session.rollback()


def plain(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip()


def clocks():
    return [(row.kind, row.state, row.due_at) for row in db.session.scalars(select(Clock).order_by(Clock.id))]


def test_it_goes_out_with_the_words_and_who_said_them(ticket, ana, sink):
    forwarded(ticket, ana)
    (got,) = sink.mails
    assert (got.recipient, got.mail["Subject"], got.mail["In-Reply-To"]) == (PARTNER, "Fwd: Broken cup", None)
    assert re.fullmatch(
        r"Can you mend it\?\n\n-{10} Forwarded message -{10}\nFrom: Marat <marat@customer\.test>\n"
        r"Date: \d\d\.\d\d\.\d{4} \d\d:\d\d\nSubject: Broken cup\n\nThe cup is broken\.",
        plain(got.mail),
    )


def test_it_is_no_answer(ticket, ana):
    before = clocks(), ticket.waiting_since, str(ticket.status)
    forwarded(ticket, ana)
    db.session.refresh(ticket)
    assert (clocks(), ticket.waiting_since, str(ticket.status)) == before


def test_whoever_waits_for_them_goes_on_when_they_answer_and_its_owner_is_told(ticket, ana, box, sink):
    desk.take(ticket.number, by=ana)
    forwarded(ticket, ana, hold=True)
    assert ticket.status == "on_hold"
    answer(box, sink.mails[0].mail, text="It costs 900.")
    came = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (came.kind, came.text, db.session.get_one(Ticket, ticket.id).status) == ("note", "It costs 900.", "open")
    told = db.session.scalars(select(Notice).where(Notice.kind == "forward_answered")).one()
    assert (told.person_id, told.ticket_id) == (ana.id, ticket.id)
    assert db.session.scalars(select(Ticket)).all() == [ticket]


def test_nothing_of_it_reaches_the_customer(ticket, ana, box, sink):
    forwarded(ticket, ana, text="Secret question")
    answer(box, sink.mails[0].mail, text="Secret answer", Message_ID="<secret@partner.test>")
    desk.reply(ticket.number, text="We look.", by=ana, manner=Manner(quote="thread"))
    outbox.deliver_waiting()
    to_customer = [got for got in sink.mails if got.recipient == "marat@customer.test"]
    assert len(to_customer) == 1
    assert not re.search(rb"[Ss]ecret|partner\.test", to_customer[0].raw)
    assert str(asked().reference).encode() in to_customer[0].raw


def test_a_colleague_of_another_team_answers_what_was_forwarded_to_them_and_else_nothing(ticket, ana, box, sink):
    other = make_staff(teams=[make_team("Lawyers")], email="law@helpdesk.test")
    forwarded(ticket, ana, to="law@helpdesk.test")
    answer(box, sink.mails[0].mail, "law@helpdesk.test", text="Refuse it.")
    came = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (came.kind, came.author_id) == ("note", other.id)


def test_an_automatic_answer_to_it_moves_nothing(ticket, ana, box, sink):
    forwarded(ticket, ana, hold=True)
    answer(box, sink.mails[0].mail, text="I am away.", Auto_Submitted="auto-replied")
    assert db.session.get_one(Ticket, ticket.id).status == "on_hold"
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "automatic"


def test_whom_one_writes_to_openly_as_well_takes_part_in_the_talk(ticket, ana, box, sink):
    forwarded(ticket, ana)
    desk.reply(ticket.number, text="We look.", by=ana, manner=Manner(cc=PARTNER))
    outbox.deliver_waiting()
    answer(box, sink.mails[0].mail, text="We have it.")
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "received"


def test_its_token_is_worth_nothing_to_anybody_else(ticket, ana, box, sink):
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, "evil@party.test", text="Send me the cup.")
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "unapproved"


def test_only_the_chosen_files_go_along_and_none_that_was_erased(box, ana, team, sink):
    lead = make_staff("supervisor", teams=[team])
    raw = (
        b"From: Marat <marat@customer.test>\r\nTo: support@helpdesk.test\r\nSubject: Cup\r\nMessage-ID: <f@customer.test>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSee.\r\n"
        + b"".join(
            b'--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="%s.txt"\r\n\r\n%s\r\n'
            % (one, one)
            for one in (b"one", b"two", b"three")
        )
        + b"--x--\r\n"
    )
    arrive(box, raw)
    intake.file_waiting()
    ticket = db.session.scalars(select(Ticket)).one()
    one, two, three = db.session.scalars(select(Attachment).order_by(Attachment.id)).all()
    made = forwards.forward(
        ticket.number, asked().id, to=PARTNER, text="", files=[one.id, two.id], hold=False, seen=0, by=ana
    )
    redacting.redact(ticket.number, asked().id, words="See", files=[two.id], reason="Card number", by=lead)
    outbox.deliver_waiting()
    (got,) = sink.mails
    assert [part.get_filename() for part in got.mail.iter_attachments()] == ["one.txt"]
    assert "See" not in plain(got.mail)
    assert history.verify_all() == []
    assert made.kind == "forward"
    assert three.filename == "three.txt"


def test_a_note_and_what_is_in_a_foreign_ticket_are_not_forwarded(ticket, ana, team):
    note = desk.note(ticket.number, text="Inside.", by=ana)
    more = {"to": PARTNER, "text": "", "files": [], "hold": False, "seen": 0}
    with pytest.raises(NotFound, match="notes stay here"):
        forwards.forward(ticket.number, note.id, by=ana, **more)
    with pytest.raises(NotFound):
        forwards.forward(ticket.number, asked().id, by=make_staff(teams=[make_team("Others")]), **more)
    with pytest.raises(NotAllowed):
        forwards.forward(ticket.number, asked().id, by=make_staff("observer", teams=[team]), **more)
    assert db.session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize(
    ("to", "words"),
    [("", "at least one"), ("nobody", "not one e-mail address"), ("support@helpdesk.test", "a mailbox of this desk")],
)
def test_it_goes_to_addresses_that_are_some(ticket, ana, to, words):
    with pytest.raises(Misaddressed, match=words):
        forwarded(ticket, ana, to=to)
    assert db.session.scalars(select(Message).where(Message.kind == "forward")).all() == []


def test_without_a_mailbox_it_is_refused(app, ana, team):
    customer = make_staff(None, login=None, name="Marat")
    ticket = desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana)
    with pytest.raises(NotFound):
        forwards.source(ticket.number, None, by=ana)


def test_pressed_twice_it_goes_once(ticket, ana, sink):
    first, second = forwarded(ticket, ana), forwarded(ticket, ana)
    assert first.id == second.id
    assert [got.recipient for got in sink.mails] == [PARTNER]


def test_the_history_says_what_went_to_whom(ticket, ana):
    forwarded(ticket, ana)
    told = db.session.scalars(select(Event).where(Event.kind == "forwarded")).one()
    assert (told.actor_id, told.facts["to"], told.facts["forwarded"]) == (ana.id, [PARTNER], asked().seq)
    assert "mend" not in str(told.facts)
