"""File names from outside, safe to show and to offer for saving (RFC 6266)."""

import re

from helpdesk.channels.mail.charset import composed
from helpdesk.channels.mail.headers import clean

LONGEST = 200  # characters
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\ufffe\uffff]")
FORBIDDEN = re.compile(r'[<>:"|?*]')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)
EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
}


def safe(name: str) -> str:
    """A name without folders, control and direction characters, or a meaning to an operating system."""
    name = INVISIBLE.sub("", clean(composed(name))).replace("\\", "/").rstrip("/ .")
    name = FORBIDDEN.sub("_", name.rpartition("/")[2]).strip(" .")
    if RESERVED.match(name):
        name = "_" + name
    return shortened(name) or "noname"


def shortened(name: str) -> str:
    """At most LONGEST characters, the ending kept."""
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    return stem[: LONGEST - len(ending) - 1] + dot + ending if dot and len(ending) < 20 else name[:LONGEST]


def extension(kind: str) -> str:
    """The usual ending of a media type, with its dot, or an empty text."""
    return EXTENSIONS.get(kind, "")
