"""A line to the database on which the answer to one COMMIT is lost: it is done, and whoever asked for it hears an error.

To PostgreSQL it is a line that is cut there. SQLite has no line, so what it says after the commit is changed.
"""

import select
import socket
import sqlite3
import threading
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.services.database import db

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"


class Line:
    """*lost* says whether the answer that was to be lost was ever due."""

    def __init__(self):
        self.before, self.lost = 0, True

    def loses_this(self):
        """Whether this answer is the one."""
        self.before -= 1
        self.lost = self.lost or self.before == 0
        return self.before == 0

    def losing(self, number, job, *given):
        """Do *job* without the answer to its commit of this *number*; what it returns, None when it breaks off."""
        db.session.remove()
        self.before, self.lost = number, False
        try:
            return job(*given)
        except SQLAlchemyError:
            return None
        finally:
            self.before = 0
            db.session.remove()


def change(line, engine):
    """What SQLite says after a commit."""
    done = engine.dialect.do_commit

    def commit(connection):
        done(connection)
        if line.loses_this():
            raise sqlite3.OperationalError("disk I/O error")

    engine.dialect.do_commit = commit


@contextmanager
def cutting(line, folder, server):
    """A socket in *folder* that leads to PostgreSQL's in the folder *server*."""
    name, door = ".s.PGSQL.5432", socket.socket(socket.AF_UNIX)
    door.bind(str(folder / name))
    door.listen()
    thread = threading.Thread(target=_serve, args=(line, door, f"{server}/{name}"))
    thread.start()
    try:
        yield
    finally:
        door.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        door.close()


def _serve(line, door, server):
    with suppress(OSError):
        while True:
            client = door.accept()[0]
            threading.Thread(target=_carry, args=(line, client, server), daemon=True).start()


def _carry(line, client, server):
    with client, socket.socket(socket.AF_UNIX) as other, suppress(OSError):
        other.connect(server)
        ends = {client: other, other: client}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                chunk = end.recv(65536)
                if not chunk:
                    return
                ends[end].sendall(chunk)
                if end is client and chunk == COMMIT and line.loses_this():
                    other.recv(65536)  # so it is done
                    return
