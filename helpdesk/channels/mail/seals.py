"""Signed and encrypted mail (RFC 8551, 3156, 4880): told, never checked or opened, for nobody's keys are kept here."""

from enum import StrEnum

from helpdesk.channels.mail.parts import Part

PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")


class Seal(StrEnum):
    """How a mail is sealed. What is *closed* can't be read here; the sealed part is kept as a file."""

    NONE = ""
    SIGNED_SMIME = "signed_smime"
    SIGNED_PGP = "signed_pgp"
    WRAPPED_SMIME = "wrapped_smime"  # signed, with the text inside the signature
    ENCRYPTED_SMIME = "encrypted_smime"
    ENCRYPTED_PGP = "encrypted_pgp"

    @property
    def closed(self) -> bool:
        return self in (Seal.WRAPPED_SMIME, Seal.ENCRYPTED_SMIME, Seal.ENCRYPTED_PGP)


def seal(root: Part, plain: str) -> Seal:
    """The outermost seal of a mail, or that of its text."""
    for part in root.walk() if root.children or root.kind in SMIME else ():
        if found := of_part(part):
            return found
    if "-----BEGIN PGP" in plain:
        start = plain.lstrip()
        if PGP_MESSAGE in plain:
            return Seal.ENCRYPTED_PGP
        return Seal.SIGNED_PGP if start.startswith(PGP_SIGNED) else Seal.NONE
    return Seal.NONE


def of_part(part: Part) -> Seal:
    kind, given = part.headers.content_type
    if kind == "multipart/signed":
        return Seal.SIGNED_PGP if "pgp" in given.get("protocol", "").lower() else Seal.SIGNED_SMIME
    if kind == "multipart/encrypted":
        return Seal.ENCRYPTED_PGP
    if kind in SMIME:
        inner = given.get("smime-type", "enveloped-data").lower()
        return Seal.WRAPPED_SMIME if inner == "signed-data" else Seal.ENCRYPTED_SMIME if "data" in inner else Seal.NONE
    return Seal.NONE
