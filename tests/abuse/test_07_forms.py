"""Forms, meta refresh, base, iframe, object, style and events are removed; the text around them stays."""

import pytest

from helpdesk.channels.mail.sanitise import sanitise


@pytest.mark.parametrize(
    "html",
    [
        "<form action=//evil.example><input name=p type=password><button>x</button></form>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<base href=//evil.example>",
        "<iframe src=//evil.example></iframe>",
        "<object data=//evil.example></object><embed src=//evil.example>",
        "<link rel=stylesheet href=//evil.example>",
        "<style>@import '//evil.example'</style>",
        "<p style='background:url(//evil.example)' onclick='x()' class=a id=b>",
        "<svg><animate onbegin=x() attributeName=a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=x()></style></mglyph></table></mtext></math>",
        "<scr<script>ipt>x()</script>",
        "<body background=//evil.example onload=x()>",
        "<video poster=//evil.example><audio src=//evil.example>",
        "<img srcset='//evil.example 2x' onerror=x()>",
        "<noscript><p title='</noscript><img src=x onerror=x()>'>",
    ],
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
