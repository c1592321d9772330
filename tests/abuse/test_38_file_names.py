"""Folders, reserved names, control and direction characters in a file's name: a harmless name."""

import pytest

from tests.channels.mail.mails import multipart, seen


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ('filename="../../x"', "x"),
        ('filename="/etc/passwd"', "passwd"),
        ('filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ("filename*=utf-8''%E2%80%8B.htaccess", "htaccess"),
        ('filename="CON"', "_CON"),
        ('filename="nul.txt"', "_nul.txt"),
        ("filename*=utf-8''a%0D%0AX-Evil:%201%00.txt", "a X-Evil_ 1\ufffd.txt"),
        ("filename*=utf-8''invoice%E2%80%AEfdp.exe", "invoicefdp.exe"),
        ('filename=".."', "noname"),
        ('filename=""', "noname1"),
    ],
)
def test_a_name_is_made_harmless(given, name):
    raw = multipart(f"Content-Type: application/octet-stream\nContent-Disposition: attachment; {given}\n\nx")
    assert seen(raw).attachments[0].filename == name


def test_a_long_name_keeps_its_ending():
    raw = multipart(f'Content-Type: application/pdf\nContent-Disposition: attachment; filename="{"я" * 2000}.pdf"\n\nx')
    name = seen(raw).attachments[0].filename
    assert len(name) <= 200
    assert name.endswith(".pdf")
