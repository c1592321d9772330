"""When a promise is due, by looking at every minute; and a tick whose rings are heard at once, at any pretended instant."""

from datetime import timedelta

from helpdesk.services import bell
from helpdesk.services.instant import pretend
from tests.sla import hours
from workers.allowed import JOBS

SECOND = timedelta(seconds=1)


def due(definition, start, target, *pauses):
    """Minutes that are open by the wall clock and in no pause, counted one by one from *start* until *target* is used."""
    whole = {"weekly": {}, "holidays": [], "overrides": {}, "breaks": {}, **definition}
    slow = hours.Oracle(whole, start.date(), 4)
    for begin, end in pauses:
        for minute in hours.instants(begin, end):
            slow.open[slow.minutes.index(minute)] = 0
    return slow.due_at(start, target // hours.MINUTE)


def look(tick, at=None):
    """One beat of the tick, and what it rings for done; now, or at another instant."""
    if at is not None:
        with pretend(at):
            return look(tick)
    bell.connection().flushall()
    pause = tick.beat()
    for job in bell.queue().jobs:
        JOBS[job.func_name][0](*job.args)
    return pause
