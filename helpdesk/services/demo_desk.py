"""What the leads of the demo have set up: contact reasons, rules, macros and snippets, views of the teams."""

from collections.abc import Sequence

from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.saving import SavedView
from helpdesk.tickets.triggers import Trigger

REASONS = {
    "Купоны": ("Не принят на кассе", "Не пришёл код", "Подарок и перенос даты", "Ошибка в данных"),
    "Оплата": ("Возврат денег", "Списано дважды", "Чек и документы"),
    "Streaming": ("Playback and subtitles", "Sign-in and devices"),
    "Другое": (),
}
SUBJECTS = {
    "Не принят на кассе": ("Купон не сработал на кассе", "Отмена брони, спор о сумме"),
    "Не пришёл код": ("Растау коды келмейді", "Приложение просит код второй раз"),
    "Подарок и перенос даты": ("Перенос даты мастер-класса", "Как подарить купон другу"),
    "Ошибка в данных": ("Ошибка в имени на сертификате",),
    "Возврат денег": ("Қайтару туралы",),
    "Списано дважды": ("Charged twice this month",),
    "Чек и документы": ("Не приходит чек на почту", "Закрывающие документы за август"),
    "Playback and subtitles": ("The film stops every ten minutes", "Subtitles are missing"),
    "Sign-in and devices": ("Cannot sign in on a new device",),
}
REASON_OF = {subject: name for name, subjects in SUBJECTS.items() for subject in subjects}
MACROS: Sequence[tuple[str, str, str, int, str, Json]] = (
    ("macro", "Возврат оформлен, закрыть", "ru", 0, "Здравствуйте, {customer.name}! Возврат оформлен.\n\n{agent.name}",
     {"status": "solve", "tags": ["refund"]}),
    ("macro", "Ждём партнёра", "ru", 0, "Здравствуйте! Запросили выгрузку, скоро ответим.", {"status": "hold", "owner": "me"}),
    ("macro", "Refund done, solve", "en", 1, "Hello {customer.name}, the refund is on its way.\n\n{agent.name}",
     {"status": "solve", "tags": ["refund"]}),
    ("snippet", "Где найти код", "ru", 0, "Код — в приложении, «Мои покупки», под номером заказа.", {}),
    ("snippet", "Подпись", "ru", 0, "С уважением,\n{agent.name}", {}),
    ("snippet", "Restart the app", "en", 1, "Please close the app, open it again, and tell us the version under Settings › About.", {}),
)  # fmt: skip
VIEWS: Sequence[tuple[str, int, dict[str, str]]] = (
    ("Возвраты", 0, {"view": "team", "tag": "refund"}),
    ("Срочные ничьи", 0, {"view": "unassigned", "priority": "urgent"}),
    ("Chats", 1, {"view": "team", "channel": "webhook"}),
)


def set_up(teams: Sequence[Team], lead: Person) -> None:
    """All of it, within a transaction."""
    _reasons()
    _rules(teams)
    for kind, name, language, team, body, actions in MACROS:
        known = {"kind": kind, "name": name, "language": language, "body": body, "actions": actions}
        db.session.add(Macro(**known, replies=kind == "macro", team_id=teams[team].id))
    for name, team, query in VIEWS:
        view = SavedView(person_id=lead.id, team_id=teams[team].id, name=name, query=query, made_at=now())
        db.session.add(view)
    for one in teams:
        one.skill_tags, one.most_open, one.idle_minutes = ["refund"], 25, 120


def _reasons() -> None:
    for place, (name, below) in enumerate(REASONS.items(), 1):
        top = Reason(name=name, position=place, demo=True)
        db.session.add(top)
        db.session.flush()
        db.session.add_all(Reason(name=one, parent_id=top.id, position=n, demo=True) for n, one in enumerate(below))


def _rules(teams: Sequence[Team]) -> None:
    """Two that work, and one that is switched off."""
    money = ["верните", "вернуть деньги", "refund", "қайтар"]
    rules: list[tuple[str, str, list[tuple[str, list[str]]], Json]] = [
        ("Речь о деньгах: метка и приоритет", "created", [("words", money)], {"add_tags": ["refund"], "priority": "high"}),
        ("Перед просрочкой сказать руководителю", "warned", [("owner", ["away", "nobody"])], {"tell": ["lead"]}),
        ("New chats go to whom has least", "created", [("channel", ["webhook"]), ("team", [str(teams[1].id)])], {"owner": "load"}),
    ]  # fmt: skip
    for place, (name, occasion, asked, actions) in enumerate(rules, 1):
        conditions = [{"what": what, "values": values, "not": False} for what, values in asked]
        rule = Trigger(name=name, position=place * 10, occasion=occasion, conditions=conditions, actions=actions)
        rule.active, rule.demo = "owner" not in actions, True
        db.session.add(rule)
