"""A desk with one of everything that a route may be about, and the people who knock at it."""

import dataclasses
import io
import itertools
import re
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from helpdesk.channels.blocks import Block
from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.orm import Base
from helpdesk.people.models import Absence, Pattern
from helpdesk.people.notes import CustomerNote
from helpdesk.services import (
    desk,
    drafts,
    firing,
    handover,
    intake,
    merging,
    saving,
    scheduling,
    selection,
    sign_in,
    simulations,
)
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import CalendarRow, CalendarVersion
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.triggers import Trigger
from tests.channels.call_logs import cdr
from tests.channels.chat.channels import make_webhook
from tests.making import HOUR, MONDAY, arrive, eml, make, make_mailbox, make_policy, make_shift, make_staff, make_team

serial = itertools.count(1)
ACTORS = ("anonymous", "deactivated", "foreign", "observer", "agent", "foreign_lead", "lead", "root")
VISITS = ("sign_in", "sign_in_link", "sign_in_attempt")  # what may change when somebody only comes or goes
PERSON = {"name": "Ana", "role": "agent", "locale": "en"}
TEAM = {"time_zone": "UTC", "active": "1"}
CALENDAR = {"tz": "UTC", "mon": "09:00-18:00"}
POLICY = {"time": "working", "any-answer": "4 h"}
SHIFT = {"person": "{person_id}", "starts": "09:00", "ends": "18:00"}
PATTERN = {"weekdays": "2", "valid_from": "2031-01-06"}
ABSENCE = {"person": "{person_id}", "kind": "sick", "first": "2031-01-06", "last": "2031-01-07"}
MAILBOX = {"team": "{team_id}", "imap_host": "localhost", "imap_port": "1"}
RULE = {"name": "Rule no. {serial}", "occasion": "created", "channel": "mail", "do_priority": "high", "active": "1"}
FORMS = {
    "doors.sign_in_now": {"login": "nobody", "password": "wrong"},
    "acts.assign": {"to": "{agent}"},
    "acts.priority": {"to": "high"},
    "acts.stop_ladder": {"clock": "resolution", "started_seq": "1"},
    "saving.save": {"name": "Urgent ones", "priority": "urgent"},
    "selection.take": {"tickets": "{number}", "version_{number}": "{version}"},
    "selection.assign": {"tickets": "{number}", "version_{number}": "{version}", "owner": "{agent}"},
    "selection.status": {"tickets": "{number}", "version_{number}": "{version}", "status": "pending"},
    "selection.priority": {"tickets": "{number}", "version_{number}": "{version}", "priority": "high"},
    "selection.tags": {"tickets": "{number}", "version_{number}": "{version}", "tags": "refund"},
    "acts.skip": {"reason": "I know too little of it"},
    "acts.subject": {"to": "Refund"},
    "acts.reason": {"to": ""},
    "admin_reasons.add": {"name": "Reason no. {serial}"},
    "admin_reasons.change": {"name": "Reason no. {serial}", "active": "1"},
    "admin_reasons.move": {"up": "1"},
    "acts.team": {"to": "{team_id}"},
    "acts.offer": {"to": "{person_id}", "note": "Call back."},
    "redacting.redact": {"reason": "Card number"},
    "linking.link": {"other": "{other}", "kind": "related"},
    "linking.unlink": {"other": "{other}"},
    "merging.merge": {"other": "{other}"},
    "merging.split": {"messages": "{asked_id}"},
    "forwards.forward": {"message": "{asked_id}", "to": "repair@partner.test"},
    "customer_notes.note": {"customer_note": "Calls from abroad", "seen_note": "{note_id}"},
    "snoozing.snooze": {"until": "hour"},
    "admin_macros.add": {"kind": "macro", "name": "Refund", "team": "{team_id}"},
    "admin_macros.change": {"kind": "macro", "name": "Refund", "team": "{team_id}"},
    **dict.fromkeys((f"admin_triggers.{act}" for act in ("add", "change", "try_new", "try_changed")), RULE),
    "admin_triggers.move": {"up": "1"},
    "admin_triggers.switch": {"active": "0"},
    "ticket.say": {"text": "We look into it."},
    "drafts.keep": {"text": "We look into it."},
    "presence.speak": {"tab": "a1", "state": "reading"},
    "shift.offer": {"ticket": "{number}", "to_{number}": "{person_id}", "note_{number}": "Call back."},
    "shift.refuse": {"reason": "I leave at six"},
    "desk.read_notices": {"until": "1"},
    "opening.open_ticket": {"phone": "8 916 555-01-23", "team": "{team_id}", "subject": "Coupon", "text": "Called"},
    "intake.block": {"value": "evil{serial}.test", "channel": "{box_id}"},
    "profile.columns": {"columns": "owner"},
    "profile.keys": {"on": "1"},
    "profile.change": {"locale": "en"},
    "profile.password": {"after": "correct horse battery", "again": "correct horse battery"},
    "demo.wear": {"person": "{root_id}"},
    "demo.remove": {"sure": "demo"},
    "calls.import_": {"chosen": "{chosen}"},
    "admin.add_person": {**PERSON, "login": "new{serial}"},
    "admin.change_person": {**PERSON, "login": "ana", "teams": "{team_id}"},
    "admin.switch_person": {"active": "1"},
    "admin.add_team": {**TEAM, "name": "Team no. {serial}"},
    "admin.change_team": {**TEAM, "name": "First team"},
    "giving.rule": {"skill_tags": "refund", "most_open": "5", "idle_minutes": "15"},
    "giving.deal": {"way": "turns", "by_fit": "1"},
    "giving.fit": {"languages": "ru", "skills": "refund"},
    "admin_shifts.add": {**SHIFT, "days": "{day}"},
    "admin_shifts.add_absence": ABSENCE,
    "roster_files.import_": {"content": "{sheet}"},
    "forwarding.set_to": {"to": "{person_id}"},
    "admin_shifts.name_substitute": {"substitute": "{agent}"},
    "my_shifts.name_substitute": {"substitute": "{agent}"},
    "my_shifts.number": {"number": "214"},
    "admin_shifts.change": {"starts": "10:00", "ends": "19:00"},
    "admin_patterns.add": {**SHIFT, **PATTERN},
    "admin_patterns.change": {"starts": "09:00", "ends": "18:00", **PATTERN},
    "admin_channels.add": {"name": "Log no. {serial}", "team": "{team_id}"},
    "admin_channels.change": {"name": "First log", "team": "{team_id}"},
    "admin_channels.switch": {"active": "1"},
    "admin_mailboxes.find": {"address": "help@gmail.com"},
    "admin_mailboxes.add": {**MAILBOX, "address": "new{serial}@helpdesk.test"},
    "admin_mailboxes.check": {**MAILBOX, "address": "again@helpdesk.test"},
    "admin_mailboxes.count": {"since": "all"},
    "admin_sign_in.save": {"client_id": "client"},
    "admin_mailboxes.connect": {"since": "new"},
    "admin_rules.add_calendar": {**CALENDAR, "name": "Calendar no. {serial}"},
    "admin_rules.change_calendar": {**CALENDAR, "name": "First calendar"},
    "admin_rules.simulate_calendar": {**CALENDAR, "name": "First calendar"},
    "admin_policies.add": {**POLICY, "name": "Policy no. {serial}"},
    "admin_policies.change": {**POLICY, "name": "First policy"},
    "admin_policies.new_due": {**POLICY, "name": "A draft"},
    "admin_policies.due": {**POLICY, "name": "A draft"},
    "admin_policies.simulate_new": {**POLICY, "name": "A draft"},
    "admin_policies.simulate": {**POLICY, "name": "A draft"},
    "simulations.save": {"treatment": "new"},
    "admin_rules.move": {"up": "1"},
    "admin_rules.switch": {"active": "1"},
}


class World:
    """Two teams, their people signed in, and what belongs to the first team."""

    def __init__(self, app, as_):
        self.app, self.as_ = app, as_
        self.team, self.other = make_team(), make_team()
        self.people = {
            "foreign": make_staff(teams=[self.other]), "observer": make_staff("observer", [self.team]),
            "agent": make_staff(teams=[self.team]),
            "foreign_lead": make_staff("supervisor", [self.other]), "lead": make_staff("supervisor", [self.team]),
            "root": make_staff("administrator", [self.team]), "deactivated": make_staff(teams=[self.team]),
        }  # fmt: skip
        self.colleague = make_staff(teams=[self.team], forward_number="214")
        self.customer = make_staff(None, name="Marat", login=None)
        self.policy, self.box, self.chat = make_policy(), make_mailbox(self.team), make_webhook("site", team=self.team)
        self.log = make(Channel(kind="calls", name="First log", team_id=self.team.id, settings={}, state={}))
        self.calendar = CalendarRow(name="First calendar")
        self.calendar.versions = [CalendarVersion(version=1, definition={"tz": "UTC", "weekly": {}}, made_at=now())]
        make(self.calendar)
        self.clients = {actor: self.enter(actor) for actor in ACTORS}

    def enter(self, actor):
        """A browser of this actor's own."""
        if actor == "anonymous":
            return self.app.test_client()
        person = self.people[actor]
        with transaction():
            person.active = True
        client = self.as_(person)
        with transaction():
            person.active = actor != "deactivated"
        return client

    def knock(self, actor, endpoint, method, given):
        """What an actor is answered who sends what an honest page would send."""
        rule = next(self.app.url_map.iter_rules(endpoint))
        values = {name: given[name] for name in rule.arguments}
        url = self.app.url_map.bind("localhost").build(endpoint, values, method=method)
        answer = self.clients[actor].open(url, method=method, headers={"Accept": "text/html"}, **given.body(method))
        answer.close()
        if endpoint.startswith("doors.") and method == "POST":
            self.clients[actor] = self.enter(actor)
        return answer.status_code

    def everything(self):
        """All that is stored, but for who came and went."""
        db.session.rollback()
        return {name: sorted(map(repr, _rows(name))) for name in Base.metadata.tables if name not in VISITS}


def _rows(table):
    """All of a table as it is stored."""
    return map(tuple, db.session.connection().exec_driver_sql(f'SELECT * FROM "{table}"'))


class Given:
    """What stands in the addresses and forms of one knock, each made when it is asked for."""

    def __init__(self, world, endpoint):
        self.world, self.endpoint, self.made = world, endpoint, {}

    def __getitem__(self, name):
        if name not in self.made:
            self.made[name] = getattr(self, f"_{name}")()
        return self.made[name]

    def body(self, method):
        """The form, the file or the event that goes with a knock."""
        if self.endpoint == "hooks.receive":
            return {"data": b"{}", "content_type": "application/json"}
        if self.endpoint == "calls.preview" and method == "POST":
            return {"data": {"file": self._log()}}
        if self.endpoint == "roster_files.preview" and method == "POST":
            return {"data": {"file": (io.BytesIO(self["sheet"].encode()), "roster.csv")}}
        if self.endpoint == "admin_rules.days" and method == "POST":
            return {"data": {"file": (io.BytesIO(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "days.ics")}}
        form = FORMS.get(self.endpoint, {}) if method == "POST" else {}
        return {"data": {name.format_map(self): text.format_map(self) for name, text in form.items()}}

    def _ticket(self):
        """A ticket of the agent's, or of a colleague who offers it to the agent."""
        agent, world = self.world.people["agent"], self.world
        if self.endpoint in ("trust.block", "merging.split", "forwards.show", "forwards.forward"):
            arrive(world.box, eml(sender=f"evil{next(serial)}@customer.test"))
            intake.file_waiting()
            return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        owner = world.colleague if "accept" in self.endpoint or "refuse" in self.endpoint else agent
        ticket = desk.open_ticket(
            customer=world.customer, team_id=world.team.id, subject="Cup", text="Called", by=agent
        )
        desk.take(ticket.number, by=owner)
        if self.endpoint in ("trust.join", "trust.dismiss"):
            other = desk.open_ticket(
                customer=world.customer, team_id=world.team.id, subject="Cup", text="Called", by=agent
            )
            make(Belonging(ticket_id=ticket.id, other_id=other.id, why="closed", offered_at=now()))
        if self.endpoint == "merging.part":
            merging.merge(ticket.number, self["other"], by=agent)
            return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        if self.endpoint == "acts.unjunk":
            desk.junk(ticket.number, by=agent)
        if self.endpoint == "acts.stop_ladder":
            with pretend(now() + 5 * HOUR):
                firing.fire_due()
        return ticket

    def _number(self):
        return self["ticket"].number

    def _trigger_id(self):
        return make(Trigger(name="Refunds", position=1, occasion="created", actions={"priority": "high"})).id

    def _version(self):
        return self["ticket"].version

    def _reason_id(self):
        return make(Reason(name=f"Reason no. {next(serial)}", position=1)).id

    def _note_id(self):
        return db.session.scalar(select(func.max(CustomerNote.id))) or 0

    def _view_id(self):
        return saving.save(name="Mine", query={"view": "mine"}, team_id=None, by=self.world.people["agent"]).id

    def _draft_id(self):
        return drafts.keep(self["number"], "reply", text="Dear", way={}, by=self.world.people["agent"]).id

    def _selection_id(self):
        """What the agent did to several at once."""
        agent = self.world.people["agent"]
        return selection.add_tags({self["number"]: self["version"]}, tags=[f"tag{next(serial)}"], by=agent).undo_id

    def _other(self):
        agent, world = self.world.people["agent"], self.world
        about = {"customer": world.customer, "team_id": world.team.id, "by": agent}
        return desk.open_ticket(subject="Cup", text="Called", **about).number

    def _asked_id(self):
        return db.session.scalar(select(Message.id).where(Message.ticket_id == self["ticket"].id))

    def _message(self):
        if self.endpoint == "undo.withdraw":
            config = self.world.app.config
            config["HELPDESK"] = dataclasses.replace(config["HELPDESK"], undo_seconds=10)
            return desk.reply(self["number"], text="See there.", by=self.world.people["agent"])
        if self.endpoint.startswith("scheduled."):
            agent, at = self.world.people["agent"], now() + HOUR
            return scheduling.schedule(self["number"], text="See there.", by=agent, say_at=at, seen=None)
        files = [File("a.txt", "text/plain", b"a")]
        return desk.note(self["number"], text="See there.", by=self.world.people["agent"], files=files)

    def _participant_id(self):
        message = db.session.get(Message, self["message_id"])
        named = {"ticket_id": message.ticket_id, "message_id": message.id, "address": "a@b.test", "named_at": now()}
        return make(Participant(**named)).id

    def _message_id(self):
        return self["message"].id

    def _file_id(self):
        return self["message"].attachments[0].id

    def _offer_id(self):
        number, world = self["number"], self.world
        return handover.offer(number, to=world.people["agent"].id, note="x", by=world.colleague).id

    def _delivery_id(self):
        return make(
            Delivery(
                ticket_id=self["ticket"].id, channel="mail", kind="reply", recipient="a@b.test", key="k", state="failed",
                content={"subject": "s", "text": "t"}, promised_at=now(), next_try_at=now(), done_at=now(),
            )
        ).id  # fmt: skip

    def _box_id(self):
        return self.world.box.id

    def _block_id(self):
        channel, by = self.world.box.id, self.world.people["lead"].id
        return make(Block(value=f"evil{next(serial)}.test", channel_id=channel, by_id=by, at=now())).id

    def _inbox_id(self):
        arrive(self.world.box, eml(Auto_Submitted="auto-replied"))
        intake.file_waiting()
        return db.session.scalar(select(func.max(Inbox.id)))

    def _shift_id(self):
        begins = datetime(2032, 1, 6, 9, tzinfo=UTC) + next(serial) * timedelta(days=1)
        return make_shift(self.world.colleague, self.world.team, begins).id

    def _sheet(self):
        return f"date,login,from,to\n{self['day']},{self.world.colleague.login},09:00,18:00\n"

    def _pattern_id(self):
        says = {"weekdays": [1], "starts": "09:00", "ends": "18:00", "zone_of": "team", "valid_from": date(2031, 1, 6)}
        return make(Pattern(person_id=self.world.colleague.id, team_id=self.world.team.id, skipped=[], **says)).id

    def _absence_id(self):
        person = self.world.colleague.id
        return make(Absence(person_id=person, kind="sick", starts_at=MONDAY, ends_at=MONDAY + HOUR)).id

    def _token(self):
        return sign_in.issue_link(self.world.people["agent"]).rpartition("/")[2]

    def _channel_id(self):
        if self.endpoint.startswith(("admin_mailboxes.", "mailbox_sign_in.")):
            return make_mailbox(self.world.team, f"box{next(serial)}@helpdesk.test", {"draft": True}, active=False).id
        if self.endpoint.startswith("admin_sending."):  # a mailbox that has no key yet
            return make_mailbox(self.world.team, f"box{next(serial)}@helpdesk.test").id
        return (self.world.chat if self.endpoint == "admin_channels.renew" else self.world.log).id

    def _log(self):
        return io.BytesIO(cdr().encode()), "log.csv"

    def _chosen(self):
        """What the page of a preview has its reader confirm."""
        address, lead = f"/calls/{self.world.log.id}/previews", self.world.clients["lead"]
        page = lead.post(address, data={"file": self._log()})
        return re.search(r'name="chosen" value="([^"]+)"', page.text)[1]

    def _person_id(self):
        return self.world.colleague.id

    def _root_id(self):
        return self.world.people["root"].id

    def _macro_id(self):
        does = {"status": "pend", "tags": ["cup"]}
        return make(
            Macro(kind="macro", name="Cup", body="Dear {customer.name}", actions=does, team_id=self.world.team.id)
        ).id

    def _agent(self):
        return self.world.people["agent"].id

    def _team_id(self):
        return self.world.team.id

    def _policy_id(self):
        return self.world.policy.id

    def _calendar_id(self):
        return self.world.calendar.id

    def _simulation_id(self):
        """A draft that nobody has saved yet."""
        root = self.world.people["root"]
        draft = {"name": f"Draft no. {next(serial)}", "targets": {"*": {"answer": 3600}}, "time": "calendar"}
        at = now()
        return simulations.simulate_policy(None, definition=draft, calendar_id=None, first=at, last=at, by=root).id

    def _serial(self):
        return next(serial)

    def _day(self):
        return date(2031, 1, 6) + timedelta(days=next(serial))

    def _week(self):
        return "2031-01-06"

    def _kind(self):
        return "google" if self.endpoint == "admin_sign_in.save" else "calls"

    def _name(self):
        return "site"

    def _filename(self):
        return "css/app.css"
