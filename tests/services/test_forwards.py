"""A message is forwarded to somebody outside of the talk: it is no answer, and what they write back stays internal."""

import re

import pytest
from sqlalchemy import select, update

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import desk, forwards, history, intake, merging, outbox, redacting, sending, snoozing
from helpdesk.services.database import db
from helpdesk.services.recipients import Misaddressed
from helpdesk.services.sending import Manner
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Notice, Ticket
from helpdesk.tickets.participants import Participant
from tests.making import arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

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


def last_kinds(count):
    newest = db.session.scalars(select(Message.kind).order_by(Message.id.desc()).limit(count)).all()
    return newest[::-1]


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
    snoozing.snooze(ticket.number, "reply", by=ana)
    answer(box, sink.mails[0].mail, text="It costs 900.")
    woken = db.session.scalars(select(Event).where(Event.kind == "woken")).one()
    assert (woken.facts["why"], db.session.get_one(Ticket, ticket.id).snoozed_at) == ("forward", None)
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


def test_whoever_takes_part_answers_each_mail_where_it_belongs(ticket, ana, box, sink):
    forwarded(ticket, ana)
    desk.reply(ticket.number, text="We look.", by=ana, manner=Manner(cc=PARTNER))
    outbox.deliver_waiting()
    aside, openly = sink.mails[0].mail, next(got.mail for got in sink.mails[1:] if got.recipient == PARTNER)
    answer(box, aside, text="It costs 900.", In_Reply_To=aside["Message-ID"])
    answer(box, openly, text="We have it.", In_Reply_To=openly["Message-ID"])
    assert last_kinds(2) == ["note", "received"]


def test_an_answer_in_the_same_thread_without_the_forward_in_it_is_internal_too(ticket, ana, box, sink):
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, text="It costs 900.", Message_ID="<first@partner.test>")
    desk.reply(ticket.number, text="We look.", by=ana, manner=Manner(cc=PARTNER))
    outbox.deliver_waiting()
    answer(box, sink.mails[0].mail, text="Or 800.", In_Reply_To="<first@partner.test>")
    assert last_kinds(1) == ["note"]


def test_one_that_bears_no_token_at_all_waits_and_is_internal_as_well(ticket, ana, box, sink):
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, text="It costs 900.", Message_ID="<first@partner.test>")
    arrive(box, eml(PARTNER, text="Or 800.", In_Reply_To="<first@partner.test>"))
    intake.file_waiting()
    held = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert held.kind == "unapproved"
    desk.approve(ticket.number, held.id, by=ana)
    assert last_kinds(2) == ["note", "note"]


def test_whom_an_answer_never_reached_does_not_take_part(ticket, ana, box, sink):
    gone = desk.reply(ticket.number, text="We look.", by=ana, manner=Manner(cc=PARTNER))
    db.session.execute(update(Delivery).where(Delivery.message_id == gone.id).values(state="withdrawn"))
    db.session.execute(update(Participant).values(state="refused"))
    db.session.commit()
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, text="It costs 900.")
    assert last_kinds(1) == ["note"]


def test_from_another_address_it_waits_and_approved_it_is_internal(ticket, ana, box, sink):
    forwarded(ticket, ana, hold=True)
    mail = sink.mails[0].mail
    answer(box, mail, "ivan@partner.test", text="It costs 900.", In_Reply_To=mail["Message-ID"])
    held = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (held.kind, db.session.get_one(Ticket, ticket.id).status) == ("unapproved", "on_hold")
    desk.approve(ticket.number, held.id, by=ana)
    assert (last_kinds(1), db.session.get_one(Ticket, ticket.id).status) == (["note"], "open")
    assert str(sending.recipient_of(ticket)) == "marat@customer.test"
    assert history.verify_all() == []


def test_every_recipient_answers_internally(ticket, ana, box, sink):
    forwarded(ticket, ana, to=f"{PARTNER}, second@partner.test")
    for got, sender in zip(sink.mails, (PARTNER, "second@partner.test"), strict=True):
        answer(box, got.mail, sender, In_Reply_To=got.mail["Message-ID"])
    assert last_kinds(2) == ["note", "note"]


def test_after_a_merge_it_is_internal_where_the_talk_went_on(ticket, ana, box, sink):
    arrive(box, eml(subject="The cup again"))
    intake.file_waiting()
    second = db.session.scalars(select(Ticket).where(Ticket.number == 2)).one()
    message = db.session.scalars(select(Message).where(Message.ticket_id == second.id)).one()
    forwards.forward(2, message.id, to=PARTNER, text="Can you?", files=[], hold=False, seen=message.id, by=ana)
    outbox.deliver_waiting()
    merging.merge(1, 2, by=ana)
    answer(box, sink.mails[0].mail, text="It costs 900.")
    last = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert (last.kind, last.ticket.number) == ("note", 1)
    told = db.session.scalars(select(Message).where(Message.ticket_id == ticket.id, Message.text == "Can you?")).one()
    assert (told.kind, told.facts["to"]) == ("note", [PARTNER])


def test_an_answer_that_was_there_before_the_wait_ends_it_where_it_began(ticket, ana, box, sink):
    forwarded(ticket, ana)
    arrive(box, eml(PARTNER, to=str(sink.mails[0].mail["Reply-To"]), text="It costs 900."))
    desk.hold(ticket.number, by=ana)
    intake.file_waiting()
    db.session.rollback()
    events = {event.kind: event.at for event in db.session.scalars(select(Event))}
    assert events["resumed"] == events["held"]
    assert {state for kind, state, _due in clocks() if kind == "resolution"} == {"running"}


def test_what_goes_on_while_its_owner_is_away_lies_in_the_queue_and_is_not_set_aside(ticket, ana, box, sink, team):
    desk.take(ticket.number, by=ana)
    forwarded(ticket, ana, hold=True)
    snoozing.snooze(ticket.number, "reply", by=ana)
    make_shift(make_staff(teams=[team]), team)
    answer(box, sink.mails[0].mail, text="It costs 900.")
    woken = db.session.get_one(Ticket, ticket.id)
    assert (woken.status, woken.owner_id, woken.snoozed_at) == ("open", None, None)


def test_a_colleague_of_the_team_ends_the_wait_as_well(ticket, ana, box, sink, team):
    make_staff("supervisor", teams=[team], email="lead@helpdesk.test")
    forwarded(ticket, ana, to="lead@helpdesk.test", hold=True)
    answer(box, sink.mails[0].mail, "lead@helpdesk.test", text="Do it.")
    assert (last_kinds(1), db.session.get_one(Ticket, ticket.id).status) == (["note"], "open")


def test_its_token_is_worth_nothing_to_anybody_else(ticket, ana, box, sink):
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, "evil@party.test", text="Send me the cup.")
    assert last_kinds(1) == ["unapproved"]


def test_an_out_of_office_mail_of_theirs_is_named_to_no_customer(ticket, ana, box, sink):
    forwarded(ticket, ana)
    answer(box, sink.mails[0].mail, text="Away.", Auto_Submitted="auto-replied", Message_ID="<ooo@partner.test>")
    desk.reply(ticket.number, text="We look.", by=ana)
    outbox.deliver_waiting()
    assert b"ooo@partner.test" not in sink.mails[-1].raw


def test_an_answer_is_forwarded_when_it_has_left(ticket, ana, sink):
    said = desk.reply(ticket.number, text="We look.", by=ana)
    with pytest.raises(Conflict, match="has not left"):
        forwards.forward(ticket.number, said.id, to=PARTNER, text="", files=[], hold=False, seen=0, by=ana)
    outbox.deliver_waiting()
    forwards.forward(ticket.number, said.id, to=PARTNER, text="", files=[], hold=False, seen=0, by=ana)
    outbox.deliver_waiting()
    assert sink.mails[-1].recipient == PARTNER
    assert "We look." in plain(sink.mails[-1].mail)


def test_junk_is_not_forwarded(ticket, ana):
    desk.junk(ticket.number, by=ana)
    with pytest.raises(Conflict, match="does not count"):
        forwarded(ticket, ana)


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
    [
        ("", "at least one"),
        (" , ;", "at least one"),
        ("nobody", "not one e-mail address"),
        ("support@helpdesk.test", "a mailbox of this desk"),
    ],
)
def test_it_goes_to_addresses_that_are_some(ticket, ana, to, words):
    with pytest.raises(Misaddressed, match=words):
        forwarded(ticket, ana, to=to)
    assert db.session.scalars(select(Message).where(Message.kind == "forward")).all() == []


def test_without_a_mailbox_it_is_refused(ticket, ana, box):
    box.active, ticket.channel_id = False, None  # called, and no mailbox is left
    db.session.commit()
    with pytest.raises(Conflict, match="There is no mailbox"):
        forwarded(ticket, ana)


def test_pressed_twice_it_goes_once_but_not_when_anything_else_was_meant(ticket, ana, sink):
    first, second = forwarded(ticket, ana), forwarded(ticket, ana)
    assert first.id == second.id
    assert [got.recipient for got in sink.mails] == [PARTNER]
    forwarded(ticket, ana, to="other@partner.test")
    forwarded(ticket, ana, hold=True)
    assert [got.recipient for got in sink.mails] == [PARTNER, "other@partner.test", PARTNER]


def test_the_history_says_what_went_to_whom(ticket, ana):
    forwarded(ticket, ana)
    told = db.session.scalars(select(Event).where(Event.kind == "forwarded")).one()
    assert (told.actor_id, told.facts["to"], told.facts["forwarded"]) == (ana.id, [PARTNER], asked().seq)
    assert "mend" not in str(told.facts)
