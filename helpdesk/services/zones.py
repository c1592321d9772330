"""The rules of time zones, kept with the calendars that count by them."""

import importlib.resources
from pathlib import Path
from zoneinfo import TZPATH

from sqlalchemy import select

from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.sla.models import ZoneRules


def installed(name: str) -> bytes:
    """The rules of a zone as this machine has them today: where Python's zoneinfo looks, in its order."""
    for folder in TZPATH:
        if (file := Path(folder, name)).is_file():
            return file.read_bytes()
    return importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def known(name: str) -> ZoneRules | None:
    """The newest rules of a zone that the desk knows."""
    query = select(ZoneRules).where(ZoneRules.name == name).order_by(ZoneRules.id.desc()).limit(1)
    return db.session.scalar(query)


def rules_of(definition: Json) -> ZoneRules:
    """The rules by which a calendar's definition counts from today on; kept when they are not yet."""
    found = known(definition["tz"])
    if found is None:
        found = ZoneRules(name=definition["tz"], data=installed(definition["tz"]), known_at=now())
        db.session.add(found)
        db.session.flush()
    return found
