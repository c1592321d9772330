"""Presence over the web: in the list, in the ticket, on the stream, and nowhere for others."""

import pytest
from sqlalchemy import event as happens

from helpdesk.services import bell, desk, presence
from helpdesk.services.database import db
from tests.making import make_staff, make_team
from tests.web.test_live import event

pytestmark = pytest.mark.once
ITSELF = {"HX-Request": "true"}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana <Seitova>")


@pytest.fixture
def bob(team):
    return make_staff(teams=[team])


@pytest.fixture
def number(team, ana):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana).number


def test_the_list_and_the_ticket_say_who_writes(as_, ana, bob, number):
    as_(ana).post(f"/tickets/{number}/presence", data={"tab": "a1", "state": "writing"}, headers=ITSELF)
    said = 'title="Ana &lt;Seitova&gt; is writing"'
    client = as_(bob)
    for page in ("/queue", "/queue/rows", f"/tickets/{number}", f"/tickets/{number}/head"):
        assert said in client.get(page).text, page
    assert said not in as_(ana).get("/queue").text


def test_the_list_asks_the_database_nothing_for_it(as_, ana, bob, number):
    client, asked = as_(bob), []
    client.get("/queue/rows")
    with_nobody = counted(client, asked)
    presence.speak(number, "a1", "reading", by=ana)
    assert counted(client, asked) == with_nobody


def counted(client, asked):
    def note(*_):
        asked.append(1)

    asked.clear()
    happens.listen(db.engine, "before_cursor_execute", note)
    client.get("/queue/rows")
    happens.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


@pytest.fixture
def listen(as_):
    answers = []

    def listen(person, here):
        answers.append(as_(person).get(f"/live?here={here}"))
        news = iter(answers[-1].response)
        next(news)
        return news

    yield listen
    for answer in answers:
        answer.close()


@pytest.mark.parametrize("here", ["all", "this"])
def test_the_stream_tells_who_else_is_there_to_pages_that_show_it(listen, ana, bob, number, here):
    news = listen(bob, number if here == "this" else here)
    presence.speak(number, "b1", "reading", by=bob)
    assert event(next(news)) == ("presence", f"{number} []")
    presence.speak(number, "a1", "writing", by=ana)
    assert event(next(news)) == ("presence", f'{number} [["w", "Ana <Seitova>"]]')


@pytest.mark.parametrize(("who", "here"), [("stranger", "all"), ("stranger", "this"), ("bob", ""), ("bob", "other")])
def test_it_tells_nobody_else(listen, ana, bob, number, who, here):
    person = bob if who == "bob" else make_staff("supervisor", [make_team()])
    news = listen(person, {"this": number, "other": number + 1}.get(here, here))
    presence.speak(number, "a1", "writing", by=ana)
    bell.tell("board", "now")
    assert event(next(news)) == ("board", "now")


def test_no_foreign_words_pass_as_presence(listen, team, bob, number):
    news = listen(bob, "all")
    for words in ("presence", f"presence {number}", f"presence {number} x []", f"presence {number} 1e9 []"):
        bell.connection().publish(bell.LIVE, words)
    bell.tell("board", "now")
    assert event(next(news)) == ("board", "now")


def test_a_foreign_ticket_is_not_found_and_nobody_is_told(as_, number, bob):
    stranger = as_(make_staff(teams=[make_team()]))
    answer = stranger.post(f"/tickets/{number}/presence", data={"tab": "a1", "state": "reading"})
    assert answer.status_code == 404
    assert presence.others(number, bob) == []


@pytest.mark.parametrize(
    "wrong", [{"tab": ""}, {"tab": "a:1"}, {"tab": "a" * 41}, {"state": "hiding"}, {"person": "1"}]
)
def test_what_no_page_of_ours_sends_is_refused(as_, ana, number, wrong):
    form = {"tab": "a1", "state": "reading", **wrong}
    assert as_(ana).post(f"/tickets/{number}/presence", data=form, headers=ITSELF).status_code == 422
