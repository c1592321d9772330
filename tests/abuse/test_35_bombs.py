"""Zip bombs, a gzip quine, winmail.dat, a picture of 50,000 x 50,000 and a document that unpacks to gigabytes: kept, never unpacked."""

import gzip
import io
import zipfile
import zlib
from base64 import b64encode
from datetime import UTC, datetime
from struct import pack

import pytest

from helpdesk.channels.mail.apart import Allowance, Apart, Letter
from tests.channels.mail.mails import OWN, multipart

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
ROOM = 60_000_000  # bytes; any of these unpacked takes more


def zipped(name="a.txt", size=100_000_000):
    """A hundred KB that unpack to 100 MB."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as inner,
    ):
        for _ in range(size // 10_000_000):
            inner.write(bytes(10_000_000))
    return file.getvalue()


def png(side=50_000):
    """A picture whose header says 50,000 x 50,000; as bytes of colours it is 10 GB."""
    header = pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunk = pack(">I", 13) + b"IHDR" + header + pack(">I", zlib.crc32(b"IHDR" + header))
    return b"\x89PNG\r\n\x1a\n" + chunk + pack(">I", 0) + b"IEND" + pack(">I", zlib.crc32(b"IEND"))


def winmail():
    """A winmail.dat whose pieces say that they are 4 GB, one beside a body that says it unpacks to 4 GB."""
    text = pack("<IIII", 20, 0xFFFFFFFF, 0x75465A4C, 0) + b"\xff" * 8
    pieces = [(1, 0x9003, pack("<III", 1, 0x10090102, len(text)) + text), (2, 0x9002, bytes(14)), (2, 0x800F, b"x")]
    return pack("<IH", 0x223E9F78, 1) + b"".join(
        pack("<BHHI", level, name, 6, 0xFFFFFFFF if data == b"x" else len(data)) + data + b"\0\0"
        for level, name, data in pieces
    )


BOMBS = {
    "zip": ("application/zip; name=a.zip", zipped),
    "document": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document; name=a.docx",
        lambda: zipped("word/document.xml"),
    ),
    "gzip in gzip": ("application/gzip; name=a.gz", lambda: gzip.compress(gzip.compress(bytes(100_000_000), 1))),
    "picture": ("image/png; name=a.png", png),
    "winmail.dat": ("application/ms-tnef; name=winmail.dat", winmail),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_kept_as_it_came_and_never_unpacked(name):
    kind, make_bomb = BOMBS[name]
    bomb, reader = make_bomb(), Apart(Allowance(room=ROOM))
    raw = multipart(
        "Content-Type: text/plain\n\nHello",
        f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n".encode() + b64encode(bomb),
    )
    try:
        (found,) = reader.read_all([Letter(raw, NOON)], OWN)
    finally:
        reader.close()
    assert [file.content for file in found.attachments] == [bomb]
