"""Who may knock where: every route that there is, by everybody, against the declared table."""

from datetime import date

import pytest

from helpdesk.people.roles import Role
from helpdesk.services import desk, handover, sign_in
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Attachment, Message
from helpdesk.web import access
from tests.making import make_mailbox, make_policy, make_staff, make_team

ACTORS = ("anonymous", "deactivated", "foreign", "agent", "supervisor", "administrator")
FOREIGN = ("ticket.", "acts.", "explain.")  # what belongs to a ticket is not found by another team

FORMS = {
    "acts.priority": {"to": "high"},
    "acts.subject": {"to": "Refund"},
    "acts.team": {"to": "{team}"},
    "acts.offer": {"to": "{colleague}", "note": "Call back."},
    "opening.open_ticket": {"phone": "8 916 555-01-23", "team": "{team_id}", "subject": "Coupon", "text": "Called"},
    "ticket.say": {"text": "We look into it."},
    "shift.offer": {"ticket": "{number}", "to_{number}": "{colleague}", "note_{number}": "Call back."},
    "shift.refuse": {"reason": "I leave at six"},
    "desk.read_notices": {"until": "1"},
    "profile.change": {"locale": "en"},
    "profile.password": {"after": "correct horse battery", "again": "correct horse battery"},
}
# What those who may knock are answered, where it is not 200 for a look and 303 for an act.
ANSWERS = {
    "static": 200,
    "opening.open_ticket": {"foreign": 422, "": 303},
}


@pytest.fixture
def knock(app, as_):
    """Knock at a route as an actor, with a ticket, an offer and a file made for it; gives the status."""
    make_policy()
    team, other = make_team(), make_team()
    box = make_mailbox(team)
    people = {role: make_staff(role, teams=[team]) for role in Role}
    people["foreign"], people["deactivated"] = make_staff(teams=[other]), make_staff(teams=[team])
    customer, colleague = make_staff(role=None, login=None, name="Marat"), make_staff(teams=[team])
    clients = {name: as_(person) for name, person in people.items()}
    with transaction():
        people["deactivated"].active = False
    clients["anonymous"] = app.test_client()

    def knock(actor, rule, method):
        ticket = desk.open_ticket(
            customer=customer, team_id=team.id, subject="Coupon", text="Called", by=people["agent"]
        )
        desk.assign(ticket.number, to=people["agent"].id, by=people["agent"])
        message = db.session.query(Message).filter_by(ticket_id=ticket.id).one()
        with transaction():
            message.attachments.append(Attachment(filename="a", content_type="a/b", size=1, sha256=_stored(app)))
        receiver = people[actor] if actor in ("agent", "supervisor", "administrator") else colleague
        offered = ".offers" in rule.endpoint or rule.endpoint in ("shift.accept", "shift.refuse")
        offer = (
            handover.offer(ticket.number, to=receiver.id, note="x", by=people["agent"])
            if offered and receiver != ticket.owner
            else None
        )
        known = {
            "number": ticket.number, "message_id": message.id, "file_id": message.attachments[0].id,
            "offer_id": offer.id if offer else 0, "team_id": team.id, "person_id": customer.id, "channel_id": box.id,
            "token": "none", "name": "none", "filename": "css/app.css", "kind": "mail", "week": f"{date.today():%G-W%V}",
            "team": other.id, "colleague": colleague.id,
        }  # fmt: skip
        values = {name: known.get(name, 1) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        form = {key.format(**known): text.format(**known) for key, text in FORMS.get(rule.endpoint, {}).items()}
        answer = clients[actor].open(path, method=method, data=form or None, headers={"Accept": "text/html"})
        answer.close()
        return answer.status_code

    return knock


def _stored(app):
    from helpdesk import blobs

    return blobs.put(app.config["HELPDESK"].blobs, b"x")


def expected(actor, rule, method):
    """What the declared table and what is written here say."""
    roles = access.ROUTES[rule.endpoint]
    if roles is not access.ANYBODY:
        if actor in ("anonymous", "deactivated"):
            return 302 if method == "GET" else 401
        if (Role.AGENT if actor == "foreign" else Role(actor)) not in roles:
            return 403
        if actor == "foreign" and rule.endpoint.startswith(FOREIGN):
            return 404
    answer = ANSWERS.get(rule.endpoint, 200 if method == "GET" else 303)
    return answer.get(actor, answer.get("")) if isinstance(answer, dict) else answer


def test_every_route_answers_everybody_as_declared(app, knock):
    wrong = []
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            for actor in ACTORS:
                status, wanted = knock(actor, rule, method), expected(actor, rule, method)
                if status != wanted:
                    wrong.append(f"{method} {rule.endpoint} as {actor}: {status}, expected {wanted}")
    assert not wrong, "\n".join(wrong)


def test_a_route_that_nobody_declared_fails_the_start(app, monkeypatch):
    monkeypatch.delitem(access.ROUTES, "desk.queue")
    with pytest.raises(RuntimeError, match=r"desk\.queue"):
        access.init_app(app)


def test_a_deactivated_person_is_out_at_once(as_, app):
    person = make_staff(teams=[make_team()])
    client = as_(person)
    assert client.get("/queue").status_code == 200
    with transaction():
        person.active = False
    assert client.get("/queue", headers={"Accept": "text/html"}).status_code == 302
    assert client.get("/queue/rows", headers={"HX-Request": "true"}).status_code == 401


def test_what_is_signed_out_everywhere_is_signed_out_here(as_, app):
    person = make_staff(teams=[make_team()])
    client = as_(person)
    sign_in.end_sessions(person.id)
    assert client.get("/queue", headers={"Accept": "text/html"}).status_code == 302
