"""Which part of the help is about which page."""

ABOUT = {
    "ticket": "ticket acts trust undo scheduled snoozing customer_notes merging redacting linking",
    "macros": "macros admin_macros",
    "shift": "shift my_shifts breaks",
    "roster": "admin_shifts admin_patterns roster_files forwarding",
    "board": "board",
    "lookup": "lookup",
    "deadlines": "explain admin_rules admin_policies simulations",
    "intake": "intake",
    "calls": "calls",
    "channels": "admin_channels admin_mailboxes mailbox_sign_in admin_sign_in admin_sending",
    "reasons": "admin_reasons",
    "staff": "admin giving",
    "profile": "profile demo",
}
PARAGRAPHS = {door: part for part, doors in ABOUT.items() for door in doors.split()}


def paragraph(door: str | None) -> str:
    """The part of the help that is about the pages of this door; without one the queue's, with which it begins."""
    return PARAGRAPHS.get(door or "", "queue")
