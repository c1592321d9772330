import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels import calls
from helpdesk.channels.calls.layout import layout
from helpdesk.channels.calls.log import read_log
from helpdesk.channels.calls.record import write
from helpdesk.errors import HelpdeskError
from tests.channels.call_logs import MAPPING, RUSSIAN, cdr, missed

NOW = datetime(2026, 9, 15, tzinfo=UTC)
HEADER = (
    "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,"
    "disposition,amaflags,uniqueid,userfield\n"
)


def log(text, options=None, zone="Asia/Almaty", encoding="utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return read_log(content, layout(options or {}, zone), NOW)


def only(text, options=None, **more):
    found = log(text, options, **more)
    assert (len(found.calls), found.problems) == (1, [])
    return found.calls[0]


def problem(text, options=None):
    found = log(text, options)
    assert (len(found.problems), found.calls) == (1, [])
    return found.problems[0]


def incoming(call):
    return calls.read(write(call))


def test_an_answered_call_is_a_contact_at_the_time_of_the_answer():
    contact = incoming(only(cdr()))
    assert (contact.kind, contact.direction, contact.key) == ("call_answered", "in", "1789380000.1")
    assert contact.at == datetime(2026, 9, 14, 5, 0, 12, tzinfo=UTC)
    assert (contact.sender.name, contact.sender.kind, contact.sender.address) == ("Aigul", "phone", "+77011234567")
    facts = {name: contact.facts[name] for name in ("ring_seconds", "talk_seconds", "operator", "started_at")}
    assert facts == {
        "ring_seconds": 12, "talk_seconds": 120, "operator": "101", "started_at": "2026-09-14T05:00:00+00:00",
    }  # fmt: skip


def test_a_missed_call_is_a_contact_at_the_time_it_rang():
    contact = incoming(only(missed()))
    assert (contact.kind, contact.at) == ("call_missed", datetime(2026, 9, 14, 5, 0, tzinfo=UTC))
    assert (contact.facts["ring_seconds"], "talk_seconds" in contact.facts) == (30, False)


@pytest.mark.parametrize("disposition", ["NO ANSWER", "BUSY", "FAILED", "CONGESTION"])
def test_every_other_disposition_is_missed(disposition):
    assert only(missed(disposition=disposition)).kind == "call_missed"


def test_a_call_of_ours_is_out_and_its_customer_is_whom_we_called():
    contact = incoming(only(cdr(src="101", dst="87011234567", channel="SIP/101-0000001c", name="Olga")))
    assert (contact.direction, contact.sender.address, contact.facts["operator"]) == ("out", "87011234567", "101")
    assert contact.sender.name == "87011234567"


def test_a_call_from_our_own_line_is_out():
    line = cdr(src="+77272500000", dst="87011234567")
    assert only(line, {"own": ["8 727 250-00-00"]}).direction == "out"


def test_talks_between_colleagues_are_counted_and_left_out():
    found = log(cdr(src="101", dst="102") + cdr())
    assert (found.internal, len(found.calls), found.rows) == (1, 1, 2)


@pytest.mark.parametrize("app", ["Queue", "VoiceMail", "Playback", "BackGround"])
def test_a_call_that_only_a_machine_answered_is_missed(app):
    assert only(cdr(dstchannel="", lastapp=app)).kind == "call_missed"


def test_a_call_that_a_colleague_took_out_of_the_queue_is_answered():
    assert only(cdr(dstchannel="SIP/101-1", lastapp="Queue")).kind == "call_answered"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_call_that_rang_at_several_phones_is_one_call_told_by_who_answered(order):
    lines = [
        missed(uniqueid="5.1", dstchannel="SIP/101-1"),
        cdr(uniqueid="5.1", dstchannel="SIP/102-2"),
        missed(uniqueid="5.1", dstchannel="SIP/103-3"),
    ]
    call = only("".join(lines[place] for place in order))
    assert (call.kind, call.operator) == ("call_answered", "102")


@pytest.mark.parametrize("text", [cdr(), HEADER + cdr(), "\ufeff" + HEADER + cdr(), "\n\n" + cdr() + "\n"])
def test_a_header_a_byte_order_mark_and_empty_lines_change_nothing(text):
    assert only(text).id == "1789380000.1"


def test_columns_are_found_by_the_header_wherever_they_stand():
    header = "uniqueid,start,src,dst,disposition,answer\n"
    text = f"{header}7.1,2026-09-14 10:00:00,87011234567,101,ANSWERED,2026-09-14 10:00:03\n"
    call = only(text)
    assert (call.key, call.kind, call.ring_seconds) == ("7.1", "call_answered", 3)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_mapped_log_is_read_in_any_encoding_and_delimiter(delimiter, encoding):
    found = log(RUSSIAN.replace(";", delimiter), MAPPING, encoding=encoding)
    assert [(call.key, call.kind, call.direction) for call in found.calls] == [
        ("A-1", "call_answered", "in"), ("A-2", "call_missed", "in"), ("A-3", "call_answered", "out"),
    ]  # fmt: skip
    assert found.calls[0].recording == "/rec/a1.wav"
    assert found.calls[0].started == datetime(2026, 9, 14, 5, 0, tzinfo=UTC)


def test_words_of_ones_own_are_told_in_the_mapping():
    text = RUSSIAN.replace("Принят", "Дозвон")
    assert len(log(text, MAPPING).problems) == 2
    assert log(text, {**MAPPING, "words": {"дозвон": "answered"}}).problems == []


@pytest.mark.parametrize(
    ("talk", "seconds"), [("75", 75), ("1:15", 75), ("0:01:15", 75), ("0", None)]
)  # fmt: skip
def test_lengths_are_seconds_or_clock_times(talk, seconds):
    options = {"columns": {"started": "t", "from": "f", "to": "d", "talk": "s"}}
    call = only(f"t,f,d,s\n2026-09-14 10:00:00,87011234567,101,{talk}\n", options)
    assert (call.talk_seconds, call.kind) == (seconds, "call_answered" if seconds else "call_missed")


def test_a_unix_time_needs_no_zone():
    options = {"columns": {"started": "t", "from": "f", "to": "d"}, "format": "unix"}
    assert only("t,f,d\n1789380000,87011234567,101\n", options).started == datetime.fromtimestamp(1789380000, UTC)


def test_the_zone_of_the_mapping_wins_over_the_teams():
    assert only(cdr(), {"zone": "Europe/Moscow"}).started == datetime(2026, 9, 14, 7, 0, tzinfo=UTC)


def test_without_an_id_the_row_is_its_own_key():
    one, two = only(cdr(uniqueid="")), only(cdr(uniqueid="", src="87017654321"))
    assert one.key == only(cdr(uniqueid="")).key != two.key
    assert len(one.key) == 64


@pytest.mark.parametrize("number", ["", "anonymous", "Unknown", "скрытый"])
def test_a_hidden_number_is_a_nameless_caller(number):
    sender = incoming(only(missed(src=number, name="Anonymous"))).sender
    assert (sender.name, sender.address) == ("anonymous", "")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (cdr(start=""), "start"),
        (cdr(start="14.09.2026 10:00"), "start"),
        (cdr(start="2027-01-01 00:00:00"), "start"),
        (cdr(answer="2026-09-14 09:00:00"), "answer"),
        (cdr(end="2026-09-14 09:00:00"), "end"),
        (cdr(billsec="-5"), "billsec"),
        (cdr(billsec="9999999"), "billsec"),
        (cdr(disposition="MAYBE"), "disposition"),
        ("a,b,c\n", ""),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_line_and_column(line, column):
    found = log(cdr(uniqueid="9.9") + line + cdr(uniqueid="9.8"))
    assert [(one.line, one.column) for one in found.problems] == [(2, column)]
    assert [call.key for call in found.calls] == ["9.9", "9.8"]
    assert found.problems[0].sentence.endswith(".")


def test_the_line_of_a_problem_counts_line_breaks_in_cells():
    assert [one.line for one in log(cdr(name="a\nb") + cdr(start="")).problems] == [3]


def test_the_column_of_a_problem_is_named_as_the_log_names_it():
    assert problem("Дата;Кто;Куда\nвчера;87011234567;101\n", {
        "columns": {"started": "Дата", "from": "Кто", "to": "Куда"},
    }).column == "Дата"  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"hello", b"\x89PNG\r\n\x00\x00,\x00", "a,b".encode("utf-16"), b"x" * 25_000_000]
)
def test_what_is_no_table_is_refused_whole(content):
    with pytest.raises(HelpdeskError):
        log(content)


@pytest.mark.parametrize(
    "options",
    [
        {"colums": {}}, {"columns": {"start": "a"}}, {"columns": {"started": "a"}}, {"columns": []},
        {"zone": "Mars/North"}, {"zone": "../../etc/passwd"}, {"zone": 5}, {"internal": "5"}, {"internal": True},
        {"internal": -1}, {"own": "1"}, {"own": [1]}, {"words": {"a": "maybe"}}, {"format": 5},
        {"columns": {"started": "no such", "from": "src", "to": "dst"}},
    ],
)  # fmt: skip
def test_a_mapping_that_makes_no_sense_is_refused_with_a_sentence(options):
    with pytest.raises(HelpdeskError) as refusal:
        log(HEADER + cdr(), options)
    assert str(refusal.value).endswith((".", "…"))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_log_or_refused(content):
    try:
        found = log(content)
    except HelpdeskError:
        return
    assert found.rows >= len(found.calls) + len(found.problems)


@given(st.lists(st.lists(st.text(max_size=12), min_size=18, max_size=18), max_size=4))
def test_any_cells_are_calls_that_can_be_read_again_or_problems(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    try:
        found = log((cdr() + out.getvalue()).encode("utf-8", "replace"))
    except HelpdeskError:
        return
    for call in found.calls:
        assert incoming(call).key == call.key


@given(
    st.sampled_from(["", "2026-09-14 10:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "nan"]),
    st.sampled_from(["", "%Y", "unix", "%Y-%m-%d %H:%M:%S", "%", "%Q", "(", "%z%z", "%Y-%Y"]),
)
def test_no_time_and_no_format_break_the_reader(text, form):
    found = log(cdr(start=text), {"format": form})
    assert found.calls or found.problems
