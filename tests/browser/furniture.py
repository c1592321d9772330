"""Fills a desk so that every page has something to show: both languages, long words, every state of a ticket."""

from datetime import time

from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.people.models import Pattern, Team
from helpdesk.services import (
    blocking,
    customer_notes,
    desk,
    drafts,
    handover,
    linking,
    macro_keeping,
    patterns,
    reasons,
    simulations,
)
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Simulation
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.triggers import Trigger
from tests.making import (
    HOUR,
    MINUTE,
    arrive,
    eml,
    make,
    make_mailbox,
    make_policy,
    make_shift,
    make_staff,
    make_team,
)
from tests.processes import eventually

ALL_WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
TARGETS = {"first_response": 3600, "answer": 3600, "update": None, "resolution": 4 * 3600}
AGES = {"late": 5 * HOUR, "burn": 4 * HOUR - 20 * MINUTE, "soon": 4 * HOUR - 50 * MINUTE, "ok": 10 * MINUTE}
LONG = "Купон на скидку не сработал, хотя в приложении он всё ещё значится действующим — верните, пожалуйста, разницу"
HTML = """<h1>Coupon</h1><p>See <a href="https://shop.test/">the shop</a>.</p><img src="https://shop.test/pixel.png">
<script>alert(1)</script><table width="1400"><tr><td>wide</td></tr></table>"""


class Furniture:
    """What stands in the desk."""

    def __init__(self) -> None:
        self.team: Team = make_team("Купоны и возвраты")
        self.policy = make_policy(TARGETS, weekly=ALL_WEEK, when={"team": [self.team.name]})
        self.calendar = self.policy.versions[0].calendar_version.calendar_id
        self.lead = make_staff("administrator", [self.team], name="Надежда Константиновна Преображенская")
        self.agent = make_staff(teams=[self.team], name="Dana Kim")
        self.box = make_mailbox(
            self.team,
            settings={"acknowledge": False, "trusted_server": "mx.shop.test"},
            error="The server refused the password",
        )
        self.calls = make(Channel(kind="calls", name="АТС", team_id=self.team.id, settings={}, state={}))
        self.shift = [make_shift(person, self.team) for person in (self.lead, self.agent)][-1]
        self.pattern, self.macro = self.repeat(), self.keep()
        self.customer = make_staff(None, login=None, name="Марат Ибраев")
        self.tickets = {look: self.open(age) for look, age in AGES.items()}
        self.act()
        self.trigger = self.rule()
        self.talk = self.receive()
        self.know()
        self.simulation = self.draft()
        drafts.keep(self.talk, "reply", text=LONG, way={}, by=self.lead)

    def repeat(self) -> int:
        """Hours of every week, but no shift from them: they begin when nobody makes any yet."""
        hours = {"weekdays": [0, 2, 4], "starts": time(9), "ends": time(18), "zone_of": "person", "valid_until": None}
        later = (now() + 1000 * HOUR).date()
        patterns.add(self.team.id, person_id=self.agent.id, by=self.lead, valid_from=later, **hours)
        return db.session.scalars(select(Pattern.id).where(Pattern.person_id == self.agent.id)).one()

    def keep(self) -> int:
        """A macro that does all that one can."""
        acts = {"status": "solve", "priority": "high", "tags": ["coupon"], "owner": "me"}
        says = {"kind": "macro", "name": LONG[:120], "language": "ru", "body": LONG, "review_on": None}
        more = {"replies": True, "team_id": None, "active": True}
        return macro_keeping.keep(None, **says, **more, actions=acts, by=self.lead).id

    def rule(self) -> int:
        """A rule that the mails wake, of every kind of condition and action."""
        conditions = [
            ("channel", ["mail"], False),
            ("team", ["777"], True),
            ("words", [LONG, "order", "coupon"], False),
        ]
        return make(
            Trigger(
                name=LONG[:120], position=1, occasion="created", stops=True,
                conditions=[{"what": what, "values": values, "not": no} for what, values, no in conditions],
                actions={"owner": "load", "add_tags": ["order"], "note": LONG, "tell": ["lead"]},
            )
        ).id  # fmt: skip

    def open(self, age) -> int:
        """A ticket that was opened so long ago."""
        with pretend(now() - age):
            wanted = {"customer": self.customer, "team_id": self.team.id, "by": self.lead}
            return desk.open_ticket(subject=LONG, text=LONG, **wanted).number

    def act(self) -> None:
        """One is solved late, one waits, one is offered to the agent, one was refused and is with nobody."""
        desk.solve(self.open(6 * HOUR), by=self.lead)
        desk.pend(self.open(1 * HOUR), by=self.lead)
        desk.change_tags(self.tickets["ok"], to=["возврат денег", "VIP-клиент", "coupon"], by=self.lead)
        for number in (self.tickets["late"], self.tickets["soon"]):
            desk.take(number, by=self.lead)
        offer = handover.offer(self.tickets["late"], to=self.agent.id, note="Позвонить до шести.", by=self.lead)
        handover.refuse(offer.id, reason="Ухожу в шесть.", by=self.agent)
        desk.take(self.tickets["burn"], by=self.agent)
        handover.offer(self.tickets["burn"], to=self.lead.id, note="Call back.", by=self.agent)

    def draft(self) -> int:
        """What half of the time would have meant, counted by a worker."""
        half = {clock: seconds and seconds // 2 for clock, seconds in TARGETS.items()}
        draft = {"name": self.policy.name, "when": {"team": [self.team.name]}, "targets": {"*": half}}
        period = {"first": now() - 48 * HOUR, "last": now()}
        begun = simulations.simulate_policy(
            self.policy.id, definition=draft, calendar_id=None, by=self.lead, **period
        ).id
        eventually(lambda: counted(begun))
        return begun

    def receive(self) -> int:
        """Mails of every kind come in; the answer to the one that becomes a ticket can't be sent."""
        copy = {"Cc": "Ольга <olga@customer.test>", "Authentication_Results": "mx.shop.test; dmarc=fail"}
        html = eml(subject="Order 4471", text=HTML, **copy).replace(b"text/plain", b"text/html")
        robot = eml(subject="Out of office", Auto_Submitted="auto-replied")
        for raw in (html, robot, b""):
            arrive(self.box, raw)
        talk = eventually(lambda: filed("Order 4471"))
        desk.note(talk, text="Проверить заказ №4471.", by=self.agent)
        shot = File("снимок экрана с очень длинным именем файла.png", "image/png", b"\x89PNG\r\n\x1a\n")
        desk.reply(talk, text="See the picture.\n\nhttps://shop.test/help", by=self.agent, files=[shot])
        self.doubt(talk)
        return talk

    def know(self) -> None:
        """What the talk is about, what it is a part of, what is perhaps the same, and what is known of its customer."""
        top = reasons.add(name="Доставка и возврат", parent_id=None, by=self.lead)
        reasons.add(name="Посылка пришла позже обещанного срока", parent_id=top.id, by=self.lead)
        reasons.change(self.talk, to="Посылка пришла позже обещанного срока", by=self.lead)
        linking.link(self.tickets["ok"], self.talk, "child", by=self.lead)
        for seen, text in ((0, "Просит звонить после шести"), (1, "Плохо слышит: пишите, не звоните")):
            customer_notes.note(self.talk, text, seen=seen, by=self.agent)

    def doubt(self, talk) -> None:
        """Another mail perhaps belongs there, and somebody is blocked."""
        secret = db.session.scalar(select(Ticket.secret).where(Ticket.number == talk))
        arrive(self.box, eml(subject="Another", to=f"support+{secret}@helpdesk.test"))
        eventually(lambda: filed("Another"))
        blocking.block("lottery.very-long-name.example.test", channel_id=self.box.id, note="Lottery", by=self.lead)


def counted(simulation_id):
    """Whether a simulation is through."""
    db.session.rollback()
    return db.session.get_one(Simulation, simulation_id).next_at is None


def filed(subject):
    """The number of the ticket that a mail became, once it has."""
    db.session.rollback()
    waiting = db.session.scalar(select(Inbox.id).where(Inbox.state == "received"))
    return None if waiting else db.session.scalar(select(Ticket.number).where(Ticket.subject == subject))
