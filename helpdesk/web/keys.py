"""Keys, as pages print them: «R · К», because both letters are on one cap."""

from collections.abc import Mapping

from flask import Flask
from markupsafe import Markup

CAPS = "ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ"  # keys.js has them in the same order
RUSSIAN = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", CAPS, strict=True))
SHORT = {"Control": "Ctrl", "Shift": "⇧", "Escape": "Esc"}


def init_app(app: Flask) -> None:
    """Let templates say by which keys something is pressed."""
    app.jinja_env.globals.update(keyed=keyed, keyed_line=keyed_line, cap=cap, caps=caps, russian_caps=CAPS)


def keyed(strokes: str, name: str = "") -> Markup:
    """The attributes of what is pressed by any of *strokes* ("U Escape"); with a *name* also its tooltip."""
    return Markup(' aria-keyshortcuts="{}"{}').format(strokes, _tooltip(name, strokes.split()[:1]))


def keyed_line(strokes: str, name: str = "") -> Markup:
    """The same for strokes one after another ("G I")."""
    return Markup(' data-keys="{}"{}').format(strokes, _tooltip(name, strokes.split()))


def cap(strokes: str, cls: str = "") -> Markup:
    """The first of *strokes* as it is printed on the keys."""
    return Markup(' <kbd class="{}">{}</kbd>').format(f"key {cls}".strip(), _printed(strokes.split(maxsplit=1)[0], {}))


def caps(strokes: str) -> Markup:
    """The same in both alphabets, where there is room."""
    return Markup(' <kbd class="key">{}</kbd>').format(legend(strokes.split()[:1]))


def legend(strokes: list[str]) -> str:
    """What is printed on the caps, in both alphabets where they differ."""
    latin, russian = (" ".join(_printed(stroke, letters) for stroke in strokes) for letters in ({}, RUSSIAN))
    return latin if latin == russian else f"{latin} · {russian}"


def _printed(stroke: str, letters: Mapping[str, str]) -> str:
    parts = [SHORT.get(part, letters.get(part, part)) for part in stroke.split("+")]
    return (" " if "Ctrl" in parts else "").join(parts)


def _tooltip(name: str, strokes: list[str]) -> Markup:
    return Markup(' title="{} · {}"').format(name, legend(strokes)) if name else Markup()
