"""Seals, invitations, mails within mails and winmail.dat: told and kept, nothing opened that could harm."""

from struct import pack

import pytest

from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.mail.read import incoming, read
from helpdesk.channels.mail.seals import Seal
from tests.channels.mail.mails import KEY, make, multipart, seen

TEXT = "Content-Type: text/plain\n\nСмотрите вложение."
SIGNATURE = "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nMII"
INSIDE = "Content-Type: message/rfc822\n\nFrom: Dana <dana@client.example>\nSubject: Refund\n\nWhere is my refund?"
OWN = OwnAddresses("desk.example.kz", frozenset({"help@desk.example.kz"}), KEY, frozenset({"ana@work.example"}))
FORWARDED = {
    "english": "---------- Forwarded message ----------\nFrom: Dana <dana@client.example>\nDate: Mon, 2 Mar 2026 at 10:00\n"
    "Subject: Refund\nTo: Ana <ana@work.example>\n\nWhere is it?",
    "russian": "-------- Пересылаемое сообщение --------\n02.03.2026, 10:00, Dana <dana@client.example>:\n\n"
    "От: Dana <dana@client.example>\nДата: 2 марта 2026 г., 10:00\nКому: ana@work.example\nТема: Возврат\n\nГде он?",
    "kazakh": "Кімнен: Dana <dana@client.example>\nЖіберілді: 2 наурыз 2026 ж. 10:00\nКімге: ana@work.example\nТақырып: Қайтару\n\nҚайда?",
    "german": "-----Ursprüngliche Nachricht-----\nVon: Dana <dana@client.example>\nGesendet: Montag, 2. März 2026 10:00\n"
    "An: Ana <ana@work.example>\nBetreff: Erstattung\n\nWo bleibt sie?",
    "french": "De : Dana <dana@client.example>\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Ana <ana@work.example>\n"
    "Objet : Remboursement\n\nOù est-il ?",
}
CALENDAR = """Content-Type: text/calendar; method={method}; charset=utf-8

BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VTIMEZONE
TZID:Asia/Almaty
BEGIN:STANDARD
DTSTART:16010101T000000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN="Dana S.":mailto:dana@client.example
SUMMARY:Refund\\, second
  try
DTSTART;TZID=Asia/Almaty:20260305T140000
DTEND:20260305T100000Z
LOCATION:Room 5\\nAbay Ave
END:VEVENT
END:VCALENDAR
"""
SEALED = {
    Seal.SIGNED_SMIME: multipart(TEXT, SIGNATURE, kind="signed; protocol=application/pkcs7-signature"),
    Seal.SIGNED_PGP: multipart(
        TEXT, "Content-Type: application/pgp-signature\n\nabc", kind="signed; protocol=application/pgp-signature"
    ),
    Seal.ENCRYPTED_PGP: multipart(
        "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream\n\nabc",
        kind="encrypted; protocol=application/pgp-encrypted",
    ),
    Seal.ENCRYPTED_SMIME: make("MII", Content_Type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
    Seal.WRAPPED_SMIME: make("MII", Content_Type="application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"),
    Seal.NONE: make("I paste: -----BEGIN PGP PUBLIC KEY BLOCK-----"),
}  # fmt: skip


@pytest.mark.parametrize("seal", SEALED)
def test_a_seal_is_told(seal):
    assert seen(SEALED[seal]).seal is seal


def test_the_text_of_a_signed_mail_is_read_and_the_signature_kept():
    mail = seen(SEALED[Seal.SIGNED_SMIME])
    assert (mail.reply_text, [file.filename for file in mail.attachments]) == ("Смотрите вложение.", ["smime.p7s"])


def test_what_is_encrypted_is_kept_as_a_file():
    assert [file.filename for file in seen(SEALED[Seal.ENCRYPTED_SMIME]).attachments] == ["smime.p7m"]


def test_a_pgp_message_in_the_text_is_encrypted():
    assert seen(make("-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----")).seal is Seal.ENCRYPTED_PGP


def test_an_invitation_says_who_what_when_and_where_and_is_kept():
    mail = seen(multipart(TEXT, CALENDAR.format(method="REQUEST"), kind="alternative"))
    assert mail.invitation == {
        "method": "request",
        "who": "Dana S. dana@client.example",
        "what": "Refund, second try",
        "where": "Room 5 Abay Ave",
        "start": "2026-03-05T14:00:00+05:00",
        "end": "2026-03-05T10:00:00+00:00",
    }
    assert [file.content_type for file in mail.attachments] == ["text/calendar"]


def test_an_invitation_that_is_off_says_so():
    assert seen(multipart(TEXT, CALENDAR.format(method="CANCEL"))).invitation["method"] == "cancel"


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VCALENDAR", "SUMMARY", "DTSTART;TZID=../../etc/passwd:20260230T250000\nSUMMARY:x"]
)
def test_a_broken_calendar_is_read_as_far_as_it_goes(text):
    seen(multipart(TEXT, f"Content-Type: text/calendar\n\n{text}"))


def test_a_mail_within_is_kept_and_found_by_its_words():
    found = incoming(seen(multipart(TEXT, INSIDE)), received=None)
    assert [file.content_type for file in found.attachments] == ["message/rfc822"]
    assert "Where is my refund?" in found.quoted


@pytest.mark.parametrize("name", FORWARDED)
def test_who_was_forwarded_by_a_colleague_is_the_customer(name):
    mail = read(make(FORWARDED[name], From="Ana <ana@work.example>", Subject="Fwd: Refund"), OWN)
    assert mail.effective_sender == "dana@client.example"


def test_who_was_forwarded_as_a_file_by_a_colleague_is_the_customer():
    mail = read(multipart("Content-Type: text/plain\n\n", INSIDE, From="Ana <ana@work.example>"), OWN)
    assert mail.effective_sender == "dana@client.example"


@pytest.mark.parametrize("sender", ["stranger@evil.example", "help@desk.example.kz.evil.example"])
def test_a_stranger_makes_nobody_a_customer_by_forwarding(sender):
    mail = read(make(FORWARDED["english"], From=sender, Subject="Fwd: Refund"), OWN)
    assert mail.effective_sender == sender


def piece(name, data, level=2):
    return pack("<BHHI", level, name, 6, len(data)) + data + b"\0\0"


def winmail(*pieces):
    return multipart(
        TEXT, b"Content-Type: application/ms-tnef; name=winmail.dat\n\n" + pack("<IH", 0x223E9F78, 1) + b"".join(pieces)
    )


FILE = piece(0x9002, bytes(14)), piece(0x8010, b"contract.pdf\0"), piece(0x800F, b"%PDF-1")


def test_files_in_winmail_dat_lie_beside_it():
    files = seen(winmail(*FILE)).attachments
    assert [(file.filename, file.content[:4]) for file in files][1:] == [("contract.pdf", b"%PDF")]
    assert files[0].filename == "winmail.dat"


@pytest.mark.parametrize("pieces", [FILE * 1000, (piece(0x9005, b"\xff" * 50),), (piece(0x800F, b""), b"\xff" * 40)])
def test_a_winmail_dat_that_is_broken_or_made_to_burn_stays_closed(pieces):
    assert [file.filename for file in seen(winmail(*pieces)).attachments] == ["winmail.dat"]


def test_a_file_in_winmail_dat_may_be_named_in_a_legacy_charset():
    pieces = (
        piece(0x9002, bytes(14)),
        piece(0x8010, "Договор оказания услуг.pdf\0".encode("cp1251")),
        piece(0x800F, b"%PDF"),
    )
    assert seen(winmail(*pieces)).attachments[1].filename == "Договор оказания услуг.pdf"
