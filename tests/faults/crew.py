"""Workers that are killed at random while mails come in, each replaced at once as the supervisor does it."""

import time
import uuid
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from sqlalchemy import update

from helpdesk.services import bell, ledger
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from tests import warm
from tests.making import eml
from tests.processes import eventually

CLAIMS = "SELECT sum(attempts) FROM inbox"
HALF_DONE = "SELECT count(*) FROM inbox WHERE state = 'received' AND attempts > 0"
BREACHES = "SELECT count(*) FROM event WHERE kind = 'breached'"
TICKETS = "SELECT count(*) FROM ticket"
UNSENT = "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending') AND NOT (kind = 'notice' AND ticket_id IS NULL)"
UNSETTLED = "SELECT count(*) FROM inbox WHERE state = 'received'"


def rung(job, *arguments, seconds=120):
    """Nothing but this job is in the queue, and it has so long."""
    bell.connection().flushall()
    bell.queue().enqueue_call(job, args=arguments, timeout=seconds, result_ttl=0, failure_ttl=60)


def passes(kind, *states):
    """The half minute or the two minutes after which what others had in their hands is anybody's again."""
    db.session.rollback()
    db.session.execute(update(kind).where(kind.state.in_(states)).values(next_try_at=datetime.now(UTC)))
    db.session.commit()


def ended(worker):
    """How a worker ended, which is soon."""
    worker.join(30)
    return worker.exitcode


class Crew:
    """Two workers and a tick."""

    def __init__(self, config, stack):
        self.config, self.stack = config, stack
        self.workers = [self.hired(), self.hired()]
        self.tick = self.hired("workers.schedule")

    def hired(self, module="workers.run", **more):
        return self.stack.enter_context(warm.process(self.config, module, **more))

    def kill(self, *places):
        """kill -9, all at one moment; their successors come a moment later."""
        for place in places:
            self.workers[place].kill()
        for place in places:
            self.workers[place].join()

    def replace(self, *places):
        for place in places:
            self.workers[place] = self.hired()


@contextmanager
def crew(config):
    with ExitStack() as stack:
        yield Crew(config, stack)


class Customers:
    """People who write, and one time in three write again about the same."""

    def __init__(self, chance):
        self.chance, self.sent, self.mails = chance, [], []

    def write(self, mailbox, count):
        """So many mails, written down as their source hands them in: all at once."""
        rows = [
            ledger.prepare(channel_id=mailbox.id, source="mail", key=known, raw=raw)
            for known, raw in self._mails(count)
        ]
        with transaction():
            assert ledger.accept_all(rows) == count

    def _mails(self, count):
        for _ in range(count):
            known = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            first = self.chance.choice(self.sent) if self.sent and self.chance.random() < 1 / 3 else ""
            more = {"In_Reply_To": f"<{first}@customer.test>"} if first else {}
            self.sent.append(known)
            yield (
                known,
                eml(
                    f"c-{first or known}@customer.test",
                    text=f"My number is {known}.",
                    Message_ID=f"<{known}@customer.test>",
                    **more,
                ),
            )


def storm(crew, oracle, customers, mailbox, *, mails, kills):
    """Kill one worker or both, *kills* times in all, while the mails come; each time says whether work was left half done."""
    chance = customers.chance
    for number in range(kills):
        claims, half_done = oracle.one(CLAIMS) or 0, oracle.one(HALF_DONE)
        customers.write(mailbox, mails * (number + 1) // kills - len(customers.sent))
        eventually(lambda: oracle.one(CLAIMS) > claims, 60)  # noqa: B023 - asked at once
        time.sleep(chance.uniform(0, 0.4))
        victims = chance.choice([(0,), (1,), (0, 1)])
        crew.kill(*victims)
        yield oracle.one(HALF_DONE) > half_done
        crew.replace(*victims)
