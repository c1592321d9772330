"""Mail servers: what is not for us to reach is refused when it is saved and again when it is dialled, in one sentence."""

import socket
import threading
from dataclasses import replace

import pytest

from helpdesk.channels.mail import imap, smtp
from helpdesk.channels.mail.tls import Server, Unsafe
from helpdesk.channels.models import Channel
from helpdesk.errors import HelpdeskError
from helpdesk.services import channels, mailboxes, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Delivery
from tests.making import make, make_mailbox, make_staff, make_team

ALWAYS = [
    "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "::ffff:7f00:1", "::ffff:127.0.0.1", "169.254.169.254",
    "fe80::1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "100.100.100.200", "fd00:ec2::254", "64:ff9b::7f00:1",
    "2002:7f00:1::",
]  # fmt: skip
PRIVATE = ["127.0.0.1", "::1", "localhost", "localhost.", "10.0.0.1", "192.168.1.10", "100.64.0.1", "fd00::1"]
MALFORMED = ["a@b@host", "user@mail.test", "gopher://mail.test", "file:///etc/passwd", "mail.test:22", "mail.test/x"]
PORTS = [22, 23, 53, 80, 443, 3306, 5432, 6379, 11211, 27017]
SENTENCE = r"may not be used\. Write the name of a mail server"


@pytest.fixture
def team(app):
    return make_team()


def settings(host, port=993, **more):
    return {
        "imap_host": host, "imap_port": port, "imap_security": "tls", "smtp_host": host, "smtp_port": port,
        "smtp_security": "tls", **more,
    }  # fmt: skip


def save(team, known):
    return channels.save(
        None, kind="mail", name="Box", team_id=team.id, address="a@b.test", settings=known, secrets={},
        by=make_staff("administrator"),
    )  # fmt: skip


def only_public(app):
    app.config["HELPDESK"] = replace(app.config["HELPDESK"], private_mail=False)


@pytest.mark.once
@pytest.mark.parametrize("host", ALWAYS)
def test_an_odd_address_or_the_clouds_own_is_never_saved(team, host):
    with pytest.raises(Unsafe, match=SENTENCE):
        save(team, settings(host))


@pytest.mark.once
@pytest.mark.parametrize("host", MALFORMED)
def test_what_is_no_host_is_never_saved(team, host):
    with pytest.raises(HelpdeskError):
        save(team, settings(host))


@pytest.mark.once
@pytest.mark.parametrize("port", PORTS)
def test_a_port_of_another_service_is_never_saved(team, port):
    with pytest.raises(Unsafe, match=SENTENCE):
        save(team, settings("mail.example.com", port))


@pytest.mark.once
@pytest.mark.parametrize("host", PRIVATE)
def test_a_server_of_our_own_network_is_saved_only_where_that_is_allowed(app, team, host):
    save(team, settings(host))
    only_public(app)
    with pytest.raises(Unsafe, match=SENTENCE):
        save(team, settings(host))


@pytest.mark.parametrize("protocol", [imap, smtp])
@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_server_that_may_not_be_reached_hears_nothing(protocol, security):
    with (
        listening() as (port, heard),
        pytest.raises(Unsafe, match=SENTENCE),
        protocol.session(Server("localhost", port, security, private=False)),
    ):
        pass
    assert heard == []


def test_a_name_that_leads_inside_by_the_time_it_is_dialled_is_refused_then(app, team):
    """Whatever it was when it was saved: the addresses that are judged are the ones that are dialled."""
    box = make_mailbox(team, settings=settings("localhost", 9))
    box.settings = settings("localhost", 2993, connected_at=now().isoformat())
    db.session.commit()
    only_public(app)
    mailboxes.read(box.id)
    db.session.rollback()
    assert "may not be used" in db.session.get(Channel, box.id, populate_existing=True).error


def test_an_answer_waits_while_its_server_may_not_be_reached(app, team):
    box = make_mailbox(team, settings=settings("localhost", 2465))
    row = make(
        Delivery(
            channel="mail", kind="notice", channel_id=box.id, recipient="a@b.test", key="k@x", promised_at=now(),
            next_try_at=now(), content={"subject": "s", "text": "t"},
        )
    )  # fmt: skip
    only_public(app)
    outbox.deliver_waiting()
    db.session.rollback()
    assert "may not be used" in db.session.get(Delivery, row.id, populate_existing=True).result


class listening:
    """A server that notes who comes."""

    def __enter__(self):
        self.heard, self.listener = [], socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self.listener.getsockname()[1], self.heard

    def _serve(self):
        try:
            link, peer = self.listener.accept()
        except OSError:
            return
        self.heard.append(peer)
        link.close()

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
