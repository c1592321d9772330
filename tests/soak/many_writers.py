"""Row 13 of the faults in full: two web servers, two workers and a tick write one SQLite for five minutes."""

import os

from tests.faults.test_13_many_writers import all_write, judge

SECONDS = int(os.environ.get("SOAK_SECONDS", "300"))


def test_nobody_is_told_that_it_is_locked_in_five_minutes(app, config, sink):
    agents, sites, customers, oracle = all_write(app, config, sink, SECONDS)
    judge(agents, sites, customers, oracle, sink)
    written = [len(one.opened) + len(one.said) for one in agents]
    print(
        f"\n{SECONDS} s: {sum(written)} tickets and answers, {len(customers.sent)} mails, {sum(len(one.said) for one in sites)} events"
    )
