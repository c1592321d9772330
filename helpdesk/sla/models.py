"""Rows of the SLA: calendars and policies with their versions, clocks, and what fired. Nothing else in sla imports it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json

NEW_TICKETS, RUNNING_CLOCKS, RECOMPUTE = "new", "running", "recompute"
TREATMENTS = (NEW_TICKETS, RUNNING_CLOCKS, RECOMPUTE)
OPEN = text("ended_at IS NULL AND due_at IS NOT NULL")
ENDED = text("ended_at IS NOT NULL")


class CalendarRow(Base):
    """A named working calendar; what it says is in its versions."""

    __tablename__ = "calendar"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    demo: Mapped[bool] = mapped_column(default=False)

    versions: Mapped[list["CalendarVersion"]] = relationship(
        back_populates="calendar", order_by="CalendarVersion.version"
    )


class ZoneRules(Base):
    """The rules of a time zone as this desk has known them from *known_at* on (RFC 8536); never changed."""

    __tablename__ = "zone_rules"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    known_at: Mapped[datetime] = mapped_column(Instant)


class CalendarVersion(Base):
    """What a calendar said from *made_at* on; never changed. *definition* is that of helpdesk.sla.calendar.

    *zone* are the rules of its time zone at that time: a law that moves the clocks makes a new version.
    """

    __tablename__ = "calendar_version"
    __table_args__ = (UniqueConstraint("calendar_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    version: Mapped[int]
    definition: Mapped[Json] = mapped_column(Facts)
    zone_id: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)

    zone: Mapped[ZoneRules | None] = relationship(primaryjoin="foreign(CalendarVersion.zone_id) == ZoneRules.id")
    calendar: Mapped[CalendarRow] = relationship(back_populates="versions")


class PolicyRow(Base):
    """A named policy at its *position* in the list; the first that matches a new ticket is pinned on it."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)

    versions: Mapped[list["PolicyVersion"]] = relationship(back_populates="policy", order_by="PolicyVersion.version")


class PolicyVersion(Base):
    """What a policy promised from *made_at* on; never changed. *definition* is that of helpdesk.sla.policy."""

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("policy_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    version: Mapped[int]
    definition: Mapped[Json] = mapped_column(Facts)
    calendar_version_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_version.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)

    policy: Mapped[PolicyRow] = relationship(back_populates="versions")
    calendar_version: Mapped[CalendarVersion | None] = relationship()


class Treatment(Base):
    """How a policy version reaches the open tickets that are there: *last_id* is the last one that was looked at.

    *from_version_id*: only tickets of that version are reached; empty for all of older versions, and those without one.
    *ordered_by* is empty when the rules of a time zone changed and nobody ordered it. It goes on at *next_at*, which is
    empty once it is through. *passes*: how often all were looked at; what was filed meanwhile is met by the second one.
    """

    __tablename__ = "treatment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    from_version_id: Mapped[int | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    ordered_by: Mapped[int | None] = mapped_column(Id)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    last_id: Mapped[int] = mapped_column(Id, default=0)
    passes: Mapped[int] = mapped_column(default=0)
    tickets: Mapped[int] = mapped_column(default=0)

    version: Mapped[PolicyVersion] = relationship()


class Simulation(Base):
    """What past and open tickets would look like under a draft of a policy or of a calendar; nothing else is written.

    *definition* is the draft's; *base_version_id* is the version that it was made from, of the policy or the calendar.
    *place* is where the count goes on after so many *batches*, *next_at* when: empty once it is through. *result* is
    counted by helpdesk.services.simulations. *version_id* is the version that was saved of it.
    """

    __tablename__ = "simulation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    policy_id: Mapped[int | None] = mapped_column(Id)
    calendar_id: Mapped[int | None] = mapped_column(Id)
    base_version_id: Mapped[int | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    definition: Mapped[Json] = mapped_column(Facts)
    counted_by: Mapped[int | None] = mapped_column(Id)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    place: Mapped[Json] = mapped_column(Facts, default=dict)
    batches: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    result: Mapped[Json] = mapped_column(Facts, default=dict)
    version_id: Mapped[int | None] = mapped_column(Id)


class SimulatedClock(Base):
    """A clock that would come out otherwise: in a past period, or of an open ticket by the treatment that is its *scope*."""

    __tablename__ = "simulated_clock"
    __table_args__ = (Index(None, "simulation_id", "scope", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    simulation_id: Mapped[int] = mapped_column(ForeignKey("simulation.id"))
    scope: Mapped[str] = mapped_column(String(20))
    ticket_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    turn: Mapped[int]
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    due_before: Mapped[datetime | None] = mapped_column(Instant)
    due_after: Mapped[datetime | None] = mapped_column(Instant)


class Clock(Base):
    """One promise of one ticket, met or missed: a cache of the replay of its history.

    It is known by the event that began it, *started_seq*; *turn* is what it is called, and a call that becomes known
    late may change it.
    *next_fire_at* is the next instant at which a warning or the breach is due; empty when nothing can fire. *steps* are
    all that may still fire, the next one first: [["75%", "2026-03-02T09:45:00+00:00"], …]; those that do not begin with
    the next one are of another hand, and the history is asked. Once past due it is late by *late_seconds* and what the
    calendar counts after *late_since*, which is empty while it is paused. After *ladder_stopped_at* only the breach fires,
    and tells nobody.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "started_seq"),
        Index(
            "ix_clock_next_fire",
            "next_fire_at",
            "id",
            sqlite_where=text("next_fire_at IS NOT NULL"),
            postgresql_where=text("next_fire_at IS NOT NULL"),
        ),
        Index("ix_clock_open_due", "due_at", "ticket_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_clock_ended", "ended_at", "state", "ticket_id", sqlite_where=ENDED, postgresql_where=ENDED),
        Index(None, "started_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(20))
    turn: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    used_seconds: Mapped[int]
    target_seconds: Mapped[int | None]
    known_late: Mapped[bool] = mapped_column(default=False)
    started_seq: Mapped[int]
    ended_seq: Mapped[int | None]
    next_fire_at: Mapped[datetime | None] = mapped_column(Instant)
    next_threshold: Mapped[str | None] = mapped_column(String(20))
    steps: Mapped[list[list[str]] | None] = mapped_column(Facts)
    late_since: Mapped[datetime | None] = mapped_column(Instant)
    late_seconds: Mapped[int | None]
    ladder_stopped_at: Mapped[datetime | None] = mapped_column(Instant)

    def keeps(self, kind: str, started_seq: int, started_at: datetime) -> bool:
        """Whether what fired of a clock that began then fired of this one: the same began it, or it began within this.

        What becomes known late may let a promise begin earlier; what had fired of it is not called out again.
        """
        within = self.started_at <= started_at and (self.ended_at is None or started_at < self.ended_at)
        return self.kind == kind and (self.started_seq == started_seq or within)


class Firing(Base):
    """A threshold of a clock that was reached: exactly one row each, whoever found it and however often.

    *started_seq* and *started_at* are those of its clock when it fired.
    """

    __tablename__ = "firing"
    __table_args__ = (UniqueConstraint("ticket_id", "kind", "started_seq", "threshold"), Index(None, "detected_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(20))
    turn: Mapped[int]
    started_seq: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Instant)
    threshold: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime] = mapped_column(Instant)
    detected_at: Mapped[datetime] = mapped_column(Instant)
    facts: Mapped[Json] = mapped_column(Facts, default=dict)


FIRED_OF = and_(
    Firing.ticket_id == Clock.ticket_id,
    Firing.kind == Clock.kind,
    or_(
        Firing.started_seq == Clock.started_seq,
        and_(Clock.started_at <= Firing.started_at, or_(Clock.ended_at.is_(None), Firing.started_at < Clock.ended_at)),
    ),
)
"""What fired of a clock, as `Clock.keeps` says it, for a query."""


class Handling(Base):
    """How long a team usually takes with a ticket of a channel, from taking it to its first answer."""

    __tablename__ = "handling"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    seconds: Mapped[int]
