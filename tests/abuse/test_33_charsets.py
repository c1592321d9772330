"""Unknown charsets, garbage, NUL, lone surrogates, raw 8-bit header fields: text that every database stores."""

import pytest

from helpdesk.channels.mail.read import as_report
from tests.channels.mail.mails import make, seen

GARBAGE = bytes(range(256)) * 4


@pytest.mark.parametrize(
    "label", ["x-evil", "rot13", "utf-7", "utf-16", "utf-32", "utf-8", "idna", "iso-2022-jp", "undefined", ""]
)
@pytest.mark.parametrize("body", [GARBAGE, b"a\0b", b"+2AA- +2ADYAA-", "\ud800".encode("utf-8", "surrogatepass")])
def test_no_charset_yields_what_cannot_be_stored(label, body):
    raw = make(body, Content_Type=f'text/plain; charset="{label}"', Subject="SUBJECT").replace(
        b"SUBJECT", body[128:140]
    )
    report = repr(as_report(seen(raw)))
    report.encode("utf-8")
    assert "\\x00" not in report
    assert "\\ud8" not in report


def test_entities_cannot_smuggle_them_in():
    mail = seen(make("<p>&#0;&#xd800;x</p>", subtype="html"))
    assert mail.reply_text == "\ufffd\ufffdx"
