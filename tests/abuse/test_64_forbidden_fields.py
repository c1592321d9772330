"""Fields that no page sends, in every form: refused, and nothing is changed. Where a file is given, only the file is read."""

import pytest

from tests.abuse.test_60_routes_by_role import TABLE
from tests.abuse.world import ACTORS, Given, World

pytestmark = pytest.mark.once

ALONE = "role", "created_at"
TOGETHER = "id", "internal", "is_staff", "due_at", "team_id", "password_hash", "owner[id]"
MAY_SAY = {"role": ("admin.add_person", "admin.change_person")}
READ_NONE = "doors.redeem", "doors.sign_out", "hooks.receive"
READ_A_FILE = "calls.preview", "calls.import_", "roster_files.preview", "admin_rules.days"
FORMS = [
    (endpoint, next((actor for actor in reversed(ACTORS) if row[ACTORS.index(actor)] < 400), "root"))
    for (method, endpoint), row in TABLE.items()
    if method == "POST" and endpoint not in (*READ_NONE, *READ_A_FILE)
]


@pytest.fixture
def world(app, as_):
    return World(app, as_)


def test_every_form_refuses_what_it_does_not_know(world):
    wrong = []
    for endpoint, who in FORMS:
        given = Given(world, endpoint)
        rule = next(world.app.url_map.iter_rules(endpoint))
        url = world.app.url_map.bind("localhost").build(endpoint, {name: given[name] for name in rule.arguments})
        form, before = given.body("POST")["data"], world.everything()
        for more in ({field: "1"} for field in ALONE if endpoint not in MAY_SAY.get(field, ())):
            status = world.clients[who].post(url, data={**form, **more}).status_code
            wrong += [] if status == 422 else [f"{endpoint} with {more}: {status}"]
        together = world.clients[who].post(url, data={**form, **dict.fromkeys(TOGETHER, "1")}).status_code
        wrong += [] if together == 422 else [f"{endpoint} with many: {together}"]
        wrong += [] if world.everything() == before else [f"{endpoint} changed something"]
    assert wrong == []
