"""javascript:, data: and vbscript: links, however they are written: no such href survives."""

import pytest

from helpdesk.channels.mail.sanitise import sanitise
from tests.abuse.payloads import LINKS


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    "tag", ['<a href="{}">x</a>', '<svg><a xlink:href="{}">x</a></svg>', '<img src="{}">', '<area href="{}">']
)
def test_no_dangerous_link_survives(tag, link):
    safe = sanitise(tag.format(link), {})
    assert "href" not in safe
    assert "src" not in safe


def test_an_ordinary_link_survives_and_tells_nobody_where_it_came_from():
    safe = sanitise('<a href="https://client.example/a?b=1">x</a>', {})
    assert 'href="https://client.example/a?b=1"' in safe
    assert "noreferrer" in safe


@pytest.mark.once
def test_no_link_that_a_page_shows_runs_or_leaves_the_web(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['acting']}")
    for frame in caught.page.frames:
        schemes = frame.locator("a[href]").evaluate_all("links => links.map((link) => link.protocol)")
        assert set(schemes) <= {"http:", "https:", "mailto:", "tel:"}
    assert caught.acting() == []
    assert caught.prey == []
