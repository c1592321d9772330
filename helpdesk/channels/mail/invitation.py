"""Invitations of calendars (RFC 5545, 5546): who invites to what, when and where, or that it is off."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from helpdesk.channels.mail.addresses import bare
from helpdesk.channels.mail.headers import clean
from helpdesk.channels.mail.parts import Content

READ = 200_000  # characters of a calendar
LONGEST = 300  # characters of a value
FOLD = re.compile(r"\r?\n[ \t]")
LINE = re.compile(
    r"(?P<name>[A-Za-z-]{1,40})(?P<parameters>(?:;[^:;\"]{0,200}(?:\"[^\"]{0,200}\")?){0,20}):(?P<value>.*)"
)
PARAMETER = re.compile(r";([A-Za-z-]+)=\"?([^;\"]*)")
INSTANT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$")
ESCAPED = re.compile(r"\\([\\;,nN])")
ASKED = ("SUMMARY", "LOCATION", "DTSTART", "DTEND", "ORGANIZER", "STATUS")

Invitation = Mapping[str, str]


def invitation(content: Content) -> Invitation:
    """The first event of the first calendar among the files; empty when there is none."""
    for part in content.files:
        if part.kind == "text/calendar" and (found := event(part.text())):
            return found
    return {}


def event(text: str) -> Invitation:
    """What a calendar says of its first event, each value short; *start* and *end* as ISO instants or days."""
    method, found = "", dict[str, str]()
    for name, given, value in lines(text):
        if name == "METHOD":
            method = value.lower()
        elif name == "END" and value.upper() == "VEVENT":
            break
        elif name in ASKED and name not in found:
            found[name] = instant(value, given) if name.startswith("DT") else plain(value)
            if name == "ORGANIZER":
                found[name] = " ".join(dict.fromkeys([clean(given.get("CN", "")), bare(value)])).strip()[:LONGEST]
    if not found:
        return {}
    cancelled = method == "cancel" or found.pop("STATUS", "").lower() == "cancelled"
    told = {
        "method": "cancel" if cancelled else method[:20],
        "what": found.get("SUMMARY", ""),
        "where": found.get("LOCATION", ""),
        "start": found.get("DTSTART", ""),
        "end": found.get("DTEND", ""),
        "who": found.get("ORGANIZER", ""),
    }
    return {name: value for name, value in told.items() if value}


def lines(text: str) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """The properties of the calendar and of its first event, not those of time zones and alarms."""
    skipped = ""
    for line in FOLD.sub("", text[:READ]).splitlines():
        found = LINE.match(line)
        if not found:
            continue
        name, value = found["name"].upper(), found["value"]
        if name == "BEGIN" and value.upper() in ("VTIMEZONE", "VALARM"):
            skipped = skipped or value.upper()
        elif name == "END" and value.upper() == skipped:
            skipped = ""
        elif not skipped:
            given = {key.upper(): told for key, told in PARAMETER.findall(found["parameters"])}
            yield name, given, value


def plain(value: str) -> str:
    return clean(ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value))[:LONGEST]


def instant(value: str, given: Mapping[str, str]) -> str:
    """An instant with its offset where the zone is known, a day, or what stands there."""
    found = INSTANT.match(value.strip())
    if not found:
        return clean(value)[:40]
    numbers = [int(number) for number in found.groups()[:6] if number]
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return clean(value)[:40]
    if len(numbers) == 3:
        return moment.date().isoformat()
    zone = UTC if found[7] else zone_of(given.get("TZID", ""))
    return (moment.replace(tzinfo=zone) if zone else moment).isoformat()


def zone_of(name: str) -> ZoneInfo | None:
    try:
        return (
            ZoneInfo(name.strip("/ ")) if re.fullmatch(r"[A-Za-z]+(?:/[A-Za-z_+-]+){1,2}", name.strip("/ ")) else None
        )
    except (ValueError, OSError, KeyError):
        return None
