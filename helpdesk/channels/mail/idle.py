"""A mailbox that is watched by IDLE."""

import time
from collections.abc import Callable

from imapclient import IMAPClient

NEWS = (b"EXISTS", b"BYE")


def wait_for_news(client: IMAPClient, seconds: float, stopped: Callable[[], bool]) -> bool:
    """Stay in IDLE until a mail comes, *seconds* are over or it is *stopped*; False when the server can't IDLE."""
    if not client.has_capability("IDLE"):
        return False
    client.idle()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopped():
        begun = time.monotonic()
        news = client.idle_check(timeout=1)
        cut = not news and time.monotonic() - begun < 0.9
        if cut or any(kind in NEWS for one in news for kind in one[:2]):
            break
    client.idle_done()
    return True
