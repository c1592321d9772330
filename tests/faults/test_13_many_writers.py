"""Row 13: two web servers, two workers and a tick write one database: nobody is told that it is locked, all is done once.

tests/soak/many_writers.py has the five minutes of it.
"""

import http.client
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlencode

from bench.visiting import CSRF, Visitor
from helpdesk.services import bell, intake
from helpdesk.services.instant import now
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.faults.crew import UNSENT, UNSETTLED, Customers, crew
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle
from tests.processes import begun, eventually, free_port, process

SECONDS, AGENTS = 10, 4
UNTOLD = "SELECT count(*) FROM clock WHERE next_fire_at < '{:%Y-%m-%d %H:%M:%S}+00'"


class Agent:
    """Somebody at one of the servers, who opens tickets and answers one of them again and again."""

    def __init__(self, port, person, team_id, number):
        self.visitor, self.team_id, self.number, self.opened, self.said = Visitor(port), team_id, number, [], []
        self.visitor.sign_in(person)
        self.token = CSRF.search(self.visitor.ask("/queue"))[1]

    def work(self, until):
        while time.monotonic() < until:
            self.opened.append(str(uuid.uuid4()))
            self._send("/tickets/new", name=self.opened[-1], team=self.team_id, subject=self.opened[-1], text="Called")
            self.said.append(str(uuid.uuid4()))
            self._send(f"/tickets/{self.number}/messages", text=self.said[-1])
            self.visitor.ask("/queue")

    def _send(self, path, **form):
        self.visitor.ask(path, urlencode({**form, "csrf_token": self.token}))


class Site:
    """A chat on a site, which posts to one of the servers."""

    def __init__(self, port):
        self.connection, self.said, self.answers = http.client.HTTPConnection("127.0.0.1", port, timeout=60), [], set()

    def work(self, until):
        while time.monotonic() < until:
            self.said.append(str(uuid.uuid4()))
            body = message(self.said[-1], conversation=self.said[-1], message=self.said[-1])
            headers = {**sign(body, now(), self.said[-1]), "Content-Type": "application/json"}
            self.connection.request("POST", "/hooks/site", body, headers)
            answer = self.connection.getresponse()
            answer.read()
            self.answers.add(answer.status)
            time.sleep(0.1)


class Mails:
    """Customers who write, by the source of their mails."""

    def __init__(self, app, mailbox):
        self.app, self.mailbox, self.customers = app, mailbox, Customers(random.Random(13))

    def work(self, until):
        with self.app.app_context():
            while time.monotonic() < until:
                self.customers.write(self.mailbox, 3)
                time.sleep(0.3)


def all_write(app, config, sink, seconds):
    """Everybody for so many seconds; what came of it."""
    make_policy({"first_response": 2, "answer": None, "update": None, "resolution": None})
    team = make_team()
    mailbox = make_mailbox(team, settings=sink.settings())
    make_webhook("site", team=team)
    mails = Mails(app, mailbox)
    for number in range(AGENTS):
        arrive(mailbox, eml(f"patient{number}@customer.test"))
    intake.file_waiting()
    people = [make_staff(teams=[team]) for _ in range(AGENTS)]
    with ExitStack() as stack:
        ports = [free_port() for _ in range(2)]
        servers = [stack.enter_context(server(config, port)) for port in ports]
        stack.enter_context(crew(config))
        for one in servers:
            begun(one)
        agents = [Agent(ports[n % 2], person, team.id, n + 1) for n, person in enumerate(people)]
        sites = [Site(port) for port in ports]
        for one in (*(agent.visitor for agent in agents), *sites):
            stack.callback(one.connection.close)
        until = time.monotonic() + seconds
        everybody = (*agents, *sites, mails)
        with ThreadPoolExecutor(len(everybody)) as pool:
            for working in [pool.submit(one.work, until) for one in everybody]:
                working.result()
        oracle = Oracle(config)
        eventually(
            lambda: oracle.one(UNSETTLED) == 0 and oracle.one(UNSENT) == 0, 60 + seconds
        )  # more is written, more is to do
        eventually(lambda: oracle.one(UNTOLD.format(now() - timedelta(seconds=2))) == 0, 60)
    return agents, sites, mails.customers, oracle


def server(config, port):
    return process(config, "helpdesk", "web", HELPDESK_PORT=str(port), HELPDESK_BASE_URL=config.base_url)


def judge(agents, sites, customers, oracle, sink):
    """Nobody was told of trouble, and each thing was done once."""
    assert {status for site in sites for status in site.answers} == {204}
    assert bell.queue().failed_job_registry.count == 0
    came = [*customers.sent, *(known for site in sites for known in site.said)]
    assert oracle.fates() == {known: ["message"] for known in came}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []
    assert customers.sent
    opened, said = [sorted(one for agent in agents for one in getattr(agent, of)) for of in ("opened", "said")]
    assert [
        known for (known,) in oracle.rows("SELECT subject FROM ticket WHERE channel = 'desk' ORDER BY subject")
    ] == opened
    assert [known for (known,) in oracle.rows("SELECT text FROM message WHERE kind = 'reply' ORDER BY text")] == said
    numbers = [number for (number,) in oracle.rows("SELECT number FROM ticket ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_nobody_is_told_that_it_is_locked_and_each_thing_is_done_once(app, config, sink):
    judge(*all_write(app, config, sink, SECONDS), sink)
