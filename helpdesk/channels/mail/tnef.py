"""Files out of Outlook's winmail.dat, which lies beside them unopened; one that looks made to harm is not opened."""

from struct import Struct, error

import tnefparse
from tnefparse import TNEF
from tnefparse.properties import MAPI_ATTACH_LONG_FILENAME as LONG_NAME

from helpdesk.channels.incoming import File
from helpdesk.channels.mail.charset import guess
from helpdesk.channels.mail.filenames import safe
from helpdesk.channels.mail.parts import Part

KINDS = ("application/ms-tnef", "application/vnd.ms-tnef")
HEAD = Struct("<BHHI")  # level, name, type and length of one piece
BEGINNING, SUMS = 6, 2  # bytes before the first piece, and behind each
PIECES = 2_000  # more are made to burn: the package copies all that follows for each of them
FILES = 100
BYTES = 25 * 1024 * 1024  # in all files; nothing in this format is packed, so that a real one can't hold more
OTHERS = "application/octet-stream"
BROKEN = (
    ValueError,
    TypeError,
    LookupError,
    NameError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    OSError,
    error,
)
READABLE = (TNEF.ATTOEMCODEPAGE, TNEF.ATTTNEFVERSION)


def files(part: Part) -> list[File]:
    """The files inside; none when it can't be opened."""
    if part.kind not in KINDS and part.name.lower() != "winmail.dat":
        return []
    try:
        opened = TNEF(files_only(part.content), do_checksum=False)
    except BROKEN:
        return []
    found, room = [], BYTES
    for one in opened.attachments[:FILES]:
        content = bytes(one.data) if isinstance(one.data, bytes | bytearray) else b""
        room -= len(content)
        if content and room >= 0:
            found.append(File(name(one), OTHERS, content))
    return found


def files_only(data: bytes) -> bytes:
    """The pieces that make files; raises ValueError when there are more than any program writes."""
    kept, at, pieces = [data[:BEGINNING]], BEGINNING, 0
    while at + HEAD.size + SUMS < len(data):
        level, named, _, size = HEAD.unpack_from(data, at)
        end = at + HEAD.size + size + SUMS
        if level == TNEF.LVL_ATTACHMENT or named in READABLE:
            kept.append(data[at:end])
            pieces += 1
        if pieces > PIECES:
            raise ValueError("too many pieces")
        at = end
    return b"".join(kept)


def name(one: tnefparse.TNEFAttachment) -> str:
    """The long name, else the short one, whose charset the package takes for UTF-8, which it seldom is."""
    long = next((attribute.data for attribute in one.mapi_attrs if attribute.name == LONG_NAME), b"")
    given = long or one._name
    return safe(guess(given.rstrip(b"\0")) if isinstance(given, bytes) else str(given).rstrip("\0"))
