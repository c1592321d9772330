"""Mail of machines that nobody marked as such: codes, confirmations and links that open an account."""

import re

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.mail import automatic

ACCOUNT = re.compile(  # in lower case, as the next two
    r"(?:apple-?id|accounts?|account-security|security|verify|verification|confirm(?:ation)?s?|auth|login|sign-?in"
    r"|notif(?:y|ications?)|alerts?|robot|bot|system|mailer|service|info|id)(?:[-._+].*)?"
)
CODE = re.compile(r"(?<![\w.-])(?:\d[ -]?){4,8}(?![\w-])|https?://\S{8,}")
PURPOSE = re.compile(
    r"\b(?:verif|confirm|one-time|passcode|password|security code|sign[- ]?in|log[- ]?in|activat"
    r"|подтвер|одноразов|парол|код\b|вход|активац|растау|құпия)"
)
LOOKED_AT = 5000  # characters


def is_machine(contact: Incoming) -> bool:
    """Does a machine write: from an address nobody reads, or from a service's with a code or a link to confirm?"""
    address = contact.sender.address
    if automatic.is_robot(address):
        return True
    text = f"{contact.subject}\n{contact.text[:LOOKED_AT]}".lower()
    local = address.partition("@")[0].lower()
    return bool(ACCOUNT.fullmatch(local) and PURPOSE.search(text) and CODE.search(text))
