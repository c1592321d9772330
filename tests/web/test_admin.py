"""Settings, as the administrator meets them."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
import structlog
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, NotAllowed
from helpdesk.people.models import Absence, Person, Shift, SignIn, Team
from helpdesk.services import administration, roster, weeks
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.secrets import open_
from tests.making import HOUR, MONDAY, make, make_mailbox, make_shift, make_staff, make_team

pytestmark = pytest.mark.once

PERSON = {"name": "Ana", "login": "ana", "role": "agent", "locale": "en", "time_zone": "", "email": "ana@staff.test"}
MAIL = {
    "name": "Help", "address": "help@example.com", "imap_host": "imap.example.com", "imap_port": "993",
    "imap_security": "tls", "imap_password": "open sesame", "smtp_host": "smtp.example.com", "smtp_port": "465",
    "smtp_security": "tls", "folder": "INBOX", "after_read": "leave", "acknowledge": "1",
}  # fmt: skip


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def root(team):
    return make_staff("administrator", [team], name="Root")


@pytest.fixture
def client(as_, root):
    return as_(root)


def one(kind, **wanted):
    db.session.expire_all()
    return db.session.scalars(select(kind).filter_by(**wanted)).one()


def test_a_mailbox_leaves_what_is_there_alone_unless_told_and_stays_connected_since_the_first_time(client, team):
    client.post("/admin/channels/new/mail", data={**MAIL, "team": team.id})
    known = one(Channel, name="Help")
    assert (known.settings["since"], datetime.fromisoformat(known.settings["connected_at"]) <= now()) == ("new", True)
    known.settings = {**known.settings, "connected_at": MONDAY.isoformat()}
    db.session.commit()
    client.post(f"/admin/channels/{known.id}", data={**MAIL, "team": team.id, "since": "all"})
    settings = one(Channel, name="Help").settings
    assert (settings["since"], settings["connected_at"]) == ("all", MONDAY.isoformat())


PAGES = [
    "people", "people/new", "teams", "teams/new", "shifts", "channels", "channels/new/mail", "channels/new/webhook",
    "channels/new/telegram", "channels/new/calls", "calendars", "calendars/new", "policies", "policies/new",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_opens_for_the_administrator_and_for_nobody_below(as_, client, team, page, language):
    assert client.get(f"/admin/{page}?lang={language}").status_code == 200
    assert as_(make_staff(teams=[team])).get(f"/admin/{page}").status_code == 403
    lead = as_(make_staff("supervisor", [team])).get(f"/admin/{page}").status_code
    assert lead == (200 if page in ("shifts", "policies") else 403)


def test_somebody_new_signs_in_with_a_link_that_is_shown_once(app, client, team):
    answer = client.post("/admin/people/new", data={**PERSON, "teams": [team.id]})
    assert answer.status_code == 303
    ana = one(Person, login="ana")
    assert (ana.team_ids, ana.contact("email").value) == ([team.id], "ana@staff.test")
    page = client.post(f"/admin/people/{ana.id}/link").text
    address = page.partition('value="http://127.0.0.1:8470')[2].partition('"')[0]
    assert app.test_client().post(address).status_code == 302
    assert address not in client.get(f"/admin/people/{ana.id}").text


def test_wrong_fields_are_named_beside_them_and_what_was_typed_stays(client):
    answer = client.post("/admin/people/new", data={**PERSON, "name": "", "login": "typed", "email": "nobody"})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert "Write a mail address." in answer.text
    assert 'value="typed"' in answer.text


def test_an_unknown_field_is_refused(client):
    answer = client.post("/admin/people/new", data={**PERSON, "password_hash": "x"})
    assert answer.status_code == 422
    assert db.session.scalar(select(Person).where(Person.login == "ana")) is None


def test_languages_and_skills_of_a_person_are_kept_and_shown_again(client):
    told = {"languages": ["kk", "ru"], "skills": " refunds, VIP ,refunds,"}
    client.post("/admin/people/new", data={**PERSON, **told})
    ana = one(Person, login="ana")
    assert (ana.languages, ana.skills) == (["kk", "ru"], ["refunds", "VIP"])
    page = client.get(f"/admin/people/{ana.id}").text
    assert 'value="kk" checked' in page
    assert 'value="refunds, VIP"' in page


def test_a_team_says_how_long_its_people_have_to_hand_over(client, team):
    settings = {"sheet_minutes": 45, "answer_minutes": 5, "most_asked": 2}
    client.post(f"/admin/teams/{team.id}", data={"name": "Coupons", "time_zone": "UTC", "active": "1", **settings})
    known = one(Team, id=team.id)
    assert {name: getattr(known, name) for name in settings} == settings
    answer = client.post(f"/admin/teams/{team.id}", data={"name": "Coupons", "time_zone": "UTC", "answer_minutes": "0"})
    assert "Write a number from 1 to 240." in answer.text


def test_how_tickets_of_a_team_get_their_owners_is_kept_and_shown_again(client, team):
    bea = make_staff(teams=[team], name="Bea")
    wanted = {"way": "load", "to_last": "1", f"most-{bea.id}": "3"}
    page = client.post(f"/admin/teams/{team.id}/dealing", data=wanted, follow_redirects=True).text
    assert '<option value="load" selected>' in page
    assert re.search(rf'id="most-{bea.id}"[^>]* value="3"', page)
    assert re.search(r'name="to_last" value="1" checked', page)
    client.post(f"/admin/teams/{team.id}/dealing", data={"way": ""})
    assert "checked" not in client.get(f"/admin/teams/{team.id}").text.partition('id="dealing"')[2]


def test_a_login_that_is_taken_is_said_so(client):
    client.post("/admin/people/new", data=PERSON)
    answer = client.post("/admin/people/new", data={**PERSON, "email": "other@staff.test"})
    assert answer.status_code == 422
    assert "Somebody has the login ana already" in answer.text


def test_a_changed_role_holds_at_the_next_click(as_, client, team):
    ana = make_staff(teams=[team], login="ana")
    hers = as_(ana)
    assert hers.get("/board").status_code == 403
    client.post(f"/admin/people/{ana.id}", data={**PERSON, "role": "supervisor", "teams": [team.id]})
    assert hers.get("/board").status_code == 200


def test_who_is_switched_off_is_signed_out_everywhere(as_, client, team):
    ana = make_staff(teams=[team])
    hers = as_(ana)
    client.post(f"/admin/people/{ana.id}/active", data={"active": "0"})
    assert hers.get("/lookup", headers={"Accept": "text/html"}).status_code == 302
    assert one(SignIn, person_id=ana.id).ended_at is not None


def test_sessions_can_be_ended_without_switching_off(as_, client, team):
    ana = make_staff(teams=[team])
    hers = as_(ana)
    client.post(f"/admin/people/{ana.id}/sessions/end")
    assert hers.get("/lookup", headers={"Accept": "text/html"}).status_code == 302
    assert one(Person, id=ana.id).active


def test_there_is_always_an_administrator(client, root):
    assert client.post(f"/admin/people/{root.id}/active", data={"active": "0"}).status_code == 409
    demoted = client.post(f"/admin/people/{root.id}", data={**PERSON, "login": root.login, "role": "agent"})
    assert demoted.status_code == 422
    assert one(Person, id=root.id).role == "administrator"


def test_a_customer_is_nobody_to_administer(client):
    customer = make(Person(name="Marat", role=None, created_at=now(), locale="ru", tags=[]))
    assert client.get(f"/admin/people/{customer.id}").status_code == 404
    assert client.post(f"/admin/people/{customer.id}/link").status_code == 404


def test_what_was_changed_by_whom_is_in_the_log(root, team):
    with structlog.testing.capture_logs() as lines:
        administration.save_team(team.id, name="Vouchers", time_zone="Asia/Almaty", active=True, by=root)
    assert [(line["what"], line["by"], line["team"]) for line in lines] == [("team.saved", root.login, team.id)]


def test_a_team_needs_a_time_zone_that_exists(client, team):
    answer = client.post(f"/admin/teams/{team.id}", data={"name": "Coupons", "time_zone": "Mars/Base", "active": "1"})
    assert answer.status_code == 422
    assert "Mars/Base is not a time zone" in answer.text
    client.post(f"/admin/teams/{team.id}", data={"name": "Coupons", "time_zone": "Asia/Almaty", "active": "1"})
    assert one(Team, id=team.id).time_zone == "Asia/Almaty"


def shift_form(person, days, starts="09:00", ends="18:00"):
    return {"person": person.id, "days": [day.isoformat() for day in days], "starts": starts, "ends": ends}


def test_shifts_are_written_by_the_clocks_of_the_team(client, team):
    client.post(f"/admin/teams/{team.id}", data={"name": "Coupons", "time_zone": "Asia/Almaty", "active": "1"})
    ana = make_staff(teams=[team])
    answer = client.post(f"/admin/shifts/{team.id}/2026-09-14", data=shift_form(ana, [date(2026, 9, 14)]))
    assert answer.status_code == 303
    shift = one(Shift, person_id=ana.id)
    assert (shift.starts_at, shift.ends_at) == (MONDAY - 5 * HOUR, MONDAY + 4 * HOUR)
    page = client.get(answer.headers["Location"]).text
    assert "09:00–18:00" in page


def test_a_night_shift_ends_on_the_next_day(client, team):
    ana = make_staff(teams=[team])
    client.post(
        f"/admin/shifts/{team.id}/2026-09-14", data=shift_form(ana, [date(2026, 9, 14)], starts="22:00", ends="06:00")
    )
    assert one(Shift, person_id=ana.id).ends_at == MONDAY + 21 * HOUR


def test_two_shifts_of_one_person_do_not_overlap(client, team):
    ana = make_staff(teams=[team])
    make_shift(ana, team, starts_at=MONDAY)
    answer = client.post(f"/admin/shifts/{team.id}/2026-09-14", data=shift_form(ana, [date(2026, 9, 14)]))
    assert answer.status_code == 422
    assert "has a shift at that time already" in answer.text
    assert one(Shift, person_id=ana.id)


def test_last_week_is_copied_once_and_keeps_its_hours_when_the_clocks_change(root, app):
    team = make_team()
    administration.save_team(team.id, name="Berlin", time_zone="Europe/Berlin", active=True, by=root)
    ana = make_staff(teams=[team])
    before, after = date(2026, 10, 19), date(2026, 10, 26)
    weeks.add_shifts(team.id, person_id=ana.id, days=[before], starts=time(9), ends=time(18), by=root)
    assert weeks.copy_week(team.id, after, by=root) == 1
    assert weeks.copy_week(team.id, after, by=root) == 0
    starts = sorted(shift.starts_at for shift in db.session.scalars(select(Shift)))
    assert starts == [datetime(2026, 10, 19, 7, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)]


def test_an_absence_takes_its_last_day_too(client, team):
    ana = make_staff(teams=[team])
    make_shift(ana, team, starts_at=MONDAY + timedelta(days=1))
    form = {"person": ana.id, "kind": "sick", "first": "2026-09-14", "last": "2026-09-15"}
    assert client.post(f"/admin/shifts/{team.id}/2026-09-14/absences", data=form).status_code == 303
    assert ana not in roster.on_duty(MONDAY + timedelta(days=1, hours=1))
    assert "sick leave" in client.get(f"/admin/shifts?team={team.id}&week=2026-09-14").text
    client.post(f"/admin/shifts/{team.id}/2026-09-14/absences/{one(Absence).id}/remove")
    assert ana in roster.on_duty(MONDAY + timedelta(days=1, hours=1))


def test_a_supervisor_keeps_the_roster_of_their_own_team_only(as_, team):
    lead = as_(make_staff("supervisor", [team]))
    other = make_team("Refunds")
    ana = make_staff(teams=[other])
    assert lead.get(f"/admin/shifts?team={other.id}").status_code == 404
    answer = lead.post(f"/admin/shifts/{other.id}/2026-09-14", data=shift_form(ana, [date(2026, 9, 14)]))
    assert answer.status_code in {404, 422}
    assert db.session.scalars(select(Shift)).all() == []


def test_a_mailbox_keeps_its_password_sealed_and_never_shows_it(client, team):
    assert client.post("/admin/channels/new/mail", data={**MAIL, "team": team.id}).status_code == 303
    box = one(Channel, name="Help")
    assert b"open sesame" not in box.secrets
    assert open_(box.secrets)["imap_password"] == "open sesame"
    assert (box.settings["imap_port"], box.settings["acknowledge"]) == (993, True)
    assert "open sesame" not in client.get(f"/admin/channels/{box.id}").text
    client.post(
        f"/admin/channels/{box.id}", data={**MAIL, "team": team.id, "imap_password": "", "smtp_password": "new"}
    )
    assert open_(one(Channel, id=box.id).secrets) == {"imap_password": "open sesame", "smtp_password": "new"}


def test_what_went_wrong_does_not_show_the_password_either(client, team):
    answer = client.post("/admin/channels/new/mail", data={**MAIL, "team": team.id, "imap_port": "99999"})
    assert answer.status_code == 422
    assert "A port is a number from 1 to 65535." in answer.text
    assert "open sesame" not in answer.text


def test_a_password_is_never_sent_in_the_clear_to_another_machine(client, team):
    answer = client.post("/admin/channels/new/mail", data={**MAIL, "team": team.id, "imap_security": "none"})
    assert answer.status_code == 422
    assert "choose tls or starttls" in answer.text


def test_the_secret_of_a_chat_is_made_here_and_shown_once(client, team):
    page = client.post("/admin/channels/new/webhook", data={"name": "chat", "team": team.id, "answer_url": ""}).text
    chat = one(Channel, name="chat")
    secret = open_(chat.secrets)["secret"]
    assert secret.startswith("whsec_")
    assert secret in page
    assert secret not in client.get(f"/admin/channels/{chat.id}").text
    again = client.post(f"/admin/channels/{chat.id}/secret").text
    renewed = open_(one(Channel, id=chat.id).secrets)["secret"]
    assert renewed != secret
    assert renewed in again


def test_answers_are_not_posted_to_our_own_neighbours(client, team):
    form = {"name": "chat", "team": team.id, "answer_url": "http://169.254.169.254/latest"}
    assert client.post("/admin/channels/new/webhook", data=form).status_code == 422


def test_a_mailbox_without_a_server_to_read_is_not_said_to_have_got_nothing(client, team):
    make_mailbox(team)
    page = client.get("/admin/channels").text
    assert "Mail is delivered into it" in page
    assert "Nothing has come yet" not in page


def test_a_channel_is_switched_off_and_on(client, team):
    box = make_mailbox(team)
    client.post(f"/admin/channels/{box.id}/active", data={"active": "0"})
    assert not one(Channel, id=box.id).active
    client.post(f"/admin/channels/{box.id}/active", data={"active": "1"})
    assert one(Channel, id=box.id).active


def test_only_administrators_may_even_when_the_door_is_passed(team):
    lead = make_staff("supervisor", [team])
    with pytest.raises(NotAllowed):
        administration.link_for(lead.id, by=lead)


def test_a_link_for_somebody_switched_off_is_refused(root, team):
    ana = make_staff(teams=[team])
    administration.switch_person(ana.id, active=False, by=root)
    with pytest.raises(Conflict):
        administration.link_for(ana.id, by=root)
