"""Call logs: a table of calls → one record per call → Incoming."""

from helpdesk.channels.calls.record import read

__all__ = ["read"]
