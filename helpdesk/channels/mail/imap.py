"""A mailbox on an IMAP server, by UID: what lies in it, the bytes of its mails, and what is done with them then."""

import contextlib
import imaplib
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.datetime_util import parse_to_datetime
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError
from imapclient.response_parser import parse_fetch_response

from helpdesk.channels.mail import limits
from helpdesk.channels.mail.tls import PATIENCE, Server, Unsafe

TROUBLE = (IMAPClientError, OSError)
BATCH = 100  # mails of one fetch
BATCH_BYTES = 16 * 1024 * 1024
PIECE = 1024 * 1024  # bytes of one answer, so that a slow line shows that it goes on
LARGEST = limits.RAW + 1  # bytes of one mail that are fetched: enough to see that it is too large
WHOLE = "BODY.PEEK[]"
LINE = re.compile(rb'\d+ \(UID (\d+) RFC822\.SIZE (\d+) INTERNALDATE "([^"]+)"\)')


class RefusedByServer(Exception):
    """The server answered NO to flagging or moving; the connection is as good as before."""


class NoFolder(Exception):
    """The server does not let this folder be opened: it is gone, was renamed, or is not for this user."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A selected folder: UIDs mean something only together with *validity*."""

    validity: int
    count: int
    next_uid: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail that lies in the folder, not yet fetched; *at* is when the server got it."""

    uid: int
    size: int
    at: datetime


@contextlib.contextmanager
def session(server: Server) -> Iterator[IMAPClient]:
    """A connection that is encrypted, verified and signed in; raises one of TROUBLE or Unsafe."""
    with secured(server) as client:
        sign_in(client, server)
        client.normalise_times = False
        yield client


@contextlib.contextmanager
def secured(server: Server) -> Iterator[IMAPClient]:
    """A connection that is encrypted and verified; nobody is signed in yet."""
    client = _connect(server)
    try:
        if server.security == "starttls":
            _encrypt(client, server)
        yield client
        with contextlib.suppress(*TROUBLE):
            client.logout()
    finally:
        with contextlib.suppress(*TROUBLE):
            client.shutdown()


def alive(client: IMAPClient) -> bool:
    """Whether the server still answers."""
    try:
        client.noop()
    except TROUBLE:
        return False
    return True


class _Wire(imaplib.IMAP4):
    """The protocol over a connection to an address that was judged."""

    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__(server.host, server.port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        link = self.server.dial(timeout or PATIENCE)
        if self.server.security != "tls":
            return link
        return self.server.context().wrap_socket(link, server_hostname=self.server.host)


class _Client(IMAPClient):  # type: ignore[misc]
    def __init__(self, server: Server) -> None:
        self.server = server
        patience = SocketTimeout(connect=PATIENCE, read=PATIENCE)
        super().__init__(server.host, server.port, ssl=server.security == "tls", timeout=patience)

    def _create_IMAP4(self) -> _Wire:
        return _Wire(self.server)


def _connect(server: Server) -> IMAPClient:
    return _Client(server)


def sign_in(client: IMAPClient, server: Server) -> None:
    """By what was granted, else by the password: LOGIN knows only ASCII, anything else goes as UTF-8 by PLAIN."""
    if server.token and client.has_capability("AUTH=XOAUTH2"):
        client.oauth2_login(server.user, server.token)
    elif server.token:
        client.oauthbearer_login(server.user, server.token)
    elif (server.user + server.password).isascii():
        client.login(server.user, server.password)
    else:
        client.plain_login(server.user, server.password)


def _encrypt(client: IMAPClient, server: Server) -> None:
    if not client.has_capability("STARTTLS"):
        raise Unsafe(
            "{host} offers no STARTTLS, and without it the password would be readable to others.", host=server.host
        )
    client.starttls(server.context())


def select(client: IMAPClient, name: str, *, readonly: bool) -> Folder:
    """Open a folder; one that may only be read is opened for reading."""
    try:
        answer = client.select_folder(name, readonly=readonly)
    except IMAPClientReadOnlyError:
        answer = client.select_folder(name, readonly=True)
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise NoFolder(f"The folder {name} cannot be opened; is it renamed or deleted? {error}") from error
    return Folder(int(answer[b"UIDVALIDITY"]), int(answer[b"EXISTS"]), int(answer.get(b"UIDNEXT", 0)))


def listed(client: IMAPClient, *, above: int) -> list[Listed]:
    """The mails with a UID above this one, in order. It asks by UID, never by flags or search."""
    return [one for one in _listed(client, f"{above + 1}:*") if one.uid > above]


def still_there(client: IMAPClient, uids: Sequence[int]) -> list[Listed]:
    """Those of some mails that lie in the folder."""
    return [one for one in _listed(client, ",".join(map(str, uids))) if one.uid in uids] if uids else []


def _listed(client: IMAPClient, wanted: str) -> list[Listed]:
    kind, data = client._imap.uid("FETCH", wanted, "(UID RFC822.SIZE INTERNALDATE)")
    if kind != "OK":
        raise IMAPClientError(f"The mails could not be listed: {data!r}")
    answers = [one for one in data if one is not None]
    return sorted(_plain(answers) or _parsed(answers), key=lambda row: row.uid)


def _plain(answers: Sequence[Any]) -> list[Listed]:
    """The mails of answers that are as plain as ours mostly are; nothing when any of them is not."""
    found = [LINE.fullmatch(one) if isinstance(one, bytes) else None for one in answers]
    if None in found:
        return []
    return [Listed(int(one[1]), int(one[2]), parse_to_datetime(one[3], normalise=False)) for one in found if one]


def _parsed(answers: Sequence[Any]) -> list[Listed]:
    """The same of any answers, which takes five times as long."""
    return list(rows_of(parse_fetch_response(answers, normalise_times=False)))


def rows_of(found: Mapping[int, Mapping[bytes, Any]]) -> Iterator[Listed]:
    """What was listed; a server may also tell of flags meanwhile, which nobody asked for."""
    for uid, row in found.items():
        if b"RFC822.SIZE" in row:
            yield Listed(uid, int(row[b"RFC822.SIZE"]), row[b"INTERNALDATE"])


def batches(mails: Sequence[Listed], most: int = BATCH_BYTES) -> Iterator[list[Listed]]:
    """At most a hundred mails at a time, and not too many bytes; each batch has at least one."""
    batch: list[Listed] = []
    size = 0
    for mail in mails:
        if batch and (len(batch) == BATCH or size + mail.size > most):
            yield batch
            batch, size = [], 0
        batch.append(mail)
        size += mail.size
    if batch:
        yield batch


def fetch(
    client: IMAPClient, mails: Sequence[Listed], before_piece: Callable[[], None] = lambda: None
) -> dict[int, bytes]:
    """The bytes of these mails by UID, but for what was deleted meanwhile or is withheld. Nothing is marked as read.

    Of a mail that is too large only as much is fetched as shows that. When one piece is not enough, *before_piece* is
    called before each.
    """
    groups = list(batches(mails, PIECE))
    if len(groups) == 1 and groups[0][0].size <= PIECE:
        return _small(client, groups[0])
    found: dict[int, bytes] = {}
    for group in groups:
        if group[0].size > PIECE:
            found |= _large(client, group[0].uid, before_piece)
        else:
            before_piece()
            found |= _small(client, group)
    return found


def _small(client: IMAPClient, mails: Sequence[Listed]) -> dict[int, bytes]:
    """One mail that can't be handed out makes some servers refuse all that are asked for together."""
    rows = answered(client, [mail.uid for mail in mails], WHOLE)
    if not rows and len(mails) > 1:
        return {uid: raw for mail in mails for uid, raw in _small(client, [mail]).items()}
    bodies = [(mail, rows.get(mail.uid, {}).get(b"BODY[]")) for mail in mails]
    return {mail.uid: raw for mail, raw in bodies if raw or (raw is not None and not mail.size)}


def answered(client: IMAPClient, uids: Sequence[int], what: str) -> Mapping[int, Mapping[bytes, Any]]:
    """What the server answers of these mails; nothing when it says NO."""
    try:
        return dict(client.fetch(uids, [what]))
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        return {}


def _large(client: IMAPClient, uid: int, before_piece: Callable[[], None]) -> dict[int, bytes]:
    """One mail in pieces until one comes short, whatever size was told of it: some servers only guess."""
    raw = bytearray()
    while len(raw) < LARGEST:
        before_piece()
        wanted, name = min(PIECE, LARGEST - len(raw)), b"BODY[]<%d>" % len(raw)
        row = answered(client, [uid], f"{WHOLE}<{len(raw)}.{wanted}>").get(uid, {})
        if name not in row:
            return {}
        piece = row[name] or b""
        raw += piece
        if len(piece) < wanted:
            break
    return {uid: bytes(raw)} if raw else {}


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    """Mark as read; raises RefusedByServer."""
    with _refusal():
        client.add_flags(uids, [b"\\Seen"], silent=True)


def move(client: IMAPClient, uids: Sequence[int], folder: str) -> None:
    """Move to another folder, and touch nobody else's deleted mails; raises RefusedByServer."""
    with _refusal():
        if client.has_capability("MOVE"):
            client.move(uids, folder)
            return
        client.copy(uids, folder)
        client.add_flags(uids, [b"\\Deleted"], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)


@contextlib.contextmanager
def _refusal() -> Iterator[None]:
    """A NO is a refusal; a broken connection is not."""
    try:
        yield
    except IMAPClientReadOnlyError as error:
        raise RefusedByServer(str(error)) from error
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise RefusedByServer(str(error)) from error
