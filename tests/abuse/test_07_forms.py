"""Forms, meta refresh, base, iframe, object, style and events are removed; the text around them stays."""

import pytest

from helpdesk.channels.mail.sanitise import sanitise
from tests.abuse.payloads import FORMS


@pytest.mark.parametrize(
    "html",
    FORMS,
)
def test_what_acts_is_removed(html):
    safe = sanitise(f"<p>До</p>{html}<p>После</p>", {})
    assert "<p>До</p>" in safe
    for word in (
        "form",
        "input",
        "button",
        "meta",
        "base",
        "iframe",
        "object",
        "embed",
        "link",
        "style",
        "onerror",
        "onclick",
    ):
        assert f"<{word}" not in safe
        assert f" {word}=" not in safe
    assert "evil.example" not in safe
    assert "<script" not in safe


@pytest.mark.once
def test_a_page_shows_them_without_being_led_away(haunted, caught):
    address = f"/tickets/{haunted.desk.numbers['acting']}"
    caught.visit(address)
    for frame in caught.page.frames[1:]:
        assert frame.locator("form, input, button, iframe, object, embed, base, meta[http-equiv=refresh]").count() == 0
    assert caught.page.url.endswith(address)
    assert caught.acting() == []
    assert caught.prey == []
