"""The only functions that a job may call. Whatever else lies in the queue is put aside and reported, never run."""

import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from helpdesk.services import bell
from workers import (
    deadlines,
    dealing,
    following,
    intake,
    mailboxes,
    nightly,
    outbound,
    policies,
    scheduled,
    shifts,
    snoozed,
    taking,
    triggers,
)

JOBS: dict[str, tuple[Callable[..., None], int]] = {
    "workers.deadlines.fire": (deadlines.fire, 0),
    "workers.dealing.deal_out": (dealing.deal_out, 0),
    "workers.following.tell": (following.tell, 0),
    "workers.intake.file": (intake.file, 0),
    "workers.mailboxes.read": (mailboxes.read, 1),
    "workers.nightly.clocks": (nightly.clocks, 0),
    "workers.nightly.handling": (nightly.handling, 0),
    "workers.nightly.roster": (nightly.roster, 0),
    "workers.nightly.verify": (nightly.verify, 0),
    "workers.nightly.zones": (nightly.zones, 0),
    "workers.outbound.deliver": (outbound.deliver, 0),
    "workers.policies.apply": (policies.apply, 0),
    "workers.policies.simulate": (policies.simulate, 0),
    "workers.triggers.heed": (triggers.heed, 0),
    "workers.scheduled.say": (scheduled.say, 0),
    "workers.shifts.call": (shifts.call, 0),
    "workers.shifts.end": (shifts.end, 0),
    "workers.shifts.lapse": (shifts.lapse, 0),
    "workers.shifts.leave": (shifts.leave, 0),
    "workers.snoozed.wake": (snoozed.wake, 0),
    "workers.taking.give_back": (taking.give_back, 0),
    "workers.shifts.watch": (shifts.watch, 0),
}
LARGEST_JOB = 16_384
LARGEST_CALL = 1_000
NAME = re.compile(rb"[A-Za-z0-9_-]{1,100}")
NEVER_USED = (
    b"success_callback_name", b"failure_callback_name", b"stopped_callback_name", b"webhooks", b"meta", b"group_id",
    b"dependency_id", b"dependency_ids", b"rate_limit_key", b"repeats_left", b"retries_left", b"enqueue_at_front",
)  # fmt: skip


def objection(job: Mapping[bytes, bytes]) -> str | None:
    """Why a stored job is not one of ours, or None when it is."""
    if asks := [name.decode() for name in NEVER_USED if job.get(name)]:
        return f"asks for {', '.join(asks)}"
    if job.get(b"origin") != bell.QUEUE.encode():
        return "is of another queue"
    return call_objection(job.get(b"data", b""))


def call_objection(data: bytes) -> str | None:
    """Why the call in a job is not allowed."""
    try:
        call: Any = json.loads(_opened(data))
    except (ValueError, RecursionError):
        return "is not JSON"
    if not (isinstance(call, list) and len(call) == 4 and isinstance(call[0], str)):
        return "is no call"
    name, instance, arguments, named = call
    if name not in JOBS:
        return f"calls {name[:80]}"
    if instance is not None or named or not isinstance(arguments, list) or len(arguments) != JOBS[name][1]:
        return f"calls {name} wrongly"
    return None if all(type(argument) is int for argument in arguments) else f"calls {name} wrongly"


def _opened(data: bytes) -> bytes:
    """The call, unpacked no further than any call of ours is long."""
    try:
        opened = zlib.decompressobj().decompress(data, LARGEST_CALL + 1)
    except zlib.error:
        opened = data
    if len(opened) > LARGEST_CALL:
        raise ValueError("too long")
    return opened
