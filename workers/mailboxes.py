"""Jobs of the mailboxes."""

from helpdesk.services import mailboxes


def read(channel_id: int) -> None:
    """Write down the new mail of one mailbox."""
    mailboxes.read(channel_id)
