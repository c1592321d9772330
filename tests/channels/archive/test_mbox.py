"""Mails in one file: every way of marking lines that begin with From, and separators that are not quite right."""

from datetime import UTC, datetime

import pytest

from helpdesk.channels.archive import mbox
from helpdesk.channels.archive.place import NoArchive, Shelf

LINE = b"From anna@customer.test Sat Sep 12 10:00:00 2020\n"


def mail(subject, body, **more):
    fields = {"From": "anna@customer.test", "Subject": subject, **more}
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode() + b"\n" + body


def found(tmp_path, content):
    path = tmp_path / "old.mbox"
    path.write_bytes(content)
    shelf = Shelf()
    raws = [shelf.read(place) for place in mbox.places(path) if not place.left]
    shelf.close()
    return raws


def test_each_mail_is_found_as_it_was_without_the_blank_line_after_it(tmp_path):
    first, second = mail("One", b"First.\n"), mail("Two", b"Second.\n\nMore.\n")
    assert found(tmp_path, LINE + first + b"\n" + LINE + second + b"\n") == [first, second]


def test_line_ends_of_windows_are_kept(tmp_path):
    first, second = (mail(subject, b"Text.\n").replace(b"\n", b"\r\n") for subject in ("One", "Two"))
    line = LINE.replace(b"\n", b"\r\n")
    assert found(tmp_path, line + first + b"\r\n" + line + second + b"\r\n") == [first, second]


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        (b">From here\n", b"From here\n"),
        (b">>From a quotation\n", b">From a quotation\n"),
        (b"> From x\n", b"> From x\n"),
    ],
)
def test_a_marked_line_loses_its_mark(tmp_path, kept, written):
    assert found(tmp_path, LINE + mail("One", kept)) == [mail("One", written)]


@pytest.mark.parametrize(
    "body",
    [
        b"Hello.\n\nFrom the desk of Anna\nHello again.\n", b"Hello.\nFrom bob@x.test Sat Sep 12 10:00:00 2020\nno header\n",
        b"From Monday on we are closed.\n", b"x\n\nFrom bob@x.test\nis nobody.\n",
    ],
)  # fmt: skip
def test_a_line_of_text_that_begins_with_from_separates_nothing(tmp_path, body):
    assert found(tmp_path, LINE + mail("One", body)) == [mail("One", body)]


@pytest.mark.parametrize(
    "line",
    [
        b"From - Sat Sep 12 10:00:00 2020\n", b"From MAILER-DAEMON Sat Sep 12 10:00 2020\n", b"From bob@x.test\n",
        b"From bob@x.test Sat, 12 Sep 2020 10:00:00 +0300\n", b"From bob@x.test Sat Sep 12 10:00:00 MSK 2020\n",
    ],
)  # fmt: skip
def test_separators_come_in_many_shapes(tmp_path, line):
    first, second = mail("One", b"First.\n"), mail("Two", b"Second.\n")
    assert found(tmp_path, LINE + first + b"\n" + line + second) == [first, second]


def test_a_separator_without_a_blank_line_before_it_separates(tmp_path):
    first, second = mail("One", b"First.\n"), mail("Two", b"Second.\n")
    assert found(tmp_path, LINE + first + LINE + second) == [first, second]


def test_a_mail_that_says_how_long_it_is_may_hold_a_whole_mailbox(tmp_path):
    body = b"\n" + LINE + mail("Inner", b">From inside\n")
    first = mail("One", body, **{"Content-Length": len(body)})
    second = mail("Two", b"Second.\n")
    assert found(tmp_path, LINE + first + b"\n" + LINE + second) == [first, second]


def test_a_wrong_length_is_not_believed(tmp_path):
    first, second = mail("One", b"First.\n", **{"Content-Length": 100_000}), mail("Two", b"Second.\n")
    assert found(tmp_path, LINE + first + b"\n" + LINE + second) == [first, second]


def test_a_separator_across_two_pieces_of_the_file_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(mbox, "PIECE", 7)
    mails = [mail(str(number), b"x" * number + b"\n") for number in range(20)]
    assert found(tmp_path, b"".join(LINE + one + b"\n" for one in mails)) == mails


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"From x@y.test Sat Sep 12 10:00:00 2020\n", datetime(2020, 9, 12, 10, tzinfo=UTC)),
        (b"From x@y.test Sat Sep  5 10:00:01 2020 +0300\n", datetime(2020, 9, 5, 7, 0, 1, tzinfo=UTC)),
        (b"From x@y.test\n", None),
    ],
)
def test_the_separator_says_when(tmp_path, line, at):
    path = tmp_path / "old.mbox"
    path.write_bytes(line + mail("One", b"x\n"))
    assert [place.at for place in mbox.places(path)] == [at]


def test_what_lies_before_the_first_mail_is_told_of(tmp_path):
    path = tmp_path / "old.mbox"
    path.write_bytes(b"!! index of a mail program\n\n" + LINE + mail("One", b"x\n"))
    assert [place.left for place in mbox.places(path)] == ["is no mail", ""]


def test_a_file_without_any_mail_is_no_mbox(tmp_path):
    with pytest.raises(NoArchive, match="no line in it begins a mail"):
        found(tmp_path, b"Subject: one mail\n\nText.\n")


def test_an_empty_file_is_an_mbox_without_mails(tmp_path):
    assert found(tmp_path, b"") == []
