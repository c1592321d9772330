"""Broken mails by chance, for half an hour or HELPDESK_SOAK_SECONDS: each is read or unreadable, none burns or swells.

They are read where a mail can be killed, so that what ends the reader, takes more than 5 s of processor time or 300 MB is known
by its cause. What is found is kept as a file in the folder that the test names; the seed of a mail is its number.
"""

import os
import random
import time
from datetime import UTC, datetime

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.mail.apart import Allowance, Apart, Letter
from helpdesk.channels.mail.limits import Cause
from helpdesk.channels.mail.sanitise import sanitise
from tests.channels.mail.broken_mails import mail
from tests.channels.mail.mails import OWN

SECONDS = float(os.environ.get("HELPDESK_SOAK_SECONDS", "1800"))
TOGETHER = 50
HARM = (Cause.SECONDS, Cause.PATIENCE, Cause.MEMORY, Cause.DIED, Cause.BROKEN)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_no_broken_mail_harms_the_reader(tmp_path):
    reader, found, end = Apart(Allowance()), [], time.monotonic() + SECONDS
    first = at = random.randrange(2**40)
    try:
        while time.monotonic() < end:
            found += harmful(reader, range(at, at + TOGETHER))
            at += TOGETHER
    finally:
        reader.close()
    for number, _ in found:
        (tmp_path / f"{number}.eml").write_bytes(mail(number))
    print(f"\n{at - first:,} mails from seed {first} on, {len(found)} harmful, kept in {tmp_path}")
    assert found == []


def harmful(reader, numbers):
    """The seeds of the mails that did harm, and how."""
    raws = [mail(number) for number in numbers]
    outcomes = reader.read_all([Letter(raw, NOON) for raw in raws], OWN)
    return [(number, cause) for number, one in zip(numbers, outcomes, strict=True) if (cause := harm(one))]


def harm(outcome):
    if isinstance(outcome, Incoming):
        begun = time.process_time()
        sanitise(outcome.html, {})
        return "shown in more than 5 s" if time.process_time() - begun > 5 else ""
    cause = getattr(outcome, "cause", None)
    return str(cause) if cause in HARM else ""
