"""Keys, as pages print them: «R · К», because both letters are on one cap."""

from collections.abc import Mapping
from functools import lru_cache

from flask import Flask, g
from flask_login import current_user
from markupsafe import Markup

CAPS = "ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ"  # keys.js has them in the same order
RUSSIAN = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", CAPS, strict=True))
SHORT = {"Control": "Ctrl", "Shift": "⇧", "Escape": "Esc"}


def init_app(app: Flask) -> None:
    """Let templates say by which keys something is pressed."""
    words = {"keyed": keyed, "keyed_line": keyed_line, "cap": cap, "caps": caps, "legend": legend}
    app.jinja_env.globals.update(**words, russian_caps=CAPS, single_keys=single)


def keyed(strokes: str, name: str = "") -> Markup:
    """The attributes of what is pressed by any of *strokes* ("U Escape"); with a *name* also its tooltip."""
    return _keyed(strokes, name, single())


@lru_cache(maxsize=2048, typed=True)
def _keyed(strokes: str, name: str, single: bool) -> Markup:
    live = [stroke for stroke in strokes.split() if _live(stroke, single)]
    if not live:
        return Markup(' title="{}"').format(name) if name else Markup()
    return Markup(' aria-keyshortcuts="{}"{}').format(" ".join(live), _tooltip(name, live[:1]))


def keyed_line(strokes: str, name: str = "") -> Markup:
    """The same for strokes one after another ("G I")."""
    if not _live(strokes, single()):
        return Markup()
    return Markup(' data-keys="{}"{}').format(strokes, _tooltip(name, strokes.split()))


def cap(strokes: str, cls: str = "") -> Markup:
    """The first of *strokes* as it is printed on the keys; nothing when it does nothing."""
    return _cap(strokes, cls, single())


@lru_cache(maxsize=2048)
def _cap(strokes: str, cls: str, single: bool) -> Markup:
    if not _live(strokes, single):
        return Markup()
    return Markup(' <kbd class="{}">{}</kbd>').format(f"key {cls}".strip(), _printed(strokes.split(maxsplit=1)[0], {}))


def caps(strokes: str) -> Markup:
    """The same in both alphabets, where there is room."""
    if not _live(strokes, single()):
        return Markup()
    return Markup(' <kbd class="key">{}</kbd>').format(legend(strokes.split()[:1]))


def _live(stroke: str, single: bool) -> bool:
    """Whether it does something: the reader may have switched off whatever has neither Ctrl nor a name (WCAG 2.1.4)."""
    return single or stroke.startswith(("Control+", "Escape"))


def single() -> bool:
    """Whether the reader's pages answer to keys without Ctrl; asked once a page."""
    known: bool | None = g.get("single_keys")
    if known is None:
        known = not current_user or not current_user.is_authenticated or current_user.person.single_keys
        g.single_keys = known
    return known


def legend(strokes: list[str]) -> str:
    """What is printed on the caps, in both alphabets where they differ."""
    latin, russian = (" ".join(_printed(stroke, letters) for stroke in strokes) for letters in ({}, RUSSIAN))
    return latin if latin == russian else f"{latin} · {russian}"


def _printed(stroke: str, letters: Mapping[str, str]) -> str:
    parts = [SHORT.get(part, letters.get(part, part)) for part in stroke.split("+")]
    return (" " if "Ctrl" in parts else "").join(parts)


def _tooltip(name: str, strokes: list[str]) -> Markup:
    return Markup(' title="{} · {}"').format(name, legend(strokes)) if name else Markup()
