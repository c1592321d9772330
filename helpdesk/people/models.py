"""Rows of people: staff and customers, the points they are reached at, teams, shifts, absences, breaks, sign-ins."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.people.roles import WORKERS, Role

STAFF = text("role IS NOT NULL")
TO_HAND_OVER = text("handed_at IS NULL")
NOTHING = text("'[]'")


class Person(Base):
    """Somebody: a customer when *role* is empty, else staff. *locale* is empty until a language was chosen.

    Calls go on to *forward_number*; while they go to a colleague instead, that is *forwarded_to_id*.
    *languages* (ru, kk, en) and *skills* are those in which staff can be given work; none said is anything.
    *queue_columns* are those that they chose to see. Who put the first hints away sees them no more; *news_read* is the
    last of what is new that they read. Without *single_keys* only keys with Ctrl do anything in their pages. *usual_way*
    is what they chose last to become of a ticket that they answer.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_staff", "id", "role", sqlite_where=STAFF, postgresql_where=STAFF),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(20))
    login: Mapped[str | None] = mapped_column(String(200), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(5), default="")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(Facts, default=list)
    languages: Mapped[list[str]] = mapped_column(Facts, default=list, server_default=NOTHING)
    skills: Mapped[list[str]] = mapped_column(Facts, default=list, server_default=NOTHING)
    queue_columns: Mapped[list[str] | None] = mapped_column(Facts)
    single_keys: Mapped[bool] = mapped_column(default=True, server_default=true())
    usual_way: Mapped[str] = mapped_column(String(10), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    forward_number: Mapped[str] = mapped_column(String(40), default="", server_default="")
    forwarded_to_id: Mapped[int | None] = mapped_column(Id)
    hints_away: Mapped[bool] = mapped_column(default=False, server_default=false())
    news_read: Mapped[int] = mapped_column(default=0, server_default=text("0"))

    contacts: Mapped[list["ContactPoint"]] = relationship(back_populates="person", order_by="ContactPoint.id")
    memberships: Mapped[list["Membership"]] = relationship(back_populates="person", order_by="Membership.id")

    @property
    def staff(self) -> bool:
        """Whether this person works here."""
        return self.role is not None

    @property
    def works(self) -> bool:
        """Whether this person may own tickets and change them; an observer only reads."""
        return self.role in WORKERS

    @property
    def supervises(self) -> bool:
        """Whether this person watches over a team's deadlines."""
        return self.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)

    @property
    def team_ids(self) -> list[int]:
        """The teams this person belongs to."""
        return [membership.team_id for membership in self.memberships]

    def contact(self, kind: str) -> "ContactPoint | None":
        """The newest point of this *kind* ("email", "phone", …)."""
        return next((point for point in reversed(self.contacts) if point.kind == kind), None)


class ContactPoint(Base):
    """An address, number or handle by which one person is reached. A *dead* one accepts no mail, a server said."""

    __tablename__ = "contact_point"
    __table_args__ = (UniqueConstraint("kind", "value"), Index(None, "value"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(400))
    shown: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(Instant)
    dead_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship(back_populates="contacts")


class Team(Base):
    """Who owns tickets together; a ticket without an owner lies in its team's queue.

    Before a shift ends its sheet is called for, *sheet_minutes* ahead; who is offered a ticket has *answer_minutes* to
    say yes, and after *most_asked* the supervisor is told.
    A tag among its *skill_tags* asks for a skill of that name; nobody is given more than *most_open* tickets. One that was
    taken and lies still for *idle_minutes* goes back; never when they are 0. Where *reason_required*, nothing is solved
    without a reason.
    *dealing* is how a ticket without an owner gets one: people take it when it is empty, else they are dealt out by "turns"
    or by "load"; first to whom they fit when it *deals_by_fit*, before that to whom the customer knows when it *deals_to_last*.
    """

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Almaty")
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    sheet_minutes: Mapped[int] = mapped_column(default=30, server_default=text("30"))
    answer_minutes: Mapped[int] = mapped_column(default=10, server_default=text("10"))
    most_asked: Mapped[int] = mapped_column(default=3, server_default=text("3"))
    skill_tags: Mapped[list[str]] = mapped_column(Facts, default=list, server_default=NOTHING)
    most_open: Mapped[int | None] = mapped_column()
    idle_minutes: Mapped[int] = mapped_column(default=15, server_default=text("15"))
    reason_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    dealing: Mapped[str] = mapped_column(String(10), default="", server_default="")
    deals_by_fit: Mapped[bool] = mapped_column(default=False, server_default=false())
    deals_to_last: Mapped[bool] = mapped_column(default=False, server_default=false())

    memberships: Mapped[list["Membership"]] = relationship(back_populates="team", order_by="Membership.id")


class Membership(Base):
    """One person in one team: the *most_open* tickets they are given there, when that is not what the team says.

    *turn* counts when they were last dealt a ticket of the team.
    """

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "team_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    most_open: Mapped[int | None] = mapped_column()
    turn: Mapped[int] = mapped_column(default=0, server_default=text("0"))

    person: Mapped[Person] = relationship(back_populates="memberships")
    team: Mapped[Team] = relationship(back_populates="memberships")


class Shift(Base):
    """A stretch of work of one person in one team.

    *told_at* is when its sheet was called for, *ended_at* when its handover was begun by the tick. *pattern_id* is the
    weekly pattern it was made from; one that was changed by hand has none.
    """

    __tablename__ = "shift"
    __table_args__ = (
        Index(None, "person_id", "starts_at"),
        Index(None, "ends_at"),
        Index("ix_shift_pattern", "pattern_id", "starts_at", unique=True),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    demo: Mapped[bool] = mapped_column(default=False)
    pattern_id: Mapped[int | None] = mapped_column(Id)

    person: Mapped[Person] = relationship()
    team: Mapped[Team] = relationship()


class Pattern(Base):
    """The hours of one person in one team on some days of each week (Monday is 0), from which shifts are made ahead.

    They count by the clocks of the *zone_of* "team" or "person". On *skipped* days the roster says something else.
    """

    __tablename__ = "shift_pattern"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    weekdays: Mapped[list[int]] = mapped_column(Facts)
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))
    zone_of: Mapped[str] = mapped_column(String(10), default="team")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    skipped: Mapped[list[str]] = mapped_column(Facts, default=list)

    person: Mapped[Person] = relationship()
    team: Mapped[Team] = relationship()

    def works_on(self, day: date) -> bool:
        """Whether a shift begins on this day."""
        within = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        there = self.person.active and self.team_id in self.person.team_ids
        return within and there and day.weekday() in self.weekdays and day.isoformat() not in self.skipped


class Absence(Base):
    """A stretch in which a person is away whatever the roster says: sick leave, vacation, day off.

    The *substitute* stands in for them.
    *handed_at* is when it had begun and what they hold was offered on.
    """

    __tablename__ = "absence"
    __table_args__ = (
        Index(None, "person_id", "starts_at"),
        Index("ix_absence_to_hand_over", "starts_at", sqlite_where=TO_HAND_OVER, postgresql_where=TO_HAND_OVER),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    demo: Mapped[bool] = mapped_column(default=False)
    substitute_id: Mapped[int | None] = mapped_column(Id)

    person: Mapped[Person] = relationship()
    substitute: Mapped[Person | None] = relationship(primaryjoin="foreign(Absence.substitute_id) == Person.id")


class Break(Base):
    """A break in a shift, [starts_at, ends_at): up to the shift's end until its person is ready again.

    *back_at* is when they mean to be back.
    """

    __tablename__ = "break"
    __table_args__ = (Index(None, "person_id", "starts_at"), Index(None, "ends_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    back_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class SignIn(Base):
    """One signed-in browser: the cookie holds a token, this row its sha256; ended here, it is ended everywhere."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    facts: Mapped[Json] = mapped_column(Facts, default=dict)

    person: Mapped[Person] = relationship()


class SignInLink(Base):
    """A link that signs one person in once, until *expires_at*."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class SignInAttempt(Base):
    """A failed sign-in, counted against its login and its address."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(Instant)
