"""How much of a mail is read. Caps are on raw bytes, checked before anything is decoded."""

from enum import StrEnum

from helpdesk.errors import HelpdeskError

RAW = 25 * 1024 * 1024  # bytes of the whole mail
HEADERS = 64 * 1024  # bytes of one header, after its fields were cut
FIELD = 8 * 1024  # bytes of one header field; a longer one is cut, so that a mail to 5,000 people is still read
SCANNED = 2 * 1024 * 1024  # bytes of one header before its fields are cut
PARTS = 500  # body parts, nested ones included
DEPTH = 50  # multiparts within multiparts
HTML = 5 * 1024 * 1024  # characters of HTML turned into text
LINES = 20_000  # lines looked through for quotations; what follows them is taken for quoted


class Cause(StrEnum):
    """Why a mail is kept as poison."""

    EMPTY = "empty"
    SIZE = "larger than 25 MB"
    HEADERS = "headers larger than 64 KB"
    PARTS = "more than 500 parts"
    DEPTH = "parts nested deeper than 50"
    BROKEN = "cannot be parsed"
    SECONDS = "it takes longer to read than HELPDESK_READ_SECONDS allows"
    PATIENCE = "it was not read within 30 s"
    MEMORY = "it takes more than 300 MB to read"
    DIED = "it ended the program that reads mails, twice"


class Unreadable(HelpdeskError):
    """A mail that cannot be read; it is kept as poison, with its *cause*."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(f"This mail can't be read: {cause}. Download it and look at it.")
        self.cause = cause


def check_size(raw: bytes) -> None:
    """Raise Unreadable for a mail of no bytes, or of more than RAW."""
    if not raw.strip():
        raise Unreadable(Cause.EMPTY)
    if len(raw) > RAW:
        raise Unreadable(Cause.SIZE)
