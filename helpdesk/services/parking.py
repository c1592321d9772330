"""Jobs put aside because they are not ours: somebody else writes into our Redis, and the doctor says so."""

import json
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from helpdesk.services import bell
from helpdesk.services.instant import now

PARKED = "helpdesk:parked"
KEPT = timedelta(days=7)


def park(connection: Redis, job_id: str, objection: str) -> None:
    """Keep what was put aside and why, for a week; the job's own bytes are thrown away."""
    at = now().timestamp()
    entry = json.dumps({"id": job_id[:100], "objection": objection, "at": at})
    with connection.pipeline() as pipeline:
        pipeline.zadd(PARKED, {entry: at})
        pipeline.zremrangebyscore(PARKED, 0, at - KEPT.total_seconds())
        pipeline.zremrangebyrank(PARKED, 0, -1001)
        pipeline.execute()


def parked(since: datetime) -> list[str]:
    """What was put aside since then, oldest first."""
    entries: Any = bell.connection().zrangebyscore(PARKED, since.timestamp(), "+inf")
    return ["{id} {objection}".format(**json.loads(entry)) for entry in entries]
