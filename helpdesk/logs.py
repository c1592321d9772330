"""How the product logs: one line of JSON per event on stderr, and never what a customer wrote or a secret."""

import sys
import traceback
from contextlib import suppress

import structlog
from structlog.typing import EventDict, WrappedLogger


def set_up() -> None:
    """Log like this from here on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(Unfailing()),  # type: ignore[arg-type]
    )


class Unfailing:
    """stderr, as long as its disk has room: what cannot be logged does not stop the work that it tells of."""

    def write(self, text: str) -> None:
        """Write, if that is possible."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Have it written, if that is possible."""
        with suppress(OSError):
            sys.stderr.flush()


def _traced(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Where an exception came from, by file and line: the variables on the way hold mails and secrets."""
    raised = event.pop("exc_info", None)
    if raised:
        error = raised if isinstance(raised, BaseException) else sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__) if error is not None else []
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event
