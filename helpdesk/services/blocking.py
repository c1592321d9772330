"""The block list: whose mail is refused, who said so and when; what was refused can be filed all the same."""

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.channels.blocks import Block
from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.people.contacts import normal
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.readers import own_addresses
from helpdesk.services.store import get, permit, ticket_for, transaction
from helpdesk.tickets.models import Message

MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
MOST = 1000


class Blocked:
    """The blocks that some contacts may fall under, asked for once for all of them."""

    def __init__(self, contacts: Iterable[tuple[Inbox, Incoming]]) -> None:
        names = {name for _, incoming in contacts for name in _names(incoming)}
        query = select(Block.value, Block.channel_id).where(Block.value.in_(names))
        self._known = {tuple(row) for row in db.session.execute(query)} if names else set()

    def holds(self, row: Inbox, incoming: Incoming) -> bool:
        """Whether this contact is to be refused."""
        here = (None, row.channel_id)
        return bool(self._known) and any((name, place) in self._known for name in _names(incoming) for place in here)


def _names(incoming: Incoming) -> Iterator[str]:
    """The sender's addresses and domains, with all that these lie under."""
    if incoming.channel != "mail":
        return
    for address in {incoming.sender.address, str(incoming.facts.get("from") or "")}:
        yield (full := normal("email", address))
        labels = full.rpartition("@")[2].split(".")[-10:]
        yield from (".".join(labels[place:]) for place in range(len(labels) - 1))


def blocks(by: Person) -> Sequence[Block]:
    """Those of the person's mailboxes and those for all, newest first."""
    permit(by, "see_intake")
    query = select(Block).options(joinedload(Block.channel), joinedload(Block.by)).order_by(Block.id.desc())
    if by.role != Role.ADMINISTRATOR:
        mine = select(Channel.id).where(Channel.team_id.in_(by.team_ids))
        query = query.where(Block.channel_id.is_(None) | Block.channel_id.in_(mine))
    return db.session.scalars(query.limit(MOST)).all()


def mailboxes(by: Person) -> Sequence[Channel]:
    """The mailboxes that the person may block somebody in."""
    query = select(Channel).where(Channel.kind == "mail").order_by(Channel.name)
    return db.session.scalars(
        query if by.role == Role.ADMINISTRATOR else query.where(Channel.team_id.in_(by.team_ids))
    ).all()


def block(value: str, *, channel_id: int | None, note: str = "", by: Person) -> Block:
    """Refuse mail from this address or domain from now on; without a channel in all mailboxes, if one may."""
    permit(by, "retry_intake", get(Channel, channel_id).team_id if channel_id else None)
    if channel_id is None and by.role != Role.ADMINISTRATOR:
        raise Conflict("Choose one of your mailboxes; only an administrator blocks somebody in all of them.")
    return _block(value, channel_id, note, by)


def block_sender(number: int, *, by: Person) -> Block:
    """Refuse mail from whoever wrote in this ticket, in its own mailbox."""
    name, channel_id = sender_to_block(number, by=by)
    return _block(name, channel_id, f"#{number}", by)


def sender_to_block(number: int, *, by: Person) -> tuple[str, int]:
    """Whom that would block, in which channel; raises Conflict when it can't be done."""
    ticket = ticket_for(by, number)
    query = select(Message.facts).where(Message.ticket_id == ticket.id, Message.direction == "in")
    facts = db.session.scalar(query.where(Message.channel == "mail").order_by(Message.id).limit(1))
    if facts is None or ticket.channel_id is None:
        raise Conflict("Nobody wrote a mail in this ticket; there is no sender to block.")
    return _checked(str(facts.get("sender", ""))), ticket.channel_id


def _block(value: str, channel_id: int | None, note: str, by: Person) -> Block:
    """Twice is once."""
    name = _checked(value)
    with transaction():
        known = select(Block).where(Block.value == name, Block.channel_id.is_not_distinct_from(channel_id))
        found = db.session.scalar(known)
        if found is None:
            found = Block(value=name, channel_id=channel_id, note=note[:300], by=by, at=now())
            db.session.add(found)
    changed("block.added", by, block=found.id, channel=channel_id)
    return found


def _checked(value: str) -> str:
    """The stored form; refuses what is no address and no domain, and ourselves."""
    name = normal("email", value.strip().removeprefix("@"))
    if not (MAILBOX if "@" in name else DOMAIN).fullmatch(name):
        raise Conflict("Write an address such as a@example.com, or a domain such as example.com.")
    own = own_addresses()
    inside = (*own.addresses, *own.colleagues, f"@{own.host}")
    if any(name == one or one.rpartition("@")[2] == name or one.endswith(f".{name}") for one in inside):
        raise Conflict("One of us writes from there; who is one of us is not blocked.")
    return name


def unblock(block_id: int, *, by: Person) -> str:
    """Let mail in again, and say from where."""
    with transaction():
        found: Block = get(Block, block_id)
        permit(by, "retry_intake", found.channel.team_id if found.channel else None)
        if found.channel is None and by.role != Role.ADMINISTRATOR:
            raise Conflict("This holds in all mailboxes; only an administrator takes it away.")
        value = found.value
        db.session.delete(found)
    changed("block.removed", by, block=block_id)
    return value
