"""What was written last, kept: everybody who watches a team asks for the same rows, everybody at a ticket for the same messages."""

import secrets
from collections.abc import Callable, Hashable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from flask import g
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment
from markupsafe import Markup

from helpdesk.web.format import Moment
from helpdesk.web.keys import single

MOST = 8_000_000  # characters of one generation, of which there are two
TOKEN = secrets.token_hex(24)

Written = tuple[str, frozenset[str]]


class Kept:
    """Fragments by what they show, the language, the zone and the keys; each holds for a *spell*, as times are shown to it.

    What is shown must tell all that is in the fragment, and *known* makes something of it to know it again by. The reader's token is
    put into the forms anew, and the icons onto the page.
    """

    def __init__(
        self, moment: Callable[[], Moment], spell: Callable[[datetime], datetime], known: Callable[[Any], Hashable]
    ) -> None:
        self.moment, self.spell, self.known = moment, spell, known
        self.young: dict[Hashable, Written] = {}
        self.old: dict[Hashable, Written] = {}
        self.size = 0

    def __call__(self, shown: Any, write: Callable[[Any], Markup]) -> Markup:
        """The fragment as *write* puts it."""
        key = (self.known(shown), self._circumstances())
        found = self.young.get(key) or self.old.get(key)
        if found is None:
            found = self._written(shown, write)
        if key not in self.young:
            self._keep(key, found)
        text, icons = found
        if icons:
            g.setdefault("icons", set()).update(icons)
        return Markup(text.replace(TOKEN, generate_csrf()) if TOKEN in text else text)  # noqa: S704 - our own templates

    def _circumstances(self) -> Hashable:
        """What else it depends on; worked out once a page."""
        known: dict[Kept, Hashable] = g.setdefault("kept", {})
        if self not in known:
            here = self.moment()
            known[self] = (here.locale, here.zone, self.spell(here.now.astimezone(here.zone)), single())
        return known[self]

    def _written(self, shown: Any, write: Callable[[Any], Markup]) -> Written:
        before, g.icons = g.get("icons", set()), set()
        text = str(write(shown)).replace(generate_csrf(), TOKEN)
        icons, g.icons = frozenset(g.icons), before
        return text, icons

    def _keep(self, key: Hashable, found: Written) -> None:
        """Keep it; what has not been asked for since as much again was written is forgotten."""
        if self.size > MOST:
            self.old, self.young, self.size = self.young, {}, 0
        self.young[key] = found
        self.size += len(found[0])


def digest(shown: Any) -> bytes:
    """What a fragment with many words is known by."""
    return blake2b(repr(shown).encode("utf-8", "surrogatepass"), digest_size=20).digest()


def install(env: Environment, moment: Callable[[], Moment]) -> None:
    """Give templates `kept(row, macro)`, which holds for a minute, and `kept_today(entry, macro)`."""
    env.globals["kept"] = Kept(moment, lambda here: here.replace(second=0, microsecond=0), lambda row: row)
    env.globals["kept_today"] = Kept(
        moment, lambda here: here.replace(hour=0, minute=0, second=0, microsecond=0), digest
    )
