"""From which instant on the mail of a mailbox is wanted: new mail, mail since a day, or all of it."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from helpdesk.orm import Json
from helpdesk.services.store import settings


def cut_off(known: Json) -> str:
    """The instant in ISO form by the settings of a mailbox; empty when all mail is wanted."""
    if known.get("since") == "new":
        return str(known.get("connected_at", ""))
    if known.get("since") == "date":
        return beginning(date.fromisoformat(str(known["since_date"]))).isoformat()
    return ""


def beginning(day: date) -> datetime:
    """When a day begins here."""
    return datetime.combine(day, time(), ZoneInfo(settings().time_zone))
