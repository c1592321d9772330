"""A foreign id wherever a page sends one: not found, or refused as declared, and nothing is changed.

Foreign ids that stand in an address by themselves are row 60's: here they come beside what is one's own.
"""

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.services import desk, drafts, handover, intake, saving, selection
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Message
from helpdesk.tickets.participants import Participant
from tests.abuse.world import World
from tests.making import arrive, eml, make, make_mailbox, make_staff

MANY = 99


@pytest.fixture
def world(app, as_):
    return World(app, as_)


@pytest.fixture
def ids(world):
    """What the agent and the lead have, and what belongs to the other team, by the names that the cases use."""
    ours, theirs = Team(world, world.team, "agent"), Team(world, world.other, "foreign")
    return {**ours.ids(""), **theirs.ids("their_"), "nobody": 10**6}


class Team:
    """One ticket of a team with all that hangs at it."""

    def __init__(self, world, team, agent):
        self.world, self.team, self.by = world, team, world.people[agent]
        self.colleague = make_staff(teams=[team])
        with transaction():
            customer = make_staff(None, name=f"Customer of {team.name}", login=None)
        about = {"customer": customer, "team_id": team.id, "by": self.by}
        self.ticket, self.other = (desk.open_ticket(subject="Cup", text="Called", **about) for _ in range(2))
        desk.take(self.ticket.number, by=self.by)
        self.asked = db.session.scalar(select(Message.id).where(Message.ticket_id == self.ticket.id))
        self.note = desk.note(
            self.ticket.number, text="See there.", by=self.by, files=[File("a.txt", "text/plain", b"a")]
        )
        self.box = make_mailbox(team, f"box{team.id}@helpdesk.test")

    def ids(self, prefix):
        return {f"{prefix}{name}": value for name, value in self._ids()}

    def _ids(self):
        number, by, team = self.ticket.number, self.by, self.team
        named = {"ticket_id": self.ticket.id, "message_id": self.note.id, "address": "a@b.test", "named_at": now()}
        does = {"body": "Dear", "actions": {"tags": ["cup"]}, "team_id": team.id}
        yield "number", number
        yield "other", self.other.number
        yield "asked", self.asked
        yield "note", self.note.id
        yield "file", self.note.attachments[0].id
        yield "person", self.colleague.id
        yield "customer", self.ticket.customer_id
        yield "team", team.id
        yield "box", self.box.id
        yield "participant", make(Participant(**named)).id
        yield "macro", make(Macro(kind="macro", name="Cup", **does)).id
        yield "snippet", make(Macro(kind="snippet", name="Cup", **does)).id
        yield "view", saving.save(name="Mine", query={"view": "mine"}, team_id=None, by=by).id
        yield "draft", drafts.keep(self.other.number, "reply", text="Dear", way={}, by=by).id
        yield "offer", handover.offer(number, to=self.colleague.id, note="x", by=by).id
        yield "selection", selection.add_tags({self.other.number: self.other.version}, tags=["cup"], by=by).undo_id
        yield "stranger", self._stranger().id
        yield "version", self.ticket.version

    def _stranger(self):
        arrive(
            self.box, eml(f"{self.team.id}@stranger.test", to=self.box.address, subject=f"Re: [#{self.ticket.number}]")
        )
        intake.file_waiting()
        return db.session.scalars(select(Message).order_by(Message.id.desc())).first()


CASES = [
    # who, door, what is sent, the answer
    ("agent", "/tickets/{number}/links", {"other": "{their_number}", "kind": "related"}, 404),
    ("agent", "/tickets/{number}/links/removal", {"other": "{their_number}"}, 404),
    ("agent", "/tickets/{number}/merge", {"other": "{their_number}"}, 404),
    ("agent", "/tickets/{their_number}/merge", {"other": "{number}"}, 404),
    ("agent", "/tickets/{number}/split", {"messages": "{their_asked}"}, 404),
    ("agent", "/tickets/{number}/split", {"messages": ["{asked}", "{their_asked}"]}, 404),
    ("agent", "/tickets/{number}/messages", {"text": "See there", "again": "{their_file}"}, 404),
    ("agent", "/tickets/{number}/messages", {"text": "See there", "again": "{file}"}, 404),
    ("agent", "/tickets/{number}/messages", {"insert": "1", "snippet": "{their_snippet}"}, 404),
    ("agent", "/tickets/{their_number}/messages", {"text": "See there", "used": "{snippet}"}, 404),
    ("agent", "/tickets/{number}/macros/{their_macro}", {}, 404),
    ("agent", "/tickets/{number}/messages/{their_note}/approval", {}, 404),
    ("agent", "/tickets/{number}/messages/{their_stranger}/approval", {}, 404),
    ("agent", "/tickets/{number}/messages/{their_stranger}/refusal", {}, 404),
    ("agent", "/tickets/{number}/messages/{their_note}/withdrawal", {}, 404),
    ("lead", "/tickets/{number}/messages/{their_note}/redaction", {"reason": "x"}, 404),
    ("lead", "/tickets/{number}/messages/{note}/redaction", {"reason": "x", "files": "{their_file}"}, 404),
    ("agent", "/tickets/{number}/participants/{their_participant}/approval", {}, 404),
    ("agent", "/tickets/{number}/participants/{their_participant}/refusal", {}, 404),
    ("agent", "/tickets/{number}/team", {"to": "{nobody}"}, 404),
    ("agent", "/tickets/{number}/owner", {"to": "{their_person}"}, 403),
    ("lead", "/tickets/{number}/owner", {"to": "{their_person}"}, 403),
    ("lead", "/tickets/{number}/owner", {"to": "{customer}"}, 403),
    ("agent", "/tickets/{number}/offers", {"to": "{their_person}", "note": "x"}, 403),
    ("agent", "/tickets/{number}/offers", {"to": "{customer}", "note": "x"}, 403),
    ("agent", "/tickets/{number}/offers", {"to": "{nobody}", "note": "x"}, 404),
    ("agent", "/tickets/{number}/customer/note", {"customer_note": "x", "seen_note": "{nobody}"}, 409),
    (
        "agent",
        "/shift/offers",
        {"ticket": "{their_number}", "to_{their_number}": "{person}", "note_{their_number}": "x"},
        404,
    ),
    ("agent", "/shift/offers/{their_offer}/acceptance", {}, 404),
    ("agent", "/tickets/new", {"name": "Eve", "team": "{their_team}", "subject": "x", "text": "x"}, 404),
    ("agent", "/queue/saved", {"name": "x", "team": "{their_team}"}, 403),
    ("lead", "/queue/saved", {"name": "x", "team": "{their_team}"}, 404),
    ("agent", "/queue/saved/{their_view}/removal", {}, 404),
    ("agent", "/drafts/{their_draft}/removal", {}, 404),
    ("agent", "/selection/{their_selection}/undoing", {}, 404),
    ("lead", "/admin/macros/new", {"kind": "macro", "name": "x", "team": "{their_team}"}, 404),
    ("lead", "/admin/macros/{macro}", {"kind": "macro", "name": "x", "team": "{their_team}"}, 404),
    ("lead", "/admin/forwarding/{person}", {"to": "{their_person}"}, 404),
    ("lead", "/intake/blocks", {"value": "x.test", "channel": "{their_box}"}, 404),
]


LOOKS = [
    ("/tickets/{number}/merge?other={their_number}", 404),
    ("/tickets/{number}/macros/{their_macro}", 404),
    ("/tickets/{number}?macro={their_macro}", 404),
    ("/tickets/{number}/files/{their_file}", 404),
    ("/tickets/{number}/messages/{their_note}/html", 404),
]


def test_what_is_foreign_is_refused_and_nothing_is_changed(world, ids):
    before, wrong = world.everything(), []
    for who, door, form, status in CASES:
        address = door.format_map(ids)
        world.app.url_map.bind("").match(address, "POST")
        sent = {name.format_map(ids): _filled(value, ids) for name, value in form.items()}
        got, after = world.clients[who].post(address, data=sent).status_code, world.everything()
        wrong += (
            [] if (got, after == before) == (status, True) else [f"{door} {form}: {got}, {_changed(before, after)}"]
        )
        before = after
    assert wrong == []


def _filled(value, ids):
    return [one.format_map(ids) for one in value] if isinstance(value, list) else value.format_map(ids)


def _changed(before, after):
    return [name for name in before if before[name] != after[name]]


def test_what_is_foreign_is_not_shown_beside_what_is_ones_own(world, ids):
    for door, status in LOOKS:
        address = door.format_map(ids)
        world.app.url_map.bind("").match(address.partition("?")[0], "GET")
        assert (door, world.clients["agent"].get(address).status_code) == (door, status)


def test_of_a_hundred_chosen_the_one_that_is_foreign_refuses_all(world, ids):
    about = {"customer": world.customer, "team_id": world.team.id, "by": world.people["agent"]}
    own = [desk.open_ticket(subject="Cup", text="Called", **about).number for _ in range(MANY)]
    form = {"tickets": [*own, ids["their_number"]], **{f"version_{number}": 1 for number in own}}
    form |= {f"version_{ids['their_number']}": ids["their_version"]}
    before = world.everything()
    for act, more in BULK.items():
        sent = {**form, **{name: value.format_map(ids) for name, value in more.items()}}
        assert (act, world.clients["lead"].post(f"/selection/{act}", data=sent).status_code) == (act, 404)
    assert world.everything() == before


BULK = {
    "take": {}, "owner": {"owner": "{person}"}, "status": {"status": "solved"}, "priority": {"priority": "high"},
    "tags": {"tags": "cup"},
}  # fmt: skip


def test_a_foreign_owner_for_several_is_refused_for_each_and_nothing_is_kept(world, ids):
    number, foreign = ids["other"], ids["their_person"]
    before = world.everything()
    form = {"tickets": number, f"version_{number}": "2", "owner": foreign}
    answer = world.clients["lead"].post("/selection/owner", data=form)
    assert (answer.status_code, world.everything() == before) == (303, True)


def test_a_snippet_of_another_team_is_not_counted_in_an_answer(world, ids):
    form = {"text": "See there", "used": [ids["snippet"], ids["their_snippet"], ids["macro"]]}
    assert world.clients["agent"].post(f"/tickets/{ids['number']}/messages", data=form).status_code == 303
    used = dict(db.session.execute(select(Macro.id, Macro.used).where(Macro.used > 0)).all())
    assert used == {ids["snippet"]: 1}
