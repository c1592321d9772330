"""A mailbox is looked at layer by layer; each that fails says what to do, and nothing on the server is touched."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from helpdesk.channels.mail import probe as probes
from helpdesk.channels.mail.probe import probe
from helpdesk.channels.mail.tls import Server
from helpdesk.services import checking, secrets
from tests import certificate
from tests import dovecot as dovecots
from tests import sink as sinks
from tests.dovecot import PASSWORD, free_port
from tests.making import eml, make_mailbox, make_staff, make_team


@pytest.fixture
def account(dovecot):
    return dovecot.user()


def reading(account, **changes):
    known = {"host": "localhost", "port": account.server.imaps, "security": "tls", "user": account.name}
    return Server(**{**known, "password": PASSWORD, "ca": str(account.server.ca), **changes})


def states(layers):
    return [(layer.step, layer.state) for layer in layers]


def refusal(layers):
    (failed,) = [layer for layer in layers if layer.state == "failed"]
    return failed.step, str(failed.refusal)


def test_what_is_well_is_ticked_to_the_end(account, tmp_path):
    account.append(eml(), eml())
    with sinks.encrypted(tmp_path) as sink:
        sending = Server("localhost", sink.port, "starttls", "a@b.test", "correct-horse", str(sink.ca))
        layers = probe(reading(account), "INBOX", sending)
    assert [layer.state for layer in layers] == ["ok"] * 9
    assert (layers[4].facts["count"], layers[2].facts["until"] is not None) == (2, True)


def test_nothing_is_marked_as_read(account):
    account.append(eml())
    probe(reading(account), "INBOX", None)
    assert [b"\\Seen" in flags for flags in account.flags().values()] == [False]


def test_starttls_is_looked_at_too(account):
    layers = probe(reading(account, security="starttls", port=account.server.imap), "INBOX", None)
    assert [layer.state for layer in layers] == ["ok"] * 5


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"host": "nowhere.invalid"}, "name", "There is no server nowhere.invalid"),
        ({"ca": ""}, "certificate", "is not to be trusted"),
        ({"password": "wrong"}, "sign_in", "did not let"),
        ({"password": "неверный"}, "sign_in", "did not let"),
        ({"host": "localhost", "private": False}, "name", "may not be used"),
    ],
)
def test_a_layer_that_fails_says_what_to_do_and_the_next_ones_wait(account, changes, step, words):
    layers = probe(reading(account, **changes), "INBOX", None)
    found, sentence = refusal(layers)
    assert (found, words in sentence) == (step, True)
    assert {layer.state for layer in layers[layers.index(next(one for one in layers if one.refusal)) + 1 :]} <= {
        "waiting"
    }


def test_a_refused_sign_in_is_told_in_the_servers_words_and_with_what_to_do(account):
    _step, sentence = refusal(probe(reading(account, password="wrong"), "INBOX", None))
    assert "in: [AUTHENTICATIONFAILED] Authentication failed. Check the user name and the password" in sentence


def test_a_port_where_nobody_listens_is_said_so(account):
    assert refusal(probe(reading(account, port=free_port()), "INBOX", None))[1].startswith("Nobody listens on port")


def test_a_port_that_speaks_no_tls_is_said_so(account):
    step, sentence = refusal(probe(reading(account, port=account.server.imap), "INBOX", None))
    assert (step, "does not speak TLS" in sentence) == ("certificate", True)


def test_a_folder_that_is_not_there_is_answered_with_those_that_are(account):
    account.append(eml(), folder="Support")
    step, sentence = refusal(probe(reading(account), "Suport", None))
    assert (step, "Support" in sentence, "INBOX" in sentence) == ("folder", True, True)


@pytest.mark.parametrize(("days", "host"), [(-1, "localhost"), (30, "mail.helpdesk.test")])
def test_a_certificate_that_does_not_fit_is_named(folder, days, host):
    with dovecots.running(folder / f"unfit{days}", days=days, host=host) as server:
        assert refusal(probe(reading(server.user()), "INBOX", None))[0] == "certificate"


def test_a_server_for_sending_without_any_sign_in_is_answered_with_how_to_do_without(account):
    with sinks.running() as sink:
        sending = Server("localhost", sink.port, "none", "a@b.test", "x")
        step, sentence = refusal(probe(reading(account), "INBOX", sending))
    assert (step, "empty the user name for sending" in sentence) == ("sign_in", True)


def test_sending_is_looked_at_though_reading_fails(account, tmp_path):
    with sinks.encrypted(tmp_path) as sink:
        sending = Server("localhost", sink.port, "starttls", "a@b.test", "wrong", str(sink.ca))
        layers = probe(reading(account, password="wrong"), "INBOX", sending)
    assert [layer.protocol for layer in layers if layer.refusal] == ["imap", "smtp"]


def test_a_server_that_never_says_anything_holds_nobody_up(account):
    with silent() as port:
        begun = time.monotonic()
        layers = probe(reading(account, port=port), "INBOX", None, seconds=0.5)
        took = time.monotonic() - begun
    assert refusal(layers) == (
        "certificate",
        "localhost takes too long; try again, and ask its operator when that does not help.",
    )
    assert took < probes.TOTAL / 2


@contextmanager
def silent():
    """A server that takes connections and keeps still."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.once
@pytest.mark.parametrize("shakes", [True, False])
def test_a_server_that_keeps_still_once_it_is_encrypted_is_hung_up_on(tmp_path, shakes):
    ended = threading.Event()
    with stalling(tmp_path, ended, shakes=shakes) as port:
        server = Server("localhost", port, "tls", "a@b.test", "x", str(tmp_path / "certificate.pem"))
        assert refusal(probe(server, "INBOX", None, seconds=0.5))[0] == "certificate"
        assert ended.wait(5)


@contextmanager
def stalling(folder, ended, *, shakes):
    """A server that says nothing, with or without a handshake; *ended* when the other end of the line is gone."""
    ca, key = certificate.make(folder)
    ca.rename(folder / "certificate.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", key)

    def serve():
        with suppress(OSError):
            listener.accept()[0].close()
            link = listener.accept()[0]
            link.settimeout(10)
            with context.wrap_socket(link, server_side=True) if shakes else link as line:
                while line.recv(65536):
                    pass
                ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_a_channel_is_looked_at_with_what_is_kept_for_it(app, account):
    sealed = secrets.seal({"imap_password": PASSWORD})
    box = make_mailbox(make_team(), account.name, account.settings(), secrets=sealed)
    assert checking.works(checking.check(box.id, by=make_staff("administrator")))


def test_a_server_that_may_not_be_reached_is_a_failed_layer_too(app, account):
    box = make_mailbox(make_team(), account.name, account.settings(imap_port=22))
    found = checking.check(box.id, by=make_staff("administrator"))
    assert (refusal(found)[0], checking.works(found)) == ("name", False)
