"""Every route by everybody against a declared table: exact status, and whoever is refused changes nothing."""

import pytest

from helpdesk.services import sign_in
from helpdesk.services.store import transaction
from helpdesk.web import access
from tests.abuse.world import ACTORS, Given, World
from tests.conftest import ON
from tests.making import make_staff, make_team

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# Answers to: nobody, somebody deactivated, an agent of another team, one of this team, a lead of another team, the lead
# of this team, an administrator. An observer of this team is answered as its agent where one reads, and refused elsewhere.
OPEN = 200, 200, 200, 200, 200, 200, 200
PAGE, ACT = (302, 302, 200, 200, 200, 200, 200), (401, 401, 303, 303, 303, 303, 303)
TICKET_PAGE, TICKET_ACT = (302, 302, 404, 200, 404, 200, 200), (401, 401, 404, 303, 404, 303, 303)
LEAD_PAGE, LEAD_THING = (302, 302, 403, 403, 200, 200, 200), (302, 302, 403, 403, 404, 200, 200)
LEAD_ACT = 401, 401, 403, 403, 404, 303, 303
ROOT_PAGE, ROOT_ACT = (302, 302, 403, 403, 403, 403, 200), (401, 401, 403, 403, 403, 403, 303)
SHOWN = 401, 401, 403, 403, 403, 403, 200
DECLARED = (
    ("GET", OPEN, "static assets.bootstrap_css assets.bootstrap_js assets.htmx doors.link doors.health"),
    ("GET", (200, 200, 302, 302, 302, 302, 302), "doors.sign_in"),
    ("GET", (302, 302, 302, 302, 302, 302, 302), "doors.home"),
    ("POST", (403, 403, 403, 403, 403, 403, 403), "doors.sign_in_now"),
    ("POST", (302, 302, 302, 302, 302, 302, 302), "doors.redeem"),
    ("POST", (401, 401, 302, 302, 302, 302, 302), "doors.sign_out"),
    ("POST", (401, 401, 401, 401, 401, 401, 401), "hooks.receive"),
    (
        "GET",
        PAGE,
        "desk.queue desk.rows desk.reasons desk.notices shift.offers shift.rows live.stream lookup.show",
    ),
    ("POST", ACT, "desk.take_next desk.read_notices shift.accept_all saving.save"),
    ("GET", TICKET_PAGE, "ticket.show ticket.thread ticket.facts ticket.head ticket.original ticket.file explain.show"),
    ("POST", TICKET_ACT, "ticket.say acts.take acts.pend acts.hold acts.resume acts.solve acts.reopen acts.close"),
    (
        "POST",
        TICKET_ACT,
        "acts.waive acts.assign acts.offer acts.priority acts.team acts.subject acts.tags acts.reason acts.approve",
    ),
    (
        "POST",
        TICKET_ACT,
        "acts.junk acts.unjunk trust.decline trust.let_in trust.keep_out trust.join trust.dismiss trust.block",
    ),
    ("POST", TICKET_ACT, "selection.take selection.status selection.priority selection.tags selection.assign"),
    ("POST", TICKET_ACT, "drafts.keep following.follow following.unfollow"),
    ("POST", (401, 401, 404, 200, 404, 200, 200), "presence.speak"),
    ("POST", (401, 401, 404, 303, 404, 404, 404), "drafts.remove"),  # a draft is its writer's alone
    ("POST", (401, 401, 404, 303, 404, 404, 404), "saving.remove"),  # only who keeps a list for themselves removes it
    ("POST", (401, 401, 404, 303, 404, 404, 404), "selection.undo"),  # only who did it undoes it
    ("POST", (401, 401, 404, 303, 404, 409, 409), "acts.skip"),  # only its owner puts a ticket back
    (
        "POST",
        TICKET_ACT,
        "scheduled.say scheduled.cancel customer_notes.note snoozing.snooze snoozing.wake macros.apply",
    ),
    ("POST", TICKET_ACT, "merging.merge merging.part merging.split linking.link linking.unlink forwards.forward"),
    ("GET", TICKET_PAGE, "macros.show macros.preview merging.show merging.choose forwards.show"),
    ("GET", LEAD_PAGE, "admin_macros.show admin_macros.new"),
    ("GET", LEAD_THING, "admin_macros.macro"),
    ("POST", LEAD_ACT, "admin_macros.change redacting.redact"),
    ("POST", (401, 401, 403, 403, 404, 303, 303), "admin_macros.add"),
    ("POST", (401, 401, 404, 303, 404, 403, 403), "undo.withdraw"),  # only who wrote an answer may take it back
    ("POST", TICKET_ACT, "acts.stop_ladder shift.offer shift.accept shift.refuse"),
    ("POST", (401, 401, 409, 409, 409, 409, 409), "breaks.begin"),  # nobody here is on a shift
    ("POST", ACT, "breaks.end"),
    ("GET", PAGE, "opening.show profile.show my_shifts.show drafts.show help.show help.news"),
    ("POST", ACT, "my_shifts.number"),
    ("POST", (401, 401, 403, 403, 404, 303, 303), "my_shifts.name_substitute"),  # of somebody else's absence
    ("POST", (401, 401, 404, 303, 404, 303, 303), "opening.open_ticket"),
    (
        "POST",
        ACT,
        "profile.change profile.columns profile.keys profile.password profile.no_password help.put_hints_away help.read_news",
    ),
    ("POST", (401, 401, 403, 403, 403, 403, 303), "demo.wear"),
    (
        "GET",
        LEAD_PAGE,
        "desk.skips board.show board.now intake.show admin_shifts.show forwarding.show forwarding.table",
    ),
    ("GET", LEAD_PAGE, "shift.hanging shift.hanging_rows"),
    ("POST", LEAD_ACT, "forwarding.set_to roster_files.import_ breaks.end_for"),
    ("GET", LEAD_THING, "roster_files.show roster_files.table"),
    ("POST", (401, 401, 403, 403, 404, 200, 200), "roster_files.preview"),
    ("GET", (302, 302, 403, 403, 200, 302, 302), "calls.show"),
    ("GET", LEAD_THING, "calls.choose intake.raw"),
    ("POST", LEAD_ACT, "intake.block intake.unblock"),
    ("POST", LEAD_ACT, "intake.retry intake.file intake.dismiss intake.drop intake.send_again"),
    ("POST", LEAD_ACT, "admin_shifts.add admin_shifts.copy admin_shifts.fill admin_shifts.change"),
    ("GET", LEAD_THING, "admin_shifts.shift admin_patterns.show admin_patterns.pattern"),
    ("POST", LEAD_ACT, "admin_patterns.add admin_patterns.change admin_patterns.remove"),
    (
        "POST",
        LEAD_ACT,
        "admin_shifts.add_absence admin_shifts.remove admin_shifts.remove_absence admin_shifts.name_substitute",
    ),
    ("POST", (401, 401, 403, 403, 404, 200, 200), "calls.preview"),
    ("POST", (401, 401, 403, 403, 404, 302, 404), "calls.import_"),  # what the lead looked at is the lead's to confirm
    ("GET", (302, 302, 403, 403, 403, 403, 302), "admin.show admin_rules.days"),
    ("GET", ROOT_PAGE, "admin.people admin.new_person admin.person admin.teams admin.new_team admin.team"),
    ("POST", ROOT_ACT, "admin.add_person admin.change_person admin.switch_person admin.end_sessions"),
    ("GET", ROOT_PAGE, "admin_reasons.show"),
    ("POST", ROOT_ACT, "admin_reasons.add admin_reasons.change admin_reasons.move"),
    ("POST", ROOT_ACT, "admin.add_team admin.change_team giving.rule giving.deal giving.fit"),
    ("GET", ROOT_PAGE, "admin_triggers.show admin_triggers.new admin_triggers.trigger admin_triggers.log"),
    ("POST", ROOT_ACT, "admin_triggers.add admin_triggers.change admin_triggers.move admin_triggers.switch"),
    ("POST", SHOWN, "admin_triggers.try_new admin_triggers.try_changed"),
    ("GET", ROOT_PAGE, "demo.show"),
    ("POST", ROOT_ACT, "demo.remove"),
    ("POST", SHOWN, "admin.link admin_channels.renew admin_rules.days"),
    ("GET", ROOT_PAGE, "admin_channels.show admin_channels.new admin_channels.channel"),
    ("GET", ROOT_PAGE, "admin_mailboxes.new admin_mailboxes.show admin_mailboxes.old_mail"),
    ("POST", SHOWN, "admin_mailboxes.find admin_mailboxes.add admin_mailboxes.check"),
    ("POST", ROOT_ACT, "admin_mailboxes.connect admin_sign_in.save"),
    ("GET", ROOT_PAGE, "admin_sign_in.show"),
    ("GET", (302, 302, 403, 403, 403, 403, 409), "mailbox_sign_in.leave mailbox_sign_in.back"),  # nobody is expected
    ("POST", (401, 401, 403, 403, 403, 403, 422), "admin_mailboxes.count"),  # its mailbox lets nobody in
    ("POST", ROOT_ACT, "admin_channels.add admin_channels.change admin_channels.switch"),
    ("POST", ROOT_ACT, "admin_sending.make"),
    ("POST", (401, 401, 403, 403, 403, 403, 409), "admin_sending.look_up"),  # there is no key yet
    ("GET", ROOT_PAGE, "admin_rules.calendars admin_rules.new_calendar admin_rules.calendar"),
    ("GET", LEAD_PAGE, "admin_rules.policies admin_policies.show simulations.show"),
    ("GET", ROOT_PAGE, "admin_policies.new"),
    ("POST", ROOT_ACT, "admin_rules.add_calendar admin_rules.change_calendar admin_policies.add simulations.save"),
    ("POST", ROOT_ACT, "admin_policies.change admin_rules.move admin_rules.switch"),
    ("POST", ROOT_ACT, "admin_policies.simulate_new admin_rules.simulate_calendar"),
    ("POST", SHOWN, "admin_policies.new_due"),
    ("POST", (401, 401, 403, 403, 200, 200, 200), "admin_policies.due"),
    ("POST", (401, 401, 403, 403, 303, 303, 303), "admin_policies.simulate"),
)
READING = frozenset(
    "static assets.bootstrap_css assets.bootstrap_js assets.htmx doors.link doors.health doors.sign_in doors.home "  # noqa: SIM905
    "doors.sign_in_now doors.redeem doors.sign_out hooks.receive live.stream lookup.show help.show help.news "
    "help.put_hints_away help.read_news profile.show profile.change profile.columns profile.keys profile.password "
    "profile.no_password presence.speak explain.show desk.queue desk.rows desk.reasons desk.notices "
    "desk.read_notices saving.save ticket.show ticket.thread ticket.facts ticket.head ticket.original ticket.file".split()
)
ANOTHERS = ("saving.remove",)  # what is somebody else's is not there


def whole(name, row):
    """With the answer to an observer."""
    return (*row[:3], row[3] if name in READING else 404 if name in ANOTHERS else 403, *row[3:])


TABLE = {(method, name): whole(name, row) for method, row, names in DECLARED for name in names.split()}


@pytest.fixture
def world(app, as_):
    return World(app, as_)


def routes(app):
    return {(method, rule.endpoint) for rule in app.url_map.iter_rules() for method in rule.methods & METHODS}


def test_every_route_is_in_the_table(app):
    assert routes(app) == TABLE.keys()


def test_every_route_answers_everybody_as_declared(world):
    wrong = [
        f"{method} {endpoint} as {actor}: {status}, declared {TABLE[method, endpoint][ACTORS.index(actor)]}"
        for method, endpoint in TABLE
        for actor, status in knocked(world, endpoint, method)
        if status != TABLE[method, endpoint][ACTORS.index(actor)]
    ]
    assert wrong == []


def knocked(world, endpoint, method):
    """Each actor with the answer; whoever acts gets something of their own to act on.

    Who may what is the same on both databases, that a page answers is not: one who may do everything asks there.
    """
    shared = Given(world, endpoint)
    for actor in ACTORS if ON == "sqlite" else ACTORS[-1:]:
        acts = method == "POST" and TABLE[method, endpoint][ACTORS.index(actor)] < 400
        yield actor, world.knock(actor, endpoint, method, Given(world, endpoint) if acts else shared)


@pytest.mark.once
def test_whoever_is_refused_changes_nothing(world):
    for (method, endpoint), row in TABLE.items():
        refused = [actor for actor, status in zip(ACTORS, row, strict=True) if status >= 400]
        if method == "POST" and refused:
            given = Given(world, endpoint)
            world.knock(refused[0], endpoint, method, given)
            before = world.everything()
            for actor in refused:
                world.knock(actor, endpoint, method, given)
            assert world.everything() == before, endpoint


def test_a_route_that_nobody_declared_fails_the_start(app, monkeypatch):
    monkeypatch.delitem(access.ROUTES, "desk.queue")
    with pytest.raises(RuntimeError, match=r"desk\.queue"):
        access.init_app(app)


def test_a_deactivated_person_is_out_at_once(as_):
    person = make_staff(teams=[make_team()])
    client = as_(person)
    assert client.get("/queue").status_code == 200
    with transaction():
        person.active = False
    assert client.get("/queue", headers={"Accept": "text/html"}).status_code == 302
    assert client.get("/queue/rows", headers={"HX-Request": "true"}).status_code == 401


def test_what_is_signed_out_everywhere_is_signed_out_here(as_):
    person = make_staff(teams=[make_team()])
    client = as_(person)
    sign_in.end_sessions(person.id)
    assert client.get("/queue", headers={"Accept": "text/html"}).status_code == 302
