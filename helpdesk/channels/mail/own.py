"""What is ours: the host in our Message-IDs, and the addresses mail reaches us by."""

import re
from dataclasses import dataclass

TAGGED = re.compile(r"\+[^@]*(?=@)")


@dataclass(frozen=True)
class OwnAddresses:
    """Our *host* and our *addresses*, in lower case; a reply token after + leaves an address ours."""

    host: str = ""
    addresses: frozenset[str] = frozenset()

    def is_ours(self, address: str) -> bool:
        """Is this one of our mailboxes, with or without a token?"""
        return TAGGED.sub("", address.lower()) in self.addresses

    def is_inside(self, address: str) -> bool:
        """Does a colleague write: from our own host, or from one of our mailboxes?"""
        domain = address.lower().rpartition("@")[2]
        return (bool(self.host) and (domain == self.host or domain.endswith("." + self.host))) or self.is_ours(address)

    def wrote(self, message_id: str, address: str) -> bool:
        """Is this a mail of ours that came back? Its Message-ID bears our host, or it is from one of our mailboxes."""
        return (bool(self.host) and message_id.lower().rpartition("@")[2] == self.host) or self.is_ours(address)
