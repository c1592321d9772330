"""Mail that comes into several mailboxes of a real server, while everything that reads, files and answers it is killed."""

import time
import uuid
from contextlib import ExitStack, contextmanager

from imapclient import IMAPClient

from helpdesk.services import secrets
from tests import servers, warm
from tests.dovecot import PASSWORD, free_port
from tests.making import eml, make_mailbox, make_team
from tests.wire import wire

AFTER_READ = ("leave", "seen", "move", "leave")  # of each mailbox
PARTS = ("worker 1", "worker 2", "listener", "tick", "queue", "wire")
WRITTEN_DOWN = "SELECT count(*) FROM inbox"
REPORT = """--x\r\nContent-Type: text/plain\r\n\r\nNot delivered: {known}\r\n--x\r\nContent-Type: message/delivery-status\r\n\r
Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; x@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n--x--"""
AUTOMATIC = (
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated", "X_Auto_Response_Suppress": "All"},
    {"Precedence": "bulk", "List_Id": "<news.customer.test>", "List_Unsubscribe": "<mailto:off@customer.test>"},
)


class Post:
    """Persons who write, one in three of them again, and machines that write: each mail with a UUID of its own."""

    def __init__(self, chance):
        self.chance, self.persons, self.machines, self.written = chance, [], [], []

    def next(self, address):
        known = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self.written.append(known)
        return self._of_person(known, address) if self.chance.random() < 0.7 else self._of_machine(known, address)

    def _of_person(self, known, address):
        first = self.chance.choice(self.persons) if self.persons and self.chance.random() < 1 / 3 else ""
        more = {"In_Reply_To": f"<{bare(first)}@customer.test>"} if first else {}
        self.persons.append(known)
        padding = "word " * self.chance.choice((0, 0, 0, 0, 0, 200, 200, 30_000))
        return eml(
            f"c-{bare(first or known)}@customer.test", address, text=f"My number is {known}.\n{padding}",
            Message_ID=f"<{bare(known)}@customer.test>", **more,
        )  # fmt: skip

    def _of_machine(self, known, address):
        self.machines.append(f"robot-{bare(known)}@customer.test")
        if self.chance.random() < 1 / 4:
            mail = eml(f"MAILER-DAEMON <{self.machines[-1]}>", address, "Undelivered", REPORT.format(known=known))
            return mail.replace(
                b"text/plain; charset=utf-8", b"multipart/report; report-type=delivery-status; boundary=x", 1
            )
        return eml(self.machines[-1], address, text=f"I am away: {known}", **self.chance.choice(AUTOMATIC))


def bare(known):
    """A UUID as it stands in addresses and Message-IDs, where it does not count as the mail's own."""
    return known.replace("-", "")


class Office:
    """Two workers, a tick, a listener, a queue and the wire to the mail server; any of them is killed and replaced."""

    def __init__(self, config, folder, dovecot, stack):
        self.config, self.stack, self.folder = config, stack, folder
        self.wire = stack.enter_context(wire(dovecot.imap))
        self.mail_port, self.running = free_port(), {}
        folder.mkdir()
        for part in ("queue", "worker 1", "worker 2", "listener", "tick"):
            self.start(part)

    def start(self, part):
        if part == "wire":
            return
        self.running[part] = self.stack.enter_context(ExitStack())
        if part == "queue":
            self.running[part].enter_context(servers.valkey(self.folder))
            return
        module = {"listener": "workers.listen", "tick": "workers.schedule"}.get(part, "workers.run")
        own = {"HELPDESK_REDIS_URL": f"unix://{self.folder}/valkey.sock", "HELPDESK_MAIL_PORT": str(self.mail_port)}
        self.running[part].enter_context(warm.process(self.config, module, **own))

    def kill(self, *parts):
        """kill -9, and whoever was killed is replaced."""
        for part in parts:
            self.wire.cut() if part == "wire" else self.running[part].close()
        for part in sorted(parts, key=PARTS[::-1].index):
            self.start(part)


@contextmanager
def office(config, folder, dovecot):
    with ExitStack() as stack:
        yield Office(config, folder, dovecot, stack)


class Boxes:
    """Some mailboxes, with what is done in each after reading, and a letter-box slot into each."""

    def __init__(self, dovecot, stack):
        self.accounts, self.slots = [dovecot.user() for _ in AFTER_READ], []
        for account in self.accounts:
            self.slots.append(stack.enter_context(account.client()))
            self.slots[-1].create_folder("Done")

    def connect(self, port, **more):
        """A channel for each, by this port."""
        team = make_team()
        for account, after_read in zip(self.accounts, AFTER_READ, strict=True):
            known = account.settings(
                imap_host="127.0.0.1",
                imap_port=port,
                imap_security="none",
                after_read=after_read,
                move_to="Done",
                **more,
            )
            make_mailbox(team, account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))

    def put(self, post, count):
        for _ in range(count):
            place = post.chance.randrange(len(self.slots))
            IMAPClient.append(self.slots[place], "INBOX", post.next(self.accounts[place].name))


def storm(office, boxes, post, *, mails, kills):
    """Kill what chance says, *kills* times, while the mails come; each time yields what was killed."""
    for number in range(kills):
        boxes.put(post, mails * (number + 1) // kills - len(post.written))
        time.sleep(post.chance.uniform(0, 0.4))
        victims = post.chance.sample(PARTS, post.chance.choice((1, 1, 1, 2, len(PARTS))))
        office.kill(*victims)
        yield victims
