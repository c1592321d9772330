"""HTML from outside, fit to be shown in a sandboxed frame: an allow-list, no styles, nothing loaded from elsewhere."""

import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import unquote

import nh3

from helpdesk.channels.mail import text

TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
    ),
    *(
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
    ),
    *(
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    ),
    *("tt", "u", "ul", "var"),
}
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "src", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start", "type"},
    "font": {"color", "size"},
    "col": {"span"},
    "colgroup": {"span"},
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
NO_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "iframe",
    "object",
    "svg",
    "math",
    "noscript",
    "textarea",
    "select",
    "head",
}
OPTIONAL_END = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dd",
        "dt",
        "option",
        "br",
        "img",
        "hr",
        "input",
        "meta",
        "link",
        "col",
        "colgroup",
        "tbody",
        "thead",
        "tfoot",
        "area",
        "base",
        "embed",
        "param",
        "source",
        "track",
        "wbr",
        "body",
        "html",
    ]
)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
SOURCE = re.compile(r' src="([^"]*)"')
PARKED = re.compile(r'(<img(?: [a-z-]+="[^"]*")*?) data-remote=("[^"]*")')
DEEPEST = 500  # nested elements; parsing deeper ones takes time by the square
LONGEST = 2_000_000  # characters; some entities take time by the square


def sanitise(html: str, images: Mapping[str, str]) -> str:
    """Safe HTML. *images* maps a Content-ID of this very mail to a URL of ours; an unknown one stays as data-cid.

    Images from elsewhere are parked as data-remote. HTML too deep or too long to parse is shown as its text.
    """
    if len(html) > LONGEST or depth(html) > DEEPEST:
        return as_plain(html)
    safe = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=NO_CONTENT,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return IMAGE.sub(lambda image: "<img" + SOURCE.sub(lambda source: placed(source[1], images), image[1]) + ">", safe)


def with_remote_images(safe: str) -> str:
    """Sanitised HTML with the parked images loaded, for a reader who asked for them."""
    return PARKED.sub(r"\1 src=\2", safe)


def placed(source: str, images: Mapping[str, str]) -> str:
    """The attribute that stands for an image's source."""
    url = unescape(source).strip()
    if url.lower().startswith("cid:"):
        cid = unquote(url[4:])
        found = images.get(cid)
        return f' src="{escape(found)}"' if found else f' data-cid="{escape(cid)}"'
    return f' data-remote="{escape(url)}"' if url.lower().startswith(("http://", "https://", "//")) else ""


def depth(html: str) -> int:
    """How deep elements are nested, at most."""
    deepest = now = 0
    for close, name in TAG.findall(html):
        if name.lower() in OPTIONAL_END:
            continue
        now = max(0, now - 1) if close else now + 1
        deepest = max(deepest, now)
    return deepest


def as_plain(html: str) -> str:
    """The text of HTML that is not worth parsing."""
    return f"<pre>{escape(text.joined(text.html_lines(html[:LONGEST])))}</pre>"
