"""Stints as they are stored: filed with the ticket, checked against its history, derived where they are lacking."""

import pytest
from sqlalchemy import select, text

from helpdesk.orm import Progress
from helpdesk.services import desk, history, intake, stints, undo
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.tickets.stints import Stint
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def ana(app):
    make_policy()
    return make_staff(teams=[make_team("Coupons")], name="Ana")


@pytest.fixture
def mailbox(ana):
    return make_mailbox(ana.memberships[0].team)


def filed(mailbox, *mails):
    for raw in mails or [eml()]:
        arrive(mailbox, raw)
    intake.file_waiting()


def whys():
    return db.session.scalars(select(Stint.why).order_by(Stint.ticket_id, Stint.began_seq)).all()


def done(statement):
    with transaction():
        db.session.execute(text(statement))


def test_a_ticket_is_filed_with_its_stint_and_one_reopened_by_mail_gets_another(mailbox, ana, config):
    filed(mailbox, eml(), eml(Message_ID="<second@customer.test>"))
    desk.reply(2, text="Done.", by=ana, then="solve")
    filed(mailbox, eml(In_Reply_To="<second@customer.test>", References="<second@customer.test>"))
    assert whys() == ["opened", "opened", "taken", "reopened"]
    assert Oracle(config).problems() == []


def test_what_is_solved_by_an_answer_that_is_taken_back_was_held_all_the_time(mailbox, ana, config, app):
    object.__setattr__(app.config["HELPDESK"], "undo_seconds", 10)
    filed(mailbox)
    desk.take(1, by=ana)
    undo.withdraw(1, desk.reply(1, text="Done.", by=ana, then="solve").id, by=ana)
    before, after = db.session.scalars(select(Stint).where(Stint.owner_id == ana.id).order_by(Stint.began_seq)).all()
    assert (before.ended_at, after.ended_at, after.why) == (after.began_at, None, "reply_withdrawn")
    assert Oracle(config).problems() == []


def test_stints_that_are_not_what_the_history_says_are_told_of(mailbox, ana):
    filed(mailbox)
    desk.take(1, by=ana)
    done("UPDATE stint SET owner_id = NULL")
    assert [str(broken) for broken in history.verify_all()] == [
        "#1 event 3: the stints of its owners are not what the history says"
    ]


def test_what_the_release_before_has_left_without_stints_is_derived_and_told_of_nowhere(mailbox, ana, config):
    filed(mailbox, eml(), eml())
    desk.take(1, by=ana)
    done("DELETE FROM stint WHERE ticket_id = (SELECT min(id) FROM ticket)")
    desk.solve(1, by=ana)
    assert history.verify_all() == []
    stints.keep()
    assert whys() == ["opened", "taken", "opened"]
    assert Oracle(config).problems() == []


def test_a_later_round_mends_what_the_release_before_did_meanwhile(mailbox, ana, config):
    filed(mailbox)
    stints.keep()
    desk.take(1, by=ana)
    done("DELETE FROM stint WHERE began_seq > 1")
    done("UPDATE stint SET ended_at = NULL, ended_seq = NULL")
    done("UPDATE progress SET done_at = '2020-01-01 00:00:00'")
    stints.keep()
    assert db.session.get(Progress, stints.LATE, populate_existing=True).differing == 1
    assert Oracle(config).problems() == []


def test_no_ticket_has_two_holders_in_the_database(mailbox):
    filed(mailbox)
    with pytest.raises(Exception, match=r"(?i)unique"):
        done("INSERT INTO stint (id, ticket_id, team_id, began_at, began_seq, why)"
             " SELECT 99, ticket_id, team_id, began_at, 9, 'x' FROM stint")  # fmt: skip
