"""What is ours: the host in our Message-IDs, and the addresses mail reaches us by."""

import re
from dataclasses import dataclass

from helpdesk.tickets.tokens import secret_in

TAGGED = re.compile(r"\+[^@]*(?=@)")


@dataclass(frozen=True)
class OwnAddresses:
    """Our *host* and our *addresses*, in lower case; a reply token after + leaves an address ours.

    *key* is what tokens are signed with; without it no token is ours. *colleagues* are the staff's own addresses.
    """

    host: str = ""
    addresses: frozenset[str] = frozenset()
    key: str = ""
    colleagues: frozenset[str] = frozenset()

    def is_ours(self, address: str) -> bool:
        """Is this one of our mailboxes, with or without a token?"""
        return TAGGED.sub("", address.lower()) in self.addresses

    def is_inside(self, address: str) -> bool:
        """Does a colleague write: from an address of the staff, our own host, or one of our mailboxes?"""
        domain = address.lower().rpartition("@")[2]
        ours = bool(self.host) and (domain == self.host or domain.endswith("." + self.host))
        return ours or address.casefold() in self.colleagues or self.is_ours(address)

    def signed(self, message_id: str) -> bool:
        """Is this the Message-ID of a mail of ours? Our host in it proves nothing: others are called localhost, too."""
        return bool(self.key) and secret_in(message_id, self.key) is not None

    def bears_host(self, message_id: str) -> bool:
        """Does a Message-ID name our host, so that a machine of ours may have sent the mail?"""
        return bool(self.host) and message_id.lower().rpartition("@")[2] == self.host
