"""What time does to handing over: a shift ends, somebody falls ill, nobody answers. Each is due at an instant and done once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import Select, select

from helpdesk.people.models import Absence, Person, Shift, Team
from helpdesk.services import deadlines, duty
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.receivers import Receivers, answer_by
from helpdesk.services.store import transaction
from helpdesk.services.whom import Whom
from helpdesk.tickets import handover
from helpdesk.tickets.actions import assign
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Notice, Ticket

GRACE = timedelta(minutes=5)  # a next shift that begins this soon after is the same one
MOST = 200
MINUTE = timedelta(minutes=1)
LONGEST = 240 * MINUTE  # that a sheet may be called for before its shift ends
NOTES = {
    ("ru", "shift ended"): "Смена окончена, записки нет.",
    ("en", "shift ended"): "The shift ended without a note.",
    ("ru", "sick"): "Владелец на больничном, записки нет.",
    ("en", "sick"): "The owner is on sick leave and left no note.",
    ("ru", "vacation"): "Владелец в отпуске, записки нет.",
    ("en", "vacation"): "The owner is on vacation and left no note.",
    ("ru", "day_off"): "У владельца отгул, записки нет.",
    ("en", "day_off"): "The owner has a day off and left no note.",
}
LAST = {"ru": "Последнее от клиента: «{words}»", "en": "The customer's last words: “{words}”"}


def end_shifts() -> int:
    """Offer what the owners of ended shifts leave open to somebody on duty; returns how many tickets were offered."""
    due = select(Shift.id).where(Shift.ends_at <= now(), Shift.ended_at.is_(None)).order_by(Shift.ends_at, Shift.id)
    return sum(map(_end_shift, _ids(due)))


def _ids(due: Select[int]) -> Sequence[int]:
    found = db.session.scalars(due.limit(MOST)).all()
    db.session.rollback()
    return found


def _end_shift(shift_id: int) -> int:
    with transaction():
        query = select(Shift).where(Shift.id == shift_id, Shift.ended_at.is_(None)).with_for_update(of=Shift)
        shift = db.session.scalar(query)
        if shift is None:
            return 0
        shift.ended_at = now()
        return 0 if goes_on(shift) else _hand_on(shift.person, "shift ended", Ticket.team_id == shift.team_id)


def goes_on(shift: Shift) -> bool:
    """Whether its person has another one that begins as it ends."""
    query = select(Shift.id).where(
        Shift.person_id == shift.person_id,
        Shift.starts_at <= shift.ends_at + GRACE,
        Shift.ends_at > max(now(), shift.ends_at),
        Shift.id != shift.id,
    )
    return db.session.scalar(query.limit(1)) is not None


def sheets_due() -> list[int]:
    """The shifts that end so soon that their sheet is to be called for."""
    at = now()
    query = select(Shift.id, Shift.ends_at, Team.sheet_minutes).join(Team, Team.id == Shift.team_id)
    coming = query.where(Shift.told_at.is_(None), Shift.ends_at > at, Shift.ends_at <= at + LONGEST)
    found = [row.id for row in db.session.execute(coming) if row.ends_at <= at + row.sheet_minutes * MINUTE]
    db.session.rollback()
    return found


def call_sheets() -> int:
    """Tell everybody whose shift ends soon, and who holds something, to hand it over; how many were told."""
    return sum(map(_call_sheet, sheets_due()))


def _call_sheet(shift_id: int) -> int:
    with transaction():
        query = select(Shift).where(Shift.id == shift_id, Shift.told_at.is_(None)).with_for_update(of=Shift)
        shift = db.session.scalar(query)
        if shift is None:
            return 0
        shift.told_at = now()
        holds = select(Ticket.id).where(Ticket.owner_id == shift.person_id, Ticket.open).limit(1)
        if goes_on(shift) or db.session.scalar(holds) is None:
            return 0
        facts = {"ends_at": shift.ends_at.isoformat(), "zone": shift.person.time_zone or shift.team.time_zone}
        db.session.add(Notice(person_id=shift.person_id, kind="sheet", facts=facts, at=now()))
    return 1


def begin_absences() -> int:
    """Offer on all that people hold whose absence has begun, and ask others for what they were asked for themselves."""
    due = select(Absence.id).where(Absence.starts_at <= now(), Absence.handed_at.is_(None))
    return sum(map(_begin_absence, _ids(due.order_by(Absence.starts_at, Absence.id))))


def _begin_absence(absence_id: int) -> int:
    with transaction():
        query = select(Absence).where(Absence.id == absence_id, Absence.handed_at.is_(None))
        absence = db.session.scalar(query.with_for_update(of=Absence))
        if absence is None:
            return 0
        absence.handed_at = now()
        if absence.ends_at <= now():
            return 0
        for offer_id in db.session.scalars(_asked(absence.person_id)).all():
            _lapse(offer_id)
        return _hand_on(absence.person, absence.kind)


def _asked(person_id: int) -> Select[int]:
    return select(Offer.id).where(Offer.to_id == person_id, Offer.state == "offered").order_by(Offer.ticket_id)


def lapse_due() -> int:
    """Let offers lapse that nobody answered in time, and ask the next one; how many lapsed."""
    due = select(Offer.id).where(Offer.state == "offered", Offer.answer_by <= now())
    return sum(map(_lapse_one, _ids(due.order_by(Offer.answer_by, Offer.id))))


def _lapse_one(offer_id: int) -> int:
    with transaction():
        return _lapse(offer_id, due=True)


def _lapse(offer_id: int, *, due: bool = False) -> int:
    """Whoever decides at the same time holds the ticket: it lapses only if it is still offered when they have done."""
    ticket_id = db.session.scalar(select(Offer.ticket_id).where(Offer.id == offer_id))
    db.session.scalar(_locked(Ticket.id == ticket_id))
    offer = db.session.get_one(Offer, offer_id, populate_existing=True)
    late = not due or (offer.answer_by is not None and offer.answer_by <= now())
    if offer.state != "offered" or not late:
        return 0
    handover.lapse(offer, at=now())
    ask_next(offer)
    deadlines.refresh(offer.ticket)
    return 1


def _locked(wanted: object) -> Select[Ticket]:
    query = select(Ticket).where(wanted).order_by(Ticket.id)  # type: ignore[arg-type]
    return query.with_for_update(of=Ticket).execution_options(populate_existing=True)


def ask_next(offer: Offer) -> None:
    """After a no, or none at all: the next who could take it, and after the last one the supervisor."""
    ticket = offer.ticket
    if not ticket.open or ticket.owner != offer.giver:
        return
    if offer.turn < ticket.team.most_asked:
        best = Receivers([ticket], now()).best(ticket, _were_asked(offer))
        if best is not None:
            _offer(ticket, db.session.get_one(Person, best.candidate.id), offer.note, "next", offer.turn + 1)
            return
    _nobody([ticket])


def _were_asked(offer: Offer) -> Sequence[int | None]:
    newest = select(Offer.to_id).where(Offer.ticket_id == offer.ticket_id).order_by(Offer.id.desc())
    return db.session.scalars(newest.limit(offer.turn)).all()


def _offer(ticket: Ticket, to: Person, note: str, why: str, turn: int = 1, *, told: bool = True) -> None:
    until = answer_by(to, ticket)
    db.session.add(
        handover.offer(ticket, to=to, note=note, by=None, at=now(), why=why, answer_by=until, turn=turn)
    )  # fmt: skip
    if told:
        with Tellers(now()) as tellers:
            tellers.notify(to, ticket, "offered")


def _nobody(tickets: Collection[Ticket]) -> None:
    """Nobody took them: the supervisor is told, and what lies with somebody away goes to the queue if there is one who sees it."""
    whom = Whom(now())
    with Tellers(now()) as tellers:
        for ticket in tickets:
            for lead in whom.stand_ins(ticket):
                tellers.notify(lead, ticket, "untaken")
    for ticket in tickets:
        owner = ticket.owner
        if owner is not None and duty.away(owner, ticket.team_id, now()) and duty.at_work(ticket.team_id, now()):
            assign(ticket, to=None, by=None, at=now(), why="nobody took over")


def _hand_on(giver: Person, why: str, *where: object) -> int:
    """Offer on what somebody leaves open, to whoever fits best, and tell each receiver once; how many were offered."""
    tickets = db.session.scalars(_locked((Ticket.owner_id == giver.id) & Ticket.open).where(*where)).all()  # type: ignore[arg-type]
    left = [ticket for ticket in tickets if not _asks(ticket)]
    receivers, offered, untaken = Receivers(left, now()), defaultdict(list), []
    for ticket in left:
        best = receivers.best(ticket)
        if best is None:
            db.session.add(handover.offer(ticket, to=None, note=_note(ticket, why), by=None, at=now(), why=why))
            untaken.append(ticket)
        else:
            receiver = db.session.get_one(Person, best.candidate.id)
            _offer(ticket, receiver, _note(ticket, why), why, told=False)
            receivers.give(receiver.id)
            offered[receiver].append(ticket)
    with Tellers(now()) as tellers:
        for receiver, theirs in offered.items():
            tellers.offer(receiver, theirs)
    _nobody(untaken)
    deadlines.refresh_all(left)
    return len(left)


def _asks(ticket: Ticket) -> bool:
    """Whether somebody is asked for it already; an offer to nobody gives way."""
    waiting = db.session.scalar(select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "offered"))
    if waiting is not None and waiting.receiver is None:
        handover.withdraw(waiting, by=None, at=now(), why="offered anew")
        db.session.flush()
        return False
    return waiting is not None


def _note(ticket: Ticket, why: str) -> str:
    language = "en" if ticket.owner is not None and ticket.owner.locale == "en" else "ru"
    last = LAST[language].format(words=ticket.preview[:200]) if ticket.preview else ""
    return f"{NOTES[language, why]} {last}".strip()
