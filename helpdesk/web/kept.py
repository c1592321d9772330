"""Rows as they were written last: everybody who watches a team asks for the same ones, again at every change."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from helpdesk.web.format import Moment

MOST = 20_000


class Kept:
    """What was written in this minute, because times are shown to the minute; by the row, the language and the zone."""

    def __init__(self, moment: Callable[[], Moment]) -> None:
        self.moment = moment
        self.minute: Any = None
        self.rows: dict[Any, Markup] = {}

    def __call__(self, row: Any, write: Callable[[Any], Markup]) -> Markup:
        """The row as *write* puts it; it must hold all that is shown, and nothing finer than a minute but its seconds left."""
        here = self.moment()
        minute = here.now.replace(second=0, microsecond=0)
        if minute != self.minute or len(self.rows) > MOST:
            self.minute, self.rows = minute, {}
        key = (row, here.locale, here.zone)
        found = self.rows.get(key)
        if found is None:
            found = self.rows[key] = write(row)
        return found


def install(env: Environment, moment: Callable[[], Moment]) -> None:
    """Give templates `kept(row, macro)`."""
    env.globals["kept"] = Kept(moment)
