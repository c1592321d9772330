"""Archives of old mail for the tests, and their import without the command line."""

from helpdesk.services import importing
from helpdesk.services.importing import Order
from tests.making import eml

FROM_LINE = b"From someone Sat Sep 12 10:00:00 2020\n"


def old(number, sender="Marat <marat@customer.test>", to="support@helpdesk.test", date=None, answers=(), **more):
    """A mail of 2020 that bears *number*; it answers the mails of these numbers."""
    if answers:
        more |= {"In_Reply_To": name(answers[-1]), "References": " ".join(map(name, answers))}
    more.setdefault("Date", date or f"Sat, 12 Sep 2020 10:{number:02}:00 +0000")
    more.setdefault("Message_ID", name(number))
    return eml(sender, to, **{"subject": "The coupon", "text": f"Text {number}."} | more)


def name(number):
    return f"<{number}@archive.test>"


def mbox(path, *mails):
    """An mbox with these mails, with the line ends that such files have."""
    path.write_bytes(b"".join(FROM_LINE + one.replace(b"\r\n", b"\n") + b"\n" for one in mails))
    return path


def bring_in(channel, *paths, kind="mbox", **order):
    """Import archives into a mailbox; what became of it."""
    with importing.archive(kind, paths) as (archive, counting):
        list(counting)
        return list(importing.import_(archive, Order(channel.id, **order)))[-1]


def rehearse(channel, *paths, kind="mbox", **order):
    """What an import would do."""
    with importing.archive(kind, paths) as (archive, counting):
        list(counting)
        return list(importing.rehearsed(archive, Order(channel.id, **order)))[-1]
