"""What every page knows: who reads it, in which language, and which sections they may open."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import flask_babel
from flask import Flask, current_app, g, request
from flask_babel import Babel
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select

from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services import hanging, roster, sheet, sign_in
from helpdesk.services.database import db
from helpdesk.services.demo_lease import being_made
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.web import assets, help_on, resting, session, whats_new, words
from helpdesk.web.addresses import url_for

DEMO_STAFF = select(Person.id).where(Person.demo, Person.role.is_not(None)).limit(1)
PLACES: tuple[tuple[str, str, str], ...] = (
    ("queue", "desk.queue", "see"),
    ("handover", "shift.offers", "work"),
    ("board", "board.show", "see_board"),
    ("lookup", "lookup.show", "look_up"),
    ("intake", "intake.show", "see_intake"),
    ("calls", "calls.show", "import_calls"),
    ("admin", "admin.show", "administer"),
)


def init_app(app: Flask) -> None:
    """Hand every template what base.html needs."""
    app.context_processor(_page)


class Words(flask_babel.Domain):  # type: ignore[name-defined, misc]
    """The words of the page's language; its catalogue is looked up once a page, not once a sentence."""

    def get_translations(self) -> Any:
        catalogue = g.get("catalogue")
        if catalogue is None:
            catalogue = g.catalogue = super().get_translations()
        return catalogue


class Speech(Babel):
    """The languages of pages."""

    domain_instance = Words()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, sentences are said in another language than the page's."""
    with flask_babel.force_locale(language):
        g.pop("catalogue", None)
        yield
    g.pop("catalogue", None)


def speak(app: Flask) -> None:
    """Give pages their words, in Python and in templates."""
    Speech(app, locale_selector=language)
    app.jinja_env.globals.update(_=_said, gettext=_said, ngettext=_counted)


def _said(text: str, /, **facts: Any) -> Markup:
    """A sentence in the page's language; what is put into it is escaped."""
    return _written(_catalogue(), text) % facts if facts else _whole(_catalogue(), text)


def _counted(one: str, many: str, number: int, /, **facts: Any) -> Markup:
    """A sentence with a number, in the form that the number asks for."""
    return Markup(_catalogue().ungettext(one, many, number)) % {"num": number, **facts}  # noqa: S704 - our own words


@lru_cache(maxsize=4096)
def _written(catalogue: Any, text: str) -> Markup:
    return Markup(catalogue.ugettext(text))  # noqa: S704 - our own words


@lru_cache(maxsize=4096)
def _whole(catalogue: Any, text: str) -> Markup:
    return _written(catalogue, text) % {}


def _catalogue() -> Any:
    return g.get("catalogue") or flask_babel.get_domain().get_translations()  # type: ignore[attr-defined]


def language() -> str:
    """ru or en: what was chosen in this browser, else the person's own, else the browser's."""
    return assets.chosen_language() or _own_language() or assets.language()


def _own_language() -> str | None:
    return current_user.person.locale if current_user and current_user.is_authenticated else None


def current_person() -> Person:
    """Who is signed in; only behind doors that ask for it."""
    person: Person = current_user.person
    return person


def on_duty() -> dict[int, bool]:
    """Who is on duty, and whether on a break; asked once a page."""
    if "on_duty" not in g:
        g.on_duty = roster.duty(now())
    here: dict[int, bool] = g.on_duty
    return here


def fragment(template: str, **shown: Any) -> str:
    """A part of an open page by itself: it knows who reads it, and nothing of what stands around it."""
    return current_app.jinja_env.get_template(template).render(_reader(current_person()) | shown)


def _reader(person: Person) -> dict[str, Any]:
    zone = person.time_zone or settings().time_zone
    return {"locale": language(), "now": now(), "person": person, "works": person.works, "zone": zone}


def _page() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {"locale": language(), "now": now(), "places": [], "me": None}
    person = current_person()
    shared = _reader(person)
    places = [(place, url_for(door)) for place, door, action in PLACES if may(person.role, action, person.team_ids)]
    me = {
        "name": person.name,
        "on_duty": person.id in on_duty() if person.works else None,
        "rest": resting.shown(person, shared["now"]) if on_duty().get(person.id) else None,
        "breaks": resting.kinds() if person.id in on_duty() else [],
        "sign_out_url": url_for("doors.sign_out"),
        "url": url_for("profile.show"),
        "role": person.role,
        "here": request.full_path.rstrip("?") if request.method == "GET" else "",
        "shifts_url": url_for("my_shifts.show") if person.works else "",
        "drafts_url": url_for("drafts.show") if person.works else "",
        "breaks_url": url_for("breaks.begin"),
        "help_url": url_for("help.show", _anchor=help_on.paragraph(request.blueprint)),
        "news_url": url_for("help.news"),
        "news": person.news_read < whats_new.NEWEST,
    }
    return {
        **shared,
        "places": places,
        "me": me,
        "offers_password": session.offers_password(person),
        "demo": _demo(),
        "handing": sheet.called(person, now()),
        "hangs": hanging.count(person, now()) if may(person.role, "assign_others", person.team_ids) else 0,
    }


def _demo() -> dict[str, Any] | None:
    """While demo data are in: whether they are still being made, as whom they can be looked at, where they end."""
    if db.session.scalar(DEMO_STAFF) is None:
        return None
    person = current_person()
    removal = url_for("demo.show") if may(person.role, "administer", person.team_ids) else ""
    hats = [{"id": hat.id, "role": words.role(str(hat.role))} for hat in sign_in.hats(current_user.id)]
    return {"making": being_made(), "hats": hats, "delete_url": removal}
