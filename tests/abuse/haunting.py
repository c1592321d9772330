"""A desk to which hostile people have written by every way in, and whose every name is a trap."""

from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from sqlalchemy import func, select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.people.models import Person, Team
from helpdesk.services import blocking, desk, firing, handover, hooks, intake, outbox
from helpdesk.services.calls import import_
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import settings, transaction
from helpdesk.sla.definition import WEEKDAYS
from helpdesk.sla.models import CalendarRow, PolicyRow
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import token
from tests.abuse.payloads import ACTS, BOUNCE, CIDS, HIDDEN, PICTURE, SCRIPTS, WORDS, packs
from tests.abuse.payloads import FILES as FILES_TO_RUN
from tests.abuse.remote import REMOTE, STYLES
from tests.channels.call_logs import cdr
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.channels.mail.mails import multipart
from tests.making import HOUR, arrive, make, make_mailbox, make_policy, make_shift, make_staff, make_team

BODIES = {"scripts": SCRIPTS, "styles": STYLES, "remote": REMOTE, "acting": ACTS, "hidden": tuple(HIDDEN.values())}
BETWEEN = "-->'\"></style></title></textarea></script></noscript></svg></math></select></table></iframe></object>"
TOGETHER = 4
NAMES, SUBJECTS, FILES = packs(190), packs(350), packs(150)


def letter(
    subject="A question", name="Marat", sender="marat@customer.test", text="Hello", kind="plain", file="", **more
):
    """A raw mail with these words in its headers, its body and its file's name."""
    mail = MIMEMultipart()
    mail.attach(MIMEText(text, kind, "utf-8"))
    mail["From"] = f"{Header(name, 'utf-8', maxlinelen=10_000).encode()} <{sender}>"
    mail["To"], mail["Subject"] = more.pop("to", "support@helpdesk.test"), Header(subject, "utf-8", maxlinelen=10_000)
    for field, value in more.items():
        mail[field.replace("_", "-")] = value
    if file:
        mail.attach(MIMEApplication(b"x", "octet-stream"))
        mail.get_payload()[-1].add_header("Content-Disposition", "attachment", filename=("utf-8", "", file))
    return mail.as_bytes()


class Haunting:
    """Writes everything down, through the product's own ways; *port* is where the other server listens."""

    def __init__(self, port, sink):
        self.port, self.numbers = port, {}
        self.team = make_team(name=NAMES[0])
        self.root = make_staff("administrator", [self.team], name=self.far(NAMES[1]), login="root")
        self.eve = make_staff(teams=[self.team], name=self.far(NAMES[2]))
        self.policy = make_policy(
            {"first_response": 60, "answer": 60, "update": None, "resolution": 3600},
            weekly={day: [["00:00", "24:00"]] for day in WEEKDAYS},
        )
        self.mailbox = make_mailbox(self.team, settings=sink.settings(from_name=self.far(NAMES[3])))
        make_shift(self.eve, self.team)
        make_shift(self.root, self.team)

    def haunt(self):
        """All of it; *numbers* say where it is found."""
        for write in (
            self.bodies,
            self.files,
            self.strangers,
            self.subjects,
            self.chats,
            self.calls,
            self.staff,
            self.held,
        ):
            write()
        self.names()
        self.late()
        self.numbers |= {"eve": self.eve.id, "box": self.mailbox.id, "policy": self.policy.id, "log": self.log_id}
        self.numbers["calendar"] = db.session.scalar(select(CalendarRow.id))

    def far(self, words, place=0):
        """The words with addresses of the other server in them, half of them by its name."""
        return words.replace("FAR", f"far{place}.test/{place}" if place % 2 else f"127.0.0.1:{self.port}/{place}")

    def comes(self, **more):
        arrive(self.mailbox, letter(**more))

    def talk(self, name, bodies, kind="html"):
        """One ticket of a customer who has written all of these."""
        self.comes(subject=f"{name} of mine", sender=f"{name}@customer.test", text=bodies[0], kind=kind)
        intake.file_waiting()
        ticket = db.session.query(Ticket).order_by(Ticket.id.desc()).first()
        self.numbers[name] = ticket.number
        for body in bodies[1:]:
            self.comes(to=self.address(ticket), sender=f"{name}@customer.test", text=body, kind=kind)
        intake.file_waiting()
        return ticket

    def address(self, ticket):
        """Where one writes to join a ticket."""
        return f"support+{token(ticket.secret, settings().secret_key, ticket.customer.contacts[0].value)}@helpdesk.test"

    def packed(self, payloads):
        """TOGETHER in a body, with what ends most that may be open between them."""
        far = [self.far(payload, place) for place, payload in enumerate(payloads)]
        return [f"<p>one</p>{BETWEEN.join(far[n : n + TOGETHER])}<p>two</p>" for n in range(0, len(far), TOGETHER)]

    def bodies(self):
        for name, payloads in BODIES.items():
            self.talk(name, self.packed(payloads))

    def files(self):
        """A mail with files that a browser would run."""
        head = "Content-Type: {}\nContent-Disposition: attachment\n\n"
        parts = [head.format(kind).encode() + data for kind, data in FILES_TO_RUN.values()]
        arrive(self.mailbox, multipart("Content-Type: text/plain\n\nHello", *parts))
        arrive(self.mailbox, multipart(CIDS, PICTURE, kind="related"))
        arrive(self.mailbox, multipart(CIDS, Message_ID="<m2@client.example>", From="evil@other.test"))
        intake.file_waiting()
        newest = db.session.scalar(select(func.max(Ticket.number)))
        self.numbers |= {"files": newest - 2, "own picture": newest - 1, "foreign picture": newest}
        self.talk("long", ["x" * 60_000, "> " * 50_000, "http://x.test/" + "y" * 20_000], "plain")

    def held(self):
        """What waits for a decision, and what somebody decided: people in copy, hints at tickets, blocks, dismissed mail."""
        ticket = db.session.query(Ticket).filter_by(number=self.numbers["names"]).one()
        copies = ", ".join(
            f"{Header(self.far(w), 'utf-8', maxlinelen=10_000).encode()} <c{n}@x.test>" for n, w in enumerate(NAMES[:9])
        )
        self.comes(to=self.address(ticket), sender="names@customer.test", Cc=copies)
        self.comes(
            subject=f"[#{ticket.number}] {self.far(SUBJECTS[2])[:300]}", name=NAMES[3], sender="hint@elsewhere.test"
        )
        blocking.block("evil.test", channel_id=None, note=self.far(SUBJECTS[3])[:300], by=self.root)
        refused = db.session.scalars(select(Inbox.id).where(Inbox.state == "refused")).first()
        intake.dismiss(refused, by=self.root)
        intake.file_waiting()
        self.numbers["hint"] = db.session.scalar(select(func.max(Ticket.number)))

    def strangers(self):
        """Who joins with a token: their names, their words and the names of their files."""
        address = self.address(self.talk("names", WORDS[:1], "plain"))
        for place, name in enumerate(NAMES):
            texts = {"text": self.far(NAMES[-place], place), "file": self.far(FILES[place % len(FILES)], place)}
            self.comes(to=address, name=self.far(name, place), sender=f"s{place}@elsewhere.test", **texts)
        intake.file_waiting()

    def subjects(self):
        """Tickets, refused mails and unreadable ones with these subjects."""
        deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(60)).encode()
        for place, subject in enumerate(SUBJECTS):
            about = {
                "subject": self.far(subject, place),
                "name": self.far(NAMES[place], place),
                "text": self.far(subject),
            }
            self.comes(**about, sender=f"q{place}@customer.test")
            intake.file_waiting()
            self.numbers[f"subject {place}"] = db.session.scalar(select(func.max(Ticket.number)))
            self.comes(**about, Auto_Submitted="auto-replied")
            head, _, _ = letter(**about).partition(b"Content-Type")
            arrive(self.mailbox, head + deep)
        intake.file_waiting()

    def chats(self):
        make_webhook("site", team=self.team)
        for place, name in enumerate(NAMES):
            sender = {"id": f"c{place}", "name": self.far(name, place), "phone": self.far(WORDS[place])}
            body = message(self.far(name), conversation=self.far(WORDS[place]), sender=sender, attachments=[FILES[0]])
            hooks.receive("site", sign(body, now(), f"e-{place}"), body)
        intake.file_waiting()

    def calls(self):
        log = Channel(kind="calls", name=self.far(NAMES[4]), team_id=self.team.id, settings={}, state={})
        self.log_id = make(log).id
        rows = [
            cdr(name=words.replace('"', "'"), uniqueid=f"1.{n}", src=f"+7701{n:07}") for n, words in enumerate(NAMES)
        ]
        import_(self.log_id, "".join(rows).encode(), by=None)
        intake.file_waiting()

    def staff(self):
        """Notes, answers, tags, new subjects, handovers: what staff write is no safer."""
        number, by = self.numbers["names"], self.root
        desk.take(number, by=by)
        desk.change_tags(number, to=[self.far(words) for words in WORDS], by=by)
        for place, subject in enumerate(SUBJECTS):
            desk.change_subject(number, to=self.far(subject, place), by=by)
        desk.note(number, text=self.far("\n\n".join(WORDS)), by=by)
        desk.reply(number, text=self.far("\n".join(WORDS)), by=by)
        for reason in SUBJECTS[:3]:
            offer = handover.offer(number, to=self.eve.id, note=self.far(reason), by=by)
            handover.refuse(offer.id, reason=self.far(reason), by=self.eve)
        handover.offer(number, to=self.eve.id, note=self.far(SUBJECTS[-1]), by=by)

    def names(self):
        """Names that no form would take, and what servers have answered."""
        with transaction():
            db.session.execute(update(CalendarRow).values(name=self.far(NAMES[5])))
            db.session.execute(update(PolicyRow).values(name=self.far(NAMES[6])))
            db.session.execute(update(Person).where(Person.id == self.eve.id).values(login=NAMES[8]))
            mailbox = update(Channel).where(Channel.id == self.mailbox.id)
            db.session.execute(mailbox.values(name=self.far(NAMES[7]), error=SUBJECTS[0]))
        make(Team(name=self.far(NAMES[9]), time_zone="UTC"))
        for place, result in enumerate(SUBJECTS):
            reply = db.session.query(Delivery).filter_by(kind="reply").first()
            make(Delivery(
                ticket_id=reply.ticket_id, message_id=reply.message_id, channel="mail", kind="reply", key=f"k{place}",
                recipient=self.far(NAMES[place]), state="failed", result=self.far(result), content={}, promised_at=now(),
                next_try_at=now(), done_at=now(),
            ))  # fmt: skip

    def late(self):
        """Everything is late, and everybody is told."""
        with pretend(now() + HOUR / 4):
            firing.fire_due()
        outbox.deliver_waiting()
        sent = db.session.scalars(select(Delivery).where(Delivery.state == "sent", Delivery.kind == "reply")).first()
        self.numbers["bounced"] = sent.ticket.number
        why = Header(self.far(SUBJECTS[1]), "utf-8", maxlinelen=10_000).encode()
        arrive(self.mailbox, BOUNCE.format(key=sent.key, recipient=sent.recipient, why=why).encode())
        intake.file_waiting()
