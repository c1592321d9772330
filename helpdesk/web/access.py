"""Who may knock at which door: every route is declared here, and one that is not fails the start."""

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.errors import NotAllowed
from helpdesk.people.roles import ADMINISTRATORS, EVERYBODY, LEADS, Role

ANYBODY: frozenset[Role] | None = None  # signed in or not

ROUTES: dict[str, frozenset[Role] | None] = {
    "static": ANYBODY,
    "assets.bootstrap_css": ANYBODY,
    "assets.bootstrap_js": ANYBODY,
    "assets.htmx": ANYBODY,
    "doors.sign_in": ANYBODY,
    "doors.sign_in_now": ANYBODY,
    "doors.link": ANYBODY,
    "doors.redeem": ANYBODY,
    "doors.sign_out": EVERYBODY,
    "doors.health": ANYBODY,
    "doors.home": EVERYBODY,
    "hooks.receive": ANYBODY,
    "calls.show": LEADS,
    "calls.choose": LEADS,
    "calls.preview": LEADS,
    "calls.import_": LEADS,
    "live.stream": EVERYBODY,
    "board.show": LEADS,
    "board.now": LEADS,
    "lookup.show": EVERYBODY,
    "intake.show": LEADS,
    "intake.raw": LEADS,
    "intake.retry": LEADS,
    "intake.file": LEADS,
    "intake.dismiss": LEADS,
    "intake.block": LEADS,
    "intake.unblock": LEADS,
    "intake.send_again": LEADS,
    "intake.drop": LEADS,
    "profile.show": EVERYBODY,
    "profile.change": EVERYBODY,
    "profile.password": EVERYBODY,
    "profile.no_password": EVERYBODY,
    "demo.wear": EVERYBODY,
    "demo.show": ADMINISTRATORS,
    "demo.remove": ADMINISTRATORS,
    "admin.show": ADMINISTRATORS,
    "admin.people": ADMINISTRATORS,
    "admin.new_person": ADMINISTRATORS,
    "admin.add_person": ADMINISTRATORS,
    "admin.person": ADMINISTRATORS,
    "admin.change_person": ADMINISTRATORS,
    "admin.switch_person": ADMINISTRATORS,
    "admin.link": ADMINISTRATORS,
    "admin.end_sessions": ADMINISTRATORS,
    "admin.teams": ADMINISTRATORS,
    "admin.new_team": ADMINISTRATORS,
    "admin.team": ADMINISTRATORS,
    "admin.add_team": ADMINISTRATORS,
    "admin.change_team": ADMINISTRATORS,
    "admin_shifts.show": LEADS,
    "admin_shifts.add": LEADS,
    "admin_shifts.copy": LEADS,
    "admin_shifts.fill": LEADS,
    "admin_shifts.shift": LEADS,
    "admin_shifts.change": LEADS,
    "admin_patterns.show": LEADS,
    "admin_patterns.add": LEADS,
    "admin_patterns.pattern": LEADS,
    "admin_patterns.change": LEADS,
    "admin_patterns.remove": LEADS,
    "admin_shifts.add_absence": LEADS,
    "admin_shifts.remove": LEADS,
    "admin_shifts.remove_absence": LEADS,
    "admin_shifts.name_substitute": LEADS,
    "admin_channels.show": ADMINISTRATORS,
    "admin_channels.new": ADMINISTRATORS,
    "admin_channels.channel": ADMINISTRATORS,
    "admin_channels.add": ADMINISTRATORS,
    "admin_channels.change": ADMINISTRATORS,
    "admin_channels.switch": ADMINISTRATORS,
    "admin_channels.renew": ADMINISTRATORS,
    "admin_mailboxes.new": ADMINISTRATORS,
    "admin_mailboxes.find": ADMINISTRATORS,
    "admin_mailboxes.add": ADMINISTRATORS,
    "admin_mailboxes.show": ADMINISTRATORS,
    "admin_mailboxes.check": ADMINISTRATORS,
    "admin_mailboxes.old_mail": ADMINISTRATORS,
    "mailbox_sign_in.leave": ADMINISTRATORS,
    "mailbox_sign_in.back": ADMINISTRATORS,
    "admin_sign_in.show": ADMINISTRATORS,
    "admin_sign_in.save": ADMINISTRATORS,
    "admin_mailboxes.count": ADMINISTRATORS,
    "admin_mailboxes.connect": ADMINISTRATORS,
    "admin_sending.make": ADMINISTRATORS,
    "admin_sending.look_up": ADMINISTRATORS,
    "admin_rules.calendars": ADMINISTRATORS,
    "admin_rules.new_calendar": ADMINISTRATORS,
    "admin_rules.calendar": ADMINISTRATORS,
    "admin_rules.add_calendar": ADMINISTRATORS,
    "admin_rules.change_calendar": ADMINISTRATORS,
    "admin_rules.days": ADMINISTRATORS,
    "admin_rules.simulate_calendar": ADMINISTRATORS,
    "admin_rules.policies": LEADS,
    "admin_rules.move": ADMINISTRATORS,
    "admin_rules.switch": ADMINISTRATORS,
    "admin_policies.new": ADMINISTRATORS,
    "admin_policies.show": LEADS,
    "admin_policies.add": ADMINISTRATORS,
    "admin_policies.change": ADMINISTRATORS,
    "admin_policies.new_due": ADMINISTRATORS,
    "admin_policies.due": LEADS,
    "admin_policies.simulate_new": ADMINISTRATORS,
    "admin_policies.simulate": LEADS,
    "simulations.show": LEADS,
    "simulations.save": ADMINISTRATORS,
    "explain.show": EVERYBODY,
    "desk.queue": EVERYBODY,
    "desk.rows": EVERYBODY,
    "desk.views": EVERYBODY,
    "desk.take_next": EVERYBODY,
    "desk.notices": EVERYBODY,
    "desk.read_notices": EVERYBODY,
    "opening.show": EVERYBODY,
    "opening.open_ticket": EVERYBODY,
    "ticket.show": EVERYBODY,
    "ticket.thread": EVERYBODY,
    "ticket.facts": EVERYBODY,
    "ticket.head": EVERYBODY,
    "ticket.say": EVERYBODY,
    "ticket.original": EVERYBODY,
    "ticket.file": EVERYBODY,
    "undo.withdraw": EVERYBODY,
    "scheduled.say": EVERYBODY,
    "scheduled.cancel": EVERYBODY,
    "acts.take": EVERYBODY,
    "acts.pend": EVERYBODY,
    "acts.hold": EVERYBODY,
    "acts.resume": EVERYBODY,
    "acts.solve": EVERYBODY,
    "acts.reopen": EVERYBODY,
    "acts.close": EVERYBODY,
    "acts.junk": EVERYBODY,
    "acts.unjunk": EVERYBODY,
    "acts.waive": EVERYBODY,
    "acts.stop_ladder": EVERYBODY,
    "acts.assign": EVERYBODY,
    "acts.offer": EVERYBODY,
    "acts.priority": EVERYBODY,
    "acts.team": EVERYBODY,
    "acts.subject": EVERYBODY,
    "acts.tags": EVERYBODY,
    "acts.approve": EVERYBODY,
    "trust.block": EVERYBODY,
    "trust.decline": EVERYBODY,
    "trust.let_in": EVERYBODY,
    "trust.keep_out": EVERYBODY,
    "trust.join": EVERYBODY,
    "trust.dismiss": EVERYBODY,
    "my_shifts.show": EVERYBODY,
    "my_shifts.name_substitute": EVERYBODY,
    "my_shifts.number": EVERYBODY,
    "breaks.begin": EVERYBODY,
    "breaks.end": EVERYBODY,
    "shift.offers": EVERYBODY,
    "shift.rows": EVERYBODY,
    "shift.offer": EVERYBODY,
    "shift.accept": EVERYBODY,
    "shift.refuse": EVERYBODY,
}


def init_app(app: Flask) -> None:
    """Guard every route; refuse to start when one is not declared."""
    undeclared = sorted(endpoint for endpoint in app.view_functions if endpoint not in ROUTES)
    if undeclared:
        raise RuntimeError(f"Declare who may use {', '.join(undeclared)} in helpdesk/web/access.py.")
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    roles = ROUTES[request.endpoint]
    if roles is ANYBODY:
        return None
    if not current_user.is_authenticated:
        if request.method == "GET" and request.accept_mimetypes.accept_html and "HX-Request" not in request.headers:
            return redirect(url_for("doors.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    if Role(current_user.person.role) not in (roles or frozenset()):
        raise NotAllowed("Your role does not allow this; ask an administrator.")
    return None


__all__ = ["ADMINISTRATORS", "ANYBODY", "EVERYBODY", "LEADS", "init_app"]
