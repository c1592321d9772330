"""A mail server that hands mails in by SMTP, one after the other, each again until it hears 250."""

import random
import smtplib
import threading
import time
import uuid
from contextlib import contextmanager

from tests.making import eml


class Mta:
    """*taken* are the UUIDs of the mails that were answered 250; *refused* counts the tries that were not."""

    def __init__(self, port, seed):
        self.port, self.chance = port, random.Random(seed)
        self.taken, self.refused, self.stopping = [], 0, threading.Event()

    def work(self):
        """Until told to stop, and then to the end of the mail at hand."""
        while not self.stopping.is_set():
            known = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            raw = eml(f"c-{known}@customer.test", text=f"My number is {known}.")
            while not self.hands_in(raw):
                self.refused += 1
                time.sleep(0.1)
            self.taken.append(known)

    def hands_in(self, raw):
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as link:
                return not link.sendmail("bounce@customer.test", ["support@helpdesk.test"], raw)
        except (OSError, smtplib.SMTPException):
            return False


@contextmanager
def sending(port, seed):
    mta = Mta(port, seed)
    thread = threading.Thread(target=mta.work)
    thread.start()
    try:
        yield mta
    finally:
        mta.stopping.set()
        thread.join()
