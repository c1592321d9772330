"""Log lines: plain tracebacks, and never the values of variables, for they hold what customers wrote."""

import structlog


def configure() -> None:
    """Let every logger write so, on stdout."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
