"""Links between tickets by the form at the side, without scripts."""

import pytest

from helpdesk.services import desk
from tests.making import make_policy, make_staff, make_team

pytestmark = pytest.mark.once


def test_a_link_is_made_by_a_number_as_people_write_it_and_taken_away(app, as_):
    make_policy()
    team = make_team()
    ana = make_staff(teams=[team])
    about = {"customer": make_staff(None, login=None, name="Marat"), "team_id": team.id, "text": "Called", "by": ana}
    part, whole = (desk.open_ticket(subject=name, **about) for name in ("Cup", "Delivery"))
    client = as_(ana)
    made = {"other": f" #{whole.number}", "kind": "child"}
    page = client.post(f"/tickets/{part.number}/links", data=made, follow_redirects=True).text
    assert "is part of</span>" in page
    assert "has as a part</span>" in client.get(f"/tickets/{whole.number}").text
    page = client.post(
        f"/tickets/{part.number}/links/removal", data={"other": whole.number}, follow_redirects=True
    ).text
    assert "is part of</span>" not in page
