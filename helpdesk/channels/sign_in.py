"""Rows of signing in to mailboxes by OAuth2: the services that are set up, and what each mailbox was granted."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base, Instant


class SignInService(Base):
    """A service that we are known to: google, microsoft or other. *secrets* hold the client secret, sealed.

    *secret_ends* is when it ends, *testing* says that Google ends sign-ins of this app after seven days.
    """

    __tablename__ = "sign_in_service"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(400))
    tenant: Mapped[str] = mapped_column(String(200), default="")
    authorize_url: Mapped[str] = mapped_column(String(1000), default="")
    token_url: Mapped[str] = mapped_column(String(1000), default="")
    scope: Mapped[str] = mapped_column(Text, default="")
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_ends: Mapped[date | None] = mapped_column(Date)
    testing: Mapped[bool] = mapped_column(default=False)


class Grant(Base):
    """What a mailbox was granted: *tokens* sealed, when they came and were renewed, why they are *refused* since."""

    __tablename__ = "mailbox_grant"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True, autoincrement=False)
    service: Mapped[str] = mapped_column(String(20))
    tokens: Mapped[bytes] = mapped_column(LargeBinary)
    access_until: Mapped[datetime] = mapped_column(Instant)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    renewed_at: Mapped[datetime] = mapped_column(Instant)
    refused: Mapped[str] = mapped_column(String(500), default="")
