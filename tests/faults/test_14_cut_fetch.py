"""The IMAP connection is cut at any byte of a fetch: nothing is lost, nothing is doubled."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import ledger, mailboxes, secrets
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team

SEED = 14


@contextmanager
def cutting(server_port: int, cuts: list[int]) -> Iterator[int]:
    """A wire to the server that breaks after so many bytes of answers, once for each number; then it holds."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def carry(source: socket.socket, target: socket.socket, left: int | None) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                piece = chunk if left is None else chunk[:left]
                target.sendall(piece)
                if left is not None:
                    left -= len(piece)
                    if left == 0:
                        break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threads.append(threading.Thread(target=pair, args=(client, cuts.pop(0) if cuts else None)))
                threads[-1].start()

    def pair(client: socket.socket, left: int | None) -> None:
        with client, socket.create_connection(("127.0.0.1", server_port)) as server:
            up = threading.Thread(target=carry, args=(client, server, None))
            up.start()
            carry(server, client, left)
            up.join()

    acceptor = threading.Thread(target=serve)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(5)


@pytest.mark.parametrize("after_read", ["leave", "seen", "move"])
def test_a_connection_cut_anywhere_loses_and_doubles_nothing(app, dovecot, after_read):
    account, chance = dovecot.user(), random.Random(SEED)
    mails = [eml(subject=f"Mail {number}", text="x" * chance.randrange(20_000)) for number in range(60)]
    account.append(*mails)
    with account.client() as client:
        client.create_folder("Done")
    total = sum(map(len, mails))
    cuts = [chance.randrange(1500), *(chance.randrange(2000, total) for _ in range(6)), total + 5_500]
    with cutting(dovecot.imap, cuts) as port:
        known = account.settings(
            imap_host="127.0.0.1", imap_port=port, imap_security="none", after_read=after_read, move_to="Done"
        )
        channel = make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))
        while cuts:
            mailboxes.read(channel.id)
            seen_before_written(account, after_read)
        mailboxes.read(channel.id)
    rows = list(db.session.scalars(select(Inbox).order_by(Inbox.id)))
    assert [ledger.raw_of(row) for row in rows] == mails


def seen_before_written(account, after_read):
    """Nothing is flagged or moved that is not in the ledger."""
    db.session.rollback()
    written = {row.key.partition(":")[2] for row in db.session.scalars(select(Inbox))}
    if after_read == "seen":
        flagged = {str(uid) for uid, flags in account.flags().items() if b"\\Seen" in flags}
        assert flagged <= written
    elif after_read == "move":
        assert {str(uid) for uid in range(1, 61)} - {str(uid) for uid in account.flags()} <= written
