"""How often somebody may do what their page does by itself; counted beside the bell, and not at all while it is away."""

from redis import RedisError

from helpdesk.people.models import Person
from helpdesk.services.bell import connection
from helpdesk.services.guesses import Throttled

MINUTE = 60


def hold(what: str, by: Person, most: int) -> None:
    """Raise Throttled when *by* has done this more than *most* times within a minute."""
    key = f"helpdesk:pace:{what}:{by.id}"
    try:
        done = connection().incr(key)
        if done == 1:
            connection().expire(key, MINUTE)
    except RedisError:
        return
    if int(done) > most:
        raise Throttled("Too many requests. Wait a little and try again.")
