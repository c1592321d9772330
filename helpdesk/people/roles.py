"""Roles and the one function that decides what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is here for."""

    OBSERVER = "observer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


EVERYBODY = frozenset(Role)
WORKERS = EVERYBODY - {Role.OBSERVER}
LEADS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

MAY: dict[str, frozenset[Role]] = {
    "see": EVERYBODY,
    "work": WORKERS,
    "look_up": EVERYBODY,
    "see_board": LEADS,
    "see_rules": LEADS,
    "simulate": LEADS,
    "see_intake": LEADS,
    "retry_intake": LEADS,
    "import_calls": LEADS,
    "assign_others": LEADS,
    "keep_macros": LEADS,
    "redact": LEADS,
    "administer": ADMINISTRATORS,
}


def may(role: str | None, action: str, team_ids: list[int], team_id: int | None = None) -> bool:
    """Whether somebody of *role* in *team_ids* may do *action* (to something of *team_id*).

    Administrators act everywhere; everybody else only within their own teams. An unknown action is a mistake in the
    program and raises KeyError.
    """
    allowed = MAY[action]
    if role is None or Role(role) not in allowed:
        return False
    return role == Role.ADMINISTRATOR or team_id is None or team_id in team_ids
