"""Who follows a ticket is told of its customer and its end; whom a note names is told of it; nobody of what is not theirs."""

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotFound
from helpdesk.services import desk, drafts, following, intake, mentions, merging, queue, selection, views
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.mentions import Unseen
from helpdesk.services.queue import Wanted
from helpdesk.services.store import settings
from helpdesk.tickets.models import Event, Notice, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def box(team):
    return make_mailbox(team, settings={"acknowledge": False})


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], login="ana@staff.test", name="Ana Seitova")


@pytest.fixture
def bob(team):
    return make_staff(teams=[team], login="bob.braun", name="Bob Braun")


@pytest.fixture
def ticket(box):
    arrive(box, eml())
    intake.file_waiting()
    return db.session.scalar(select(Ticket))


def customer_writes(ticket, box):
    signed = token(ticket.secret, settings().secret_key, "marat@customer.test")
    arrive(box, eml(to=f"support+{signed}@helpdesk.test", text="Any news?"))
    intake.file_waiting()


def told():
    """Who is told what, once followers were told."""
    following.tell()
    db.session.rollback()
    return [(one.person_id, one.kind) for one in db.session.scalars(select(Notice).order_by(Notice.id))]


def test_a_follower_is_told_of_the_customer_and_of_the_end_each_once(ticket, box, ana, bob):
    following.follow(ticket.number, by=bob)
    following.follow(ticket.number, by=bob)
    customer_writes(ticket, box)
    customer_writes(ticket, box)
    assert told() == told() == [(bob.id, "followed_message")]
    desk.reply(ticket.number, text="Done.", by=ana, then="solve")
    assert told() == [(bob.id, "followed_message"), (bob.id, "followed_solved")]


def test_nothing_is_told_of_before_of_oneself_or_after(ticket, box, ana, bob):
    customer_writes(ticket, box)
    following.follow(ticket.number, by=bob)
    desk.note(ticket.number, text="I look.", by=ana)
    desk.solve(ticket.number, by=bob)
    following.unfollow(ticket.number, by=bob)
    customer_writes(ticket, box)
    assert told() == []
    assert not ticket.followed


def test_what_is_solved_with_others_is_told_of(ticket, ana, bob):
    following.follow(ticket.number, by=bob)
    selection.change_status({ticket.number: ticket.version}, to="solved", by=ana)
    assert told() == [(bob.id, "followed_solved")]


def test_who_sees_the_ticket_no_longer_is_told_nothing(ticket, box, ana, bob):
    following.follow(ticket.number, by=bob)
    desk.change_team(ticket.number, to=make_team().id, by=ana)
    customer_writes(ticket, box)
    assert told() == []
    with pytest.raises(NotFound):
        following.follow(ticket.number, by=bob)


def test_who_followed_a_ticket_follows_the_one_that_it_was_brought_into(ticket, box, ana, bob):
    arrive(box, eml(text="Another mail of mine"))
    intake.file_waiting()
    (later,) = db.session.scalars(select(Ticket.number).where(Ticket.id != ticket.id))
    following.follow(later, by=bob)
    merging.merge(ticket.number, later, by=ana)
    told()
    customer_writes(ticket, box)
    assert told()[-1] == (bob.id, "followed_message")


def test_the_bell_rings_for_what_is_followed_alone(app, ticket, box, bob):
    from helpdesk.services import bell

    rung = bell._key("rung", "workers.following.tell", ())
    customer_writes(ticket, box)
    assert not bell.connection().exists(rung)
    following.follow(ticket.number, by=bob)
    assert not following.has_news()
    customer_writes(ticket, box)
    assert bell.connection().exists(rung)
    assert following.has_news()


def test_the_view_holds_what_one_follows(ticket, ana, bob):
    following.follow(ticket.number, by=bob)
    at = now()
    assert [
        [line.number for line in queue.page(Wanted(view="followed"), seen=views.sight(one, at), at=at, duty={}).lines]
        for one in (bob, ana)
    ] == [[ticket.number], []]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@bob.braun, look", ["bob.braun"]), ("(@Bob.Braun).", ["bob.braun"]), ("@ana@staff.test!", ["ana@staff.test"]),
        ("Ask @bob.braun and @ana@staff.test.", ["ana@staff.test", "bob.braun"]), ("mail x@bob.braun", []), ("@nobody", []),
        ("@", []), ("bob.braun", []),
    ],
)  # fmt: skip
def test_who_is_named_in_a_text(ana, bob, text, names):
    assert [one.login for one in mentions.named_in(text)] == names


def test_whom_a_note_names_is_told_and_follows(ticket, box, ana, bob):
    desk.note(ticket.number, text="@bob.braun, ask the till. @ana@staff.test", by=ana)
    assert told() == [(bob.id, "mentioned")]
    assert db.session.scalar(select(Event.facts).where(Event.kind == "noted"))["mentioned"] == ["Bob Braun"]
    customer_writes(ticket, box)
    assert told() == [(bob.id, "mentioned"), (bob.id, "followed_message")]


def test_whom_a_note_names_in_vain_is_said_before_it_is_added(ticket, ana, bob):
    eve = make_staff(teams=[make_team()], login="eve", name="Eve")
    drafts.keep(ticket.number, "note", text="@eve @bob.braun", way={}, by=ana)
    with pytest.raises(Unseen, match="Eve may not see this ticket") as refusal:
        desk.note(ticket.number, text="@eve @bob.braun", by=ana)
    assert (refusal.value.logins, told(), len(drafts.mine(ana))) == ("eve", [], 1)
    desk.note(ticket.number, text="@eve @bob.braun", by=ana, unseen=["eve"])
    assert told() == [(bob.id, "mentioned")]
    assert not following.follows(ticket, eve)


def test_the_list_of_colleagues_says_who_may_not_see_it(ticket, ana, bob):
    make_staff(teams=[make_team()], login="eve", name="Eve")
    root = make_staff("administrator", login="root", name="Root")
    make_staff(teams=[], login="gone", name="Gone", role=None)
    assert mentions.choices(ticket, ana) == [
        ("bob.braun", "Bob Braun", True),
        ("root", root.name, True),
        ("eve", "Eve", False),
    ]


def test_nobody_names_a_crowd(ticket, ana):
    with pytest.raises(Conflict, match="names too many"):
        desk.note(ticket.number, text=" ".join(f"@p{number}" for number in range(10_000)), by=ana)
