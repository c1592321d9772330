"""The anchors: once a day the heads of all histories are rolled into one digest, which can be kept elsewhere.

An anchor writes down the heads that moved since the one before it and covers that one's digest, and so all of them.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base, Id, Instant


class Anchor(Base):
    """One digest over all histories as they stood *at* an instant; *moved* heads are new in it."""

    __tablename__ = "anchor"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    moved: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))


class Anchored(Base):
    """A head that an anchor covers: after event *seq* the history of ticket *number* had this hash."""

    __tablename__ = "anchored"

    number: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    anchor_id: Mapped[int] = mapped_column(ForeignKey("anchor.id"), index=True)
    head: Mapped[str] = mapped_column(String(64))


def anchor_digest(previous: str, heads: Iterable[Any]) -> str:
    """sha256 of the previous digest and a line "number seq hash" for each head that moved, in order of number."""
    covered = hashlib.sha256(previous.encode())
    for head in heads:
        covered.update(f"\n{head.number} {head.seq} {head.head}".encode())
    return covered.hexdigest()
