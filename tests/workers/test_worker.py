"""Worker processes: they run the jobs of the list, survive their Redis, and replace each other."""

import re
from contextlib import ExitStack
from pathlib import Path

from redis import Redis
from sqlalchemy import func, select

import helpdesk
import workers
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests import making, servers, warm
from tests.processes import eventually
from workers.allowed import JOBS


def tickets():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Ticket))


def test_every_job_that_the_product_rings_for_is_in_the_list():
    modules = (path for package in (helpdesk, workers) for path in Path(package.__file__).parent.rglob("*.py"))
    source = "".join(path.read_text() for path in modules)
    assert set(re.findall(r'"(workers\.[a-z_]+\.[a-z_]+)"', source)) == set(JOBS)


def test_a_contact_is_filed_by_a_worker(app, config):
    mailbox = making.make_mailbox(making.make_team())
    with warm.process(config, "workers.run"):
        making.arrive(mailbox, making.eml())
        eventually(lambda: tickets() == 1)


def test_a_killed_worker_is_replaced_by_its_sibling(app, config):
    mailbox = making.make_mailbox(making.make_team())
    with (
        warm.process(config, "workers.run") as one,
        warm.process(config, "workers.run"),
        warm.process(config, "workers.schedule"),
    ):
        one.kill()
        for _ in range(3):
            making.arrive(mailbox, making.eml())
        eventually(lambda: tickets() == 3, 15)


def test_a_worker_told_to_stop_leaves_in_peace(app, config):
    with warm.process(config, "workers.run") as worker:
        worker.terminate()
        worker.join(10)
        assert worker.exitcode == 0


def test_a_worker_waits_for_redis_and_goes_on(app, config, folder, tmp_path):
    place = folder / "own-valkey"
    place.mkdir()
    url = f"unix://{place}/valkey.sock"
    mailbox = making.make_mailbox(making.make_team())
    with ExitStack() as stack:
        with servers.valkey(place):
            worker = stack.enter_context(warm.process(config, "workers.run", HELPDESK_REDIS_URL=url))
        with servers.valkey(place):
            making.arrive(mailbox, making.eml())
            with Redis.from_url(url) as client:
                app.extensions["bell"], kept = client, app.extensions["bell"]
                from helpdesk.services import bell

                bell.wake("workers.intake.file")
                app.extensions["bell"] = kept
            eventually(lambda: tickets() == 1, 20)
        assert worker.is_alive()
