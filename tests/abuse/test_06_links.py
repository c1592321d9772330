"""javascript:, data: and vbscript: links, however they are written: no such href survives."""

import pytest

from helpdesk.channels.mail.sanitise import sanitise

LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "java&#10;script:alert(1)",
    " &#1; javascript:alert(1)",
    "&#106;avascript:alert(1)",
    "vbscript:x()",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "blob:https://x.example/1",
]


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
