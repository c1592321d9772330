"""The queue page, as an agent meets it."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.services import desk, intake, taking
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.urgency import Look, running
from helpdesk.services.views import counts, sight
from helpdesk.tickets.models import Ticket
from helpdesk.web.format import due_point
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

DAYTIME = {str(day): [["09:00", "18:00"]] for day in range(5)}


@pytest.fixture
def team(app):
    make_policy()
    return make_team(name="Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


def mail(team, subject, at=None, **more):
    """A ticket that came by mail at an instant."""
    with pretend(at or now()):
        box = db.session.get(type(team), team.id) and make_mailbox(team, address=f"{subject.lower()}@{team.id}.test")
        arrive(box, eml(subject=subject, **more))
        intake.file_waiting()
    return db.session.query(Ticket).order_by(Ticket.id.desc()).first()


def subjects(page):
    return re.findall(r'trow-subject clip" href="[^"]*"[^>]*>([^<]*)</a>', page.text)


def headings(page):
    return re.findall(r'class="tgroup"><b class="strong">([^<]*)<', page.text)


def test_a_mail_stands_in_the_queue_with_its_deadline(as_, team, ana):
    mail(team, "Coupon")
    page = as_(ana).get("/queue")
    assert subjects(page) == ["Coupon"]
    assert "59\u00a0min working\u00a0time" in page.text


def test_what_is_due_first_stands_first_under_the_heading_of_its_hour(as_, team, ana):
    mail(team, "Later", now() - 1 * MINUTE)
    mail(team, "Late", now() - 70 * MINUTE)
    mail(team, "Near", now() - 45 * MINUTE)
    page = as_(ana).get("/queue")
    assert subjects(page) == ["Late", "Near", "Later"]
    assert headings(page) == ["Late", "Next half hour", "Next hour"]


def test_who_points_at_a_deadline_reads_when_to_begin(as_, team, ana):
    ticket = mail(team, "Coupon")
    until = due_point(ticket.due_at - 10 * MINUTE, now(), ZoneInfo("Asia/Almaty"), "en")
    assert f'title="start by {until}"' in as_(ana).get("/queue").text


def test_a_paused_ticket_keeps_what_is_left_and_says_when_it_would_be_due(as_, team, ana):
    ticket = mail(team, "Paused", now() - 30 * MINUTE)
    desk.reply(ticket.number, text="Which order?", by=ana, then="pend")
    page = as_(ana).get("/queue?view=waiting")
    assert subjects(page) == ["Paused"]
    assert "if answered, until" in page.text
    assert "left" in page.text


def test_each_view_shows_its_own(as_, team, ana):
    bob = make_staff(teams=[team])
    mine, his, loose = (mail(team, name) for name in ("mine", "his", "loose"))
    solved = mail(team, "solved")
    desk.take(mine.number, by=ana)
    desk.take(his.number, by=bob)
    desk.reply(solved.number, text="Done.", by=bob, then="solve")
    client = as_(ana)
    assert subjects(client.get("/queue?view=mine")) == ["mine"]
    assert subjects(client.get("/queue?view=unassigned")) == ["loose"]
    assert set(subjects(client.get("/queue?view=team"))) == {"mine", "his", "loose"}
    assert subjects(client.get("/queue?view=solved")) == ["solved"]
    assert len(subjects(client.get("/queue?view=all"))) == 4
    assert counts(sight(ana, now())) == {"mine": 1, "team": 3, "unassigned": 1, "burning": 0, "waiting": 0}
    assert loose.owner is None


def test_filters_narrow_the_list(as_, team, ana):
    first, second = mail(team, "one"), mail(team, "two")
    desk.change_priority(first.number, to="urgent", by=ana)
    desk.change_tags(second.number, to=["возврат"], by=ana)
    desk.take(second.number, by=ana)
    client = as_(ana)
    assert subjects(client.get("/queue?priority=urgent")) == ["one"]
    assert subjects(client.get("/queue?tag=возврат")) == ["two"]
    assert subjects(client.get(f"/queue?owner={ana.id}")) == ["two"]
    assert subjects(client.get("/queue?owner=none")) == ["one"]
    assert subjects(client.get("/queue?channel=telegram")) == []
    assert subjects(client.get("/queue?status=new")) == ["one"]


@pytest.mark.parametrize(
    "query", ["view=secret", "sort=password", "owner=1e9", "after=x,1", "priority=%27", "after=2026-01-01,2"]
)
def test_an_address_that_is_no_queue_is_refused_or_ignored(as_, team, ana, query):
    assert as_(ana).get(f"/queue?{query}").status_code in (200, 422)


def test_pages_follow_each_other_without_a_gap(as_, team, ana):
    box = make_mailbox(team)
    for number in range(60):
        arrive(box, eml(subject=f"s{number:02}"))
    intake.file_waiting()
    client = as_(ana)
    for view, first in (("team", "s00"), ("all", "s59")):
        page = client.get(f"/queue?view={view}")
        link = re.search(r'href="([^"]*)" rel="next"', page.text)[1].replace("&amp;", "&")
        rest = client.get(link)
        assert subjects(page)[0] == first
        assert len(subjects(page)) == 50
        assert sorted(subjects(page) + subjects(rest)) == [f"s{number:02}" for number in range(60)]


def test_nobody_sees_another_teams_tickets(as_, team, ana):
    mail(make_team(), "foreign")
    client = as_(ana)
    for view in ("team", "all", "unassigned", "burning", "mine", "solved", "waiting"):
        assert subjects(client.get(f"/queue?view={view}")) == []
    assert subjects(as_(make_staff("administrator")).get("/queue?view=all")) == ["foreign"]


def test_taking_the_next_opens_what_burns_most_and_says_so_when_nothing_waits(as_, team, ana):
    mail(team, "fresh")
    old = mail(team, "old", now() - HOUR)
    client = as_(ana)
    assert client.post("/queue/next").headers["Location"] == f"/tickets/{old.number}"
    client.post("/queue/next")
    answer = client.post("/queue/next", follow_redirects=True)
    assert "Nothing waits" in answer.text


def test_who_takes_the_next_is_told_why_it_is_this_one(as_, team, ana):
    mail(team, "old", now() - 50 * MINUTE)
    taking.fit(ana.id, languages=["en"], skills=[], by=make_staff("administrator"))
    page = as_(ana).post("/queue/next", follow_redirects=True).text
    assert "Yours now: breaches in 9\u00a0min; in your language." in page
    assert "the next one; in your language" in page


def test_who_may_hold_no_more_is_told_so_on_the_list(as_, team, ana):
    mail(team, "one")
    mail(team, "two")
    taking.rule(team.id, skill_tags=[], most_open=1, by=make_staff("administrator"))
    client = as_(ana)
    client.post("/queue/next")
    assert "You hold 1 open tickets" in client.post("/queue/next", follow_redirects=True).text


def test_who_puts_a_ticket_back_says_why_on_its_page_and_the_lead_reads_it(as_, team, ana):
    ticket = mail(team, "one")
    client = as_(ana)
    assert "Put back and take another" in client.post("/queue/next", follow_redirects=True).text
    page = client.post(
        f"/tickets/{ticket.number}/skips", data={"reason": "Legal <b>matter"}, follow_redirects=True
    ).text
    assert "Nothing that waits fits you" in page
    assert "Legal &lt;b&gt;matter" in as_(make_staff("supervisor", teams=[team])).get("/queue/skips").text


def test_an_owner_who_went_home_is_shown_so(as_, team, ana):
    make_shift(ana, team, now() - 9 * HOUR, now() - HOUR)
    ticket = mail(team, "held")
    desk.take(ticket.number, by=ana)
    assert "off shift" in as_(ana).get("/queue/rows").text
    make_shift(ana, team)
    assert "is-on" in as_(ana).get("/queue/rows").text


def test_what_somebody_was_told_waits_until_it_is_read(as_, team, ana):
    lead = make_staff("supervisor", teams=[team])
    ticket = mail(team, "held")
    desk.take(ticket.number, by=lead)
    from helpdesk.services import handover

    handover.offer(ticket.number, to=ana.id, note="Call back.", by=lead)
    client = as_(ana)
    told = client.get("/notices").text
    assert f"#{ticket.number} is offered to you" in told
    client.post("/notices/read", data={"until": re.search(r'name="until" value="(\d+)"', told)[1]})
    assert "offered" not in client.get("/notices").text


@pytest.mark.parametrize(
    ("target", "left", "state"),
    [
        (8 * 3600, 3601, "ok"),
        (8 * 3600, 3600, "soon"),
        (8 * 3600, 1800, "burn"),
        (8 * 3600, 0, "burn"),
        (8 * 3600, -0.001, "late"),
        (3600, 901, "ok"),
        (3600, 900, "soon"),
        (3600, 360, "burn"),
    ],
)
def test_how_a_deadline_looks(app, target, left, state):
    version = make_policy().versions[0].id
    assert running(MONDAY + timedelta(seconds=left), target, version, "normal", MONDAY).state == state


def test_the_look_turns_at_the_instant_it_says(app):
    version = make_policy().versions[0].id
    look = running(MONDAY + 5 * HOUR, 8 * 3600, version, "normal", MONDAY)
    assert look == Look("ok", MONDAY + 5 * HOUR, 5 * 3600.0, turns_at=MONDAY + 4 * HOUR)
    assert running(MONDAY + 5 * HOUR, 8 * 3600, version, "normal", look.turns_at).state == "soon"


def test_who_chooses_columns_sees_those_from_then_on(as_, team, ana):
    mail(team, "Coupon")
    client = as_(ana)
    assert 'class="trows no-priority no-opened no-reason"' in client.get("/queue").text
    client.post("/profile/columns", data={"columns": ["owner", "priority"]})
    assert 'class="trows no-channel no-tags no-excerpt no-opened no-reason"' in client.get("/queue/rows").text
    assert client.post("/profile/columns", data={"columns": ["password_hash"]}).status_code == 422
    assert 'class="trows no-priority no-opened no-reason"' in as_(make_staff(teams=[team])).get("/queue").text
