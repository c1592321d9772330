"""The real listener, as a process of its own on a test's database."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from helpdesk.config import Config
from tests.dovecot import free_port


@dataclass
class Listener:
    """A running one."""

    process: "subprocess.Popen[str]"
    port: int


def environment(config: Config, **more: str) -> dict[str, str]:
    """The settings of a test, as a process reads them."""
    return {
        **os.environ,
        "HELPDESK_VAR": str(config.var),
        "HELPDESK_DATABASE_URL": config.database_url.replace("postgresql+psycopg", "postgresql"),
        "HELPDESK_REDIS_URL": config.redis_url,
        "HELPDESK_SECRET_KEY": config.secret_key,
        "HELPDESK_OWN_HOST": config.own_host,
        **more,
    }


@contextmanager
def running(config: Config) -> Iterator[Listener]:
    """Start it, wait until it takes mail, and stop it afterwards."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.listen"],
        env=environment(config, HELPDESK_MAIL_PORT=str(port)), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait(process)
        yield Listener(process, port)
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _wait(process: "subprocess.Popen[str]") -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        end = time.monotonic() + 20
        while time.monotonic() < end and process.poll() is None:
            if selector.select(0.2) and process.stdout.readline().strip() == "ready":
                return
    raise TimeoutError("the listener does not begin")
