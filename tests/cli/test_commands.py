"""The commands of administrators and mail servers: what they print, and with which code they end."""

import json

import pytest
from sqlalchemy import func, select, text

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services import ledger, sign_in
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from tests import making
from tests.processes import helpdesk

NOTHING = {"HELPDESK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}


def inbox():
    db.session.rollback()
    return db.session.scalars(select(Inbox).order_by(Inbox.id)).all()


@pytest.fixture
def mailbox(app):
    return making.make_mailbox(making.make_team())


class TestMailDeliver:
    def test_a_mail_is_stored_as_it_came(self, config, mailbox):
        raw = making.eml()
        assert helpdesk(config, "mail", "deliver", stdin=raw).returncode == 0
        (row,) = inbox()
        assert (ledger.raw_of(row), row.state, row.channel_id) == (raw, "received", mailbox.id)

    def test_the_very_same_mail_is_stored_once(self, config, mailbox):
        raw = making.eml()
        codes = [helpdesk(config, "mail", "deliver", stdin=raw).returncode for _ in range(2)]
        assert (codes, len(inbox())) == ([0, 0], 1)

    def test_the_recipient_decides_the_mailbox(self, config, mailbox):
        sales = making.make_mailbox(mailbox.team, "sales@helpdesk.test")
        assert (
            helpdesk(config, "mail", "deliver", "--to", "Sales+abc@helpdesk.test", stdin=making.eml()).returncode == 0
        )
        assert inbox()[0].channel_id == sales.id

    @pytest.mark.parametrize("raw", [b"", b"\n\n", b"no header here\n", b"\0\1\2", b" : x\n\n", b"GET / HTTP/1.1\r\n"])
    def test_what_is_no_mail_is_65(self, config, mailbox, raw):
        done = helpdesk(config, "mail", "deliver", stdin=raw)
        assert (done.returncode, inbox()) == (65, [])
        assert b"no mail" in done.stderr

    def test_a_mail_that_is_too_large_is_65(self, config, mailbox):
        assert helpdesk(config, "mail", "deliver", stdin=making.eml() + b"x" * 26 * 2**20).returncode == 65

    def test_without_its_database_it_is_75_in_one_line(self, config):
        done = helpdesk(config, "mail", "deliver", stdin=making.eml(), **NOTHING)
        assert done.returncode == 75
        assert done.stderr.count(b"\n") == 1

    def test_without_tables_it_is_75(self, config, tmp_path):
        bare = {"HELPDESK_DATABASE_URL": f"sqlite:///{tmp_path}/bare.db"}
        assert helpdesk(config, "mail", "deliver", stdin=making.eml(), **bare).returncode == 75

    def test_without_a_mailbox_it_is_75(self, config, app):
        assert helpdesk(config, "mail", "deliver", stdin=making.eml()).returncode == 75

    def test_without_its_queue_it_is_stored_all_the_same(self, config, mailbox):
        dumb = {"HELPDESK_REDIS_URL": "unix:///nothing.sock"}
        assert helpdesk(config, "mail", "deliver", stdin=making.eml(), **dumb).returncode == 0
        assert len(inbox()) == 1

    @pytest.mark.parametrize("bad", [{"HELPDESK_REDIS_URL": "foo"}, {"HELPDESK_DATABASE_URL": "postgresql://h:x/y"}])
    def test_with_a_setting_that_makes_no_sense_it_is_75(self, config, bad):
        done = helpdesk(config, "mail", "deliver", stdin=making.eml(), **bad)
        assert (done.returncode, done.stderr.count(b"\n")) == (75, 1)

    def test_when_its_disk_is_no_folder_it_is_75(self, config, mailbox):
        raw = making.eml(text="x" * 100_000)
        (config.var / "blobs").write_text("in the way")
        assert helpdesk(config, "mail", "deliver", stdin=raw).returncode == 75

    def test_a_wrong_call_is_64(self, config):
        assert helpdesk(config, "mail", "deliver", "--nonsense").returncode == 64


class TestMailRead:
    def test_each_path_is_answered_with_one_line(self, config, tmp_path):
        good = tmp_path / "good.eml"
        good.write_bytes(making.eml(subject="Coupon"))
        paths = f"{good}\n{tmp_path}/missing\n{good}\n".encode()
        lines = helpdesk(config, "mail", "read", "--jsonl", stdin=paths).stdout.splitlines()
        first, second, third = map(json.loads, lines)
        assert first["subject"] == third["subject"] == "Coupon"
        assert "error" in second

    def test_a_file_is_shown_to_people(self, config, tmp_path):
        good = tmp_path / "good.eml"
        good.write_bytes(making.eml(subject="Купон"))
        assert "subject: Купон" in helpdesk(config, "mail", "read", str(good)).stdout.decode()

    def test_a_call_without_either_is_wrong(self, config):
        assert helpdesk(config, "mail", "read").returncode == 2


class TestSla:
    def test_a_bad_line_is_answered_and_the_next_is_read(self, config):
        good = json.dumps({"op": "elapsed", "calendar": None, "start": "2026-01-01T00:00Z", "end": "2026-01-01T01:00Z"})
        lines = [b"{", b"\xff\xfe", b"[]", b"", b'{"op": "dance"}', good.encode()]
        done = helpdesk(config, "sla", "time", "--jsonl", stdin=b"\n".join(lines) + b"\n", HELPDESK_VAR="/dev/null/x")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [set(answer) for answer in answers[:-1]] == [{"error"}] * (len(answers) - 1)
        assert answers[-1] == {"seconds": 3600}
        assert done.returncode == 0

    def test_a_history_is_replayed(self, config):
        row = {
            "calendar": None, "targets": {"first_response": 3600}, "pauses": [], "until": "2026-01-01T00:30:00Z",
            "happenings": [{"at": "2026-01-01T00:00:00Z", "kind": "opened", "by": "customer"}],
        }  # fmt: skip
        done = helpdesk(config, "sla", "replay", "--jsonl", stdin=json.dumps(row).encode() + b"\nnonsense\n")
        first, second = map(json.loads, done.stdout.splitlines())
        assert first["clocks"][0]["state"] == "running"
        assert "error" in second

    def test_a_stored_clock_that_is_wrong_is_named(self, config, mailbox):
        making.make_policy()
        number = filed(mailbox)
        done = helpdesk(config, "sla", "verify")
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr == b"2 clocks checked, every one is what its history says.\n"
        with transaction():
            clock = db.session.scalars(select(Clock).order_by(Clock.id)).first()
            clock.due_at = clock.due_at.replace(year=2030)
        done = helpdesk(config, "sla", "verify")
        assert done.returncode == 1
        assert done.stdout.startswith(f"#{number} ".encode())
        assert done.stderr == b"2 clocks checked, 1 differ from their history.\n"

    def test_every_ticket_is_verified_when_asked_for(self, config, mailbox):
        making.make_policy()
        filed(mailbox)
        with transaction():
            ticket = db.session.scalars(select(Ticket)).one()
            ticket.open, ticket.changed_at = False, making.MONDAY.replace(year=2020)
            db.session.scalars(select(Clock)).first().turn = 7
        assert helpdesk(config, "sla", "verify").stderr.startswith(b"0 clocks")
        assert helpdesk(config, "sla", "verify", "--all").returncode == 1

    def test_a_deadline_is_explained_stretch_by_stretch(self, config, mailbox):
        making.make_policy(name="All hours")
        number = filed(mailbox)
        lines = helpdesk(config, "sla", "explain", str(number)).stdout.decode().splitlines()
        assert lines[0] == f"#{number}: policy 'All hours', version 1, calendar time. Times are UTC."
        assert [line.split(":")[0] for line in lines if line[0] != " "][1:] == ["first_response 1", "resolution 1"]
        told = json.loads(helpdesk(config, "sla", "explain", str(number), "--json").stdout)
        assert (told["number"], told["policy"]) == (number, {"policy": "All hours", "version": 1})
        assert [(one["clock"], one["state"], one["stored"]) for one in told["clocks"]] == [
            ("first_response", "running", True),
            ("resolution", "running", True),
        ]

    def test_the_policy_of_a_ticket_is_said_with_what_stands_against_the_others(self, config, mailbox):
        making.make_policy(name="Wide", position=900)
        number = filed(mailbox)
        making.make_policy(name="Refunds", position=1, when={"team": ["Refunds", "Returns"], "reason": ["late"]})
        assert helpdesk(config, "sla", "policy", str(number)).stdout.decode().splitlines() == [
            f"#{number} has policy 'Wide', version 1. Today, from the top:",
            "1. 'Refunds', version 1: no",
            f"   team: wants Refunds, Returns; the ticket has {mailbox.team.name}",
            "   reason: wants late; the ticket has none",
            "2. 'Wide', version 1: fits, and holds",
        ]
        done = helpdesk(config, "sla", "policy", "77")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"There is no ticket #77." in done.stderr

    def test_a_ticket_that_is_not_there_is_one_line(self, config, mailbox):
        done = helpdesk(config, "sla", "explain", "7")
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"There is no ticket #7" in done.stderr


def filed(mailbox):
    from helpdesk.services import intake

    making.arrive(mailbox, making.eml())
    intake.file_waiting()
    return db.session.scalar(select(func.max(Ticket.number)))


def tamper(statement):
    """What somebody with the database's own password could do."""
    postgresql = db.engine.dialect.name == "postgresql"
    with transaction():
        if postgresql:
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                db.session.execute(text(f"DROP TRIGGER {name}"))
        db.session.execute(text(statement))


class TestHistory:
    def test_a_whole_history_is_whole(self, config, mailbox):
        filed(mailbox)
        done = helpdesk(config, "history", "verify")
        assert (done.returncode, done.stdout) == (0, b"")

    def test_the_first_broken_row_is_named(self, config, mailbox):
        filed(mailbox)
        number = filed(mailbox)
        tamper("UPDATE event SET kind = 'closed' WHERE ticket_id = (SELECT max(id) FROM ticket) AND seq = 1")
        done = helpdesk(config, "history", "verify")
        assert done.returncode == 1
        assert done.stdout.decode() == f"#{number} event 1: event 1 is not what was written\n"

    def test_a_missing_row_is_named(self, config, mailbox):
        number = filed(mailbox)
        tamper("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)")
        assert helpdesk(config, "history", "verify").stdout.startswith(f"#{number} event".encode())

    def test_an_anchor_is_made_and_exported(self, config, mailbox):
        number = filed(mailbox)
        made = helpdesk(config, "history", "anchor").stdout.decode().split()
        (line,) = map(json.loads, helpdesk(config, "history", "anchor", "--export").stdout.splitlines())
        assert [line["at"], line["digest"]] == made
        assert [head[0] for head in line["heads"]] == [number]

    def test_the_nightly_check_leaves_its_verdict_for_the_doctor(self, app, config, mailbox):
        from helpdesk.services import due, health, history

        filed(mailbox)
        tamper("UPDATE event SET kind = 'closed' WHERE seq = 1")
        history.verify_tonight()
        found = {finding.part: finding for finding in health.examine()}["history"]
        assert (found.state, due.nightly()) == ("bad", {"clocks", "roster", "handling"})


class TestUsers:
    def test_the_first_start_makes_what_the_desk_needs_once(self, app, config):
        links = [helpdesk(config, "init").stdout for _ in range(2)]
        assert all(b"/sign-in/link/" in link for link in links)
        assert helpdesk(config, "user", "list").stdout == b"admin\tadministrator\tAdministrator\tSupport\n"
        assert db.session.scalar(select(func.count()).select_from(Channel)) == 1

    def test_somebody_is_added_and_let_go(self, app, config):
        helpdesk(config, "init")
        added = helpdesk(config, "user", "add", "Ana@desk.test", "--name", "Ana", "--team", "Support")
        assert b"/sign-in/link/" in added.stdout
        assert b"ana@desk.test\tagent\tAna\tSupport\n" in helpdesk(config, "user", "list").stdout
        assert helpdesk(config, "user", "deactivate", "ana@desk.test").returncode == 0
        gone = helpdesk(config, "user", "link", "ana@desk.test")
        assert (gone.returncode, gone.stdout) == (1, b"")

    def test_a_password_is_set_from_stdin_and_signs_in(self, app, config):
        helpdesk(config, "init")
        done = helpdesk(config, "user", "password", "admin", stdin="пароль и ключ\n".encode())
        assert (done.returncode, done.stdout) == (0, b"")
        assert sign_in.sign_in("admin", "пароль и ключ", address="10.0.0.1")

    def test_a_short_password_is_refused_in_one_line(self, app, config):
        helpdesk(config, "init")
        done = helpdesk(config, "user", "password", "admin", stdin=b"short\n")
        assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)

    def test_a_login_is_given_once(self, app, config):
        helpdesk(config, "init")
        done = helpdesk(config, "user", "add", "admin")
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)


class TestTroubleIsOneLine:
    @pytest.mark.parametrize("words", [("user", "list"), ("history", "verify"), ("init",), ("web",)])
    def test_with_a_bad_setting(self, config, words):
        done = helpdesk(config, *words, HELPDESK_PORT="many")
        assert done.returncode == 1
        assert done.stderr.decode().splitlines() == [
            "Error: HELPDESK_PORT is 'many'; write a whole number from 1 to 65535."
        ]

    def test_without_a_database(self, config):
        done = helpdesk(config, "user", "list", **NOTHING)
        assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)

    def test_a_wrong_call_is_2(self, config):
        assert helpdesk(config, "dance").returncode == 2


class TestCalls:
    def test_a_log_is_looked_at_and_then_imported_once(self, config, mailbox, tmp_path):
        making.make(Channel(kind="calls", name="PBX", team_id=mailbox.team_id, settings={}, state={}))
        log = tmp_path / "calls.csv"
        log.write_text(
            '"","+77011234567","100","from-trunk","Anna","SIP/1","SIP/100","Dial","","2026-09-14 09:00:00",'
            '"2026-09-14 09:00:05","2026-09-14 09:01:00",60,55,"ANSWERED","DOCUMENTATION","1.1",""\n'
        )
        dry = helpdesk(config, "calls", "import", str(log), "--dry-run")
        assert (json.loads(dry.stdout)["new"], inbox()) == (1, [])
        said = [json.loads(helpdesk(config, "calls", "import", str(log)).stdout) for _ in range(2)]
        assert [(done["new"], done["there"]) for done in said] == [(1, 0), (0, 1)]


class TestDemo:
    def test_on_a_desk_with_tickets_none_is_made_and_it_says_so(self, config, mailbox):
        filed(mailbox)
        done = helpdesk(config, "demo")
        assert (done.returncode, b"only on an empty one" in done.stderr) == (1, True)
        assert helpdesk(config, "demo", "--if-new").returncode == 0

    def test_once_removed_it_does_not_come_back_by_itself(self, app, config):
        helpdesk(config, "demo", "--remove")
        assert b"No demo" in helpdesk(config, "demo", "--if-new").stderr
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0
