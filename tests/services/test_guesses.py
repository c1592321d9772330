"""Guessing passwords: wrong guesses are slowed down, and nobody else is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk.people.models import SignInAttempt
from helpdesk.services import guesses, sign_in
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from tests.making import make_staff, make_team

PASSWORD = "correct horse battery"


def guess(login="ana", address="10.0.0.1", right=False):
    """Whether a guess is looked at; it is wrong unless it is said to be *right*."""
    try:
        rows = guesses.begin(login, address)
    except guesses.Throttled:
        return False
    with transaction():
        if right:
            guesses.was_right(rows, login)
    return True


def kept():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(SignInAttempt))


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(app):
    assert all(guess(login=f"somebody{number}", right=True) for number in range(60))
    assert kept() == 0


def test_a_sign_in_that_succeeds_leaves_no_guess_behind(app):
    sign_in.set_password(make_staff(teams=[make_team()], login="ana"), PASSWORD)
    assert sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")
    assert kept() == 0


def test_fifty_wrong_guesses_close_an_address(app):
    assert [guess(login=f"somebody{number}") for number in range(51)] == [True] * 50 + [False]


def test_a_right_guess_forgets_the_wrong_ones_at_its_login(app):
    for _ in range(9):
        guess()
    guess(right=True)
    assert [guess() for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.parametrize(("minutes", "looked_at"), [(14, False), (16, True)])
def test_guesses_while_closed_do_not_close_it_for_longer(app, minutes, looked_at):
    for _ in range(10):
        guess()
    with pretend(now() + timedelta(minutes=10)):
        guess()
    with pretend(now() + timedelta(minutes=minutes)):
        assert guess() is looked_at


def test_what_is_older_than_the_window_is_thrown_away(app):
    for number in range(5):
        guess(login=f"somebody{number}", address=f"10.0.0.{number}")
    with pretend(now() + timedelta(minutes=16)):
        guess(login="later", address="10.0.1.1")
    assert kept() == 2


def test_guesses_in_parallel_do_not_slip_through(app):
    def one(_number):
        with app.app_context():
            looked_at = guess()
            db.session.remove()
            return looked_at

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(32))) <= 10
