"""Everything that the desk refuses can be said in Russian."""

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import helpdesk
from helpdesk.services import troubles

HOUSE = Path(helpdesk.__file__).parent
REFUSALS = {
    "HelpdeskError", "NotFound", "NotAllowed", "Conflict", "News", "Throttled", "Unsafe", "CalendarError", "PolicyError",
    "ReasonWanted", "PartsOpen",
}  # fmt: skip


@pytest.fixture(scope="module")
def russian():
    with (HOUSE / "translations/ru/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ru")
    return {str(message.id): message.string for message in catalogue if message.string and not message.fuzzy}


def calls(names):
    """Where one of these is called with a sentence: the place, and the sentence as written there."""
    for path in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                yield f"{path.relative_to(HOUSE)}:{node.lineno}", node.args[0]


def test_every_refusal_has_its_text_and_its_facts_apart():
    glued = [place for place, sentence in calls(REFUSALS) if not isinstance(sentence, ast.Constant)]
    assert glued == []


def test_every_refusal_is_said_in_russian(russian):
    missing = [f"{place} {one.value}" for place, one in calls(REFUSALS) if not russian.get(getattr(one, "value", ""))]
    assert missing == []


def names(text):
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_a_translation_names_no_fact_that_is_not_there(russian):

    wrong = [
        one.value
        for _place, one in calls(REFUSALS)
        if "{" in one.value and '{"' not in one.value and not names(russian.get(one.value, "")) <= names(one.value)
    ]
    assert wrong == []


def test_what_kept_a_delivery_or_a_mailbox_is_said_in_russian(russian):
    assert [sentence for sentence in troubles.SENTENCES if not russian.get(sentence)] == []


def template(sentence):
    """A sentence as written, with what is put into it taken out."""
    if isinstance(sentence, ast.Constant):
        return sentence.value
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in sentence.values)


def test_every_way_in_which_sending_ends_is_known_to_the_pages():
    known = {re.sub(r"\{[^}]*\}", "{}", sentence) for sentence in troubles.SENTENCES}
    written = {
        place: template(sentence)
        for place, sentence in calls({"failed", "later", "unknown", "sent", "Unreached", "Unanswered", "BadAddress"})
        if isinstance(sentence, ast.Constant | ast.JoinedStr)
    }
    assert {place: sentence for place, sentence in written.items() if sentence not in known} == {}
