"""Icons as inline symbols: only those a page uses are in the page."""

import re
from functools import cache, lru_cache
from importlib.resources import files

from flask import Flask, g
from markupsafe import Markup

SYMBOL = re.compile(r'<symbol class="bi bi-[^"]*" viewBox="([^"]*)" id="([^"]*)">(.*?)</symbol>', re.DOTALL)
RING = '<circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" stroke-width="1.8"/>'
OURS = {
    "s-ok": RING,
    "s-soon": RING + '<path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z"/>',
    "s-late": '<path fill-rule="evenodd" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1zM7 4l.4 5.2h1.2L9 4z'
    'M8 10.4a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z"/>',
    "s-hold": '<path d="M4 3h2.6v10H4zM9.4 3H12v10H9.4z"/>',
    "s-met": '<path d="M6.4 12.6 2 8.2l1.4-1.4 3 3 6.2-6.2L14 5z"/>',
}
# What rows, messages and notices bring into an open page later, so it is there from the start.
ALWAYS = frozenset(
    [
        "s-ok",
        "s-soon",
        "fire",
        "s-late",
        "s-hold",
        "s-met",
        "eye",
        "pencil-fill",
        "lock-fill",
        "check2-all",
        "arrow-counterclockwise",
        "x-circle-fill",
        "exclamation-triangle-fill",
        "envelope",
        "chat-left-text",
        "telephone",
        "telephone-inbound",
        "telephone-outbound",
        "telephone-x",
        "pencil",
        "paperclip",
        "moon",
    ]
)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(ico=ico, page_icons=page_icons, fragment_icons=fragment_icons)


def ico(name: str, label: str = "", cls: str = "") -> Markup:
    """One icon; without a *label* it is decoration and hidden from readers."""
    g.setdefault("icons", set()).add(name)
    return _drawn(name, label, cls)


@lru_cache(maxsize=1024)
def _drawn(name: str, label: str, cls: str) -> Markup:
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" {}><use href="#i-{}"/></svg>').format(f"ico {cls}".strip(), told, name)


def page_icons() -> Markup:
    """The symbols a whole page needs; written once, at its end."""
    return _sprite(ALWAYS.union(g.get("icons", ())))


def fragment_icons() -> Markup:
    """The symbols a fragment needs beyond those every page has."""
    return _sprite(frozenset(g.get("icons", ())) - ALWAYS)


@lru_cache(maxsize=256)
def _sprite(names: frozenset[str]) -> Markup:
    symbols = "".join(symbol(name) for name in sorted(names))
    around = Markup('<svg class="sprite" width="0" height="0" aria-hidden="true">{}</svg>')
    return around.format(Markup(symbols)) if names else Markup()  # noqa: S704 drawings come from the wheel and from OURS


@cache
def symbol(name: str) -> str:
    view, drawing = ("0 0 16 16", OURS[name]) if name in OURS else _bootstrap()[name]
    return f'<symbol id="i-{name}" viewBox="{view}">{drawing}</symbol>'


@cache
def _bootstrap() -> dict[str, tuple[str, str]]:
    sprite = files("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
    found = SYMBOL.findall(sprite.read_text(encoding="utf-8"))
    return {name: (view, drawing) for view, name, drawing in found}
