"""A server without STARTTLS, or with a certificate that does not fit, never gets to see the password."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from helpdesk.channels.mail import imap, smtp
from helpdesk.channels.mail.tls import Server, Unsafe
from tests import dovecot as dovecots
from tests import sink as sinks

PASSWORD = "the-password"


@contextmanager
def bare(greeting, answers):
    """A server that offers no encryption and keeps what it hears."""
    heard = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            client, _ = listener.accept()
            with client, client.makefile("rb") as lines:
                client.settimeout(10)
                client.sendall(greeting)
                for line in lines:
                    heard.append(line)
                    tag, _, rest = line.partition(b" ")
                    word = (rest if rest.strip() and tag.upper() not in (b"EHLO", b"QUIT") else tag).split()[0].upper()
                    client.sendall(answers.get(word, b"%s OK done\r\n").replace(b"%s", tag.strip()))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.close()
        thread.join(10)


def server(port, security="starttls", **more):
    return Server("localhost", port, security, "user", PASSWORD, **more)


def refused(protocol, wanted, error, words):
    with pytest.raises(error, match=words), protocol.session(wanted):
        pass


def test_imap_without_starttls_is_left_before_the_password():
    answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n"}
    with bare(b"* OK ready\r\n", answers) as (port, heard):
        refused(imap, server(port), Unsafe, "STARTTLS")
    assert PASSWORD.encode() not in b"".join(heard)


def test_smtp_without_starttls_is_left_before_the_password():
    answers = {b"EHLO": b"250-bare\r\n250 AUTH PLAIN LOGIN\r\n", b"QUIT": b"221 bye\r\n"}
    with bare(b"220 bare\r\n", answers) as (port, heard):
        refused(smtp, server(port), Unsafe, "STARTTLS")
    assert PASSWORD.encode() not in b"".join(heard)
    assert not any(line.upper().startswith(b"AUTH") for line in heard)


@pytest.mark.parametrize(("host", "days"), [("localhost", -1), ("elsewhere.test", 30)])
def test_a_certificate_that_is_over_or_of_another_host_is_refused(tmp_path, host, days):
    with dovecots.running(tmp_path / "imap", host=host, days=days) as mail:
        for port, security in ((mail.imaps, "tls"), (mail.imap, "starttls")):
            refused(imap, server(port, security, ca=str(mail.ca)), imap.TROUBLE, "certificate")
    with sinks.encrypted(tmp_path, host=host, days=days) as sink:
        refused(smtp, server(sink.port, ca=str(sink.ca)), smtp.TROUBLE, "certificate")
        assert sink.logins == []


@pytest.mark.parametrize(
    "host", ["mail.example.test", "127.0.0.1.example.test", "0x7f000001", "localhost.", "10.0.0.1"]
)
def test_clear_text_is_for_this_very_machine_only(host):
    with pytest.raises(Unsafe):
        Server(host, 143, "none")
