"""Pictures, films, prefetches and their like in a mail: no browser loads them unasked, and the server never does."""

import socket

import pytest

from tests.abuse.haunting import TOGETHER
from tests.abuse.remote import REMOTE

pytestmark = pytest.mark.once


def test_nothing_is_loaded_before_somebody_asks_for_it(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['remote']}")
    assert len(caught.page.frames) - 1 == len(haunted.desk.packed(REMOTE))
    assert caught.acting() == []
    assert caught.prey == []


def ask(caught):
    """Say that the pictures of the first mail may be loaded."""
    caught.page.get_by_role("link", name="Load the pictures").first.click()
    caught.page.wait_for_url("**images=*")
    caught.look()


def test_asked_for_only_the_pictures_of_that_mail_are_loaded(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['remote']}")
    ask(caught)
    frame = next(frame for frame in caught.page.frames if frame.url.endswith("?images=1"))
    wanted = frame.evaluate("[...document.images].map((image) => image.src).filter(Boolean)")
    assert 0 < len(wanted) <= TOGETHER
    assert {asked.partition(" ")[0] for asked in caught.asked} == {"image"}
    assert {asked.partition(" ")[2] for asked in caught.asked} <= set(wanted)


def test_the_sender_is_not_told_which_page_the_pictures_are_on(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['remote']}")
    with caught.page.expect_request(lambda request: request.resource_type == "image") as asked:
        ask(caught)
    assert not asked.value.headers.get("referer")


def test_were_nothing_taken_out_the_frame_alone_would_hold(haunted, caught):
    """All but a connection made ahead over which nothing is asked: no policy stops that, taking out the words does."""
    caught.unfiltered(haunted.desk.numbers["remote"], haunted.desk.packed(REMOTE))
    assert set(caught.far) <= {"a connection"}


def test_the_trap_catches_them_where_nothing_is_guarded(haunted, caught):
    unguarded = 0
    for body in haunted.desk.packed(REMOTE):
        caught.page.set_content(body)
        unguarded += bool(caught.asked)
        caught.asked.clear()
    assert unguarded > len(haunted.desk.packed(REMOTE)) // 2


def test_the_server_asks_for_nothing_when_it_files_answers_tells_and_sends(haunted):
    assert haunted.asked_by_us == []
    ours = {"localhost", "127.0.0.1", socket.gethostname(), f"('127.0.0.1', {haunted.sink.port})"}
    assert {host for host in haunted.reached if not host.endswith("/valkey.sock")} == ours
