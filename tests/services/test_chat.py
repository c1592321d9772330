import json
import socket
import time
from datetime import timedelta

import pytest

from helpdesk.channels import hosts
from helpdesk.channels.chat import webhook
from helpdesk.errors import NotAllowed
from helpdesk.services import chat, reach
from helpdesk.services.instant import now
from tests.channels.chat.receiver import hangs_up, receiver, says
from tests.channels.chat.signing import SECRET

CONTENT = {"text": "Код придёт сегодня", "conversation": "c-1", "ticket": 7, "author": "Olga"}
KEY = "key-1"


def yes():
    return True


def to_webhook(url, **settings):
    settings = {"answer_url": url, "allow_private": True, **settings}
    return chat.post_webhook(CONTENT, KEY, settings, {"secret": SECRET}, yes)


def to_telegram(url, text="Да"):
    settings = {"api_url": url, "allow_private": True}
    return chat.post_telegram({"text": text, "conversation": "501"}, KEY, settings, {"token": "1:abc"}, yes)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_an_answer_arrives_signed_and_under_its_fixed_key():
    with receiver(says(204)) as other:
        assert to_webhook(f"{other.url}/answers?a=1").state == "sent"
    ((path, headers, body),) = other.got
    webhook.verify(SECRET, headers, body, now())
    assert (path, headers["webhook-id"], json.loads(body)["data"]) == ("/answers?a=1", KEY, CONTENT)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "sent"), (202, "sent"),
        (301, "failed"), (400, "failed"), (401, "failed"), (404, "failed"), (410, "failed"),
        (408, "later"), (429, "later"), (500, "later"), (503, "later"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("send", [to_webhook, to_telegram])
def test_what_the_other_side_says_decides(send, status, state):
    with receiver(says(status, b'{"ok": false, "description": "so it is"}')) as other:
        outcome = send(other.url)
    assert (outcome.state, outcome.reason.startswith(str(status)) or state == "sent") == (state, True)


def test_a_redirect_is_not_followed():
    with receiver(says(204)) as target, receiver(says(307, location=target.url)) as other:
        assert to_webhook(other.url).state == "failed"
        assert target.got == []


@pytest.mark.parametrize("send", [to_webhook, to_telegram])
def test_nobody_there_is_later(send):
    assert send(f"http://127.0.0.1:{free_port()}").state == "later"


@pytest.mark.parametrize("send", [to_webhook, to_telegram])
def test_a_connection_lost_after_sending_is_unknown(send):
    with receiver(hangs_up) as other:
        assert send(other.url).state == "unknown"
        assert len(other.got) == 1


def test_silence_is_later_where_a_key_protects_and_unknown_where_none_does(monkeypatch):
    monkeypatch.setattr(reach, "PATIENCE", 0.3)
    with receiver(lambda handler: time.sleep(0.6)) as other:
        assert (to_webhook(other.url).state, to_telegram(other.url).state) == ("later", "unknown")


def test_a_byte_now_and_then_does_not_hold_us_beyond_the_deadline(monkeypatch):
    def drips(handler):
        handler.send_response(200)
        handler.send_header("content-length", "1000000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    monkeypatch.setattr(reach, "PATIENCE", 0.5)
    began = time.monotonic()
    with receiver(_until_closed(drips)) as other:
        to_webhook(other.url)
        assert time.monotonic() - began < 2


def test_of_an_endless_answer_64_kb_are_read():
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"x" * 100_000)

    with receiver(_until_closed(endless)) as other:
        answer = reach.post(other.url, {}, b"{}", handing_over=yes, allow_private=True)
    assert len(answer.text) == 64 * 1024


def _until_closed(answer):
    def answered(handler):
        try:
            answer(handler)
        except OSError:
            handler.close_connection = True

    return answered


def test_when_another_worker_has_it_nothing_goes():
    with receiver(says(204)) as other:
        settings = {"answer_url": other.url, "allow_private": True}
        outcome = chat.post_webhook(CONTENT, KEY, settings, {"secret": SECRET}, lambda: False)
        assert (outcome.state, other.got) == ("later", [])


PRIVATE = (
    "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://localhost./", "https://[::1]/",
    "https://[::ffff:7f00:1]/", "https://0x7f000001/", "https://2130706433/", "https://169.254.169.254/latest",
    "https://100.64.0.1/", "https://[fd00::1]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://0.0.0.0/",
    "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/", "https://8.8.8.8:22/",
    "https://8.8.8.8:6379/", "http://8.8.8.8/", "gopher://8.8.8.8/", "file:///etc/passwd", "https://a@8.8.8.8/",
    "https://a@b@8.8.8.8/", "https:///x", "https://8.8.8.8:99999/", "https://8.8.8.8/\r\nHost: x", "//8.8.8.8/",
)  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_an_address_that_is_not_public_is_refused_in_one_sentence(url):
    with pytest.raises(NotAllowed) as refusal:
        reach.post(url, {}, b"", handing_over=yes)
    assert str(refusal.value) == "This address may not be used. Write a public one that begins with https://."
    assert to_webhook(url, allow_private=False).state == "failed"


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/", "http://[fd00:ec2::254]/", "https://100.100.100.200/", "https://[::ffff:10.0.0.1]/"],
)
def test_where_the_own_network_may_be_reached_a_clouds_metadata_may_not(url):
    with pytest.raises(NotAllowed):
        reach.post(url, {}, b"", handing_over=yes, allow_private=True)


def test_a_name_with_one_private_address_among_its_public_ones_is_refused(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotAllowed):
        reach.post("https://two.faces.test/", {}, b"", handing_over=yes)


def test_a_public_address_is_public():
    assert hosts.public("8.8.8.8")
    assert hosts.public("2606:4700:4700::1111")


def test_telegram_is_told_whom_and_what():
    with receiver(says(200, b'{"ok": true}')) as other:
        assert to_telegram(other.url, "Готово").state == "sent"
    ((path, _, body),) = other.got
    assert (path, json.loads(body)) == ("/bot1:abc/sendMessage", {"chat_id": "501", "text": "Готово"})


def test_a_long_answer_that_breaks_off_is_failed_and_says_how_much_went():
    answers = iter([says(200), says(500)])

    def one_after_the_other(handler):
        next(answers)(handler)

    with receiver(one_after_the_other) as other:
        outcome = to_telegram(other.url, "слово " * 1000)
    assert (outcome.state, outcome.reason[:24]) == ("failed", "1 of 2 parts were sent; ")


def test_no_reason_ever_holds_the_token():
    outcomes = [to_telegram(f"http://127.0.0.1:{free_port()}"), to_telegram("http://no.such.host.invalid")]
    with receiver(hangs_up) as other:
        outcomes.append(to_telegram(other.url))
    assert not any("1:abc" in outcome.reason for outcome in outcomes)


@pytest.mark.parametrize("token", ["", "abc", "1:a/../b", "1:a\r\nX: y"])
def test_a_bot_without_a_right_token_sends_nothing(token):
    assert chat.post_telegram({"text": "x", "conversation": "1"}, KEY, {}, {"token": token}, yes).state == "failed"


def test_a_webhook_without_a_url_says_so():
    assert chat.post_webhook(CONTENT, KEY, {}, {"secret": SECRET}, yes).state == "failed"


def test_the_signature_is_of_the_moment_of_sending():
    with receiver(says(204)) as other:
        to_webhook(other.url)
    headers = other.got[0][1]
    assert abs(int(headers["webhook-timestamp"]) - now().timestamp()) < timedelta(seconds=60).total_seconds()
