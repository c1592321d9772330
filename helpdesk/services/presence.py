"""Who has a ticket open just now, and who writes in it: kept beside the bell, for as long as their tabs say so.

Nothing of it is in the database, and without the bell nobody is there.
"""

import json
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import current_app
from redis import Redis, RedisError

from helpdesk.people.models import Person
from helpdesk.services import pace
from helpdesk.services.bell import LIVE, connection
from helpdesk.services.store import ticket_for
from helpdesk.tickets.models import Ticket

LASTS = 22_000  # milliseconds; a tab speaks every fifteen seconds, and a sweep comes every five
A_MINUTE = 240
PATIENCE = 5.0
ENDING = "helpdesk:here"
STATES = {"reading": "r", "writing": "w", "gone": ""}

# A ticket's tabs as JSON: "person:tab" → [state, ends at, name]. Whoever changes what others see of it says so.
SPEAK = """
local number, team, field, state, name, lasts = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local here = cjson.decode(redis.call('GET', KEYS[1]) or '{"tabs": {}}')
local function seen()
  local people, lines = {}, {}
  for tab, one in pairs(here.tabs) do
    local person = string.match(tab, '^%d+')
    if not people[person] or one[1] == 'w' then people[person] = {tonumber(person), one[1], one[3]} end
  end
  for _, one in pairs(people) do table.insert(lines, cjson.encode(one)) end
  table.sort(lines)
  return '[' .. table.concat(lines, ',') .. ']'
end
local before, ends = seen(), nil
for tab, one in pairs(here.tabs) do if one[2] <= now then here.tabs[tab] = nil end end
if field ~= '' then
  here.team = team
  here.tabs[field] = state ~= '' and {state, now + lasts, name} or nil
end
for _, one in pairs(here.tabs) do ends = math.min(ends or one[2], one[2]) end
if ends then
  redis.call('SET', KEYS[1], cjson.encode(here), 'PX', lasts * 2)
  redis.call('ZADD', KEYS[2], ends, number)
else
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], number)
end
local after = seen()
if before ~= after then redis.call('PUBLISH', KEYS[3], 'presence ' .. number .. ' ' .. (here.team or '') .. ' ' .. after) end
return after
"""


class Here(NamedTuple):
    """Somebody who has a ticket open; *state* is "r" or "w"."""

    id: int
    state: str
    name: str

    @property
    def writes(self) -> bool:
        """Whether they write, and do not only read."""
        return self.state == "w"


def speak(number: int, tab: str, state: str, *, by: Person) -> list[Here]:
    """A tab says that its ticket is read or written in, or left. Who else is there; NotFound if it is not theirs to see."""
    ticket = ticket_for(by, number)
    pace.hold("presence", by, A_MINUTE)
    return beside(_tell(ticket, f"{by.id}:{tab}", STATES[state], by.name), by)


def _tell(ticket: Ticket, field: str, state: str, name: str) -> list[Here]:
    shown = "".join(letter for letter in name if letter.isprintable())
    facts = (ticket.number, ticket.team_id, field, state, shown, LASTS)
    answer = _asked(lambda bell: bell.eval(SPEAK, 3, _key(ticket.number), ENDING, LIVE, *facts))
    return read(answer or "[]")


def read(told: str | bytes) -> list[Here]:
    """Who is there, as it is told. Raises ValueError for what is no such list."""
    people = json.loads(told)
    if not all(isinstance(one, list) and list(map(type, one)) == [int, str, str] for one in people):
        raise ValueError("People are told of by id, state and name.")
    return [Here(*one) for one in people]


def sweep() -> None:
    """Say of tabs that have fallen silent that they are gone."""
    ended = _asked(lambda bell: bell.zrangebyscore(ENDING, "-inf", time.time() * 1000, 0, 50))
    for number in map(int, ended or ()):
        _asked(lambda bell, one=number: bell.eval(SPEAK, 3, _key(one), ENDING, LIVE, one, "", "", "", "", LASTS))


def others(number: int, by: Person) -> list[Here]:
    """Who else is at this ticket, which *by* may see."""
    return beside(here([number]).get(number, ()), by)


def here(numbers: Iterable[int]) -> dict[int, list[Here]]:
    """Who is at these tickets; those that nobody has been at are left out."""
    wanted = list(numbers)
    told = _asked(lambda bell: bell.mget([_key(number) for number in wanted])) if wanted else None
    return {number: _alive(one) for number, one in zip(wanted, told or (), strict=False) if one}


def _alive(kept: bytes) -> list[Here]:
    at, people = time.time() * 1000, dict[int, Here]()
    for tab, (state, ends, name) in json.loads(kept)["tabs"].items():
        person = int(tab.partition(":")[0])
        if ends > at and (person not in people or state == "w"):
            people[person] = Here(person, state, name)
    return sorted(people.values())


def beside(people: Iterable[Here], by: Person) -> list[Here]:
    """Those of them that *by* is not."""
    return [one for one in people if one.id != by.id]


def _key(number: int) -> str:
    return f"helpdesk:here:{number}"


def _asked(question: Any) -> Any:
    """The bell's answer; None while it is away, and then it is not asked again for a while, so that no page waits for it."""
    extensions = current_app.extensions
    if time.monotonic() < extensions.get("presence_away", 0.0):
        return None
    bell: Redis = connection()
    try:
        return question(bell)
    except RedisError:
        extensions["presence_away"] = time.monotonic() + PATIENCE
        return None
